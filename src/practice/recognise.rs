//! Recognises move and topic of an utterance, through misheard words.

mod heard;
mod topics;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::again::wants_own;
use super::cues::Cues;
use super::danger::danger;
use super::forms::asks_what;
use super::moves::{Context, Move, Moves, Topic, Understood, classify};
use super::questions::clauses;
use super::sheet::SheetError;
use super::vocabulary::Vocabulary;
use super::words::{Word, tokens};
use super::world::{World, Worldly};

use heard::{Heard, Known, Phrase};
use topics::Topics;

/// Recognises moves and topics. Deterministic; build once, use for every utterance.
#[derive(Clone, Debug)]
pub struct Recogniser {
    cues: Cues,
    vocabulary: Vocabulary,
    topics: Topics,
    moves: BTreeMap<Move, Vec<Phrase>>,
    world: World,
}

/// Words up to which a question says nothing of what it is about: `why not`, `and then`.
const SHORT: usize = 3;
/// Words up to which a greeting or a thank-you may be heard wrongly.
const PLEASANTRY: usize = 4;
/// What points at what was said.
const REFERS: &[&str] = &[
    "he", "she", "they", "him", "her", "them", "his", "their", "it", "that", "this", "there",
    "those", "these", "then", "else", "both",
];

impl Recogniser {
    /// Reads the table of cues.
    pub fn load() -> Result<Self, SheetError> {
        let cues = Cues::load()?;
        let mut vocabulary = Vocabulary::default();
        let topics = Topics::new(&cues, &mut vocabulary);
        let mut moves = BTreeMap::new();
        for (kind, texts) in &cues.moves {
            let phrases = texts.iter().map(|text| Phrase::new(&mut vocabulary, text));
            moves.insert(*kind, phrases.collect());
        }
        Ok(Self {
            cues,
            vocabulary,
            topics,
            moves,
            world: World::load(),
        })
    }

    /// Understands what the coach said. `client` is what the client said before it: its words
    /// coming back, however they were heard, are a reflection. `context` is all that was said.
    pub fn understand(&self, text: &str, client: &str, context: &Context) -> Understood {
        let known = &mut Known::default();
        let heard = Heard::new(text, &self.vocabulary, known);
        if let Some(kind) = danger(text) {
            return Understood {
                kind,
                topic: None,
                moves: [kind].into_iter().collect(),
                greets: false,
                sure: true,
                lost: false,
                words: heard.words,
            };
        }
        let clauses = clauses(&self.cues, &heard.words);
        let last = clauses.last().map_or(0, |c| heard.words.len() - c.len());
        let mut moves = classify(text, context);
        self.add(known, &heard, client, &mut moves);
        if asks_of_a_word(&heard.words, context) {
            moves.remove(Move::Clarify);
        }
        if asks_what_matters(&heard.words) {
            moves.remove(Move::WhyQuestion);
        }
        let mut kind = moves.answered();
        let found = match kind {
            Move::StackedQuestion => {
                let topics = &self.topics;
                topics
                    .find(&heard, last, context)
                    .or_else(|| topics.find(&heard, 0, context))
            }
            _ => self.topics.find(&heard, 0, context),
        };
        let (topic, sure) = found.map_or((None, true), |(topic, sure)| (Some(topic), sure));
        // A question whose opening words were lost is still a question about something.
        if kind == Move::Unclear && topic.is_some() && self.asks_you(&heard.words) {
            kind = Move::OpenQuestion;
            moves = [kind].into_iter().collect();
        }
        // "From one to ten": the rest of the question was lost, or never said.
        let scale = topic == Some(Topic::Scale) && sure && !moves.asks();
        if scale && matches!(kind, Move::Unclear | Move::Backchannel | Move::Telling) {
            kind = Move::ClosedQuestion;
            moves.insert(kind);
        }
        // "How far is the moon": not what yes or no would answer.
        let asks =
            kind == Move::OpenQuestion || kind == Move::ClosedQuestion && asks_what(&heard.words);
        let mut words = heard.words.iter();
        let theirs = words.any(|w| context.is_theirs(w) || context.opens(w))
            || Self::echo(known, &heard.words, client) > 0;
        let placed = topic.is_some()
            || heard.words.len() <= SHORT
            || heard.words.iter().any(|w| REFERS.contains(&&*w.text))
            || theirs;
        let lost = asks && !placed;
        // A cue that was not plainly heard is none where the world is meant.
        let strays = || match self.world.holds(&heard.words) {
            Worldly::No => false,
            Worldly::Perhaps => lost || !sure,
            Worldly::Plainly => true,
        };
        if asks && !theirs && !moves.reflects() && strays() {
            kind = Move::OffTopic;
        }
        if wants_own(&heard.words) {
            kind = Move::Repeat;
            moves = [kind].into_iter().collect();
        }
        // Whatever its form, it is nothing but that.
        if LIVE.contains(&kind) {
            moves = [kind].into_iter().collect();
        }
        // "And?", "how come": what says nothing of its own is about what they said.
        let short = heard.words.len() <= SHORT && !heard.words.iter().any(Word::is_content);
        let topic = topic.or((kind == Move::OpenQuestion && short).then_some(Topic::More));
        Understood {
            kind,
            topic,
            moves,
            greets: moves.contains(Move::Greeting)
                || !moves.reflects() && self.says(Move::Greeting, &heard),
            sure,
            lost: lost && kind != Move::Repeat,
            words: heard.words,
        }
    }

