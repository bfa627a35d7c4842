//! What a question for yes or no, or what is given back, only takes up of what the client has said, or of what is no secret:
//! what it asks whether they do or are stands there of them, or the contrary.

use std::collections::BTreeSet;

use super::super::moves::is;
use super::super::sheet::Sheet;
use super::super::words::{Word, tokens};
use super::Memory;
use super::checking::unchecked;
use super::utterance::Clause;

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
        let of_them = open.map(|fact| &*fact.text).chain([&*sheet.who]);
        let of_them: Vec<Clause> = of_them.flat_map(Clause::all).collect();
        let by_them = Clause::all(&sheet.brings);
        let said = self.spoken.iter().flat_map(|told| &told.clauses);
        let stands = |asked: &Asked| {
            let tells = |clause: &Clause| asked.is_said(clause, "she he they", &about);
            let says = |clause: &Clause| asked.is_said(clause, "i we", &about);
            of_them.iter().any(tells) || by_them.iter().chain(said.clone()).any(says)
        };
        match stands(&asked) {
            true => Some(true),
            false => stands(&asked.contrary()).then_some(false),
        }
    }
}

/// What is asked, as the words of meaning in their order.
struct Asked {
    /// Of whom or what, if not of the client.
    subject: Option<String>,
    keys: Vec<String>,
    negated: bool,
}

impl Asked {
    /// `None` if it is not asked whether somebody does, did or is something.
    fn of(heard: &[Word]) -> Option<Self> {
        let heard: Vec<&str> = heard.iter().map(|word| &*word.text).collect();
        let mut heard = unchecked(&heard).to_vec();
        while heard.first().is_some_and(|word| is(word, OPENERS)) {
            heard.remove(0);
        }
        for frame in FRAMES {
            let frame: Vec<&str> = frame.split(' ').collect();
            if heard.starts_with(&frame) {
                heard.drain(..frame.len());
            }
        }
        let mut keys = Vec::new();
        let asks = heard.first().is_some_and(|word| is(word, AUXILIARIES));
        if asks {
            let first = heard.remove(0);
            keys.extend(is(first, FORMS_OF_BE).then(|| key(first)));
        }
        let mut negated = heard.first() == Some(&"not");
        heard.drain(..usize::from(negated));
        let of_them = heard.first() == Some(&"you");
        if heard.iter().any(|word| is(word, NOT_THEIRS)) {
            return None;
        }
        let said: Vec<&str> = heard.drain(usize::from(of_them)..).collect();
        negated |= said.iter().any(|word| is(word, NEGATIONS));
        // "You do not take": what only carries the no.
        let helps = |at: &usize| is(said[*at], "do does did") && said.get(at + 1) == Some(&"not");
        let said: Vec<&str> = (0..said.len())
            .filter(|at| !helps(at))
            .map(|at| said[at])
            .collect();
        let said = || keyed(&said).filter(|(word, _)| !is(word, EMPTY) && !is(word, NEGATIONS));
        if !of_them {
            let mut said = said();
            // Who "he" is, nobody can tell from the question alone.
            let (_, subject) = said
                .next()
                .filter(|(word, _)| asks && !is(word, PRONOUNS))?;
            keys = said.map(|(_, key)| key).collect();
            let subject = Some(subject);
            let means = keys.iter().any(|key| !is(key, PLAIN));
            return means.then_some(Self {
                subject,
                keys,
                negated,
            });
        }
        keys.extend(said().map(|(_, key)| key));
        let means = keys.iter().any(|key| !is(key, PLAIN));
        means.then_some(Self {
            subject: None,
            keys,
            negated,
        })
    }

    /// The same with a no to it, or without.
    fn contrary(mut self) -> Self {
        self.negated = !self.negated;
        self
    }

    /// Whether it stands in a clause that says of them what these words begin.
    fn is_said(&self, clause: &Clause, subjects: &str, about: &BTreeSet<String>) -> bool {
        let Clause {
            words, keys, asks, ..
        } = clause;
        let has = |list: &str| words.iter().any(|word| is(word, list));
        if *asks || has(NEGATIONS) != self.negated || has(UNREAL) {
            return false;
        }
        if let Some(subject) = &self.subject {
            let at = keys.iter().position(|key| alike(key, subject));
            let says =
                |at: usize, wanted: &String| keys[at + 1..].iter().any(|key| alike(key, wanted));
            return at.is_some_and(|at| self.keys.iter().all(|wanted| says(at, wanted)));
        }
        let subject = |at: &usize| is(&words[*at], subjects);
        (0..words.len())
            .filter(subject)
            .any(|at| self.follows(&keys[at + 1..], about))
    }

