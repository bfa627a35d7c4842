//! What goes into the jitter buffer and what comes out of it.

use std::time::Duration;

use crate::frame::Position;

/// One Opus packet with what RTP says about it (RFC 3550, RFC 7587).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<B> {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp at 48 kHz.
    pub timestamp: u32,
    /// The Opus packet.
    pub payload: B,
}

/// How the buffer behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JitterSettings {
    /// The most packets held back.
    pub capacity: usize,
    /// The least time a missing packet is waited for.
    pub min_wait: Duration,
    /// The most time a missing packet is waited for.
    pub max_wait: Duration,
}

impl Default for JitterSettings {
    fn default() -> Self {
        Self {
            capacity: 128,
            min_wait: Duration::from_millis(20),
            max_wait: Duration::from_millis(200),
        }
    }
}

/// What comes next on the timeline.
///
/// Positions never go back, and each piece begins where the one before ended, except that a
/// correction for drifting clocks may move it by up to 1 % of its length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<B> {
    /// A packet arrived.
    Packet {
        /// Where its sound begins.
        at: Position,
        /// How long it sounds.
        span: Duration,
        /// The Opus packet.
        payload: B,
    },
    /// A packet was lost.
    Lost {
        /// Where its sound would begin.
        at: Position,
        /// How long it would sound: a multiple of 2.5 ms up to 120 ms, as
        /// [`crate::opus::Decoder::conceal`] takes it.
        span: Duration,
        /// The packet directly after it, from which [`crate::opus::Decoder::decode_fec`] repairs it; it
        /// comes again as the next piece. `None` if that one is lost too.
        next: Option<B>,
    },
    /// Nothing was sent (discontinuous transmission, a muted microphone), or so much was lost
    /// that it amounts to silence.
    Gap {
        /// Where it begins.
        at: Position,
        /// How long it lasts.
        span: Duration,
    },
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterStats {
    /// Packets pushed.
    pub received: u64,
    /// Packets given out.
    pub delivered: u64,
    /// Packets given up; some of them may have come late.
    pub lost: u64,
    /// Losses given out to be repaired or concealed.
    pub concealed: u64,
    /// Packets that came after they had been given up.
    pub late: u64,
    /// Packets that had come before.
    pub duplicate: u64,
    /// Packets that are no Opus or belong to no stream.
    pub malformed: u64,
    /// Packets dropped because more came than fit, or faster than time passes.
    pub overflow: u64,
}
