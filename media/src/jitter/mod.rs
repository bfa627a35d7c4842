//! The jitter buffer: RTP packets in as they arrive, sound, losses and gaps out in order.

use std::collections::VecDeque;
use std::time::Duration;

mod bridge;
mod clock;
mod piece;

pub use piece::{JitterSettings, JitterStats, Packet, Piece};

use bridge::{Last, bridge, duration};
use clock::{RtpClock, SLEW};

use crate::frame::Position;
use crate::opus;

/// Sequence numbers further ahead than this, or further behind than [`MISORDER`], belong to
/// another stream (RFC 3550, appendix A.1).
const DROPOUT: i16 = 3000;
const MISORDER: i16 = -100;
/// Sound further ahead of the present than this is dropped: nobody speaks faster than time.
const AHEAD: Duration = Duration::from_secs(1);
/// How long a late packet is remembered by the hold-back.
const MEMORY: Duration = Duration::from_secs(10);

/// Puts packets in order and onto the session's timeline.
///
/// A packet that is next comes out at once: order costs nothing while nothing is missing. For a
/// missing one the buffer waits, from the arrival of the first packet after it, as long as the
/// observed jitter and lateness suggest.
#[derive(Debug)]
pub struct JitterBuffer<B> {
    settings: JitterSettings,
    clock: RtpClock,
    /// The packets from `expected` on.
    slots: VecDeque<Option<Slot<B>>>,
    held: usize,
    /// Extended sequence number of the first slot.
    expected: u64,
    /// The newest sequence number, and its extended form.
    newest: Option<(u16, u64)>,
    /// Where an unlikely sequence number would go on if another stream had begun.
    probation: Option<u16>,
    /// Which of the 64 sequence numbers before `expected` came, the nearest in the lowest bit.
    came: u64,
    last: Option<Last>,
    /// Pieces that precede the first slot and are still to be given out.
    pending: VecDeque<Piece<B>>,
    /// The latest that a packet came, in samples at 48 kHz, fading.
    lateness: f32,
    now: Position,
    stats: JitterStats,
}

#[derive(Debug)]
struct Slot<B> {
    at: i64,
    span: u32,
    arrival: Position,
    payload: B,
}

impl<B: AsRef<[u8]> + Clone> JitterBuffer<B> {
    /// An empty buffer; the first packet begins the stream.
    #[must_use]
    pub fn new(settings: JitterSettings) -> Self {
        Self {
            settings,
            clock: RtpClock::default(),
            slots: VecDeque::new(),
            held: 0,
            expected: 0,
            newest: None,
            probation: None,
            came: 0,
            last: None,
            pending: VecDeque::new(),
            lateness: 0.0,
            now: Position::ZERO,
            stats: JitterStats::default(),
        }
    }

    /// Takes a packet that arrived at `arrival`.
    pub fn push(&mut self, packet: Packet<B>, arrival: Position) {
        self.stats.received += 1;
        let Ok(span) = opus::duration(packet.payload.as_ref()) else {
            self.stats.malformed += 1;
            return;
        };
        let span = (span.as_micros() as u64 * 48 / 1000) as u32;
        let Some((sequence, is_newest)) = self.extend(packet.sequence) else {
            self.stats.malformed += 1;
            return;
        };
        if !is_newest && self.is_useless(sequence, &packet, span, arrival) {
            return;
        }
        let at = if is_newest {
            self.lateness *= 1.0 - span as f32 / (MEMORY.as_millis() as f32 * 48.0);
            self.clock.advance(packet.timestamp, span, arrival)
        } else {
            let (at, late) = self.clock.place(packet.timestamp, span, arrival);
            self.came_late(late);
            // The next packet bounds it, whatever its timestamp says.
            self.slots
                .iter()
                .skip((sequence - self.expected) as usize)
                .flatten()
                .next()
                .map_or(at, |next| at.min(next.at))
        };
        self.make_room(sequence);
        let index = (sequence - self.expected) as usize;
        while self.slots.len() <= index {
            self.slots.push_back(None);
        }
        self.slots[index] = Some(Slot {
            at,
            span,
            arrival,
            payload: packet.payload,
        });
        self.held += 1;
    }

    /// What comes next, if it is there at `now`. To be called until it gives `None`, after every
    /// [`JitterBuffer::push`] and at the [deadline](JitterBuffer::deadline).
    pub fn pop(&mut self, now: Position) -> Option<Piece<B>> {
        self.now = self.now.max(now);
        loop {
            if let Some(piece) = self.pending.pop_front() {
                return Some(piece);
            }
            if !matches!(self.slots.front(), Some(Some(_))) {
                if self.deadline().is_none_or(|deadline| self.now < deadline) {
                    return None;
                }
                while matches!(self.slots.front(), Some(None)) {
                    self.shift();
                }
            }
            self.deliver();
        }
    }

