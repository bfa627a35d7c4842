//! The client's voice between sending and hearing: only what was heard goes on record, where it
//! was heard, and as much of it as the client says.

use std::collections::VecDeque;
use std::time::Duration;

use media::frame::FRAME;
use media::opus::{Encoder, EncoderSettings};
use media::peaks::peak;
use media::playout::{Playout, When};
use media::{Position, playout};

use super::sound::SoundError;

/// How long what was heard, or flushed, is kept until it goes on record: a client that stops its
/// playback tells where it stopped, and that takes its time.
pub const SETTLE: Duration = Duration::from_millis(300);
/// Samples of a frame at the rate of the voices.
const SAMPLES: usize = playout::RATE as usize / 50;

/// Frames that a client holds, sent ahead of time, and that may still be flushed or wait.
#[derive(Debug)]
pub struct Airing {
    encoder: Encoder,
    held: VecDeque<Held>,
    /// The sound of the held frames, [`SAMPLES`] each.
    sound: VecDeque<i16>,
    frame: Vec<i16>,
    /// How far what is given out must have come for the first frames to be dropped, which were
    /// flushed.
    flushed: Option<Position>,
}

/// Samples `from..to` of what was sent under a tag.
#[derive(Clone, Copy, Debug)]
struct Held {
    tag: u64,
    from: u64,
    to: u64,
}

impl Airing {
    /// Nothing was sent.
    ///
    /// # Errors
    /// If the encoder cannot be set up.
    pub fn new(settings: EncoderSettings) -> Result<Self, SoundError> {
        Ok(Self {
            encoder: Encoder::new(settings)?,
            held: VecDeque::new(),
            sound: VecDeque::new(),
            frame: Vec::with_capacity(SAMPLES),
            flushed: None,
        })
    }

    /// A frame was sent, and `playout` has it on its account since; `before` is what was
    /// [latest](Playout::latest) until then.
    pub fn sent(&mut self, frame: &[i16], before: Option<(u64, u64)>, playout: &Playout) {
        let Some((tag, to)) = playout.latest() else {
            return;
        };
        let from = before.map_or(0, |(earlier, sent)| if earlier == tag { sent } else { 0 });
        if to > from && frame.len() == SAMPLES {
            self.held.push_back(Held { tag, from, to });
            self.sound.extend(frame);
        }
    }

    /// Gives out, encoded and in order, what was heard and has [settled](SETTLE) by `now`:
    /// position, packet, peak.
    ///
    /// # Errors
    /// If the codec fails; the frame is lost.
    pub fn heard(
        &mut self,
        now: Position,
        playout: &Playout,
        each: impl FnMut(Position, &[u8], u8),
    ) -> Result<(), SoundError> {
        self.give(now.back(SETTLE), SETTLE, playout, each)
    }

    /// The same of everything that was heard by `now`: nobody will say otherwise any more.
    ///
    /// # Errors
    /// If the codec fails; the frame is lost.
    pub fn rest(
        &mut self,
        now: Position,
        playout: &Playout,
        each: impl FnMut(Position, &[u8], u8),
    ) -> Result<(), SoundError> {
        self.give(now, Duration::ZERO, playout, each)
    }

    /// Where what is heard next, or was heard and is not given out yet, begins. Of what is paused
    /// nobody knows.
    #[must_use]
    pub fn next(&self, playout: &Playout) -> Option<Position> {
        let place = |held: &Held| playout.when(held.tag, held.from);
        let next = self.held.iter().map(place).find(|at| *at != When::Never);
        next.and_then(|next| match next {
            When::At(at) => Some(at),
            When::Waits | When::Never => None,
        })
    }

