//! What people do not tell whoever asks for yes or no: known by what is asked alone, so that being
//! put off says nothing of whether the guess was right.

use super::forms::says;
use super::words::{Word, words};

/// Whether what is asked or guessed is such a thing. `open` says whether the client speaks to
/// anybody of what a word names.
pub(super) fn is_tender(heard: &[Word], open: impl Fn(&Word) -> bool) -> bool {
    let tender = words(TENDER);
    let names = |word: &&Word| tender.iter().any(|one| one.likeness(word) >= Word::FORM);
    if heard.iter().filter(names).any(|word| !open(word)) {
        return true;
    }
    let Some(form) = GUESSES.iter().find(|form| says(heard, form)) else {
        return false;
    };
    let form = words(form);
    let framed = |word: &Word| form.iter().any(|one| one.likeness(word) >= Word::FORM);
    let mut guessed = heard
        .iter()
        .filter(|word| word.is_content() && !framed(word));
    guessed.any(|word| !open(word))
}

/// Whether it guesses at what lies behind it all.
pub(super) fn guesses(heard: &[Word]) -> bool {
    GUESSES.iter().any(|form| says(heard, form))
}

/// Those one is close to, and what is hard to have happen.
const TENDER: &str = "mother father mum mom dad parent brother sister son daughter child husband wife \
    spouse partner girlfriend boyfriend lover uncle aunt grandfather grandmother childhood marriage \
    love affair divorce separation pregnant miscarriage abuse suicide die died dying dead death \
    funeral accident illness sick cancer depression therapy medication addiction drunk drinking \
    alcohol drugs debt prison police secret";

/// How one guesses at what lies behind it all.
const GUESSES: &[&str] = &[
    "is it about",
    "is this about",
    "is that about",
    "was it about",
    "was this about",
    "it is about",
    "this is about",
    "to do with",
    "because of",
    "start with",
    "start when",
    "start at",
    "begin with",
    "begin when",
    "begin at",
    "come from",
    "goes back to",
    "go back to",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_tender_by_what_it_is_about_and_not_by_being_right() {
        let open = words("they offer the practice work boss wife");
        let open = |word: &Word| open.iter().any(|one| one.likeness(word) >= Word::FORM);
        for asked in [
            "Did your brother die?",
            "Do you have a sister?",
            "Are you in love with him?",
            "Is it about the factory?",
            "Is it about the harbour?",
            "Does it have something to do with Peter?",
            "Did this start at the hospital?",
        ] {
            assert!(is_tender(&words(asked), open), "{asked}");
        }
        for asked in [
            "Is it about your work?",
            "Is it about that?",
            "Does your wife know?",
            "Do you like the view?",
            "Was it hard for you?",
            "Have you told them?",
        ] {
            assert!(!is_tender(&words(asked), open), "{asked}");
        }
    }
}
