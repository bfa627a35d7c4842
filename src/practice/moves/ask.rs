//! Whether a sentence asks, and how: by the order of its words, by what it invites to, and by its
//! question mark where there is one.

use super::fits::any_answer_fits;
use super::lexicon::Cues;
use super::order::{inversions, question_word, question_words, verb_first};
use super::phrases::Cue;
use super::text::{End, Sentence, is};
use super::urge::{is_number, suggests_asking};

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
    /// Asks so as to say what to do.
    pub(super) suggests: bool,
}

/// How the sentence asks, if it does.
pub(super) fn asked(sentence: &Sentence, cues: Cues) -> Option<Asked> {
    if sentence.body().is_empty() {
        return bare(sentence);
    }
    if listens(sentence) {
        return None;
    }
    let (word, polar) = (question_word(sentence), verb_first(sentence));
    // What comes first shapes the question: "do you know what" can be answered by yes.
    let form = match (word, polar) {
        (Some(at), Some(polar)) if polar + 1 < at => Form::Polar,
        (Some(_), _) => Form::Word,
        (None, Some(at)) if offers(sentence, at) => Form::Polar,
        (None, _) if cues.has(Cue::Invites) && !tells_oneself(sentence) => Form::Invitation,
        (None, Some(_)) => Form::Polar,
        (None, None) if sentence.end == End::Asks => Form::Statement,
        (None, None) => return None,
    };
    let open = match form {
        // "Where are you on that scale": a number answers. "How ready are you" asks for more.
        _ if cues.has(Cue::Scale) && word.is_none_or(|at| sentence.word(at) != "how") => false,
        Form::Word => word.is_some_and(|at| any_answer_fits(sentence, at)),
        // "Or?" leaves open what else there may be.
        Form::Polar => trails_off(sentence) || polar.is_some_and(|at| asks_to_tell(sentence, at)),
        // "I wonder if" can be answered by yes, "I wonder what" cannot.
        Form::Invitation => {
            !sentence.pairs("wonder wondering wondered", "if whether")
                || sentence
                    .words
                    .iter()
                    .any(|w| is(w, "tell describe explain any"))
        }
        // "Any concerns?" stands for "are there any".
        Form::Statement => {
            let any = sentence.word(sentence.body).starts_with("any");
            any || trails_off(sentence) || asks_within(sentence)
        }
    };
    let several = inversions(sentence) >= 2;
    let open = open || several && question_words(sentence).any(|at| any_answer_fits(sentence, at));
    // What is suggested one can take up or leave, whatever the question word.
    let suggests = suggests_asking(sentence, cues);
    Some(Asked {
        form,
        open: open && !suggests,
        why: !suggests
            && (word.is_some_and(|at| asks_for_reasons(sentence, at))
                || sentence.pairs("me explain wonder wondering know understand", "why")
                || sentence.words.last().is_some_and(|last| last == "why")),
        several,
        suggests,
    })
}

/// "No?" and "And?" ask; "Yeah?" and "Okay?" only look whether the other is there.
fn bare(sentence: &Sentence) -> Option<Asked> {
    let last = sentence.words.last().map_or("", String::as_str);
    let then = sentence
        .words
        .ends_with(&["and".to_owned(), "then".to_owned()]);
    let asks = sentence.end == End::Asks && (then || is(last, "no maybe yes and so"));
    asks.then_some(Asked {
        form: if then { Form::Word } else { Form::Statement },
        open: then || is(last, "and so"),
        why: false,
        several: false,
        suggests: false,
    })
}

/// `I don't know what you make of it?`, `I wanted to ask you how it is?`
fn asks_within(sentence: &Sentence) -> bool {
    const WORDS: &str = "what how why where";
    let first = sentence.word(sentence.body) == "i";
    let asks = |w: &[String]| w[0] == "ask" && w[1] == "you" && is(&w[2], WORDS);
    first && (sentence.pairs("know sure", WORDS) || sentence.words.windows(3).any(asks))
}

/// `do you drink with friends, or?`; but a guess at the reason stays one.
fn trails_off(sentence: &Sentence) -> bool {
    let or = sentence.words.last().is_some_and(|last| last == "or");
    or && !sentence.pairs("it that this", "because")
}

