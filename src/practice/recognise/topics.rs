//! What an utterance is about: topics, by the words and phrases that speak for them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cues::Cues;
use super::super::moves::{Context, Topic};
use super::super::vocabulary::Vocabulary;
use super::super::words::{Word, words};
use super::heard::{Heard, Phrase};

/// A topic below this is a guess.
const FLOOR: u32 = 180;

/// How much a day speaks for what is done by it.
const BY_A_DAY: u32 = 400;

/// The cues of the topics.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    /// Topics that each word of the vocabulary speaks for, and how much.
    words: Vec<Vec<(Topic, u32)>>,
    phrases: Vec<(Topic, Phrase, u32)>,
}

impl Topics {
    pub(super) fn new(cues: &Cues, vocabulary: &mut Vocabulary) -> Self {
        let mut topics = Self {
            words: Vec::new(),
            phrases: Vec::new(),
        };
        for (topic, table) in &cues.topics {
            for (text, weight) in table.words() {
                for word in words(text) {
                    let number = usize::from(vocabulary.number(word));
                    let length = topics.words.len().max(number + 1);
                    topics.words.resize(length, Vec::new());
                    topics.words[number].push((*topic, weight));
                }
            }
            for (text, weight) in table.phrases() {
                let phrase = Phrase::new(vocabulary, text);
                topics.phrases.push((*topic, phrase, weight));
            }
        }
        topics
    }

    /// The topic of the words from `from` on, and whether a cue of it was heard rather than words
    /// that sound like one. A word of the client's own matter is no form of a cue: head of
    /// "planning" asks for no plan. One that they use themselves is not a cue heard wrongly.
    pub(super) fn find(
        &self,
        heard: &Heard<'_>,
        from: usize,
        context: &Context,
    ) -> Option<(Topic, bool)> {
        if looks_ahead(&heard.words[from..]) {
            return Some((Topic::Goal, true));
        }
        if looks_back(&heard.words[from..]) {
            return Some((Topic::Learning, true));
        }
        let mut plain = BTreeSet::new();
        let mut scores: BTreeMap<Topic, u32> = BTreeMap::new();
        for (word, hits) in heard.words.iter().zip(&heard.hits).skip(from) {
            let least = match context.is_matter(word) {
                true => 100,
                false if context.may_mean(word) => Word::FORM,
                false => 0,
            };
            // Each heard word counts once for a topic, with the cue that it is most like.
            let mut best: BTreeMap<Topic, u32> = BTreeMap::new();
            for (number, likeness) in hits.iter().filter(|hit| hit.1 >= least) {
                let topics = self.words.get(usize::from(*number));
                for (topic, weight) in topics.into_iter().flatten() {
                    let score = best.entry(*topic).or_default();
                    *score = (*score).max(weight * likeness);
                    if *likeness >= Word::FORM && *weight >= 2 {
                        plain.insert(*topic);
                    }
                }
            }
            for (topic, score) in best {
                *scores.entry(topic).or_default() += score;
            }
        }
        for (topic, phrase, weight) in &self.phrases {
            if heard.contains(from, phrase) {
                *scores.entry(*topic).or_default() += weight * 100;
                plain.insert(*topic);
            }
        }
        // "What happens when you say no": of what gets in the way, or of what is feared, and not of
        // what brought them.
        for (when, topic) in [
            (&["when", "before", "just"][..], Topic::Obstacles),
            (&["if"], Topic::Fears),
        ] {
            let happens =
                |pair: &[Word]| pair[0].text == "happens" && when.contains(&&*pair[1].text);
            if heard.words[from..].windows(2).any(happens) {
                scores.retain(|other, _| plain.contains(other) && *other != Topic::WhatBrings);
                scores.entry(topic).or_insert(FLOOR);
                plain.insert(topic);
            }
        }
        // What could be done by a day is a step, whatever else could be done.
        if has_a_day(&heard.words[from..]) {
            scores.retain(|topic, _| !matches!(topic, Topic::Options | Topic::Strengths));
            *scores.entry(Topic::NextStep).or_default() += BY_A_DAY;
            plain.insert(Topic::NextStep);
        }
        let strong = scores.into_iter().filter(|(_, score)| *score >= FLOOR);
        // Of equals the first.
        let best = strong.rev().max_by_key(|(_, score)| *score);
        best.map(|(topic, _)| (topic, plain.contains(&topic)))
    }
}

