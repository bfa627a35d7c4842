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
];
