//! How much a sentence gives of the coach's own: knowledge, opinions, plans, advice.

use super::context::Echo;
use super::general;
use super::hurt::{finds_fault, labels, takes_back};
use super::lexicon::Cues;
use super::phrases::Cue;
use super::reflect::senses;
use super::text::{Sentence, is};
use super::urge::{commands, directs, obliges, suggests, would_do};

/// What speaks for it, in tenths: ten is as good as sure. What the client said word by word is theirs.
pub(super) fn gives(sentence: &Sentence, cues: Cues, echo: Echo) -> i32 {
    if echo.returns {
        return -100;
    }
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
    add(directs(sentence, cues, echo), 18);
    add(cues.has(Cue::Proposes), 7);
    add(commands(sentence), 12);
    add(suggests(sentence), 15);
    add(would_do(sentence), 8);
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
    add(judges(sentence, cues, echo), 20);
    let holds = general::holds(sentence, echo);
    add(holds, 20);
    add(senses(sentence), -20);
    let strong = cues.has(Cue::Generalises) || judges(sentence, cues, echo) || holds;
    let tells_to = directs(sentence, cues, echo) || commands(sentence) || suggests(sentence);
    // "Sleep is essential for memory": a short general truth.
    let general = !has(PRONOUNS) && has(TRUTHS) && echo.all >= 2 && first != "the";
    add(
        general && length <= 7 && echo.recent + echo.earlier == 0,
        20,
    );
    add(length <= 4 && !tells_to && !strong, -10);
    add(
        cues.has(Cue::Generalises) && !has("you your yourself i we"),
        4,
    );
    add(sentence.leads_with("so"), -5);
    add(matches!(first, "you" | "your"), -3);
    add(
        gives_back || cues.has(Cue::Deepens) && !obliges(sentence),
        -10,
    );
    add(cues.has(Cue::Gathers), -12);
    add(echo.mostly() && !tells_to, -5);
    add(cues.has(Cue::Praises), -10);
    let polite = [Cue::Thanks, Cue::Greets, Cue::Courteous, Cue::Chats];
    add(polite.into_iter().any(|cue| cues.has(cue)), -7);
    points
}

/// Whether it passes judgement on the client; not where the client said so themselves, nor where
/// they are the one that it is done to: `you are unfair to yourself`.
pub(super) fn judges(sentence: &Sentence, cues: Cues, echo: Echo) -> bool {
    let oneself =
        |w: &[String]| is(&w[0], "to on with towards toward against") && w[1] == "yourself";
    let suffers = sentence.words.windows(2).any(oneself);
    let faults =
        cues.has(Cue::Judges) && !takes_back(sentence) || finds_fault(sentence) || labels(sentence);
    faults && !suffers && !echo.mostly()
}

/// Whether what it gives is what to do.
pub(super) fn advises(sentence: &Sentence, cues: Cues, echo: Echo) -> bool {
    let has = |words: &str| sentence.words.iter().any(|w| is(w, words));
    // "I think it would be good to rest."
    let thinks = |w: &[String]| w[0] == "i" && !is(&w[1], "think believe feel suppose");
    let own = has("we me us") || sentence.words.windows(2).any(thinks);
    let proposes = has("you") || has("to") && !own;
    directs(sentence, cues, echo)
        || commands(sentence)
        || suggests(sentence)
        || would_do(sentence)
        || cues.has(Cue::Proposes) && proposes
}

fn has_number(sentence: &Sentence) -> bool {
    let digits = |w: &String| w.chars().any(|c| c.is_ascii_digit());
    sentence.words.iter().any(digits)
}

/// What points at somebody or something of the talk.
const PRONOUNS: &str = "i you we he she they it that this my your our his her their me us him them \
    there";

/// What general truths are told with.
const TRUTHS: &str = "is are can comes means helps heals needs takes makes works";
