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
mod tests {
    use proptest::prelude::*;

    use super::bridge::UNIT;
    use super::*;

    /// A minimal Opus packet of 20 ms (configuration 1, one frame) that carries its number.
    fn packet(sequence: u16, timestamp: u32) -> Packet<Vec<u8>> {
        let [high, low] = sequence.to_be_bytes();
        Packet {
            sequence,
            timestamp,
            payload: vec![1 << 3, high, low],
        }
    }

    fn drain(buffer: &mut JitterBuffer<Vec<u8>>, ms: u64) -> Vec<String> {
        let mut out = Vec::new();
        while let Some(piece) = buffer.pop(Position::from_ms(ms)) {
            out.push(match piece {
                Piece::Packet { at, payload, .. } => {
                    format!(
                        "{}@{}",
                        u16::from_be_bytes([payload[1], payload[2]]),
                        at.ms()
                    )
                }
                Piece::Lost { at, span, next } => {
                    let next = if next.is_some() { "+" } else { "" };
                    format!("lost{next}@{}:{}", at.ms(), span.as_millis())
                }
                Piece::Gap { at, span } => format!("gap@{}:{}", at.ms(), span.as_millis()),
            });
        }
        out
    }

    /// Pushes packet number `n`, sent in its turn, which arrives at `ms`.
    fn push(buffer: &mut JitterBuffer<Vec<u8>>, n: u16, ms: u64) {
        let timestamp = (u32::MAX - 2000).wrapping_add(u32::from(n) * 960);
        buffer.push(
            packet(65_533u16.wrapping_add(n), timestamp),
            Position::from_ms(ms),
        );
    }

    fn name(n: u16) -> u16 {
        65_533u16.wrapping_add(n)
    }

