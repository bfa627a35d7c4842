//! Whether any answer fits a question word, or a name, a number, a place or a time is asked for.

use super::text::{Sentence, is};

/// Whether the question word asks for more than a name or a number.
pub(super) fn any_answer_fits(sentence: &Sentence, at: usize) -> bool {
    let next = sentence.word(at + 1);
    match sentence.word(at) {
        "who" => asks_who_one_is(sentence, at),
        "whose" => is(next, OWNED),
        "where" => {
            let dwells = is(sentence.word(at + 3), "live work come study sleep");
            let placed = is(next, "is are was were") || next == "do" && dwells;
            let numbered = |w: &String| is(w, "level number score rating scale");
            let place = placed && !asks_no_place(sentence, at);
            !place && !sentence.words[at..].iter().any(numbered)
        }
        "when" => {
            let lived = |w: &String| is(w, "most least best happiest alive proud yourself");
            let feels = is(next, "do would") && sentence.word(at + 3) == "feel";
            let dated = is(next, "is was were did do does will would can could should")
                && !sentence.pairs("a", "time");
            !dated || feels || sentence.words[at..].iter().any(lived)
        }
        "which" => !is(next, "one ones"),
        "how" => {
            let measured = || sentence.words[at..].iter().any(|w| is(w, MEASURED));
            let counted = is(next, "many often old long far tall soon big late");
            !counted && (next != "much" || !measured())
        }
        "what" => {
            const NAMED: &str = "name longest latest favorite favourite address birthday salary income \
                surname called";
            let named = sentence.words[at..].iter().take(6).any(|w| is(w, NAMED));
            !(is(next, FACTS) || is(next, "is was") && named || asks_how_much(sentence, at))
        }
        _ => true,
    }
}

/// What a name or a number answers, if it is asked which: `what school do you go to`.
const FACTS: &str = "time day date year age month number town city country street school college \
    university class classes grade gym club church company brand size dose percentage";

/// `where does it take you`, `where are you at with that`, `where is this going`: asks for no place.
fn asks_no_place(sentence: &Sentence, at: usize) -> bool {
    let word = |by: usize| sentence.word(at + by);
    let stands =
        word(2) == "you" && (word(3) == "with" || word(3) == "at" && is(word(4), "with in"));
    let rest = &sentence.words[at..];
    let person = is(word(2), "you we they he she i");
    let moves = rest.windows(2).any(|w| {
        let on = is(
            &w[0],
            "take takes taking lead leads leading leave leaves leaving",
        );
        on && is(&w[1], "you us me") || is(&w[0], "fit fits fitting") && is(&w[1], "with in into")
    });
    let goes = is(word(2), "this that it all things")
        && rest.iter().any(|w| is(w, "going heading leading"));
    stands || !person && (moves || goes)
}

/// `what is the most you ever slept in one night`: a number.
fn asks_how_much(sentence: &Sentence, at: usize) -> bool {
    let rest = &sentence.words[at..];
    let has = |words: &str| rest.iter().any(|w| is(w, words));
    let within = |w: &[String]| {
        is(&w[0], "in on at")
            && is(&w[1], "a one an any")
            && is(&w[2], "hour day night week month year sitting evening")
    };
    has("most least highest lowest") && has("ever") && rest.windows(3).any(within)
}

/// What asks for more than a name, if it is asked whose it is.
const OWNED: &str = "voice voices life dream dreams story words rule rules expectation expectations \
    standards belief beliefs fear guilt need needs";

/// `who do you want to become`, `who are you without it`, but not `who would you be with`.
fn asks_who_one_is(sentence: &Sentence, at: usize) -> bool {
    let (verb, next) = (sentence.word(at + 1), sentence.word(at + 3));
    let is_one = is(verb, "are were") && is(next, "when without before if becoming beyond behind");
    let becomes = |at: usize| match sentence.word(at) {
        "become" | "becoming" => true,
        "be" => {
            !sentence.words.ends_with(&["with".to_owned()])
                && !is(sentence.word(at + 1), "with there at on around near")
        }
        _ => false,
    };
    let to_be = is(verb, "would do could will might") && (at + 3..at + 8).any(becomes);
    sentence.word(at + 2) == "you" && (is_one || to_be)
}

/// A number or a name answers.
const MEASURED: &str = "earn earns cost costs pay pays paid owe weigh weighs money rent salary";
