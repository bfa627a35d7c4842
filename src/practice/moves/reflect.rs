//! How much a sentence gives back of what the client said, felt or meant.

use super::context::Echo;
use super::general;
use super::give;
use super::hurt;
use super::lexicon::Cues;
use super::phrases::Cue;
use super::text::{Sentence, is};
use super::urge::{commands, directs, suggests};

/// What speaks for it, in tenths: ten is as good as sure.
pub(super) fn reflects(sentence: &Sentence, cues: Cues, echo: Echo) -> i32 {
    let body = sentence.body();
    let (length, first) = (body.len(), sentence.word(sentence.body));
    let has = |words: &str| sentence.words.iter().any(|w| is(w, words));
    let mut points = 0;
    let mut add = |holds: bool, by: i32| points += if holds { by } else { 0 };
    let about_you = matches!(first, "you" | "your");
    add(sentence.leads_with("so"), 10);
    add(about_you, 15);
    add(!about_you && has("you your yourself"), 7);
    add(cues.has(Cue::GivesBack), 15);
    add(cues.has(Cue::Deepens), 6);
    add(inner(sentence), 10);
    add(senses(sentence), 15);
    let comes_back = echo.recent;
    add(echo.mostly(), 15);
    add(echo.returns, 25);
    add(comes_back * 2 < echo.all && comes_back >= 2, 10);
    add(comes_back * 2 < echo.all && comes_back == 1, 5);
    add(comes_back == 0 && echo.earlier > 0, 3);
    // Goes on where the client stopped.
    let takes_up = matches!(
        first,
        "he" | "she" | "they" | "that" | "it" | "because" | "and" | "but" | "nobody" | "nothing"
    );
    add(
        takes_up || sentence.leads_with("and") || sentence.leads_with("because"),
        5,
    );
    add(first.ends_with("ing") && first.len() > 4, 5);
    let named = echo.mostly() && body.iter().any(|w| is(w, FEELINGS));
    add(length <= 2 && !named, -15);
    add(
        matches!(first, "i" | "we" | "let") && !cues.has(Cue::GivesBack),
        -7,
    );
    add(
        directs(sentence, cues, echo) && !cues.has(Cue::GivesBack),
        -20,
    );
    add(suggests(sentence) && !cues.has(Cue::GivesBack), -15);
    add(commands(sentence), -15);
    add(give::judges(sentence, cues, echo), -30);
    add(general::holds(sentence, echo), -40);
    add(hurt::takes_back(sentence) && !echo.returns, -40);
    add(cues.has(Cue::Praises), -5);
    // "You have a lot of patience": praise and no more.
    add(
        cues.has(Cue::Praises) && length <= 9 && !cues.has(Cue::GivesBack),
        -15,
    );
    add(
        cues.has(Cue::Thanks) || cues.has(Cue::Greets) || cues.has(Cue::Parts),
        -10,
    );
    add(cues.has(Cue::Parts) && length <= 4, -15);
    points
}

/// Whether what comes back goes beyond what was said: a feeling, a picture, both sides, or mostly
/// other words.
pub(super) fn deepens(sentence: &Sentence, cues: Cues, echo: Echo) -> bool {
    // A feeling that the client named is what was said.
    let named = echo.all > 0 && echo.said() == echo.all;
    let felt = !named && sentence.words.iter().any(|w| is(w, FEELINGS));
    let own_words = echo.all >= 2 && echo.recent * 3 < echo.all && echo.said() * 3 < echo.all * 2;
    cues.has(Cue::Deepens) || felt || own_words || senses(sentence)
}

/// Whether it names a feeling that is to be heard: `there is a lot of sadness in that`.
pub(super) fn senses(sentence: &Sentence) -> bool {
    let body = sentence.body();
    let there = matches!(body, [there, is, ..] if there == "there" && is == "is");
    let feeling = |w: &String| is(w, FEELINGS) || is(w, "love grief tension warmth tenderness");
    let Some(at) = body.iter().position(feeling).filter(|at| there && *at < 8) else {
        return false;
    };
    match &body[at + 1..] {
        [here] => is(here, "here there"),
        [at, what, ..] => {
            is(at, "in behind under underneath about") && is(what, "that this it what your how you")
        }
        [] => true,
    }
}

/// Whether it says how the client is inside: `you want`, `you are worried`.
fn inner(sentence: &Sentence) -> bool {
    let inside = |at: usize| {
        (at + 1..at + 5)
            .map(|i| sentence.word(i))
            .take_while(|w| is(w, PASSED_OVER) || is(w, INNER) || is(w, FEELINGS))
            .any(|w| is(w, INNER) || is(w, FEELINGS))
    };
    (0..sentence.words.len()).any(|at| sentence.word(at) == "you" && inside(at))
}

/// What may stand between `you` and what you feel.
const PASSED_OVER: &str = "are were have had would will do did not just really also still \
    almost actually already always never even only very so pretty quite a bit little both feel \
    can could got";

const INNER: &str = "feel feeling felt want wanted wanting think thinking thought worried like \
    love loved hoping hope care enjoy enjoyed realize realized believe wish tired scared afraid \
    willing able been had were trying concerned proud frustrated noticed noticing recognize \
    committed not ready looking struggling finding found getting wondering aware open happy \
    angry upset stuck torn seeing doing going need did do would used know decided";

/// What anybody may feel.
pub(in super::super) const FEELINGS: &str = "angry anxious afraid scared frightened worried worries sad lonely alone hurt hurts pain \
    painful ashamed guilty guilt shame proud happy excited relieved relief frustrated \
    frustrating overwhelmed overwhelming stressed stressful tired exhausted stuck torn trapped \
    hopeless hopeful helpless powerless disappointed embarrassed confused surprised shocked \
    nervous uncomfortable upset annoyed irritated resentful jealous grateful confident \
    motivated determined committed ambivalent uncertain unsure reluctant struggling struggle \
    burden tough scary safe loved rejected judged misunderstood invisible important lost numb \
    heavy desperate discouraged encouraged pressure fear hope anger anxiety sadness loneliness \
    pride joy frustration stress exhaustion disappointment bitter betrayed abandoned weary \
    grief grieving longing drained overlooked ignored unseen forgotten devastated";
