//! Sound that came after a pause and waits for what follows it: after a stall of the network
//! everything comes that queued up meanwhile, and belongs into the pause; after a mute nothing does.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use media::Position;

/// How long it is waited for more, so long that a burst shows which a network sends slowly at
/// first (TCP's slow start).
const WAIT: Duration = Duration::from_millis(400);
/// Sound that lies no further behind is where it belongs.
const CAUGHT_UP: Duration = Duration::from_millis(100);
/// Sound comes faster than time passes if it lies this much less far behind than before.
const FASTER: Duration = Duration::from_millis(40);
/// No more is held than this.
const MOST: Duration = Duration::from_secs(5);

/// Where held sound belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// After what came before the pause.
    Follows,
    /// It ends now.
    Now,
}

/// What is held.
#[derive(Debug)]
pub(super) struct Held {
    bytes: BytesMut,
    length: Duration,
    since: Position,
    latest: Position,
    /// How far it lay behind with the first chunk, with the last in the first half of the wait,
    /// and with the latest.
    first: Duration,
    half: Duration,
    behind: Duration,
}

impl Held {
    /// Holds the first chunk; sound had come up to `end`.
    pub(super) fn new(bytes: Bytes, length: Duration, now: Position, end: Position) -> Self {
        let behind = now - (end + length);
        Self {
            bytes: bytes.into(),
            length,
            since: now,
            latest: now,
            first: behind,
            half: behind,
            behind,
        }
    }

    /// Holds a further chunk.
    pub(super) fn add(&mut self, bytes: &[u8], length: Duration, now: Position, end: Position) {
        self.bytes.extend_from_slice(bytes);
        self.length += length;
        self.latest = now;
        self.behind = now - (end + self.length);
        if now < self.since + WAIT / 2 {
            self.half = self.behind;
        }
    }

    /// Where it belongs, if that can be told at `now`, or must be `at_once`.
    pub(super) fn place(&self, now: Position, at_once: bool) -> Option<Place> {
        let whole = self.length >= MOST;
        if self.behind > CAUGHT_UP && !whole && !at_once && now < self.due() {
            return None;
        }
        // A client that held a little back by itself (until it was sure that somebody speaks)
        // sends that at once, and goes on in real time.
        let before = if whole { self.first } else { self.half };
        let faster = self.behind + FASTER < before;
        Some(if self.behind <= CAUGHT_UP || faster {
            Place::Follows
        } else {
            Place::Now
        })
    }

    /// When its place will be told at the latest.
    pub(super) fn due(&self) -> Position {
        self.since + WAIT
    }

    /// When the latest of it came.
    pub(super) const fn latest(&self) -> Position {
        self.latest
    }

    /// How long it is.
    pub(super) const fn length(&self) -> Duration {
        self.length
    }

    /// All of it.
    pub(super) fn bytes(self) -> Bytes {
        self.bytes.freeze()
    }
}
