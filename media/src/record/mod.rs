//! Recordings: Opus packets as they are, on a timeline, in Ogg files (RFC 7845).
//!
//! A session's part has a track for each side. [`TrackWriter`] makes its file as things happen,
//! [`recover`] finds what is whole after a crash, [`TrackReader`] reads it, [`hear_again`] tells how
//! loud it is, and [`stereo()`] puts the tracks of a whole session together into one file with two
//! channels.
//!
//! Page framing is ours and not a library's: the writer must not allocate per packet, pages close
//! when the time comes, and the recovery has to know at which byte the last whole page ends.

use std::io;
use std::time::Duration;

mod fill;
mod head;
mod loudness;
mod packet;
mod page;
mod quiet;
mod reader;
mod recover;
mod stereo;
mod writer;

#[cfg(test)]
mod drift;
#[cfg(test)]
mod roundtrip;

pub use loudness::{are_all, each_frame, hear_again};
pub use reader::{TrackPacket, TrackReader};
pub use recover::{Recovered, has_head, recover, track_end};
pub use stereo::{StereoError, StereoPart, stereo};
pub use writer::{Placed, TrackWriter};

/// The longest gap between two packets of a track.
pub const LONGEST_GAP: Duration = Duration::from_secs(24 * 3600);

/// The most that a packet stands after its place in a track.
pub const MAX_DEVIATION: Duration = Duration::from_millis(60);

/// Why a packet was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is no Opus packet.
    #[error("not a valid Opus packet")]
    Packet,
    /// Its place is farther than [`LONGEST_GAP`] after the one before.
    #[error("the packet's place is too far ahead")]
    Gap,
}

/// Why a track cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It ends inside a page.
    #[error("the track is cut off inside a page")]
    Torn,
    /// Something else than the next page of the track stands there.
    #[error("the track is damaged")]
    Damaged,
    /// Reading failed.
    #[error("reading the track failed")]
    Io(#[from] io::Error),
}
