//! Whether a sentence asks, and how: by the order of its words, by what it invites to, and by its
//! question mark where there is one.

use super::lexicon::Cues;
use super::order::{inversions, question_word, verb_first};
use super::phrases::Cue;
use super::text::{End, Sentence, is};

/// How a sentence asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With a question word.
    Word,
    /// For yes or no, by the order of the words.
    Polar,
    /// Without the form of a question.
    Invitation,
    /// As a statement, or a piece of one, that ends with a question mark.
    Statement,
}

/// A sentence that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) form: Form,
    /// Any answer fits.
    pub(super) open: bool,
    /// Asks for reasons.
    pub(super) why: bool,
    /// More than one question in it.
    pub(super) several: bool,
}

/// How the sentence asks, if it does.
pub(super) fn asked(sentence: &Sentence, cues: Cues) -> Option<Asked> {
    if sentence.body().is_empty() {
        return bare(sentence);
    }
    let (word, polar) = (question_word(sentence), verb_first(sentence));
    // What comes first shapes the question: "do you know what" can be answered by yes.
    let form = match (word, polar) {
        (Some(at), Some(polar)) if polar + 1 < at => Form::Polar,
        (Some(_), _) => Form::Word,
        (None, _) if cues.has(Cue::Invites) && !tells_oneself(sentence) => Form::Invitation,
        (None, Some(_)) => Form::Polar,
        (None, None) if sentence.end == End::Asks => Form::Statement,
        (None, None) => return None,
    };
    let open = match form {
        Form::Word => word.is_some_and(|at| any_answer_fits(sentence, at)),
        // "Or?" leaves open what else there may be.
        Form::Polar => {
            sentence.words.last().is_some_and(|last| last == "or")
                || polar.is_some_and(|at| asks_to_tell(sentence, at))
        }
        // "I wonder if" can be answered by yes, "I wonder what" cannot.
        Form::Invitation => !pair(sentence, "wonder wondering", "if whether"),
        Form::Statement => false,
    };
    Some(Asked {
        form,
        open,
        why: word.is_some_and(|at| asks_for_reasons(sentence, at)),
        several: inversions(sentence) >= 2,
    })
}

/// "No?" and "And?" ask; "Yeah?" and "Okay?" only look whether the other is there.
fn bare(sentence: &Sentence) -> Option<Asked> {
    let last = sentence.words.last().map_or("", String::as_str);
    let asks = sentence.end == End::Asks && is(last, "no maybe yes and so");
    asks.then_some(Asked {
        form: Form::Statement,
        open: is(last, "and so"),
        why: false,
        several: false,
    })
}

fn pair(sentence: &Sentence, first: &str, second: &str) -> bool {
    let pairs = |w: &[String]| is(&w[0], first) && is(&w[1], second);
    sentence.words.windows(2).any(pairs)
}

/// `you tell me`.
fn tells_oneself(sentence: &Sentence) -> bool {
    pair(sentence, "you", "tell") && !pair(sentence, "can could would will", "you")
}

/// Whether the question word asks for more than a name or a number.
fn any_answer_fits(sentence: &Sentence, at: usize) -> bool {
    let next = sentence.word(at + 1);
    match sentence.word(at) {
        "who" | "whose" => false,
        "where" => !is(next, "is are was were"),
        "how" => !is(next, "many old long far tall soon big late"),
        "what" => {
            let named = sentence.words[at..].iter().take(6).any(|w| w == "name");
            let number = is(next, "time day date year age");
            !(number || next == "is" && named)
        }
        _ => true,
    }
}

/// `can you tell me`, `would you say more`, `is there anything`: yes is no answer.
fn asks_to_tell(sentence: &Sentence, at: usize) -> bool {
    const TELLS: &str = "tell share describe explain give help talk walk elaborate say expand \
        clarify";
    let (verb, next) = (sentence.word(at), sentence.word(at + 1));
    if is(verb, "can could would will") && next == "you" {
        return (at + 2..at + 5).any(|i| is(sentence.word(i), TELLS));
    }
    verb == "is" && next == "there" && is(sentence.word(at + 2), "anything something")
}

/// `why`, but not `why is it important to you`, which asks what it means.
fn asks_for_reasons(sentence: &Sentence, at: usize) -> bool {
    let meant = |w: &String| is(w, "important matter matters now");
    match sentence.word(at) {
        "why" => sentence.word(at + 1) != "not" && !sentence.words[at..].iter().any(meant),
        "how" => sentence.word(at + 1) == "come",
        _ => false,
    }
}
