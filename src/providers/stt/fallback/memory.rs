//! What the next engine has to be told: the segments that are not answered, with their sound.

use std::collections::VecDeque;
use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::standing::Standing;
use crate::providers::stt::{ListenInput, Transcript};

/// So many samples are kept: 30 s.
const MOST: usize = 30 * 16_000;
/// A segment begins at most this long before it is known.
const LEAD: Duration = Duration::from_secs(2);

/// The latest sound, and the segments that are not answered.
#[derive(Debug)]
pub(super) struct Memory {
    sound: VecDeque<(Position, Box<[i16]>)>,
    samples: usize,
    open: Vec<Open>,
    /// Up to here everything was answered.
    done: Position,
    /// When the last open segment was answered.
    quiet_since: Instant,
}

#[derive(Debug)]
struct Open {
    segment: u64,
    from: Position,
    to: Option<Position>,
    /// When it was told to have ended.
    ended: Option<Instant>,
    standing: Standing,
}

impl Memory {
    /// Of a session that begins now.
    pub fn new(now: Instant) -> Self {
        Self {
            sound: VecDeque::new(),
            samples: 0,
            open: Vec::new(),
            done: Position::ZERO,
            quiet_since: now,
        }
    }

    /// Since when there is no segment that is not answered; `None` while there is one.
    pub fn quiet_since(&self) -> Option<Instant> {
        self.open.is_empty().then_some(self.quiet_since)
    }

    /// The session said this.
    pub fn hear(&mut self, input: &ListenInput) {
        match input {
            ListenInput::Audio { at, samples } => {
                self.samples += samples.len();
                self.sound.push_back((*at, samples.clone()));
                let oldest = self.open.iter().map(|open| open.from).min();
                let needed = oldest.unwrap_or(*at).min(*at).back(LEAD);
                while let Some((first, samples)) = self.sound.front()
                    && self.sound.len() > 1
                    && (*first < needed || self.samples > MOST)
                {
                    self.samples -= samples.len();
                    self.sound.pop_front();
                }
            }
            ListenInput::Begin { segment, from } => {
                let known = self.open.iter().any(|open| open.segment == *segment);
                if !known {
                    self.open.push(Open {
                        segment: *segment,
                        from: *from,
                        to: None,
                        ended: None,
                        standing: Standing::default(),
                    });
                }
            }
            ListenInput::End { segment, to } => {
                let mut open = self.open.iter_mut();
                if let Some(open) = open.find(|open| open.segment == *segment) {
                    open.to = open.to.or(Some(*to));
                    open.ended = open.ended.or_else(|| Some(Instant::now()));
                }
            }
            ListenInput::Discard { segment } => {
                self.take(*segment);
            }
        }
    }

    /// An engine understood this of a segment, for good if it is the `last` of it. What others did of
    /// sound that it was not told is put before it.
    pub fn understood(&mut self, segment: u64, transcript: &mut Transcript, last: bool) {
        let mut open = self.open.iter_mut();
        if let Some(open) = open.find(|open| open.segment == segment) {
            open.standing.lead(transcript, last);
        }
    }

    /// Nothing more is to be known of a segment. When it ended, if it was waited for.
    pub fn answered(&mut self, segment: u64) -> Option<Instant> {
        let Open { to, ended, .. } = self.take(segment)?;
        self.done = self.done.max(to.unwrap_or_default());
        ended
    }

    fn take(&mut self, segment: u64) -> Option<Open> {
        let at = self.open.iter().position(|open| open.segment == segment)?;
        self.quiet_since = Instant::now();
        Some(self.open.remove(at))
    }

    /// The segments that ended since then and are not answered.
    pub fn ended_since(&self, since: Instant) -> Vec<u64> {
        let ended = |open: &&Open| open.ended.is_some_and(|ended| ended >= since);
        let open = self.open.iter().filter(ended);
        open.map(|open| open.segment).collect()
    }

    /// Whether the words of a segment that ended are still to come.
    pub fn awaits_words(&self) -> bool {
        self.open.iter().any(|open| open.to.is_some())
    }

    /// Everything as it would have been said to an engine that listens from now on: the sound,
    /// and every mark where it belongs. Sound that was answered is left out, so that none of its
    /// words are understood again.
    pub fn retold(&mut self) -> VecDeque<ListenInput> {
        let first = self.open.first().map_or(self.done, |open| open.from);
        let from = self.done.min(first);
        let answered = |(at, _): &&(Position, Box<[i16]>)| *at + media::FRAME <= from;
        let mut sound = self.sound.iter().skip_while(answered).peekable();
        let begins = sound.peek().map_or(Position::ZERO, |(at, _)| *at);
        for open in &mut self.open {
            let all = begins <= open.from;
            open.standing
                .hand_over(if all { Position::ZERO } else { begins });
        }
        let (mut told, mut begun) = (VecDeque::new(), None);
        let mut waiting: VecDeque<&Open> = self.open.iter().collect();
        for (at, samples) in sound {
            // A mark stands before the sound that it is about.
            mark(&mut waiting, &mut begun, Some(*at), begins, &mut told);
            told.push_back(ListenInput::Audio {
                at: *at,
                samples: samples.clone(),
            });
        }
        mark(&mut waiting, &mut begun, None, begins, &mut told);
        told
    }
}

