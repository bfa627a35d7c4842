//! The coach's turn while it lasts: its segments of speech and what was understood of them.

mod wording;

use std::time::Duration;

use media::Position;

use super::endpoint::{Completeness, SURE, completeness};
use crate::providers::stt::Transcript;

/// How long the final words of a segment are waited for, counted from the request or from the last
/// words that came after it, before what was understood so far has to do. One that is gone is known
/// by then, and another hears the sentence.
const TRANSCRIPT_PATIENCE: Duration = Duration::from_secs(3);
/// The longest wait, counted from the request. As long is waited where words are missing: a
/// recogniser may be busy, or be found to be gone, and another hears the sentence again.
const LONGEST_PATIENCE: Duration = Duration::from_secs(6);
/// The same where another recogniser does, however many were tried: each is known to fail within a
/// few seconds, and takes the sentence little faster than it was spoken.
const LONGEST_ALTOGETHER: Duration = Duration::from_secs(15);
/// With so much voice after the last word that was understood, words are missing: a cough or a
/// breath is shorter.
const MISSING: Duration = Duration::from_millis(500);

/// One turn of the coach, from the first speech to the decision that it is over.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Id of the item that the turn will become.
    pub item_id: String,
    /// Where its first speech began.
    pub started: Position,
    /// Whether the voice is on, or since when it is silent.
    pub voice: Voice,
    /// Where the client was told that speech started, in milliseconds of audio.
    pub announced: Option<u64>,
    /// Whether it began over the AI client's voice and may not be an interruption.
    pub overlapping: bool,
    /// Whether the AI client could be heard while it overlapped, so that it may be an echo.
    pub over_voice: bool,
    /// Whether the coach is correcting what was understood, which holds the answer back.
    pub held: bool,
    /// What the coach typed in place of what was understood.
    corrected: Option<String>,
    /// When final words were asked for last. Not when the speech ended: sound may have come
    /// faster than time passes.
    asked: Position,
    /// When words came last.
    progressed: Position,
    /// When another recogniser began to hear it again.
    anew: Option<Position>,
    /// Up to where its segments took sound.
    taken: Option<Position>,
    /// What the archive was told of its words, and when.
    pub kept: Option<(Position, String)>,
    /// How sure the recogniser is that the coach has finished, if it said so since the voice fell
    /// silent.
    finished: Option<f32>,
    segments: Vec<Segment>,
}

/// Whether the coach's voice is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// On since then.
    On(Position),
    /// Silent since then.
    Off(Position),
}

#[derive(Clone, Debug)]
struct Segment {
    id: u64,
    transcript: Transcript,
    state: State,
    /// How long the voice was on in it, and up to where.
    voiced: Duration,
    voice_ended: Position,
    /// What was understood ends here; words of another recogniser count once they reach as far.
    reached: Position,
}

impl Segment {
    /// Where the last word ends that was understood.
    fn understood_to(&self) -> Position {
        end_of(&self.transcript)
    }

    /// Whether more was said in it than is understood, as far as its times tell.
    fn misses_words(&self) -> bool {
        let began = self.voice_ended.back(self.voiced);
        self.state == State::Awaited && self.voice_ended - self.understood_to().max(began) > MISSING
    }
}

fn end_of(transcript: &Transcript) -> Position {
    let ends = transcript.words.iter().map(|word| word.end);
    ends.max().unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Listening,
    Awaited,
    Final,
    /// No final words will come.
    Failed,
}

impl State {
    fn is_over(self) -> bool {
        matches!(self, Self::Final | Self::Failed)
    }
}

impl Turn {
    /// A turn whose first speech begins at `at`.
    #[must_use]
    pub fn new(item_id: String, at: Position) -> Self {
        Self {
            item_id,
            started: at,
            voice: Voice::Off(at),
            announced: None,
            overlapping: false,
            over_voice: false,
            held: false,
            corrected: None,
            asked: at,
            progressed: at,
            anew: None,
            taken: None,
            kept: None,
            finished: None,
            segments: Vec::new(),
        }
    }

    /// Speech began: a further segment.
    pub fn begin(&mut self, segment: u64, at: Position) {
        self.voice = Voice::On(at);
        self.finished = None;
        let (transcript, state) = (Transcript::default(), State::Listening);
        self.segments.push(Segment {
            id: segment,
            transcript,
            state,
            voiced: Duration::ZERO,
            voice_ended: at,
            reached: Position::ZERO,
        });
    }

