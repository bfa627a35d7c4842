//! How a listener with 60 ms of buffer would hear what arrives: frames that come after their play
//! time, frames that never come, gaps.

use std::time::Duration;

/// What a listener buffers.
const BUFFER: Duration = Duration::from_millis(60);
/// One frame.
const FRAME: Duration = Duration::from_millis(20);
/// RTP time that passes in a frame.
const TICKS: u64 = 960;
/// RTP ticks per millisecond.
const TICKS_PER_MS: u64 = 48;
/// A sender that was silent for so long has paused: its next packet begins anew.
const REST: Duration = Duration::from_millis(250);

/// What was counted, in frames of 20 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// That came in time or late.
    pub received: u64,
    /// That came after their play time, or were left out by the sender.
    pub late: u64,
    /// That never came (WebRTC).
    pub lost: u64,
    /// Times that the sound broke off for want of frames.
    pub gaps: u64,
    /// The longest of these.
    pub longest_gap: Duration,
}

impl Frames {
    /// Adds what another listener counted.
    pub fn add(&mut self, more: &Self) {
        self.received += more.received;
        self.late += more.late;
        self.lost += more.lost;
        self.gaps += more.gaps;
        self.longest_gap = self.longest_gap.max(more.longest_gap);
    }

    fn gap(&mut self, length: Duration) {
        self.gaps += 1;
        self.longest_gap = self.longest_gap.max(length);
    }
}

/// A listener. Times count from the beginning of the run.
#[derive(Clone, Debug, Default)]
pub struct Playout {
    /// The play time of the next frame (WebSocket) or of RTP time `anchor` (WebRTC).
    next: Option<Duration>,
    anchor: u64,
    /// RTP time and sequence number that are expected.
    expected: (u64, u64),
    /// The last arrival.
    heard: Duration,
    /// When all that arrived will have been played.
    until: Duration,
    /// Nothing is counted: the coach speaks over the answer, which may be held back.
    paused: bool,
    frames: Frames,
}

impl Playout {
    /// What was counted since the last time.
    pub fn take(&mut self) -> Frames {
        std::mem::take(&mut self.frames)
    }

    /// When all that arrived will have been played.
    #[must_use]
    pub fn until(&self) -> Duration {
        self.until
    }

    /// The next sound begins anew: an answer was cut, or another one begins.
    pub fn begin(&mut self) {
        self.next = None;
    }

    /// Counts nothing while the coach speaks over the answer.
    pub fn pause(&mut self, paused: bool) {
        if self.paused && !paused {
            self.next = None;
        }
        self.paused = paused;
    }

    /// Sound that follows what came before (WebSocket).
    pub fn chunk(&mut self, now: Duration, span: Duration) {
        let frames = span.as_micros().div_ceil(FRAME.as_micros()) as u64;
        let mut play = self.next.unwrap_or(now + BUFFER);
        if let Some(late) = now.checked_sub(play).filter(|late| !late.is_zero()) {
            // The listener runs dry and fills its buffer again.
            if !self.paused {
                self.frames.gap(late);
                self.frames.late += frames.min(late.as_millis() as u64 / 20 + 1);
            }
            play = now + BUFFER;
        }
        if !self.paused {
            self.frames.received += frames;
        }
        self.next = Some(play + span);
        self.until = play + span;
        self.heard = now;
    }

