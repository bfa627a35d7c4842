//! How praxiloom handles sound: frames, codecs, jitter, voice activity, playout.
//!
//! Nothing here is asynchronous and nothing reads a clock: samples and packets go in with their
//! positions, samples and positions come out, so every rule can be tested in simulated time.
//!
//! | module | what it does |
//! |---|---|
//! | [`frame`] | positions on a session's timeline, counted at 48 kHz; the frame of 20 ms |
//! | [`pcm`] | sixteen-bit little-endian bytes to samples and back, however they are cut |
//! | [`g711`] | µ-law and A-law |
//! | [`opus`] | Opus: encode; decode, repair and conceal |
//! | [`resample`] | from one sample rate to another, in a stream |
//! | [`jitter`] | RTP packets in, ordered sound, losses and gaps on the timeline out |
//! | [`vad`] | whether somebody speaks, and since when |
//! | [`level`] | how loud samples are |
//! | [`peaks`] | how loud a track is over time, for its waveform |
//! | [`record`] | tracks and their timeline in Ogg Opus files; what is whole after a crash |
//! | [`playout`] | what the listener has really heard of what was sent |
//!
//! Samples are mono `i16` everywhere. The way in runs at 16 kHz, which recognisers want; the
//! voices' way out at 24 kHz, which the Realtime protocol wants.
//!
//! # The way in
//!
//! ```
//! use media::jitter::{JitterBuffer, JitterSettings, Packet, Piece};
//! use media::opus::{Decoder, Encoder, EncoderSettings};
//! use media::vad::{Vad, VadSettings};
//! use media::Position;
//!
//! # fn main() -> Result<(), media::opus::OpusError> {
//! let mut buffer = JitterBuffer::new(JitterSettings::default());
//! let mut decoder = Decoder::new(16_000)?;
//! let mut vad = Vad::new(VadSettings::default());
//! let (mut samples, mut activity) = (Vec::new(), Vec::new());
//!
//! # let mut encoder = Encoder::new(EncoderSettings::default())?;
//! # let payload = encoder.encode(&[0; 480])?.to_vec();
//! let now = Position::from_ms(1020);
//! buffer.push(Packet { sequence: 7, timestamp: 123_456, payload }, now);
//! while let Some(piece) = buffer.pop(now) {
//!     samples.clear();
//!     let at = match piece {
//!         Piece::Packet { at, payload, .. } => {
//!             decoder.decode(&payload, &mut samples)?;
//!             at
//!         }
//!         Piece::Lost { at, span, next: Some(next) } => {
//!             decoder.decode_fec(&next, span, &mut samples)?;
//!             at
//!         }
//!         Piece::Lost { at, span, next: None } => {
//!             decoder.conceal(span, &mut samples)?;
//!             at
//!         }
//!         // The voice activity sees the leap of the next position.
//!         Piece::Gap { .. } => continue,
//!     };
//!     assert_eq!((at, samples.len()), (Position::from_ms(1000), 320));
//!     vad.push(at, &samples, &mut activity);
//! }
//! assert!(!activity[0].speaking);
//! # Ok(())
//! # }
//! ```
//!
//! Between packets of a silent or lost sender nothing comes out of the buffer: whoever waits for
//! the end of an utterance also watches the time.
#![forbid(unsafe_code)]

pub mod frame;
pub mod g711;
pub mod jitter;
pub mod level;
pub mod opus;
pub mod pcm;
pub mod peaks;
pub mod playout;
pub mod record;
pub mod resample;
pub mod vad;

#[cfg(test)]
mod reception;
#[cfg(test)]
mod signal;

pub use frame::{FRAME, Position};
