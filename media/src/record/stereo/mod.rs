//! A whole session in one file: the coach left, the client right.

use std::io::{self, Read, Write};
use std::time::Duration;

mod lane;
mod mux;
mod recode;
#[cfg(test)]
pub(in crate::record) mod sides;

use lane::Lane;
use mux::Mux;

use super::{LONGEST_GAP, packet};
use crate::Position;
use crate::opus::OpusError;

/// Samples at 48 kHz of a slot: 20 ms, for which both sides have one packet.
const SLOT: u64 = 960;

/// One part of a session.
#[derive(Debug)]
pub struct StereoPart<R> {
    /// Where the part begins on the session's timeline.
    pub from: Position,
    /// How long it lasted: what a track holds beyond it is left out. `None` if it counts whole.
    pub lasted: Option<Duration>,
    /// The coach's track, as [`TrackWriter`](super::TrackWriter) writes it.
    pub coach: Option<R>,
    /// The client's track.
    pub client: Option<R>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum StereoError {
    /// Reading a track failed.
    #[error("reading a track failed")]
    Read(#[source] io::Error),
    /// Writing the file failed.
    #[error("writing the recording failed")]
    Write(#[source] io::Error),
    /// A part, or the end, is farther than [`LONGEST_GAP`] from what is before it.
    #[error("the parts lie too far apart")]
    Gap,
    /// Encoding anew failed.
    #[error(transparent)]
    Codec(#[from] OpusError),
}

/// Puts a session's tracks together into one Ogg Opus file with two channels and writes it to
/// `out`; returns how long it is, which is `length`, or more if sound lasts longer.
///
/// The file has channel mapping family 1 with two streams of one channel (RFC 7845, section
/// 5.1.1.2), so packets of 20 ms are taken over as they are. All streams count in packets: time
/// is divided into slots of 20 ms, and a packet goes into the slot that is nearest to its place. It
/// stands there at most 10 ms away from it, however long the session is, since every packet is
/// placed anew. A track with packets of other lengths is decoded and encoded again from the first
/// such packet of a part on.
///
/// `parts` are in the order of their beginnings; before, between and after them there is silence.
/// A track that is torn or damaged counts up to there, and what of a part lies behind the beginning
/// of the next one is left out. Tracks are read and the file is written piece by piece, in little
/// memory. `serial` is the number of the Ogg stream; any will do.
///
/// # Errors
///
/// See [`StereoError`]; `out` then holds part of a file.
pub fn stereo<R: Read>(
    parts: impl IntoIterator<Item = StereoPart<R>>,
    length: Position,
    serial: u32,
    out: impl Write,
) -> Result<Position, StereoError> {
    let mut mux = Mux::new(serial, out);
    let (mut coach, mut client) = (Lane::default(), Lane::default());
    let mut parts = parts.into_iter().peekable();
    let mut end = 0;
    while let Some(part) = parts.next() {
        let from = part.from.samples();
        if from.saturating_sub(mux.end()) > LONGEST_GAP.as_secs() * u64::from(Position::RATE) {
            return Err(StereoError::Gap);
        }
        let first = mux.slots();
        let over = part.lasted.map(|lasted| (part.from + lasted).samples());
        let next = parts.peek().map(|next| nearest(next.from.samples()));
        let until = over.map(|over| over.div_ceil(SLOT)).into_iter().chain(next);
        let until = until.min();
        coach.begin(from, first, part.coach)?;
        client.begin(from, first, part.client)?;
        loop {
            let slot = mux.slots();
            let is_over = coach.is_over() && client.is_over();
            if is_over || until.is_some_and(|until| slot >= until) {
                break;
            }
            mux.push(coach.slot(slot)?, client.slot(slot)?)?;
            end = over.map_or(mux.end(), |over| over.min(mux.end()));
        }
    }
    let length = length.samples();
    if length.saturating_sub(mux.end()) > LONGEST_GAP.as_secs() * u64::from(Position::RATE) {
        return Err(StereoError::Gap);
    }
    coach.end();
    client.end();
    while mux.end() < length {
        let slot = mux.slots();
        mux.push(coach.slot(slot)?, client.slot(slot)?)?;
    }
    let end = end.max(length);
    mux.finish(end)?;
    Ok(Position::new(end))
}

/// The slot whose beginning is nearest to `at`.
const fn nearest(at: u64) -> u64 {
    (at + SLOT / 2) / SLOT
}
