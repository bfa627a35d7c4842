//! Recognises move and topic of an utterance, through misheard words.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::cues::Cues;
use super::moves::{Context, Move, Moves, Topic, Understood, classify};
use super::questions::clauses;
use super::sheet::SheetError;
use super::vocabulary::{Hits, Vocabulary};
use super::words::{Word, tokens, words};

/// Recognises moves and topics. Deterministic; build once, use for every utterance.
#[derive(Clone, Debug)]
pub struct Recogniser {
    cues: Cues,
    vocabulary: Vocabulary,
    /// Topics that each word of the vocabulary speaks for, and how much.
    topics: Vec<Vec<(Topic, u32)>>,
    topic_phrases: Vec<(Topic, Phrase, u32)>,
    moves: BTreeMap<Move, Vec<Phrase>>,
}

/// Words of the vocabulary in their order.
#[derive(Clone, Debug)]
struct Phrase {
    words: Vec<u16>,
    /// How many of them carry a meaning of their own.
    meaning: usize,
}

/// What was worked out of each word so far: people use the same few words again and again.
#[derive(Debug, Default)]
struct Known {
    words: HashMap<String, Rc<Word>>,
    hits: HashMap<String, Rc<Hits>>,
}

impl Known {
    fn word(&mut self, token: &str) -> Rc<Word> {
        if let Some(word) = self.words.get(token) {
            return word.clone();
        }
        let word = Rc::new(Word::new(token));
        self.words.insert(token.to_owned(), word.clone());
        word
    }

    fn hits(&mut self, vocabulary: &Vocabulary, word: &Word) -> Rc<Hits> {
        if let Some(hits) = self.hits.get(&word.text) {
            return hits.clone();
        }
        let hits = Rc::new(vocabulary.hits(word));
        self.hits.insert(word.text.clone(), hits.clone());
        hits
    }
}

/// An utterance while it is being understood.
struct Heard {
    words: Vec<Word>,
    hits: Vec<Rc<Hits>>,
    /// Words of the vocabulary that occur.
    present: Vec<bool>,
}

/// A heard word from this likeness on counts as the word of a phrase.
const SAME: u8 = 70;
/// From this likeness on it is the word itself or a form of it.
const PLAIN: u8 = 95;
/// A topic below this is a guess.
const TOPIC_FLOOR: u32 = 180;

impl Recogniser {
    /// Reads the table of cues.
    pub fn load() -> Result<Self, SheetError> {
        let cues = Cues::load()?;
        let mut vocabulary = Vocabulary::default();
        let mut topics: Vec<Vec<(Topic, u32)>> = Vec::new();
        let mut topic_phrases = Vec::new();
        for (topic, table) in &cues.topics {
            for (text, weight) in table.words() {
                for word in words(text) {
                    let number = usize::from(vocabulary.number(word));
                    topics.resize(topics.len().max(number + 1), Vec::new());
                    topics[number].push((*topic, weight));
                }
            }
            for (text, weight) in table.phrases() {
                topic_phrases.push((*topic, Phrase::new(&mut vocabulary, text), weight));
            }
        }
        let mut moves = BTreeMap::new();
        for (kind, texts) in &cues.moves {
            let phrases = texts.iter().map(|text| Phrase::new(&mut vocabulary, text));
            moves.insert(*kind, phrases.collect());
        }
        topics.resize(vocabulary.len(), Vec::new());
        Ok(Self {
            cues,
            vocabulary,
            topics,
            topic_phrases,
            moves,
        })
    }

