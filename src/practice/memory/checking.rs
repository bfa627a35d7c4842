//! Whether the coach asks whether what was given back is right.

use super::super::forms::ends;
use super::super::words::{Word, words};

/// Whether these words end in such a question.
pub(in super::super) fn is_check(heard: &[Word]) -> bool {
    CHECKS.iter().any(|form| ends(heard, form))
}

/// Whether they are nothing else, but for a word or two: it is about what was given back before.
pub(super) fn only_checks(heard: &[Word]) -> bool {
    let mut forms = CHECKS.iter();
    forms.any(|form| ends(heard, form) && heard.len() <= words(form).len() + 2)
}

/// What was said, without the question after it whether it is so.
pub(super) fn unchecked<'w, 'h>(mut heard: &'h [&'w str]) -> &'h [&'w str] {
    let all = || CHECKS.iter().chain(TAGS);
    let left = |form: &&str, heard: &[&str]| {
        let form: Vec<&str> = form.split(' ').collect();
        let left = heard.len().checked_sub(form.len())?;
        (left > 0 && heard.ends_with(&form)).then_some(left)
    };
    while let Some(left) = all().find_map(|form| left(form, heard)) {
        heard = &heard[..left];
    }
    heard
}

/// What only wants a yes to what was said.
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
    "was not it",
    "did you",
    "do you",
    "are you",
    "have you",
    "were you",
];

/// How a coach asks whether what was given back is right. The question ends with it.
const CHECKS: &[&str] = &[
    "is that right",
    "is that correct",
    "is that true",
    "is that it",
    "is that so",
    "is that fair",
    "is that accurate",
    "is this right",
    "am i right",
    "did i get that right",
    "have i got that right",
    "do i have that right",
    "did i understand you",
    "did i understand you correctly",
    "have i understood you",
    "does that fit",
    "does that resonate",
    "does that sound right",
    "does that make sense",
    "is it right",
    "is it true",
    "is it so",
    "do i understand you",
];