    /// Adds what the form does not give away: what only a live client has to answer, and, where
    /// nothing was made out, what it would be with a word or two heard wrongly.
    fn add(&self, known: &mut Known, heard: &Heard<'_>, client: &str, moves: &mut Moves) {
        let words = &heard.words;
        let says = |kind| self.says(kind, heard);
        if !words.is_empty() && words.iter().all(|w| self.cues.listening.contains(&w.text)) {
            *moves = [Move::Backchannel].into_iter().collect();
            return;
        }
        for kind in LIVE {
            if says(*kind) {
                moves.insert(*kind);
            }
        }
        if moves.asks() {
            for kind in MISHEARD_ASKING {
                if says(*kind) {
                    moves.insert(*kind);
                }
            }
        }
        if !moves.contains(Move::Unclear) && !moves.contains(Move::Backchannel) {
            return;
        }
        let mut echoes = || Self::echo(known, words, client) >= 2;
        // "I think your work" is no "thank you": a pleasantry is short.
        let fits = |kind: &Move| {
            !matches!(kind, Move::Greeting | Move::Thanks) || words.len() <= PLEASANTRY
        };
        let misheard = MISHEARD
            .iter()
            .copied()
            .filter(fits)
            .find(|kind| says(*kind));
        if let Some(kind) = misheard.or_else(|| echoes().then_some(Move::SimpleReflection)) {
            moves.remove(Move::Unclear);
            moves.remove(Move::Backchannel);
            moves.insert(kind);
        }
    }

    /// Whether it asks the client something, in whatever order the words came: `want would you
    /// like to achieve`.
    fn asks_you(&self, words: &[Word]) -> bool {
        let asks = |pair: &[Word]| {
            self.cues.closed.contains(&pair[0].text) && pair[1].text.starts_with("you")
        };
        words.windows(2).any(asks)
    }

    fn says(&self, kind: Move, heard: &Heard<'_>) -> bool {
        let mut phrases = self.moves.get(&kind).into_iter().flatten();
        phrases.any(|phrase| heard.contains(0, phrase))
    }

    /// How many words of meaning come back from what the client said.
    fn echo(known: &mut Known, words: &[Word], client: &str) -> usize {
        let said: Vec<Rc<Word>> = tokens(client)
            .iter()
            .map(|token| known.word(token))
            .filter(|word| word.is_content())
            .collect();
        let comes_back =
            |w: &&Word| w.is_content() && said.iter().any(|s| s.likeness(w) >= Word::SOUND);
        words.iter().filter(comes_back).count()
    }
}

/// Whether it asks what something means that the client did not speak of: `what does freedom mean to
/// you`. Asked so, they answer about freedom, and not about what they said.
fn asks_of_a_word(words: &[Word], context: &Context) -> bool {
    words.windows(3).any(|w| {
        let means = matches!(&*w[0].text, "does" | "do") && w[2].text == "mean";
        means && w[1].is_content() && !context.is_theirs(&w[1])
    })
}

/// Whether every `why` asks what something means to them, and for no excuse: `why is that important
/// to you`, `why now`. To a client that is an open question like others.
fn asks_what_matters(words: &[Word]) -> bool {
    let mut clauses = words.split(|word| word.text == "why").skip(1).peekable();
    let means = |word: &Word| matches!(&*word.text, "important" | "matter" | "matters" | "now");
    clauses.peek().is_some() && clauses.all(|clause| clause.iter().any(means))
}

/// What a client has to answer before everything else.
const LIVE: &[Move] = &[
    Move::AskNature,
    Move::OffTopic,
    Move::SoundCheck,
    Move::AskName,
];

/// What a question may also be, with a word of it heard wrongly.
const MISHEARD_ASKING: &[Move] = &[Move::AskPermission, Move::Repeat, Move::Clarify];

/// What an utterance that could not be made out may be, with a word of it heard wrongly.
const MISHEARD: &[Move] = &[
    Move::Repeat,
    Move::Contracting,
    Move::Clarify,
    Move::InviteSilence,
    Move::AskPermission,
    Move::SmallTalk,
    Move::Goodbye,
    Move::Summary,
    Move::LeadingQuestion,
    Move::Advice,
    Move::Affirmation,
    Move::SimpleReflection,
    Move::Greeting,
    Move::Thanks,
];

#[cfg(test)]
mod tests;