/// Tells the marks that stand before `at`; all that are left if there is no more sound. No segment
/// begins before the sound does.
fn mark<'a>(
    waiting: &mut VecDeque<&'a Open>,
    begun: &mut Option<&'a Open>,
    at: Option<Position>,
    begins: Position,
    told: &mut VecDeque<ListenInput>,
) {
    loop {
        if let Some(Open { segment, to, .. }) = *begun {
            let Some(to) = to.filter(|to| at.is_none_or(|at| at >= *to)) else {
                return;
            };
            let segment = *segment;
            told.push_back(ListenInput::End { segment, to });
            *begun = None;
        }
        let Some(next) = waiting.pop_front_if(|next| at.is_none_or(|at| at >= next.from)) else {
            return;
        };
        let (segment, from) = (next.segment, next.from.max(begins));
        told.push_back(ListenInput::Begin { segment, from });
        *begun = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Position {
        Position::from_ms(ms)
    }

    fn sound(memory: &mut Memory, frames: std::ops::Range<u64>) {
        for frame in frames {
            let samples = vec![0; 320].into();
            memory.hear(&ListenInput::Audio {
                at: ms(frame * 20),
                samples,
            });
        }
    }

    /// The marks, each with the number of the frame that follows it.
    fn marks(memory: &mut Memory) -> Vec<(String, u64)> {
        let mut marks = Vec::new();
        let mut open = Vec::new();
        for input in memory.retold() {
            match input {
                ListenInput::Audio { at, .. } => {
                    marks.extend(open.drain(..).map(|mark| (mark, at.ms() / 20)));
                }
                ListenInput::Begin { segment, .. } => open.push(format!("B{segment}")),
                ListenInput::End { segment, .. } => open.push(format!("E{segment}")),
                ListenInput::Discard { .. } => panic!("retold"),
            }
        }
        marks.extend(open.into_iter().map(|mark| (mark, u64::MAX)));
        marks
    }

    #[test]
    fn what_is_not_answered_is_told_again_in_its_place() {
        let mut memory = Memory::new(Instant::now());
        sound(&mut memory, 0..50);
        for (segment, from, to) in [(1, 100, 200), (2, 300, 400), (3, 500, 600)] {
            memory.hear(&ListenInput::Begin {
                segment,
                from: ms(from),
            });
            memory.hear(&ListenInput::End {
                segment,
                to: ms(to),
            });
        }
        memory.hear(&ListenInput::Begin {
            segment: 4,
            from: ms(900),
        });
        memory.hear(&ListenInput::Discard { segment: 3 });
        memory.answered(1);
        let expected = [("B2", 15), ("E2", 20), ("B4", 45)];
        assert_eq!(
            marks(&mut memory),
            expected.map(|(mark, at)| (mark.to_owned(), at))
        );
        // One whose sound is gone, and one whose sound never came.
        memory.hear(&ListenInput::End {
            segment: 4,
            to: ms(9000),
        });
        let expected = [("B2", 15), ("E2", 20), ("B4", 45), ("E4", u64::MAX)];
        assert_eq!(
            marks(&mut memory),
            expected.map(|(mark, at)| (mark.to_owned(), at))
        );
    }

    #[test]
    fn what_was_answered_is_not_heard_again() {
        let mut memory = Memory::new(Instant::now());
        sound(&mut memory, 0..50);
        let first = |memory: &mut Memory| match memory.retold().front() {
            Some(ListenInput::Audio { at, .. }) => at.ms(),
            other => panic!("{other:?}"),
        };
        for (segment, from, to) in [(1, 100, 210), (2, 240, 300)] {
            let (from, to) = (ms(from), ms(to));
            memory.hear(&ListenInput::Begin { segment, from });
            assert_eq!(memory.quiet_since(), None);
            memory.hear(&ListenInput::End { segment, to });
        }
        assert_eq!(first(&mut memory), 0);
        memory.answered(1);
        assert_eq!(first(&mut memory), 200);
        let (segment, from) = (3, ms(280));
        memory.hear(&ListenInput::Begin { segment, from });
        memory.answered(2);
        assert_eq!(marks(&mut memory), [("B3".to_owned(), 14)]);
        memory.hear(&ListenInput::Discard { segment });
        assert_eq!(first(&mut memory), 300);
        assert!(memory.quiet_since().is_some());
    }

    #[test]
    fn only_what_may_be_needed_is_kept() {
        let mut memory = Memory::new(Instant::now());
        sound(&mut memory, 0..500);
        assert_eq!(memory.sound.len(), 101);
        memory.hear(&ListenInput::Begin {
            segment: 1,
            from: ms(9000),
        });
        sound(&mut memory, 500..6000);
        assert_eq!(memory.samples, MOST);
        memory.answered(1);
        sound(&mut memory, 6000..6001);
        assert_eq!(memory.sound.len(), 101);
    }
}