    /// When the packet that is missing will be given up; `None` while none is missing.
    #[must_use]
    pub fn deadline(&self) -> Option<Position> {
        // The buffer is empty or its first slot is, and then a later one is not.
        let first = self.slots.iter().flatten().next()?;
        Some(first.arrival + self.wait())
    }

    /// How long a missing packet is waited for at present.
    #[must_use]
    pub fn wait(&self) -> Duration {
        let samples = (self.clock.jitter() * 3.0).max(self.lateness * 1.25);
        Duration::from_secs_f32(samples / 48_000.0).clamp(
            self.settings.min_wait,
            self.settings.max_wait.max(self.settings.min_wait),
        )
    }

    /// Packets held back.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.held
    }

    /// Whether nothing is held back.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Where the sound given out so far ends; `None` before the first packet.
    #[must_use]
    pub fn end(&self) -> Option<Position> {
        self.last.map(|last| last.end)
    }

    /// What happened so far.
    #[must_use]
    pub const fn stats(&self) -> &JitterStats {
        &self.stats
    }

    /// The extended sequence number, and whether it is the newest; `None` if it fits no stream.
    fn extend(&mut self, sequence: u16) -> Option<(u64, bool)> {
        let Some((newest, extended)) = self.newest else {
            // Far from zero, so that earlier ones have room.
            self.expected = 1 << 16;
            self.newest = Some((sequence, self.expected));
            return Some((self.expected, true));
        };
        let ahead = sequence.wrapping_sub(newest) as i16;
        if (1..=DROPOUT).contains(&ahead) {
            let extended = extended + ahead as u64;
            self.newest = Some((sequence, extended));
            self.probation = None;
            return Some((extended, true));
        }
        if (MISORDER..=0).contains(&ahead) {
            return Some((extended - u64::from(ahead.unsigned_abs()), false));
        }
        if self.probation != Some(sequence) {
            self.probation = Some(sequence.wrapping_add(1));
            return None;
        }
        self.probation = None;
        self.clock.restart();
        self.newest = Some((sequence, extended + 1));
        Some((extended + 1, true))
    }

    /// Whether an older packet is late or a duplicate, which is counted.
    fn is_useless(
        &mut self,
        sequence: u64,
        packet: &Packet<B>,
        span: u32,
        arrival: Position,
    ) -> bool {
        if sequence >= self.expected {
            let index = (sequence - self.expected) as usize;
            let is_there = matches!(self.slots.get(index), Some(Some(_)));
            self.stats.duplicate += u64::from(is_there);
            return is_there;
        }
        let back = self.expected - sequence - 1;
        if back < 64 && self.came >> back & 1 == 1 {
            self.stats.duplicate += 1;
        } else {
            self.stats.late += 1;
            let (_, late) = self.clock.place(packet.timestamp, span, arrival);
            self.came_late(late);
        }
        true
    }

    /// Remembers how late a packet came, as far as it is ever waited for.
    fn came_late(&mut self, samples: i64) {
        let most = self.settings.max_wait.as_secs_f32() * 48_000.0;
        self.lateness = self.lateness.max((samples as f32).min(most));
    }

    /// Gives up the oldest so that `sequence` fits.
    fn make_room(&mut self, sequence: u64) {
        let capacity = self.settings.capacity.max(1) as u64;
        while sequence - self.expected >= capacity {
            if self.slots.is_empty() {
                let skipped = sequence - self.expected;
                self.came = self.came.checked_shl(skipped as u32).unwrap_or(0);
                self.expected = sequence;
            } else if self.shift().is_some() {
                self.stats.overflow += 1;
            }
        }
    }

    /// Takes the first slot off.
    fn shift(&mut self) -> Option<Slot<B>> {
        let slot = self.slots.pop_front()?;
        self.expected += 1;
        self.came = self.came << 1 | u64::from(slot.is_some());
        self.held -= usize::from(slot.is_some());
        slot
    }

    /// Turns the first slot into pieces, with what is missing before it.
    fn deliver(&mut self) {
        let Some(Slot {
            at, span, payload, ..
        }) = self.shift()
        else {
            return;
        };
        let sequence = self.expected - 1;
        let span = u64::from(span);
        let wanted = Position::new(at.max(0) as u64);
        let at = self.last.map_or(wanted, |last| {
            let slack = last.span.min(span) / SLEW;
            wanted.max(Position::new(last.end.samples().saturating_sub(slack)))
        });
        if at > self.now + AHEAD {
            self.stats.overflow += 1;
            return;
        }
        if let Some(last) = self.last {
            let missing = sequence - last.sequence - 1;
            self.stats.lost += missing;
            self.stats.concealed += bridge(last, missing, at, span, &payload, &mut self.pending);
        }
        let end = Position::new(at.samples() + span);
        self.last = Some(Last {
            sequence,
            start: at,
            end,
            span,
        });
        self.stats.delivered += 1;
        self.pending.push_back(Piece::Packet {
            at,
            span: duration(span),
            payload,
        });
    }
}

#[cfg(test)]
mod tests;
