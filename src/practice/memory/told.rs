//! What a question for yes or no only takes up of what the client has said, or of what is no secret:
//! what it asks whether they do or are stands there of them, or the contrary.

use std::collections::BTreeSet;

use super::super::moves::is;
use super::super::sentences::split;
use super::super::sheet::Sheet;
use super::super::words::{Word, tokens};
use super::Memory;

/// How far behind its subject a verb may stand, in words.
const NEAR: usize = 3;

impl Memory {
    /// Whether what is asked is so, by what they said or what is open up to this level; `None` if
    /// neither that nor the contrary stands there.
    pub(in super::super) fn told(
        &self,
        sheet: &Sheet,
        ceiling: u8,
        heard: &[Word],
    ) -> Option<bool> {
        let asked = Asked::of(heard)?;
        let about: BTreeSet<String> = tokens(&sheet.brings).iter().map(|one| key(one)).collect();
        let open = sheet.facts.iter().filter(|fact| fact.level <= ceiling);
        let of_them: Vec<&str> = open.map(|fact| &*fact.text).chain([&*sheet.who]).collect();
        let said = self.spoken.iter().map(|text| &**text);
        let by_them: Vec<&str> = said.chain([&*sheet.brings]).collect();
        let stands = |asked: &Asked| {
            let tells = |text: &&str| asked.stands_in(text, "she he they", &about);
            let says = |text: &&str| asked.stands_in(text, "i we", &about);
            of_them.iter().any(tells) || by_them.iter().any(says)
        };
        match stands(&asked) {
            true => Some(true),
            false => stands(&asked.contrary()).then_some(false),
        }
    }
}

/// What is asked of the client, as the words of meaning in their order.
struct Asked {
    keys: Vec<String>,
    negated: bool,
}

impl Asked {
    /// `None` if it is not asked whether the client does, did or is something of their own.
    fn of(heard: &[Word]) -> Option<Self> {
        let mut heard: Vec<&str> = heard.iter().map(|word| &*word.text).collect();
        while heard.first().is_some_and(|word| is(word, OPENERS)) {
            heard.remove(0);
        }
        while let Some(tag) = TAGS.iter().find(|tag| ends(&heard, tag)) {
            heard.truncate(heard.len() - tag.split(' ').count());
        }
        let mut keys = Vec::new();
        if heard.first().is_some_and(|word| is(word, AUXILIARIES)) {
            let first = heard.remove(0);
            keys.extend(is(first, FORMS_OF_BE).then(|| key(first)));
        }
        let mut negated = heard.first() == Some(&"not");
        heard.drain(..usize::from(negated));
        if heard.first() != Some(&"you") || heard.iter().any(|word| is(word, NOT_THEIRS)) {
            return None;
        }
        let said: Vec<&str> = heard.drain(1..).collect();
        negated |= said.iter().any(|word| is(word, NEGATIONS));
        let said = keyed(&said).filter(|(word, _)| !is(word, EMPTY) && !is(word, NEGATIONS));
        keys.extend(said.map(|(_, key)| key));
        let means = keys.iter().any(|key| !is(key, PLAIN));
        means.then_some(Self { keys, negated })
    }

    /// The same with a no to it, or without.
    fn contrary(mut self) -> Self {
        self.negated = !self.negated;
        self
    }

    /// Whether it stands in a text that says of them what these words begin.
    fn stands_in(&self, text: &str, subjects: &str, about: &BTreeSet<String>) -> bool {
        let sentences = split(text).into_iter();
        let told = sentences.filter(|sentence| !sentence.contains('?'));
        told.flat_map(|sentence| clauses(&sentence))
            .any(|clause| self.is_said(&clause, subjects, about))
    }

    fn is_said(&self, clause: &[String], subjects: &str, about: &BTreeSet<String>) -> bool {
        let has = |list: &str| clause.iter().any(|word| is(word, list));
        if has(NEGATIONS) != self.negated || has(UNREAL) {
            return false;
        }
        let words: Vec<&str> = clause.iter().map(String::as_str).collect();
        let keys: Vec<String> = keyed(&words).map(|(_, key)| key).collect();
        let subject = |at: &usize| is(words[*at], subjects);
        (0..words.len())
            .filter(subject)
            .any(|at| self.follows(&keys[at + 1..], about))
    }

