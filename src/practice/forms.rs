//! Whether a form of words was heard: at the beginning, at the end, or anywhere with little between.

use std::ops::Range;

use super::words::{Word, words};

/// Words of which one stands in every question that yes and no do not answer.
pub(super) const QUESTION: &[&str] = &[
    "what", "how", "why", "who", "when", "where", "which", "whose", "if",
];

/// What may stand before the question word that opens a question: `and how`, `in what way`.
const LEADS: &[&str] = &[
    "and", "so", "but", "well", "okay", "now", "then", "in", "at", "on", "to", "for", "with",
    "from", "by", "about", "of",
];

/// Whether it opens with a question word: yes and no are no answer. Reasons are asked otherwise.
pub(super) fn asks_what(heard: &[Word]) -> bool {
    let mut words = heard.iter().map(|word| &*word.text);
    let first = words.find(|word| !LEADS.contains(word));
    first.is_some_and(|word| QUESTION.contains(&word) && !["why", "if"].contains(&word))
}

/// Whether the words begin with just that form.
pub(super) fn begins(heard: &[Word], form: &[Word]) -> bool {
    heard.len() >= form.len() && form.iter().zip(heard).all(|(a, b)| a.text == b.text)
}

/// Whether the words end in just that form.
pub(super) fn ends(heard: &[Word], form: &str) -> bool {
    let form = words(form);
    let from = heard.len().checked_sub(form.len());
    from.is_some_and(|from| begins(&heard[from..], &form))
}

/// Whether the words of a form, or forms of them, were heard in their order, with at most one other
/// word between each.
pub(super) fn says(heard: &[Word], form: &str) -> bool {
    let form = words(form);
    let is = |at: usize, word: usize| heard[at].likeness(&form[word]) >= Word::FORM;
    in_order(0..heard.len(), form.len(), 0, is, |_| true)
}

/// Whether so many words come in their order in a range of what was heard, with at most one other
/// word between each. `is` says whether what was heard at a place is the word of that number, and
/// `needed` whether the word may not be among those that `may_miss`.
pub(super) fn in_order(
    heard: Range<usize>,
    all: usize,
    may_miss: usize,
    is: impl Fn(usize, usize) -> bool,
    needed: impl Fn(usize) -> bool,
) -> bool {
    heard.clone().any(|start| {
        let (mut at, mut found) = (start, 0);
        for word in 0..all {
            match (at..heard.end.min(at + 2)).find(|&i| is(i, word)) {
                Some(i) if found > 0 || i == start => (at, found) = (i + 1, found + 1),
                Some(_) => return false,
                None if needed(word) => return false,
                None => {}
            }
        }
        found > 0 && found + may_miss >= all
    })
}
