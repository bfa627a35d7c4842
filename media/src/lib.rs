//! How praxiloom handles sound: frames, codecs, jitter, voice activity, playout.
//!
//! Nothing here is asynchronous and nothing reads a clock: samples and packets go in with their
//! positions, samples and positions come out, so every rule can be tested in simulated time.

pub mod frame;

pub use frame::{FRAME, Position};
