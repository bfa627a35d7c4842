//! The Opus codec (RFC 6716): speech to packets, and packets, whole or lost, to samples.

mod decoder;
mod encoder;

use std::time::Duration;

use opus::ErrorCode;

pub use decoder::Decoder;
pub use encoder::{Encoder, EncoderSettings};

/// The longest packet of one frame, in bytes (RFC 6716, section 3.2.1).
pub const MAX_PACKET: usize = 1275;

/// The longest duration of a packet (RFC 6716, section 3.2.5).
pub const MAX_DURATION: Duration = Duration::from_millis(120);

/// What can go wrong with Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpusError {
    /// The packet is empty or malformed.
    #[error("not a valid Opus packet")]
    Packet,
    /// The samples to encode are not one frame of 20 ms.
    #[error("a frame of {expected} samples was expected, not of {actual}")]
    Frame {
        /// Samples of a frame.
        expected: usize,
        /// Samples given.
        actual: usize,
    },
    /// The buffer to encode into is too small.
    #[error("the buffer is too small for the packet")]
    Buffer,
    /// A time to conceal that is not a multiple of 2.5 ms up to 120 ms.
    #[error("{0:?} cannot be concealed at once")]
    Missing(Duration),
    /// A setting outside its range, such as a rate other than 8, 12, 16, 24 or 48 kHz.
    #[error("invalid Opus setting")]
    Setting,
    /// libopus failed in itself.
    #[error("{function} failed: {reason}")]
    Codec {
        /// The function of libopus.
        function: &'static str,
        /// What it said.
        reason: &'static str,
    },
}

impl From<opus::Error> for OpusError {
    fn from(error: opus::Error) -> Self {
        match error.code() {
            ErrorCode::InvalidPacket => Self::Packet,
            ErrorCode::BufferTooSmall => Self::Buffer,
            _ => Self::Codec {
                function: error.function(),
                reason: error.description(),
            },
        }
    }
}

/// How long the packet sounds: 2.5 to 120 ms.
///
/// # Errors
///
/// [`OpusError::Packet`] if it is malformed.
pub fn duration(packet: &[u8]) -> Result<Duration, OpusError> {
    let samples = opus::packet::get_nb_samples(packet, 48_000).map_err(|_| OpusError::Packet)?;
    if samples == 0 {
        return Err(OpusError::Packet);
    }
    Ok(Duration::from_micros(samples as u64 * 1000 / 48))
}

/// Whether the packet stands for silence in discontinuous transmission, so that it need not be
/// sent (two bytes or fewer, as libopus documents its encoder).
#[must_use]
pub const fn is_dtx(packet: &[u8]) -> bool {
    packet.len() <= 2
}

const fn is_rate(rate: u32) -> bool {
    matches!(rate, 8000 | 12_000 | 16_000 | 24_000 | 48_000)
}

#[cfg(test)]
mod tests;