    /// Understands what the coach said. `client` is what the client said before it: its words
    /// coming back, however they were heard, are a reflection. `context` is all that was said.
    pub fn understand(&self, text: &str, client: &str, context: &Context) -> Understood {
        let known = &mut Known::default();
        let mut heard = Heard {
            words: Vec::new(),
            hits: Vec::new(),
            present: vec![false; self.vocabulary.len()],
        };
        for token in tokens(text) {
            let word = known.word(&token);
            let hits = known.hits(&self.vocabulary, &word);
            for (number, _) in hits.iter().filter(|(_, likeness)| *likeness >= SAME) {
                heard.present[usize::from(*number)] = true;
            }
            heard.words.push(Word::clone(&word));
            heard.hits.push(hits);
        }
        let clauses = clauses(&self.cues, &heard.words);
        let last = clauses.last().map_or(0, |c| heard.words.len() - c.len());
        let mut moves = classify(text, context);
        let kind = self.kind(known, &heard, client, moves, context.may());
        let found = match kind {
            Move::StackedQuestion => self.topic(&heard, last).or_else(|| self.topic(&heard, 0)),
            _ => self.topic(&heard, 0),
        };
        let (topic, sure) = found.map_or((None, true), |(topic, sure)| (Some(topic), sure));
        let echoes = topic.is_none() && Self::echo(known, &heard.words, client) > 0;
        // A question without its opening word is still a question about something.
        let kind = match (kind, topic) {
            (Move::Unclear, Some(_)) if heard.words.len() >= 4 => Move::OpenQuestion,
            (Move::Backchannel, Some(Topic::More)) => Move::OpenQuestion,
            (Move::OpenQuestion, None) if !echoes => Move::OffTopic,
            // "How far is the moon": not what yes or no would answer.
            (Move::ClosedQuestion, None) if !echoes && self.asks_what(&heard.words) => {
                Move::OffTopic
            }
            _ => kind,
        };
        if kind == Move::AskPermission {
            moves.insert(kind);
        }
        // What takes up a word of theirs is about what they said.
        let topic = topic.or((kind == Move::OpenQuestion).then_some(Topic::More));
        Understood {
            kind,
            topic,
            sure,
            moves,
            greets: self.says(Move::Greeting, &heard),
            words: heard.words,
        }
    }

    /// What it is above all. `moves` is what its form gives away.
    fn kind(
        &self,
        known: &mut Known,
        heard: &Heard,
        client: &str,
        moves: Moves,
        permitted: bool,
    ) -> Move {
        let words = &heard.words;
        let says = |kind| self.says(kind, heard);
        if words.iter().all(|w| self.cues.listening.contains(&w.text)) {
            return Move::Backchannel;
        }
        for kind in [
            Move::AskNature,
            Move::OffTopic,
            Move::OpenQuestion,
            Move::Repeat,
            Move::SoundCheck,
            Move::AskName,
            Move::Contracting,
            Move::Clarify,
            Move::InviteSilence,
            Move::AskPermission,
        ] {
            if says(kind) {
                return kind;
            }
        }
        if words.len() <= 14 && says(Move::SmallTalk) {
            return Move::SmallTalk;
        }
        if words.len() <= 25 && says(Move::Goodbye) {
            return Move::Goodbye;
        }
        for kind in [Move::Summary, Move::LeadingQuestion] {
            if moves.contains(kind) || says(kind) {
                return kind;
            }
        }
        let asks = [
            Move::StackedQuestion,
            Move::WhyQuestion,
            Move::OpenQuestion,
            Move::ClosedQuestion,
        ];
        let question = asks.into_iter().find(|kind| moves.contains(*kind));
        if question != Some(Move::OpenQuestion) && says(Move::Advice) {
            return with_leave(Move::Advice, permitted);
        }
        if let Some(kind) = question {
            return kind;
        }
        if says(Move::Affirmation) {
            return Move::Affirmation;
        }
        if says(Move::SimpleReflection) {
            return reflection(moves);
        }
        if words.len() <= 20 && says(Move::Greeting) {
            return Move::Greeting;
        }
        if words.len() <= 10 && says(Move::Thanks) {
            return Move::Thanks;
        }
        // Words of theirs come back, however little was understood of the rest.
        if Self::echo(known, words, client) >= 2 {
            return reflection(moves);
        }
        for kind in [Move::Advice, Move::AdviceWithPermission] {
            if moves.contains(kind) {
                return kind;
            }
        }
        if moves.reflects() && !moves.tells() {
            return reflection(moves);
        }
        if permitted && words.len() >= 6 {
            return Move::TellingWithPermission;
        }
        // As many function words as an ordinary sentence has at least: it hangs together.
        let hangs_together = words.iter().filter(|w| !w.is_content()).count() * 4 >= words.len();
        if words.len() >= 9 && hangs_together {
            return Move::Telling;
        }
        Move::Unclear
    }