/// Whether it asks where the session is to lead: `by the end of our session`, `what would be good at
/// the end of today`, but not `we are at the end of our session`.
fn looks_ahead(words: &[Word]) -> bool {
    const SESSION: &[&str] = &[
        "session",
        "conversation",
        "time",
        "hour",
        "meeting",
        "today",
        "talk",
        "call",
    ];
    const WISHES: &[&str] = &[
        "would", "will", "want", "like", "hope", "need", "needs", "should", "wish", "achieve",
    ];
    let said = |at: usize, text: &str| words.get(at).is_some_and(|word| word.text == text);
    let among = |list: &[&str], word: &Word| list.contains(&&*word.text);
    let wishes =
        words.iter().any(|word| among(WISHES, word)) && !words.iter().any(|w| w.text == "say");
    (0..words.len()).any(|at| {
        let end = said(at + 1, "the") && said(at + 2, "end") && said(at + 3, "of");
        let session = words
            .iter()
            .skip(at + 4)
            .take(2)
            .any(|word| among(SESSION, word));
        let there = at > 0 && (said(at - 1, "are") || said(at - 1, "now") || said(at - 1, "here"));
        let ahead = said(at, "by") || said(at, "at") && wishes && !there;
        let when = said(at, "when") && said(at + 1, "we") && wishes;
        let ends = ["end", "finish", "close", "part"]
            .iter()
            .any(|end| said(at + 2, end));
        end && session && ahead || when && ends
    })
}

/// Whether it asks what stays of the session: `what was most useful for you today`, `what will you
/// remember from today`.
fn looks_back(words: &[Word]) -> bool {
    const VALUED: &[&str] = &[
        "useful",
        "valuable",
        "helpful",
        "meaningful",
        "worthwhile",
        "beneficial",
        "important",
    ];
    const AHEAD: &[&str] = &["would", "want", "like", "hope", "need", "should", "know"];
    const TALK: &[&str] = &["session", "conversation", "hour", "time", "talk", "call"];
    const KEEPS: &[&str] = &["take", "taking", "remember", "keep", "keeping", "carry"];
    let words: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let now = words.contains(&"today")
        || words
            .windows(2)
            .any(|w| ["this", "our"].contains(&w[0]) && TALK.contains(&w[1]));
    let was = has(&["was", "been"]) && has(VALUED) && !words.contains(&"will");
    let keeps = words.iter().position(|word| KEEPS.contains(word));
    let from = words.iter().position(|word| *word == "from");
    let keeps = keeps.zip(from).is_some_and(|(keeps, from)| {
        let of_now = ["today", "this", "our"].contains(words.get(from + 1).unwrap_or(&""));
        keeps < from && from <= keeps + 4 && of_now
    });
    !has(AHEAD) && (now && was || keeps)
}

/// Whether it names a day by which something is done: `before the end of the month`, `before the
/// thirtieth`. Only the session ends when the talk does.
fn has_a_day(words: &[Word]) -> bool {
    const TALK: &[&str] = &[
        "session",
        "conversation",
        "hour",
        "time",
        "meeting",
        "talk",
        "call",
    ];
    let words: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    (0..words.len()).any(|at| match &words[at..] {
        ["before", "the", "end", "of", what @ ..] => {
            !what.iter().take(2).any(|word| TALK.contains(word))
        }
        ["before", "the", "twenty" | "thirty", day, after @ ..]
        | ["before", "the", day, after @ ..] => {
            is_day(day) && after.first().is_none_or(|word| *word == "of")
        }
        _ => false,
    })
}

/// Whether it is a day of a month: `thirtieth`, `3rd`.
fn is_day(word: &str) -> bool {
    const DAYS: &[&str] = &[
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "twentieth",
        "thirtieth",
    ];
    let digits = word.starts_with(|c: char| c.is_ascii_digit());
    let ends = ["st", "nd", "rd", "th"]
        .iter()
        .any(|end| word.ends_with(end));
    DAYS.contains(&word) || word.ends_with("teenth") || digits && ends
}