/// `…, you know what I mean?`: only looks whether the other listens.
fn listens(sentence: &Sentence) -> bool {
    // "I mean" is left out as a filler.
    let (rest, last) = sentence
        .words
        .split_at(sentence.words.len().saturating_sub(3));
    last == ["you", "know", "what"] && rest.last().is_none_or(|word| word != "do")
}

/// `you tell me`, `you are wondering whether`, `you would like to know`: says what the other does.
fn tells_oneself(sentence: &Sentence) -> bool {
    let tells = |at: usize| {
        let wonders = |word| is(word, "wonder wondering wondered curious");
        let next = [1, 2, 3, 4].map(|by| sentence.word(at + by));
        sentence.word(at) == "you"
            && (next[0] == "tell" && is(next[1], "me us")
                || next.into_iter().any(wonders) && !next.contains(&"i")
                || is(next[0], "want need") && next[1] == "to" && is(next[2], "know hear"))
    };
    (0..sentence.words.len()).any(tells) && !sentence.pairs("can could would will", "you")
}

/// `would you like to hear`, `are you interested in hearing`: yes is an answer.
fn offers(sentence: &Sentence, at: usize) -> bool {
    let wants = is(sentence.word(at), "do would") && is(sentence.word(at + 2), "like want");
    wants || sentence.words.iter().any(|w| is(w, "interested curious"))
}

/// `can you tell me`, `would you say more`, `is there anything`, `do you have any idea`: yes is no
/// answer.
fn asks_to_tell(sentence: &Sentence, at: usize) -> bool {
    const TELLS: &str = "tell share describe explain give help talk walk elaborate say expand \
        clarify";
    const THOUGHTS: &str = "idea ideas thought thoughts sense plan plans questions concerns";
    const TELLING: &str = "telling sharing describing explaining filling giving saying walking \
        talking";
    let (verb, next) = (sentence.word(at), sentence.word(at + 1));
    let third = sentence.word(at + 2);
    if is(verb, "do would") && next == "you" && third == "mind" {
        return is(sentence.word(at + 3), TELLING);
    }
    let within = |words: &str| (at + 2..at + 5).any(|i| is(sentence.word(i), words));
    if is(verb, "can could would will") && next == "you" {
        let names = third == "think" && sentence.word(at + 3) == "of";
        // "Would you say that you are": yes is an answer.
        let agrees = third == "say" && is(sentence.word(at + 3), "you that it he she they this");
        let tells = within(TELLS) && !to_others(sentence, at + 2);
        return names || !offers(sentence, at) && !agrees && tells;
    }
    let has = verb == "do" && next == "you" && third == "have";
    let british = verb == "have" && next == "you" && is(third, "anything something any some");
    let exists = is(verb, "is are") && next == "there";
    let unnamed = is(third, "anything something any other some");
    exists && unnamed || british || has && (at + 3..at + 6).any(|i| is(sentence.word(i), THOUGHTS))
}

/// `will you tell her`, `would you explain it to your boss`: the coach is not who is told.
fn to_others(sentence: &Sentence, from: usize) -> bool {
    const OTHERS: &str = "her him them your his their somebody someone anybody anyone everybody \
        everyone people";
    const TOLD: &str =
        "me us what how why where about more again a an one some something when which";
    let words = &sentence.words[from.min(sentence.words.len())..];
    let has = |list: &str| words.iter().any(|word| is(word, list));
    let pair = |first: &str, second: &str| {
        words
            .windows(2)
            .any(|w| is(&w[0], first) && is(&w[1], second))
    };
    let tells = has("tell") && !pair("tell", TOLD);
    let gives = pair("give help", OTHERS);
    let turns = pair("to with", OTHERS) && !has("me us what how why about more bit describe");
    tells || gives || turns
}

/// `why` or `what is the reason`.
fn asks_for_reasons(sentence: &Sentence, at: usize) -> bool {
    match (sentence.word(at), sentence.word(at + 1)) {
        // `why not a two`: what keeps the number from being lower.
        ("why", "not") if is_number(&sentence.words[at + 2..]) => true,
        // `why not do it` proposes; alone it asks.
        ("why", "not") | ("what", "for") => sentence.words.len() == at + 2,
        ("why", _) => true,
        ("how", "come") => true,
        ("what", "is" | "was" | "are" | "were" | "reason" | "reasons") => sentence.words[at..]
            .iter()
            .take(5)
            .any(|w| is(w, "reason reasons reasoning")),
        _ => false,
    }
}
