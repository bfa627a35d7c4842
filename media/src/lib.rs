//! How praxiloom handles sound: frames, codecs, jitter, voice activity, playout.
//!
//! Nothing here is asynchronous and nothing reads a clock: samples and packets go in with their
//! positions, samples and positions come out, so every rule can be tested in simulated time.
#![forbid(unsafe_code)]

pub mod frame;
pub mod g711;
pub mod jitter;
pub mod level;
pub mod opus;
pub mod pcm;
pub mod playout;
pub mod resample;
mod rtp_clock;
#[cfg(test)]
mod signal;
pub mod vad;

pub use frame::{FRAME, Position};