    /// Whether the verb stands next, and the rest after it. What all is about needs no mention.
    fn follows(&self, keys: &[String], about: &BTreeSet<String>) -> bool {
        let Some((verb, rest)) = self.keys.split_first() else {
            return false;
        };
        let Some(mut at) = keys.iter().take(NEAR).position(|key| alike(key, verb)) else {
            return false;
        };
        rest.iter().all(|wanted| {
            let found = keys[at + 1..].iter().position(|key| alike(key, wanted));
            at += found.map_or(0, |found| found + 1);
            found.is_some() || !is(verb, PLAIN) && about.contains(wanted)
        })
    }
}

/// The clauses of a sentence, each with its own subject.
fn clauses(sentence: &str) -> Vec<Vec<String>> {
    let mut clauses: Vec<Vec<String>> = Vec::new();
    for piece in sentence.split([',', ';', ':', '—', '–']) {
        let words = tokens(piece);
        let mut clause = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let next = words.get(at + 1);
            let and = word == "and" && next.is_some_and(|next| is(next, PRONOUNS));
            if and || is(word, BREAKS) {
                clauses.push(std::mem::take(&mut clause));
            }
            clause.push(word.clone());
        }
        clauses.push(clause);
    }
    clauses
}

/// Words with what they are compared by: what is only to be done is not what is done.
fn keyed<'a>(words: &'a [&'a str]) -> impl Iterator<Item = (&'a str, String)> {
    words.iter().enumerate().map(|(at, word)| {
        let to = at > 0 && words[at - 1] == "to";
        let key = key(word);
        (*word, if to { format!("to {key}") } else { key })
    })
}

/// What a word is compared by.
fn key(word: &str) -> String {
    let plain = match word {
        "am" | "are" | "is" | "been" => "be",
        "was" | "were" => "was",
        "has" | "had" | "having" => "have",
        "got" | "getting" => "get",
        "went" | "gone" => "go",
        "gave" | "given" => "give",
        "took" | "taken" => "take",
        "ran" => "run",
        "wrote" | "written" => "write",
        "does" | "did" | "done" => "do",
        "apply" | "applies" | "applied" => "apply",
        other => return Word::new(other).stem().to_owned(),
    };
    plain.to_owned()
}

fn alike(a: &str, b: &str) -> bool {
    a == b || super::fitting::alike(a, b)
}

fn ends(heard: &[&str], tag: &str) -> bool {
    let tag: Vec<&str> = tag.split(' ').collect();
    heard.len() > tag.len() && heard.ends_with(&tag)
}

const OPENERS: &str = "so and but well okay ok right oh mm hmm then now";
const TAGS: &[&str] = &[
    "right",
    "correct",
    "yes",
    "then",
    "do not you",
    "did not you",
    "are not you",
    "were not you",
    "have not you",
    "is not it",
    "did you",
    "do you",
    "are you",
];
const AUXILIARIES: &str = "do did are were have had";
const FORMS_OF_BE: &str = "are were";
const NEGATIONS: &str =
    "not never no nobody nothing none without hardly rarely almost nearly stopped";
/// Of the coach, or of two things of which one is so.
const NOT_THEIRS: &str = "i me my us we our or if";
/// Words that make what is said a wish, a guess or somebody's opinion.
const UNREAL: &str = "would could should might may must will can if maybe perhaps wish hope thought \
    imagine pretend until unless";
const BREAKS: &str = "who which but because when while where until";
const PRONOUNS: &str = "i we he she they it you";
const EMPTY: &str = "a an the for in on at of with by from your that this it there then now just \
    yourself really actually also ever already as so and any some up";
/// What is true of anybody.
const PLAIN: &str = "be was have do know think feel mean want like see go come say";

#[cfg(test)]
mod tests;
