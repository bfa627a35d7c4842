//! What recognisers on this machine have in common: sound that is kept until somebody is known to
//! speak, segments that are cut out of it, and which of their words are settled.

mod segment;
mod settling;
mod stream;
mod timeline;

pub(super) use segment::{Feed, Segment, Speaker};
pub(super) use stream::Stream;
pub(super) use timeline::Timeline;

/// Sample rate, in hertz.
pub(super) const RATE: usize = 16_000;

/// Samples that a segment is fed at a time: 100 ms.
pub(super) const CHUNK: usize = RATE / 10;