    #[test]
    fn in_order_comes_out_at_once_across_the_wraparound() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        for n in 0..8 {
            let ms = 1020 + u64::from(n) * 20;
            push(&mut buffer, n, ms);
            assert_eq!(drain(&mut buffer, ms), [format!("{}@{}", name(n), ms - 20)]);
            assert!(buffer.is_empty() && buffer.deadline().is_none());
        }
    }

    #[test]
    fn swapped_packets_come_out_in_order() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        push(&mut buffer, 0, 1020);
        push(&mut buffer, 2, 1060);
        assert_eq!(drain(&mut buffer, 1060), [format!("{}@1000", name(0))]);
        push(&mut buffer, 1, 1065);
        push(&mut buffer, 1, 1066);
        assert_eq!(
            drain(&mut buffer, 1066),
            [format!("{}@1020", name(1)), format!("{}@1040", name(2))]
        );
        push(&mut buffer, 2, 1067);
        assert_eq!(drain(&mut buffer, 1067), [""; 0]);
        assert_eq!(buffer.stats().duplicate, 2);
        assert_eq!(buffer.stats().lost, 0);
    }

    #[test]
    fn a_missing_packet_is_given_up_at_the_deadline() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        push(&mut buffer, 0, 1020);
        push(&mut buffer, 2, 1060);
        assert_eq!(drain(&mut buffer, 1060).len(), 1);
        assert_eq!(buffer.deadline(), Some(Position::from_ms(1080)));
        assert_eq!(drain(&mut buffer, 1079), [""; 0]);
        assert_eq!(
            drain(&mut buffer, 1080),
            ["lost+@1020:20".into(), format!("{}@1040", name(2))]
        );
        push(&mut buffer, 1, 1110);
        assert_eq!(drain(&mut buffer, 1110), [""; 0]);
        let stats = buffer.stats();
        assert_eq!(
            (stats.lost, stats.concealed, stats.late, stats.duplicate),
            (1, 1, 1, 0)
        );
        // It has learnt: the packet was 70 ms late.
        assert!(buffer.wait() > Duration::from_millis(80));
    }

    #[test]
    fn a_long_loss_is_mostly_silence() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        push(&mut buffer, 0, 1020);
        push(&mut buffer, 50, 2020);
        let out = drain(&mut buffer, 2300);
        assert_eq!(out[1], "gap@1020:860");
        assert_eq!(out[2], "lost@1880:20");
        assert_eq!(out[7], "lost+@1980:20");
        assert_eq!(out[8], format!("{}@2000", name(50)));
        assert_eq!((buffer.stats().lost, buffer.stats().concealed), (49, 6));
    }

    #[test]
    fn a_pause_is_a_gap() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        buffer.push(packet(7, 0), Position::from_ms(1020));
        buffer.push(packet(8, 48_000), Position::from_ms(2020));
        assert_eq!(
            drain(&mut buffer, 2020),
            ["7@1000", "gap@1020:980", "8@2000"]
        );
        // A packet lost in the next pause is looked for directly before the one that follows.
        buffer.push(packet(10, 96_000), Position::from_ms(3020));
        assert_eq!(
            drain(&mut buffer, 3300),
            ["gap@2020:960", "lost+@2980:20", "10@3000"]
        );
    }

    #[test]
    fn another_stream_begins_after_two_packets() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        buffer.push(packet(7, 0), Position::from_ms(1020));
        buffer.push(packet(30_000, 777_777_777), Position::from_ms(1040));
        assert_eq!(drain(&mut buffer, 1040), ["7@1000"]);
        buffer.push(packet(30_001, 777_778_737), Position::from_ms(1060));
        assert_eq!(drain(&mut buffer, 1060), ["gap@1020:20", "30001@1040"]);
        assert_eq!(buffer.stats().malformed, 1);
    }

    #[test]
    fn timestamps_that_leap_stay_in_order() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        for (n, timestamp) in [(1, 5_000_000), (2, 3_000_000_000), (3, 17), (4, 977)] {
            let ms = 1000 + u64::from(n) * 20;
            buffer.push(packet(n, timestamp), Position::from_ms(ms));
            assert_eq!(drain(&mut buffer, ms), [format!("{n}@{}", ms - 20)]);
        }
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        for n in 0..5000u16 {
            buffer.push(packet(n, u32::from(n) * 960), Position::from_ms(1000));
            while let Some(piece) = buffer.pop(Position::from_ms(1000)) {
                let Piece::Packet { at, .. } = piece else {
                    panic!("{piece:?}")
                };
                assert!(at <= Position::from_ms(2000));
            }
        }
        assert!(buffer.stats().overflow > 4900);
        // Holes everywhere, and nobody reads.
        for n in (5000..9000u16).step_by(2) {
            buffer.push(packet(n, u32::from(n) * 960), Position::from_ms(1000));
            assert!(buffer.len() <= 128 && buffer.slots.len() <= 128);
        }
    }

    #[test]
    fn garbage_is_counted() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        buffer.push(
            Packet {
                sequence: 1,
                timestamp: 0,
                payload: vec![],
            },
            Position::ZERO,
        );
        buffer.push(
            Packet {
                sequence: 1,
                timestamp: 0,
                payload: vec![0xFF],
            },
            Position::ZERO,
        );
        assert_eq!(buffer.pop(Position::from_ms(500)), None);
        assert_eq!(buffer.stats().malformed, 2);
    }

    #[test]
    fn waits_longer_on_a_jittery_network() {
        let mut buffer = JitterBuffer::new(JitterSettings::default());
        for n in 0..200u16 {
            push(
                &mut buffer,
                n,
                1020 + u64::from(n) * 20 + u64::from(n) * 37 % 5 * 10,
            );
            while buffer.pop(Position::from_ms(9000)).is_some() {}
        }
        let wait = buffer.wait();
        assert!((40..=120).contains(&wait.as_millis()), "{wait:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn whatever_comes_stays_in_order_and_in_bounds(
            steps in prop::collection::vec(
                (prop_oneof![4 => 0i32..4, 1 => -8i32..8, 1 => any::<i32>()],
                 prop_oneof![4 => Just(None), 1 => any::<u32>().prop_map(Some)],
                 prop_oneof![6 => 0u64..60, 1 => 0u64..3000],
                 prop::sample::select(vec![0u8, 8, 16, 24, 0x0B, 0x9F, 0xFB]),
                 0u8..50),
                1..200,
            ),
            capacity in 1usize..40,
        ) {
            let settings = JitterSettings { capacity, ..Default::default() };
            let mut buffer = JitterBuffer::new(settings);
            let (mut sequence, mut now, mut last) = (65_500u16, Position::from_ms(0), Position::ZERO);
            let mut end = Position::ZERO;
            for (step, timestamp, passed, head, frames) in steps {
                sequence = sequence.wrapping_add(step as u16);
                now += Duration::from_millis(passed);
                let timestamp = timestamp.unwrap_or_else(|| u32::from(sequence).wrapping_mul(960));
                let payload = vec![head, frames, 0, 0];
                buffer.push(Packet { sequence, timestamp, payload }, now);
                prop_assert!(buffer.len() <= capacity);
                let mut pieces = 0;
                let mut next_is_promised = None;
                while let Some(piece) = buffer.pop(now) {
                    pieces += 1;
                    prop_assert!(pieces <= 30 * (capacity + 2), "{pieces} pieces");
                    let (at, span) = match &piece {
                        Piece::Packet { at, span, payload } => {
                            if let Some(promised) = next_is_promised.take() {
                                prop_assert_eq!(payload, &promised);
                            }
                            (*at, *span)
                        }
                        Piece::Lost { at, span, next } => {
                            prop_assert!(next_is_promised.is_none());
                            next_is_promised = next.clone();
                            prop_assert!(span.as_nanos() % 2_500_000 == 0);
                            prop_assert!(*span > Duration::ZERO && *span <= opus::MAX_DURATION);
                            (*at, *span)
                        }
                        Piece::Gap { at, span } => (*at, *span),
                    };
                    prop_assert!(at >= last, "{piece:?} before {last}");
                    prop_assert!(at.samples() + UNIT >= end.samples(), "{piece:?} overlaps {end}");
                    prop_assert!(at <= now + AHEAD, "{piece:?} after {now}");
                    last = at;
                    end = at + span;
                }
                prop_assert!(next_is_promised.is_none());
                if let Some(deadline) = buffer.deadline() {
                    prop_assert!(deadline > now && deadline <= now + settings.max_wait);
                }
            }
            let stats = *buffer.stats();
            let gone = stats.delivered + stats.duplicate + stats.late + stats.malformed + stats.overflow;
            prop_assert_eq!(stats.received, gone + buffer.len() as u64);
        }
    }
}