    /// A packet with its numbers made whole (WebRTC).
    pub fn packet(&mut self, now: Duration, sequence: u64, timestamp: u64, marker: bool) {
        let (time, number) = self.expected;
        let rested = marker || now.saturating_sub(self.heard) > REST;
        let anew = self.next.is_none_or(|_| rested);
        self.heard = now;
        if !self.paused {
            self.frames.received += 1;
        }
        // Numbers follow each other through every pause.
        if number != 0 {
            if sequence < number {
                // Overtaken: it was counted as lost.
                self.frames.lost = self.frames.lost.saturating_sub(1);
            } else if !self.paused {
                self.frames.lost += sequence - number;
            }
        }
        if anew {
            (self.next, self.anchor) = (Some(now + BUFFER), timestamp);
        } else if timestamp > time && sequence == number && !self.paused {
            // The sender left time out without losing a packet.
            let missing = (timestamp - time) / TICKS;
            if missing > 0 {
                self.frames.late += missing;
                self.frames.gap(FRAME * missing as u32);
            }
        }
        let since = Duration::from_millis(timestamp.saturating_sub(self.anchor) / TICKS_PER_MS);
        let play = self.next.unwrap_or(now) + since;
        if now > play && !self.paused {
            self.frames.late += 1;
            self.frames.gap(now - play);
        }
        self.until = play + FRAME;
        self.expected = (time.max(timestamp + TICKS), number.max(sequence + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn what_comes_ahead_of_time_is_never_late() {
        let mut playout = Playout::default();
        for frame in 0..100 {
            playout.chunk(ms(1000 + frame * 10), FRAME);
        }
        assert_eq!(playout.until(), ms(1060 + 2000));
        let frames = playout.take();
        assert_eq!((frames.received, frames.late, frames.gaps), (100, 0, 0));
    }

    #[test]
    fn a_stall_longer_than_the_buffer_is_one_gap() {
        let mut playout = Playout::default();
        let stalled = |frame: u64| frame * 20 + if frame >= 10 { 100 } else { 0 };
        for frame in 0..50 {
            playout.chunk(ms(stalled(frame)), FRAME);
        }
        let frames = playout.take();
        assert_eq!((frames.late, frames.gaps), (1, 1));
        let expected = ms(40);
        assert_eq!(frames.longest_gap, expected, "100 ms less the buffer");
        // The same stall within the buffer is none.
        let mut playout = Playout::default();
        for frame in 0..50 {
            playout.chunk(ms(frame * 20 + if frame >= 10 { 50 } else { 0 }), FRAME);
        }
        assert_eq!(playout.take().late, 0);
    }

    /// Packets `(arrival, sequence, frame)` heard from the beginning of an answer.
    fn packets(packets: impl IntoIterator<Item = (u64, u64, u64)>) -> Frames {
        let mut playout = Playout::default();
        let mut packets: Vec<_> = packets.into_iter().collect();
        packets.sort();
        for (at, sequence, frame) in packets {
            playout.packet(ms(at), sequence, 5_000 + frame * TICKS, frame == 0);
        }
        playout.take()
    }

    #[test]
    fn late_and_lost_packets_are_told_apart() {
        let steady = packets((0..100).map(|n| (n * 20, 7 + n, n)));
        assert_eq!((steady.received, steady.late, steady.lost), (100, 0, 0));
        let lossy = packets((0..100).filter(|n| n % 10 != 5).map(|n| (n * 20, 7 + n, n)));
        assert_eq!((lossy.received, lossy.late, lossy.lost), (90, 0, 10));
        let late = packets((0..100).map(|n| (n * 20 + if n == 50 { 61 } else { 0 }, 7 + n, n)));
        assert_eq!((late.late, late.lost, late.gaps), (1, 0, 1));
        let swapped = packets([(0, 7, 0), (20, 9, 2), (25, 8, 1), (60, 10, 3)]);
        assert_eq!((swapped.late, swapped.lost), (0, 0));
    }

    #[test]
    fn time_that_the_sender_leaves_out_is_missing() {
        let jump = packets((0..50).map(|n| {
            let late = if n >= 20 { 5 } else { 0 };
            ((n + late) * 20, 7 + n, n + late)
        }));
        assert_eq!((jump.late, jump.lost, jump.gaps), (5, 0, 1));
        assert_eq!(jump.longest_gap, ms(100));
    }

    #[test]
    fn a_pause_between_answers_counts_for_nothing() {
        let mut playout = Playout::default();
        playout.packet(ms(0), 1, TICKS, true);
        playout.packet(ms(3000), 2, 200 * TICKS, false);
        playout.pause(true);
        playout.packet(ms(3900), 3, 201 * TICKS, false);
        playout.pause(false);
        playout.packet(ms(3950), 4, 202 * TICKS, false);
        let frames = playout.take();
        assert_eq!((frames.received, frames.late, frames.lost), (3, 0, 0));
    }
}
