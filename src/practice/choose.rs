//! What to say without a language model: authored lines, chosen by what was heard and the state.

mod lines;
mod polar;

use super::dice::Dice;
use super::forms::asks_what;
use super::memory::Memory;
use super::moves::{Move, Topic};
use super::pausing::Pacer;
use super::sentences::split;
use super::sheet::{Line, Reaction, Sheet, Slot};
use super::small;
use super::words::{Word, words};
use super::{Reply, Sentence};

/// Silence between two lines, in milliseconds.
const BETWEEN_LINES: u32 = 300;

/// Makes one answer.
pub(super) struct Chooser<'a> {
    sheet: &'a Sheet,
    shared: &'a [Line],
    memory: &'a Memory,
    dice: Dice,
    pacer: Pacer,
    /// The deepest level that this answer may go to.
    ceiling: u8,
    out: Vec<(String, String)>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(sheet: &'a Sheet, shared: &'a [Line], memory: &'a Memory, seed: u64) -> Self {
        Self {
            sheet,
            shared,
            ceiling: memory.ceiling().max(1),
            dice: Dice::of(seed, memory.turn()),
            pacer: memory.pacer(sheet, seed),
            memory,
            out: Vec::new(),
        }
    }

    pub(super) fn reply(mut self) -> Reply {
        self.answer();
        if self.out.is_empty() {
            self.must(Reaction::Musing);
        }
        self.paced()
    }

    /// Thinks aloud where a question waits for an answer, and opens no door by it. Where a life is in
    /// danger nobody is silent.
    pub(super) fn muse(mut self) -> Reply {
        let coach = self.memory.coach.as_ref();
        if self.memory.is_of_danger() {
            self.answer();
        } else if coach.is_some_and(|coach| coach.moves.asks()) {
            self.open_nothing();
            self.may(Reaction::Musing);
        }
        self.paced()
    }

    /// The lines with their silences.
    fn paced(mut self) -> Reply {
        let mut sentences: Vec<Sentence> = Vec::new();
        let first = self.out.first().map_or("", |(_, text)| text.as_str());
        // A silence that ends a line belongs to the sentence after it.
        let mut silence = self.pacer.before(first);
        for (i, (_, text)) in self.out.iter().enumerate() {
            if i > 0 {
                silence += BETWEEN_LINES;
            }
            // Who wrote silences into a line knew where they belong.
            let written = text.contains("[pause ") || self.memory.is_of_danger();
            for sentence in split(text) {
                if let Some(pause) = lone_pause(&sentence) {
                    silence += pause;
                    continue;
                }
                let text = match written {
                    true => sentence,
                    false => self.pacer.within(&sentence),
                };
                sentences.push(Sentence {
                    text,
                    pause_before_ms: std::mem::take(&mut silence),
                });
            }
        }
        Reply {
            sentences,
            line_ids: self.out.into_iter().map(|(id, _)| id).collect(),
            inner: self.memory.inner(self.sheet),
        }
    }

    fn answer(&mut self) {
        if self.memory.stepped_out {
            return self.plainly(Reaction::Danger);
        }
        let Some(coach) = self.memory.coach.clone() else {
            return self.silence();
        };
        if coach.kind == Move::AskDanger {
            return self.plainly(Reaction::Safe);
        }
        let goes_on = matches!(
            coach.kind,
            Move::Backchannel | Move::InviteSilence | Move::Unclear | Move::Repeat
        ) || (coach.kind == Move::OpenQuestion
            && matches!(coach.topic, Some(Topic::More)));
        if let Some(lost) = self.memory.cut.as_deref().filter(|_| goes_on) {
            self.must(Reaction::Resume);
            return self.say(lost);
        }
        if self.memory.was_cut
            && coach.kind != Move::Goodbye
            && (self.memory.interruptions >= 2 || self.memory.state.trust < 45)
        {
            self.may(Reaction::Interrupted);
        }
        // A question that was perhaps another one opens no door that is still closed.
        if !coach.sure {
            self.open_nothing();
        }
        if let Some(line) = small::asked(self.sheet, &coach).and_then(|fact| self.known(fact)) {
            return self.say(line);
        }
        if coach.kind != Move::Hostility && small::apologises(&coach) {
            return self.must(Reaction::Apology);
        }
        if let Some(answer) = self.settled(&coach) {
            return self.only(answer);
        }
        let open = self.memory.state.level();
        match coach.kind {
            Move::Hostility => self.must(Reaction::Hostility),
            Move::AskName if small::of_another(&coach) => self.must(Reaction::Unknown),
            Move::Greeting | Move::Telling
                if coach.greets && (!self.memory.greeted || self.memory.coach_turns <= 2) =>
            {
                self.must(Reaction::Greeting)
            }
            Move::Greeting | Move::SoundCheck => self.must(Reaction::SoundCheck),
            Move::AskName => self.must(Reaction::Name),
            Move::Thanks => self.must(Reaction::Thanks),
            Move::Contracting => self.must(Reaction::Contract),
            Move::Backchannel | Move::InviteSilence | Move::SilenceHeld => {
                if self.more().is_some() && self.dice.below(2) == 0 {
                    self.may(Reaction::Listened);
                }
                self.go_on();
            }
            Move::AskNature => self.only(Reaction::Nature),
            Move::OffTopic => self.must(Reaction::OffTopic),
            Move::SmallTalk if small::hosts(&coach) => match self.memory.greeted {
                true => self.must(Reaction::Contract),
                false => self.must(Reaction::Greeting),
            },
            Move::SmallTalk => self.must(Reaction::SmallTalk),
            // Asked of themselves, it is no other topic, even if there is no line for it.
            Move::OpenQuestion | Move::ClosedQuestion if coach.lost => {
                match small::asks_fact(&coach) {
                    true => self.must(Reaction::Unknown),
                    false => self.come_near(None),
                }
            }
            Move::OpenQuestion => self.about(coach.topic),
            // A yes answers neither.
            Move::ClosedQuestion if matches!(coach.topic, Some(Topic::Scale | Topic::Tried)) => {
                self.about(coach.topic)
            }
            Move::ClosedQuestion if small::asks_fact(&coach) => self.must(Reaction::Unknown),
            Move::ClosedQuestion if asks_what(&coach.words) => self.about(coach.topic),
            Move::SimpleReflection | Move::ComplexReflection => self.given_back(),
            Move::Summary if self.is_locked(&coach.words) => self.given_back(),
            Move::Summary => {
                self.must(Reaction::Summary);
                if open >= 3
                    && let Some(line) = self.more()
                {
                    self.say(line);
                }
            }
            Move::Affirmation => self.must(Reaction::Affirmation),
            Move::Advice => self.must(Reaction::Advice),
            Move::AdviceWithPermission | Move::TellingWithPermission => {
                self.must(Reaction::AdviceWelcome)
            }
            Move::AskPermission => self.must(Reaction::Permission),
            Move::Telling => self.must(Reaction::Telling),
            Move::LeadingQuestion => self.must(Reaction::Leading),
            Move::ClosedQuestion => {
                self.must(Reaction::Closed);
                if open >= 2 && coach.topic.is_some() {
                    self.about(coach.topic);
                }
            }
            Move::StackedQuestion => match coach.topic {
                Some(topic) if self.dice.below(2) == 0 => self.about(Some(topic)),
                _ => self.must(Reaction::Stacked),
            },
            Move::WhyQuestion => {
                self.must(Reaction::Why);
                if open >= 3 {
                    self.about(coach.topic);
                }
            }
            Move::Clarify => {
                let term = self.sheet.terms.iter().position(|term| {
                    term.iter()
                        .flat_map(|t| words(t))
                        .any(|t| coach.words.iter().any(|w| t.likeness(w) >= Word::SOUND))
                });
                let explained = term.and_then(|i| self.fresh(Slot::Term(i)));
                match explained {
                    Some(line) => self.say(line),
                    None => self.must(Reaction::Clarify),
                }
            }
            Move::Repeat => self.again(&coach),
            Move::Goodbye => self.must(Reaction::Goodbye),
            Move::Unclear if self.memory.touched(self.sheet).any(|(_, by)| by > 0) => {
                self.given_back()
            }
            // Nobody says twice in a row that they did not understand: they guess, and show nothing.
            Move::Unclear if self.memory.misheard => {
                self.open_nothing();
                match self.more() {
                    Some(line) => self.say(line),
                    None => self.must(Reaction::Musing),
                }
            }
            Move::Unclear | Move::Interruption | Move::Danger | Move::AskDanger => {
                self.must(Reaction::Misheard)
            }
        }
    }

    fn silence(&mut self) {
        match (self.memory.client_turns, self.sheet.opens) {
            (0, true) => self.must(Reaction::Greeting),
            (0, false) => self.must(Reaction::Opening),
            _ => self.must(Reaction::Idle),
        }
    }

    /// Answers a question about a topic.
    fn about(&mut self, topic: Option<Topic>) {
        let sure = self.memory.coach.as_ref().is_some_and(|coach| coach.sure);
        if topic == Some(Topic::More) && sure {
            return self.go_on();
        }
        // "Expect" is not "expand": what only sounds like asking for more asks for something else.
        let topic = topic.filter(|topic| *topic != Topic::More);
        match topic.and_then(|topic| self.fresh(Slot::Topic(topic))) {
            Some(line) => self.say(line),
            None => self.come_near(topic),
        }
    }
}

/// The silence of a sentence that is nothing else.
fn lone_pause(sentence: &str) -> Option<u32> {
    let mark = sentence.trim().strip_prefix("[pause ")?;
    mark.strip_suffix(']')?.parse().ok()
}
