//! The client's voice as packets between sending and hearing: they go on record as they are, once
//! they were heard.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use media::{FRAME, Position};

/// How long after it was heard the last packet waits at most, where nothing else happens.
const LATEST: Duration = Duration::from_millis(500);

/// Packets that were sent at the pace of hearing, and are on their way.
#[derive(Debug)]
pub struct Aloft {
    /// From sending to hearing.
    delay: Duration,
    /// Where each is heard, and how loud it is.
    packets: VecDeque<(Position, Bytes, u8)>,
}

impl Aloft {
    /// Nothing was sent. What is sent is heard so much later.
    #[must_use]
    pub const fn new(delay: Duration) -> Self {
        Self {
            delay,
            packets: VecDeque::new(),
        }
    }

    /// A packet was sent at `at`, with this peak.
    pub fn sent(&mut self, at: Position, packet: Bytes, peak: u8) {
        self.packets.push_back((at + self.delay, packet, peak));
    }

    /// Gives out, in order, what was heard by `now`: position, packet, peak.
    pub fn heard(&mut self, now: Position, mut each: impl FnMut(Position, &[u8], u8)) {
        while let Some((at, packet, peak)) =
            self.packets.pop_front_if(|(at, ..)| *at + FRAME <= now)
        {
            each(at, &packet, peak);
        }
    }

    /// Where what is heard next begins.
    #[must_use]
    pub fn next(&self) -> Option<Position> {
        self.packets.front().map(|(at, ..)| *at)
    }

    /// When what was heard has to be given out though nothing happens.
    #[must_use]
    pub fn due(&self) -> Option<Position> {
        self.next().map(|at| at + FRAME + LATEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_given_out_once_it_was_heard() {
        let mut aloft = Aloft::new(Duration::from_millis(70));
        for number in 0..4u8 {
            let at = Position::from_ms(1000 + u64::from(number) * 20);
            aloft.sent(at, Bytes::from(vec![number]), number);
        }
        let mut heard = Vec::new();
        for now in [1089, 1090, 1131, 1131] {
            let now = Position::from_ms(now);
            aloft.heard(now, |at, packet, peak| {
                heard.push((at.ms(), packet[0], peak))
            });
        }
        assert_eq!(heard, [(1070, 0, 0), (1090, 1, 1), (1110, 2, 2)]);
        assert_eq!(aloft.due(), Some(Position::from_ms(1130 + 20 + 500)));
    }
}
