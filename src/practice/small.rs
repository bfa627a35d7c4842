//! Small facts: what anybody may ask in passing, and what is a question for a fact at all.

mod form;

use form::{is_form, plain};

use super::forms::{begins, says};
use super::moves::{Move, Topic, Understood};
use super::sheet::Sheet;
use super::words::{Word, words};

/// Longest question about a small fact, in words.
const LONGEST: usize = 16;

/// Which small fact of the sheet the coach asks for.
pub(super) fn asked(sheet: &Sheet, coach: &Understood) -> Option<usize> {
    let asks = matches!(
        coach.kind,
        Move::OpenQuestion
            | Move::ClosedQuestion
            | Move::StackedQuestion
            | Move::WhyQuestion
            | Move::OffTopic
            | Move::SmallTalk
            | Move::AskName
            | Move::Clarify
            | Move::AskPermission
            | Move::Unclear
    );
    // "Where are you now, from one to ten" is not where they are from.
    if !asks || coach.words.len() > LONGEST || coach.topic == Some(Topic::Scale) {
        return None;
    }
    let heard = plain(&coach.words);
    let small = |forms: &Vec<String>| forms.iter().any(|form| is_form(heard, form));
    sheet.small.iter().position(small)
}

/// Whether the coach asks for a quantity, a date or a name: yes and no answer none of it, and
/// thinking about it brings none nearer.
pub(super) fn asks_fact(coach: &Understood) -> bool {
    let heard = &coach.words;
    let opens = |form: &&str| {
        let form = words(form);
        (0..2).any(|at| heard.get(at..).is_some_and(|rest| begins(rest, &form)))
    };
    let looks_inward = INWARD.iter().any(|form| says(heard, form));
    let asks = FORMS.iter().any(opens) || says(heard, "to whom");
    // "What is your day like": to be told rather than looked up.
    let tells = heard.last().is_some_and(|word| word.text == "like");
    heard.len() <= LONGEST && asks && !looks_inward && !tells
}

/// Whether a question for a name is for somebody else's.
pub(super) fn of_another(coach: &Understood) -> bool {
    let own = ["first", "full", "last", "own", "given"];
    let mut pairs = coach.words.windows(2);
    let another = |pair: &[Word]| {
        pair[1].text == "name" && pair[0].text != "your" && !own.contains(&&*pair[0].text)
    };
    says(&coach.words, "your name") && pairs.any(another)
}

/// Whether the coach takes something back: "I'm sorry, I was rude".
pub(super) fn apologises(coach: &Understood) -> bool {
    let heard = &coach.words;
    let asks = matches!(
        coach.kind,
        Move::Repeat | Move::Goodbye | Move::OpenQuestion | Move::WhyQuestion
    );
    let has = |wanted: &[&str]| heard.iter().any(|word| wanted.contains(&&*word.text));
    let own = has(&["sorry"]) && has(FAULTS) || takes_back(heard);
    own && !asks && !has(&["hear", "catch"]) && heard.len() <= LONGEST
}

/// Whether it is said of oneself: `I do apologise`, `I take that back`, and not of what the client
/// does or should.
fn takes_back(heard: &[Word]) -> bool {
    let heard: Vec<&str> = heard.iter().map(|word| &*word.text).collect();
    let apologises = |at: usize| {
        let mut rest = heard[at + 1..]
            .iter()
            .skip_while(|word| ADVERBS.contains(word));
        let word = rest.next();
        ["i", "we"].contains(&heard[at])
            && word.is_some_and(|word| ["apologise", "apologize"].contains(word))
    };
    let sorry: Vec<&str> = heard
        .iter()
        .copied()
        .filter(|word| !ADVERBS.contains(word))
        .collect();
    let form = |form: &&str| {
        let form: Vec<&str> = form.split(' ').collect();
        heard.windows(form.len()).any(|part| *part == *form)
    };
    (0..heard.len()).any(apologises)
        || TAKING_BACK.iter().any(form)
        || matches!(sorry[..], ["i", "am", "sorry"] | ["oh", "i", "am", "sorry"])
}

/// Whether the coach asks them in.
pub(super) fn hosts(coach: &Understood) -> bool {
    HOSTS.iter().any(|form| says(&coach.words, form))
}

const HOSTS: &[&str] = &[
    "take a seat",
    "have a seat",
    "sit down",
    "come in",
    "make yourself",
];

/// What may stand before it.
const ADVERBS: &[&str] = &[
    "do",
    "really",
    "truly",
    "so",
    "very",
    "must",
    "should",
    "just",
    "want",
    "to",
    "would",
    "like",
    "have",
    "sincerely",
    "deeply",
    "also",
];

/// How one takes something back.
const TAKING_BACK: &[&str] = &[
    "my apologies",
    "accept my apology",
    "my sincere apologies",
    "i did not mean that",
    "i did not mean it",
    "i did not mean to",
    "i take that back",
    "i take it back",
    "forgive me",
    "i should not have said",
];

/// What one is sorry for.
const FAULTS: &[&str] = &[
    "rude",
    "unfair",
    "harsh",
    "wrong",
    "mistake",
    "fault",
    "interrupted",
    "interrupting",
    "interrupt",
    "pushed",
    "pushy",
    "rushed",
    "late",
    "unkind",
    "impolite",
    "angry",
    "blunt",
];

/// How a quantity, a date or a name is asked for.
const FORMS: &[&str] = &[
    "how many",
    "how much",
    "how long",
    "how old",
    "how often",
    "how big",
    "how large",
    "how far",
    "when is",
    "when was",
    "when did",
    "when does",
    "when will",
    "who is",
    "who was",
    "who are",
    "what time",
    "what year",
    "what age",
    "what is your",
];

/// What makes a question for a time or a person one to think about: "when was the last time that
/// it was easy", "who are you without it".
const INWARD: &[&str] = &[
    "last time",
    "first time",
    "you last",
    "you first",
    "did you feel",
    "did you know",
    "did you realise",
    "did you decide",
    "did you learn",
    "did you stop",
    "did it become",
    "who are you",
    "who is it",
    "who is that",
    "part of you",
];

#[cfg(test)]
mod tests;