    /// Whether the verb stands next, and the rest after it. What all is about needs no mention where
    /// nothing else is named: "I did not get it".
    fn follows(&self, keys: &[String], about: &BTreeSet<String>) -> bool {
        let Some((verb, rest)) = self.keys.split_first() else {
            return false;
        };
        let Some(mut at) = keys.iter().take(NEAR).position(|key| alike(key, verb)) else {
            return false;
        };
        let after = &keys[at + 1..];
        let nameless = |key: &String| {
            is(key, EMPTY) || is(key, PRONOUNS) || rest.iter().any(|wanted| alike(key, wanted))
        };
        let understood = !is(verb, PLAIN) && after.iter().all(nameless);
        rest.iter().all(|wanted| {
            let from = if is(verb, "be was") { 0 } else { at + 1 };
            let found = keys[from..].iter().position(|key| alike(key, wanted));
            at = found.map_or(at, |found| from + found);
            found.is_some() || understood && about.contains(wanted)
        })
    }
}

/// The clauses of a sentence, each with its own subject.
pub(super) fn clauses(sentence: &str) -> Vec<Vec<String>> {
    let mut clauses: Vec<Vec<String>> = Vec::new();
    for piece in sentence.split([',', ';', ':', '—', '–']) {
        let words = tokens(piece);
        let mut clause = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let next = words.get(at + 1);
            let and = word == "and" && next.is_some_and(|next| is(next, PRONOUNS));
            // "The nights nobody wants."
            let nobody =
                word == "nobody" && at > 0 && next.is_some_and(|next| !is(next, AFTER_NOBODY));
            if and || nobody || is(word, BREAKS) {
                clauses.push(std::mem::take(&mut clause));
            }
            clause.push(word.clone());
        }
        clauses.push(clause);
    }
    clauses
}

/// Words with what they are compared by: what is only to be done is not what is done.
pub(super) fn keyed<W: AsRef<str>>(words: &[W]) -> impl Iterator<Item = (&str, String)> {
    words.iter().enumerate().map(|(at, word)| {
        let to = at > 0 && words[at - 1].as_ref() == "to";
        let word = word.as_ref();
        let key = key(word);
        (word, if to { format!("to {key}") } else { key })
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
        "promotion" | "post" | "role" | "position" => "job",
        "apply" | "applies" | "applied" => "apply",
        other => return Word::new(other).stem().to_owned(),
    };
    plain.to_owned()
}

fn alike(a: &str, b: &str) -> bool {
    a == b || super::fitting::alike(a, b)
}

const OPENERS: &str = "so and but well okay ok right oh mm hmm then now";
/// What only leads up to what is given back.
const FRAMES: &[&str] = &[
    "it sounds like",
    "sounds like",
    "it seems like",
    "it seems",
    "i hear that",
    "i hear",
    "you said",
    "you say",
    "you told me",
    "that",
];
const AUXILIARIES: &str = "do did does are were is was have had has";
const FORMS_OF_BE: &str = "are were";
const NEGATIONS: &str =
    "not never no nobody nothing none without hardly rarely almost nearly stopped";
/// Of the coach, or of two things of which one is so.
const NOT_THEIRS: &str = "i me my us we our or if";
/// Words that make what is said a wish, a guess or somebody's opinion.
const UNREAL: &str = "would could should might may must will can if maybe perhaps wish hope thought \
    imagine pretend until unless";
const BREAKS: &str = "who which but because when while where until";
const AFTER_NOBODY: &str = "about of at in on for yet but and";
const PRONOUNS: &str = "i we he she they it you";
const EMPTY: &str = "a an the for in on at of with by from your that this it there then now just \
    yourself really actually also ever already as so and any some up";
/// What is true of anybody.
const PLAIN: &str = "be was have do know think feel mean want like see go come say";

#[cfg(test)]
mod tests;
