//! How much a sentence gives of the coach's own: knowledge, opinions, plans, advice.

use super::context::Echo;
use super::lexicon::Cues;
use super::phrases::Cue;
use super::text::{Sentence, is};

/// What speaks for it, in tenths: ten is as good as sure.
pub(super) fn gives(sentence: &Sentence, cues: Cues, echo: Echo) -> i32 {
    let body = sentence.body();
    let (first, second) = (
        sentence.word(sentence.body),
        sentence.word(sentence.body + 1),
    );
    let length = body.len();
    let has = |words: &str| sentence.words.iter().any(|w| is(w, words));
    let gives_back = cues.has(Cue::GivesBack);
    let mut points = 0;
    let mut add = |holds: bool, by: i32| points += if holds { by } else { 0 };
    add(cues.has(Cue::Directs), 18);
    add(cues.has(Cue::Proposes), 7);
    add(commands(sentence), 8);
    add(suggests(sentence), 15);
    add(cues.has(Cue::Opines) && !gives_back, 6);
    add(cues.has(Cue::Generalises), 8);
    add(cues.has(Cue::Elaborates), 4);
    add(cues.has(Cue::Arranges), 8);
    add(first == "i" && !gives_back && !cues.has(Cue::Invites), 8);
    add(
        first == "we" && !gives_back || first == "let" && second != "me",
        12,
    );
    add(first != "we" && has("we us our") && !gives_back, 7);
    // Who speaks of neither of the two speaks of the world.
    add(length >= 6 && !has("you your yourself"), 7);
    // What one did not hear from the client one knows oneself.
    add(echo.all >= 4 && echo.recent + echo.earlier == 0, 4);
    add(has_number(sentence), 3);
    add(length >= 15, 4);
    add(length >= 25, 4);
    let tells_to = cues.has(Cue::Directs) || suggests(sentence);
    add(length <= 4 && !tells_to, -10);
    add(sentence.leads_with("so"), -5);
    add(matches!(first, "you" | "your"), -3);
    add(gives_back || cues.has(Cue::Deepens), -10);
    add(cues.has(Cue::Gathers), -12);
    add(cues.has(Cue::Praises), -5);
    let polite = [Cue::Thanks, Cue::Greets, Cue::Courteous, Cue::Chats];
    add(polite.into_iter().any(|cue| cues.has(cue)), -7);
    points
}

/// Whether what it gives is what to do.
pub(super) fn advises(sentence: &Sentence, cues: Cues) -> bool {
    cues.has(Cue::Directs)
        || commands(sentence)
        || suggests(sentence)
        || (cues.has(Cue::Proposes) && sentence.words.iter().any(|w| w == "you"))
}

/// Whether it opens with what to do: `try`, `take`, `do not`.
fn commands(sentence: &Sentence) -> bool {
    const VERBS: &str = "try take make keep stop start use get ask call write put avoid consider \
    remember give find think look set choose pick focus talk go come drink eat have be let";
    let (first, second) = (
        sentence.word(sentence.body),
        sentence.word(sentence.body + 1),
    );
    let whose = !matches!(
        second,
        "me" | "us" | "on" | "ahead" | "see" | "you" | "is" | "we"
    );
    let negative = first == "do" && second == "not" && sentence.word(sentence.body + 2) != "you";
    sentence.body().len() >= 4 && ((is(first, VERBS) && whose) || negative)
}

/// Whether it opens with what could be done: `you could write`, `maybe you can call`. What is felt
/// or had (`you can see`, `you might be`) is nothing that one does.
pub(super) fn suggests(sentence: &Sentence) -> bool {
    const DOES: &str = "write call phone email text ask tell say talk speak use try start stop \
        continue take bring go walk ride read send show visit join meet look set plan leave keep \
        move practise practice offer invite suggest sleep eat drink buy check sign share breathe";
    let body = sentence.body();
    let at = body.iter().take(3).position(|word| word == "you");
    let Some(rest) = at.and_then(|at| body.get(at + 1..)) else {
        return false;
    };
    let mut rest = rest.iter().map(String::as_str);
    let may = rest
        .next()
        .is_some_and(|word| is(word, "could can might may"));
    let mut verbs =
        rest.skip_while(|word| is(word, "just also always even maybe perhaps simply first"));
    may && !sentence.leads_with("so") && verbs.next().is_some_and(|word| is(word, DOES))
}

fn has_number(sentence: &Sentence) -> bool {
    let digits = |w: &String| w.chars().any(|c| c.is_ascii_digit());
    sentence.words.iter().any(digits)
}