    /// Gives out what was heard `by` then. Where frames were flushed, it is waited for so long.
    fn give(
        &mut self,
        by: Position,
        wait: Duration,
        playout: &Playout,
        mut each: impl FnMut(Position, &[u8], u8),
    ) -> Result<(), SoundError> {
        while let Some(Held { tag, from, to }) = self.held.front().copied() {
            let at = match playout.when(tag, from) {
                When::At(at) if at + FRAME <= by => Some(at),
                When::Never if *self.flushed.get_or_insert(by + wait) <= by => None,
                When::At(_) | When::Waits | When::Never => return Ok(()),
            };
            if at.is_some() {
                self.flushed = None;
                if playout.when(tag, to - 1) == When::Waits {
                    return Ok(());
                }
            }
            self.held.pop_front();
            self.frame.clear();
            let left = self.sound.len().min(SAMPLES);
            self.frame.extend(self.sound.drain(..left));
            let Some(at) = at else { continue };
            if playout.when(tag, to - 1) == When::Never {
                // It was cut off in its middle.
                let heard =
                    (from..to).take_while(|sample| playout.when(tag, *sample) != When::Never);
                self.frame[heard.count()..].fill(0);
            }
            let packet = self.encoder.encode(&self.frame)?;
            each(at, packet, peak(&self.frame));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use media::playout::Holder;

    use super::*;

    const fn ms(ms: u64) -> Position {
        Position::from_ms(ms)
    }

    struct Rig {
        playout: Playout,
        airing: Airing,
        heard: Vec<(u64, u8)>,
    }

    impl Rig {
        fn new() -> Self {
            let settings = EncoderSettings {
                dtx: false,
                ..EncoderSettings::default()
            };
            Self {
                playout: Playout::new(Holder::Client, Duration::from_millis(20)),
                airing: Airing::new(settings).unwrap(),
                heard: Vec::new(),
            }
        }

        /// Sends frames, each as loud as its number says.
        fn send(&mut self, tag: u64, now: Position, frames: std::ops::Range<i16>) {
            for number in frames {
                let before = self.playout.latest();
                self.playout.send(tag, now, SAMPLES as u64);
                let frame = [number << 7; SAMPLES];
                self.airing.sent(&frame, before, &self.playout);
            }
        }

        fn listen(&mut self, now: Position) {
            let heard = &mut self.heard;
            let each = |at: Position, _: &[u8], peak| heard.push((at.ms(), peak));
            self.airing.heard(now, &self.playout, each).unwrap();
        }
    }

    #[test]
    fn what_was_sent_ahead_and_flushed_is_not_heard() {
        let mut rig = Rig::new();
        rig.send(1, ms(1000), 1..16);
        rig.listen(ms(1079) + SETTLE);
        assert_eq!(rig.heard, [(1020, 1), (1040, 2)]);
        assert_eq!(rig.airing.next(&rig.playout), Some(ms(1060)));
        rig.playout.flush(ms(1090));
        rig.send(2, ms(1500), 20..22);
        assert_eq!(rig.airing.next(&rig.playout), Some(ms(1060)));
        rig.listen(ms(1500));
        assert_eq!(rig.airing.next(&rig.playout), Some(ms(1520)));
        rig.listen(ms(2000));
        rig.listen(ms(2000) + SETTLE);
        // Half of the fourth frame was heard before the flush.
        let expected = [
            (1020, 1),
            (1040, 2),
            (1060, 3),
            (1080, 4),
            (1520, 20),
            (1540, 21),
        ];
        assert_eq!(rig.heard, expected);
        assert!(rig.airing.sound.is_empty() && rig.airing.held.is_empty());
        assert_eq!(rig.airing.next(&rig.playout), None);
    }

    #[test]
    fn the_client_says_how_much_of_it_was_heard() {
        for (said, last) in [(30, 2), (70, 4), (110, 6)] {
            let mut rig = Rig::new();
            rig.send(1, ms(1000), 1..16);
            rig.playout.flush(ms(1090));
            rig.listen(ms(1090));
            rig.playout.correct(1, said * 24);
            rig.listen(ms(1500));
            rig.listen(ms(1500) + SETTLE);
            let numbers: Vec<u8> = rig.heard.iter().map(|heard| heard.1).collect();
            assert_eq!(numbers, (1..=last).collect::<Vec<u8>>(), "{said} ms");
            // Later it is too late.
            rig.playout.correct(1, 24);
            rig.listen(ms(3000));
            assert_eq!(rig.heard.len(), numbers.len());
        }
    }

    #[test]
    fn in_the_end_nobody_says_otherwise() {
        let mut rig = Rig::new();
        rig.send(1, ms(1000), 1..16);
        rig.playout.flush(ms(1090));
        rig.send(2, ms(1100), 20..30);
        let heard = &mut rig.heard;
        let each = |at: Position, _: &[u8], peak| heard.push((at.ms(), peak));
        rig.airing.rest(ms(1160), &rig.playout, each).unwrap();
        let expected = [
            (1020, 1),
            (1040, 2),
            (1060, 3),
            (1080, 4),
            (1120, 20),
            (1140, 21),
        ];
        assert_eq!(rig.heard, expected);
    }

    #[test]
    fn a_paused_voice_goes_on_later() {
        let mut rig = Rig::new();
        rig.send(1, ms(1000), 1..5);
        rig.playout.pause(ms(1060));
        rig.listen(ms(1400));
        assert_eq!(rig.heard, [(1020, 1), (1040, 2)]);
        assert_eq!(rig.airing.next(&rig.playout), None);
        rig.playout.resume(ms(1460));
        rig.send(1, ms(1460), 5..6);
        assert_eq!(rig.airing.next(&rig.playout), Some(ms(1460)));
        rig.listen(ms(2000));
        assert_eq!(rig.heard[2..], [(1460, 3), (1480, 4), (1500, 5)]);
    }

    #[test]
    fn a_voice_flushed_while_paused_ends_there() {
        let mut rig = Rig::new();
        rig.send(1, ms(1000), 1..5);
        rig.playout.pause(ms(1060));
        rig.listen(ms(1400));
        rig.playout.flush(ms(1500));
        rig.listen(ms(2000));
        rig.listen(ms(2000) + SETTLE);
        assert_eq!(rig.heard, [(1020, 1), (1040, 2)]);
        assert!(rig.airing.sound.is_empty());
    }
}
