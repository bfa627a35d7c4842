//! Whether a question is a form in which a small fact is asked for, whole.

use super::super::forms::{QUESTION, ends};
use super::super::words::{Word, tokens, words};

/// What may stand after a question and changes nothing of it.
const TRAILING: &[&str] = &[
    "please",
    "exactly",
    "then",
    "now",
    "actually",
    "anyway",
    "though",
    "instead",
    "roughly",
    "again",
    "if i may ask",
    "if i may",
    "may i ask",
    "can i ask",
    "if you do not mind",
    "if you do not mind me asking",
    "if you do not mind my asking",
    "by the way",
];

/// What may stand before a name of a thing or not, and changes nothing of what is asked.
const DETERMINERS: &[&str] = &["a", "an", "the", "your", "this", "current"];

/// Whose it is, and whether it is: what changes what is asked.
const TELLING: &[&str] = &[
    "he", "she", "they", "it", "him", "her", "them", "his", "their", "its", "my", "our", "we", "i",
    "not",
];

/// A question without the courtesies after it.
pub(super) fn plain(mut heard: &[Word]) -> &[Word] {
    while let Some(courtesy) = TRAILING.iter().rfind(|courtesy| ends(heard, courtesy)) {
        heard = &heard[..heard.len() - words(courtesy).len()];
    }
    heard
}

/// Whether the whole of a plain question is this form: nothing is asked before it.
pub(super) fn is_form(heard: &[Word], form: &str) -> bool {
    // Most forms are of other words altogether.
    let opens = tokens(form);
    let opens = opens.first();
    if !heard.iter().any(|word| opens == Some(&word.text)) {
        return false;
    }
    let form = words(form);
    let asks = |word: &Word| QUESTION.contains(&&*word.text);
    let first = heard.iter().position(asks).unwrap_or(heard.len());
    (0..heard.len())
        .take_while(|at| *at <= first)
        .any(|at| begins_as(&heard[at..], &form))
}

/// Whether the words begin as the form does, and are those of it.
fn begins_as(heard: &[Word], form: &[Word]) -> bool {
    let (Some((word, heard)), Some((wanted, form))) = (heard.split_first(), form.split_first())
    else {
        return false;
    };
    is_same(word, wanted) && covers(heard, form, true)
}

/// Whether the words are those of the form, but for determiners and, where one `may_slip` in, for
/// one that carries no meaning before each.
fn covers(heard: &[Word], form: &[Word], may_slip: bool) -> bool {
    let is_determiner = |word: &Word| DETERMINERS.contains(&&*word.text);
    let Some((wanted, others)) = form.split_first() else {
        return heard.is_empty();
    };
    // Only "this" stands for something by itself.
    if is_determiner(wanted) && wanted.text != "this" && covers(heard, others, may_slip) {
        return true;
    }
    let Some((word, rest)) = heard.split_first() else {
        return false;
    };
    let slips = || !word.is_content() && !TELLING.contains(&&*word.text) || word.text == "any";
    is_same(word, wanted) && covers(rest, others, true)
        || is_determiner(word) && covers(rest, form, may_slip)
        || may_slip && slips() && covers(rest, form, false)
}

/// Whether two words are one, or forms of one, or say where in two ways.
fn is_same(word: &Word, wanted: &Word) -> bool {
    let places = |word: &Word| ["in", "on", "at"].contains(&&*word.text);
    word.likeness(wanted) >= Word::FORM || places(word) && places(wanted)
}