    /// Speech ended at `at`, as is known at `now`; its sound is taken up to `to`. Returns the
    /// segment whose final words are wanted.
    pub fn end(&mut self, at: Position, to: Position, now: Position) -> Option<u64> {
        let Voice::On(since) = self.voice else {
            return None;
        };
        self.voice = Voice::Off(at);
        self.asked = now;
        self.taken = Some(to);
        let segment = self.segments.last_mut()?;
        (segment.voiced, segment.voice_ended) = (at - since, at);
        if segment.state == State::Failed {
            return None;
        }
        segment.state = State::Awaited;
        Some(segment.id)
    }

    /// The timeline leapt by so much, and the recogniser has not come further.
    pub fn leapt(&mut self, by: Duration) {
        self.asked += by;
        self.progressed += by;
        self.anew = self.anew.map(|anew| anew + by);
    }

    /// Another recogniser begins anew with the words that are still to come.
    pub fn asked_anew(&mut self, now: Position) {
        let open = self.segments.iter_mut();
        for segment in open.filter(|segment| !segment.state.is_over()) {
            segment.reached = segment.understood_to();
            self.anew = Some(now);
        }
    }

    /// Words of a segment arrived at `now`. Whether the segment belongs to this turn.
    pub fn understood(
        &mut self,
        id: u64,
        transcript: Transcript,
        last: bool,
        now: Position,
    ) -> bool {
        let Some(segment) = self.segments.iter_mut().find(|segment| segment.id == id) else {
            return false;
        };
        if !segment.state.is_over() {
            self.progressed = now;
            if last || end_of(&transcript) >= segment.reached {
                segment.transcript = transcript;
                segment.reached = Position::ZERO;
            }
            if last {
                segment.state = State::Final;
            }
        }
        true
    }

    /// The recogniser believes that the coach has finished with a segment: counts for the last one,
    /// and while the voice is silent.
    pub fn hinted(&mut self, id: u64, confidence: f32) {
        let is_last = self.segments.last().is_some_and(|last| last.id == id);
        if is_last && matches!(self.voice, Voice::Off(_)) {
            self.finished = Some(confidence);
        }
    }

    /// Whether the sentence is over, by its words and by what the recogniser heard in the voice.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        let by_words = completeness(&self.text());
        match self.finished {
            Some(sure) if sure >= SURE => by_words.confirmed(),
            _ => by_words,
        }
    }

    /// A segment will get no final words: what was understood so far has to do.
    pub fn give_up(&mut self, id: u64) -> bool {
        let segment = self.segments.iter_mut().find(|segment| segment.id == id);
        segment
            .filter(|segment| !segment.state.is_over())
            .map(|segment| segment.state = State::Failed)
            .is_some()
    }

    /// Whether the final words of every segment are there, or given up.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.open().next().is_none()
    }

    /// Up to where its segments took sound, if any has ended.
    #[must_use]
    pub fn taken_to(&self) -> Option<Position> {
        self.taken
    }

    /// Until when final words are waited for.
    #[must_use]
    pub fn patience_ends(&self) -> Position {
        let longest = match self.anew {
            Some(_) => LONGEST_ALTOGETHER,
            None => LONGEST_PATIENCE,
        };
        let longest = self.asked + longest;
        if self.text().is_empty() || self.segments.iter().any(Segment::misses_words) {
            return longest;
        }
        let latest = self
            .asked
            .max(self.progressed)
            .max(self.anew.unwrap_or_default());
        (latest + TRANSCRIPT_PATIENCE).min(longest)
    }

    /// Whether it was not understood: nothing is known of its words, and for some of them nothing
    /// ever will be.
    #[must_use]
    pub fn failed(&self) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| segment.state == State::Failed) && self.text().is_empty()
    }

    /// Whether a segment belongs to it.
    pub fn has(&self, segment: u64) -> bool {
        self.segments.iter().any(|own| own.id == segment)
    }

    /// The segments whose words are still to come.
    pub fn open(&self) -> impl Iterator<Item = u64> + '_ {
        let open = self.segments.iter();
        open.filter(|segment| !segment.state.is_over())
            .map(|segment| segment.id)
    }

    /// Its stretch of the timeline, in the sound received so far.
    #[must_use]
    pub fn span(&self, received: Position) -> (Position, Position) {
        let end = match self.voice {
            Voice::On(_) => received,
            Voice::Off(since) => since,
        };
        (self.started, end.max(self.started))
    }

    /// Whether anything was said in it.
    #[must_use]
    pub fn has_speech(&self) -> bool {
        !self.segments.is_empty()
    }

    /// How long the voice was on altogether, in the sound received so far.
    #[must_use]
    pub fn voiced(&self, received: Position) -> Duration {
        let past: Duration = self.segments.iter().map(|segment| segment.voiced).sum();
        match self.voice {
            Voice::On(since) => past + (received - since),
            Voice::Off(_) => past,
        }
    }
}

#[cfg(test)]
mod tests;
