//! Where on the session's timeline the sound of an RTP stream stands.

use std::time::Duration;

use crate::frame::Position;

/// Sound that would stand this far from where its arrival puts it has left the timeline: 100 ms.
const JUMP: i64 = 4800;
/// How long sound must keep arriving that late before the sender's clock is taken to have stood
/// still; a network that stalls catches up in a burst.
const STUCK: Duration = Duration::from_millis(500);
/// The clocks' relation is that of the packets that travelled fastest among those of the last
/// one to two spans of this length.
const SPAN: Duration = Duration::from_secs(4);
/// The largest correction, as a share of the time that passes: one hundredth.
pub(crate) const SLEW: u64 = 100;

/// Maps RTP timestamps (48 kHz, RFC 7587) onto the timeline.
///
/// A packet cannot arrive before its sound was made, so the timeline follows the packets with
/// the least transit time. Clocks that drift apart are followed by at most 1 % of the time that
/// passes; a leap of more than 100 ms anchors the stream anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct RtpClock {
    latest: Option<Latest>,
    /// Timeline position of extended timestamp zero.
    offset: i64,
    /// Least transit of the span before and of the current one, and when that began.
    fastest: [Option<i64>; 2],
    since: Position,
    /// Since when every packet came late, and the least of their transits.
    stuck: Option<(Position, i64)>,
    /// Mean deviation of the transit, in samples at 48 kHz (RFC 3550, section 6.4.1).
    jitter: f32,
}

#[derive(Clone, Copy, Debug)]
struct Latest {
    timestamp: u32,
    extended: i64,
    span: i64,
    transit: i64,
}

impl RtpClock {
    /// Where the sound of the stream's newest packet begins. `span` is its duration in samples at
    /// 48 kHz.
    pub(crate) fn advance(&mut self, timestamp: u32, span: u32, arrival: Position) -> i64 {
        let span = i64::from(span);
        let extended = self.extend(timestamp);
        // When the packet had been spoken, on the arrival's clock, less its timestamp.
        let transit = arrival.samples() as i64 - span - extended;
        let backward = self
            .latest
            .is_some_and(|latest| extended < latest.extended + latest.span / 2);
        match self.latest {
            Some(latest) if !backward => {
                self.follow(transit, span, arrival);
                let deviation = (transit - latest.transit).abs().min(JUMP) as f32;
                self.jitter += (deviation - self.jitter) / 16.0;
            }
            _ => self.anchor(transit, arrival),
        }
        self.latest = Some(Latest {
            timestamp,
            extended,
            span,
            transit,
        });
        extended + self.offset
    }

    /// Where the sound of a packet older than the newest begins, and how much later than the
    /// fastest it came, in samples at 48 kHz.
    pub(crate) fn place(&self, timestamp: u32, span: u32, arrival: Position) -> (i64, i64) {
        let at = self.extend(timestamp) + self.offset;
        (at, (arrival.samples() as i64 - i64::from(span) - at).max(0))
    }

    /// Begins anew with the next packet: the stream is another one.
    pub(crate) fn restart(&mut self) {
        self.latest = None;
    }

    /// Mean deviation of the transit time, in samples at 48 kHz.
    pub(crate) const fn jitter(&self) -> f32 {
        self.jitter
    }

    fn extend(&self, timestamp: u32) -> i64 {
        self.latest.map_or(i64::from(timestamp), |latest| {
            latest.extended + i64::from(timestamp.wrapping_sub(latest.timestamp) as i32)
        })
    }

    fn anchor(&mut self, transit: i64, arrival: Position) {
        self.offset = transit;
        self.fastest = [None, Some(transit)];
        self.since = arrival;
        self.stuck = None;
    }

    fn follow(&mut self, transit: i64, span: i64, arrival: Position) {
        let off = transit - self.offset;
        if off < -JUMP {
            // It would stand in the future.
            return self.anchor(transit, arrival);
        }
        if off > JUMP {
            let (since, least) = self.stuck.unwrap_or((arrival, transit));
            let least = least.min(transit);
            self.stuck = Some((since, least));
            if arrival.since(since) >= STUCK {
                self.anchor(least, arrival);
            }
            return;
        }
        self.stuck = None;
        if arrival.since(self.since) >= SPAN {
            self.fastest = [self.fastest[1], None];
            self.since = arrival;
        }
        let fastest = self.fastest[1].map_or(transit, |fastest| fastest.min(transit));
        self.fastest[1] = Some(fastest);
        let target = self.fastest[0].map_or(fastest, |before| before.min(fastest));
        let limit = (span / SLEW as i64).max(1);
        // Gently when near, so that a correction is not heard as a leap by whoever counts.
        let wanted = target - self.offset;
        let step = wanted / 32 + wanted.signum();
        self.offset += step.clamp(-limit, limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten minutes of packets whose sender's clock runs `ppm` fast, through a network with
    /// `jitter(n)` samples of delay; returns the largest distance from the truth after the first
    /// ten seconds and the largest correction between two packets.
    fn drift(ppm: i64, minutes: i64, jitter: impl Fn(i64) -> i64) -> (i64, i64) {
        let mut clock = RtpClock::default();
        let (mut worst, mut step, mut last) = (0i64, 0i64, None::<i64>);
        for n in 0..minutes * 60 * 50 {
            let spoken = 100_000 + n * 960;
            let timestamp = (n * 960 + n * 960 * ppm / 1_000_000 + 4_294_000_000) as u32;
            let arrival = Position::new((spoken + 960 + jitter(n)) as u64);
            let at = clock.advance(timestamp, 960, arrival);
            if n > 500 {
                worst = worst.max((at - spoken).abs());
            }
            if let Some(last) = last {
                step = step.max((at - last - 960).abs());
            }
            last = Some(at);
        }
        (worst, step)
    }

    #[test]
    fn an_hour_of_drift_is_followed_smoothly() {
        for ppm in [-100, 100] {
            let (worst, step) = drift(ppm, 60, |n| (n * 7919 % 31) * 48);
            assert!(worst < 5 * 48, "{ppm} ppm: {worst} samples off");
            assert!(step <= 10, "{ppm} ppm: {step} samples at once");
        }
    }

    #[test]
    fn a_stall_that_catches_up_moves_nothing() {
        // Every packet of a second waits until the network comes back.
        let (worst, _) = drift(0, 1, |n| {
            if (1000..1050).contains(&n) {
                (1050 - n) * 960
            } else {
                0
            }
        });
        assert!(worst <= 10, "{worst}");
    }

    #[test]
    fn a_clock_that_stood_still_is_anchored_anew() {
        let mut clock = RtpClock::default();
        for n in 0..50u32 {
            clock.advance(n * 960, 960, Position::from_ms(20 + u64::from(n) * 20));
        }
        // Three seconds pass on the session's clock and none on the sender's.
        let mut at = 0;
        for n in 50..80u32 {
            at = clock.advance(n * 960, 960, Position::from_ms(3020 + u64::from(n) * 20));
        }
        assert_eq!(at, Position::from_ms(3000 + 79 * 20).samples() as i64);
    }

    #[test]
    fn a_leap_of_the_timestamp_is_anchored_at_once() {
        let mut clock = RtpClock::default();
        clock.advance(5_000_000, 960, Position::from_ms(1000));
        for (timestamp, ms) in [(3_000_000_000, 1020), (17, 1040), (4_000_000_000, 1060)] {
            let at = clock.advance(timestamp, 960, Position::from_ms(ms));
            assert_eq!(at, Position::from_ms(ms - 20).samples() as i64);
        }
    }
}