    /// Whether it opens with a question word.
    fn asks_what(&self, words: &[Word]) -> bool {
        let mut first = words.iter().take(3);
        first.any(|word| self.cues.openers.contains(&word.text))
    }

    /// The topic of the words from `from` on, and whether a cue of it was heard rather than words
    /// that sound like one.
    fn topic(&self, heard: &Heard, from: usize) -> Option<(Topic, bool)> {
        let mut plain = BTreeSet::new();
        let mut scores: BTreeMap<Topic, u32> = BTreeMap::new();
        for hits in &heard.hits[from..] {
            // Each heard word counts once for a topic, with the cue that it is most like.
            let mut best: BTreeMap<Topic, u32> = BTreeMap::new();
            for (number, likeness) in hits.iter() {
                for (topic, weight) in &self.topics[usize::from(*number)] {
                    let score = best.entry(*topic).or_default();
                    *score = (*score).max(weight * u32::from(*likeness));
                    if *likeness >= PLAIN && *weight >= 2 {
                        plain.insert(*topic);
                    }
                }
            }
            for (topic, score) in best {
                *scores.entry(topic).or_default() += score;
            }
        }
        for (topic, phrase, weight) in &self.topic_phrases {
            if self.contains(heard, from, phrase) {
                *scores.entry(*topic).or_default() += weight * 100;
                plain.insert(*topic);
            }
        }
        let strong = scores
            .into_iter()
            .filter(|(_, score)| *score >= TOPIC_FLOOR);
        // Of equals the first.
        let best = strong.rev().max_by_key(|(_, score)| *score);
        best.map(|(topic, _)| (topic, plain.contains(&topic)))
    }

    fn says(&self, kind: Move, heard: &Heard) -> bool {
        let phrases = self.moves.get(&kind).into_iter().flatten();
        phrases
            .into_iter()
            .any(|phrase| self.contains(heard, 0, phrase))
    }

    /// Whether the words of the phrase come in this order with at most one other word between
    /// each. One word that only holds the phrase together may be lost, if two of meaning are there.
    fn contains(&self, heard: &Heard, from: usize, phrase: &Phrase) -> bool {
        let may_miss = usize::from(phrase.meaning >= 2);
        let mut missing = 0;
        for &word in &phrase.words {
            if !heard.present[usize::from(word)] {
                missing += 1;
                if missing > may_miss || self.vocabulary.is_content(word) {
                    return false;
                }
            }
        }
        let hits = &heard.hits;
        let is =
            |at: usize, word: u16| hits[at].iter().any(|(n, like)| *n == word && *like >= SAME);
        (from..hits.len()).any(|start| {
            let (mut at, mut found) = (start, 0);
            for &word in &phrase.words {
                if let Some(i) = (at..hits.len().min(at + 2)).find(|&i| is(i, word)) {
                    if found == 0 && i != start {
                        return false;
                    }
                    at = i + 1;
                    found += 1;
                } else if self.vocabulary.is_content(word) {
                    return false;
                }
            }
            found + may_miss >= phrase.words.len()
        })
    }

    /// How many words of meaning come back from what the client said.
    fn echo(known: &mut Known, words: &[Word], client: &str) -> usize {
        let said: Vec<Rc<Word>> = tokens(client)
            .iter()
            .map(|token| known.word(token))
            .filter(|word| word.is_content())
            .collect();
        let comes_back = |w: &&Word| w.is_content() && said.iter().any(|s| s.likeness(w) >= 80);
        words.iter().filter(comes_back).count()
    }
}

fn reflection(moves: Moves) -> Move {
    if moves.contains(Move::ComplexReflection) {
        Move::ComplexReflection
    } else {
        Move::SimpleReflection
    }
}

fn with_leave(kind: Move, permitted: bool) -> Move {
    match kind {
        Move::Advice if permitted => Move::AdviceWithPermission,
        kind => kind,
    }
}

impl Phrase {
    fn new(vocabulary: &mut Vocabulary, text: &str) -> Self {
        let words = words(text);
        Self {
            meaning: words.iter().filter(|w| w.is_content()).count(),
            words: words.into_iter().map(|w| vocabulary.number(w)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
