//! What an utterance states: gives back, or gives of the coach's own.

use super::ask::Form;
use super::context::Context;
use super::list::Moves;
use super::looked::{GIVES, Looked};
use super::phrases::Cue;
use super::urge::would_do;
use super::{Move, give, reflect};

/// From how many points on a sentence gives back.
const REFLECTS: i32 = 10;
/// By how much more than that it also counts beside the other, if the other weighs more.
const DECISIVE: i32 = 20;
/// By how much giving back has to outweigh giving of one's own to be seen beside it, and by how much
/// giving of one's own may fall short: a little of it weighs on the client more than a little of
/// the other.
const OUTWEIGHS: i32 = 5;
const FALLS_SHORT: i32 = 15;
/// Words from which on an utterance is long: who speaks at length seldom only gives back.
const LONG: usize = 40;
/// Words from which on what comes back can be a summary.
const SUMMARY: usize = 35;

/// What it states: gives back, or gives of the coach's own.
pub(super) fn states(looked: &[Looked<'_>], context: &Context, moves: &mut Moves) {
    let (mut gives_back, mut deep, mut gives, mut advice) = (-100, false, -100, false);
    let (mut reflecting, mut echo) = (0, 0);
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    for l in looked {
        let body = l.sentence.body().len();
        let parts = l.cues.has(Cue::Parts) && body <= 8;
        let cares = l.cues.has(Cue::GivesTime) || l.cues.has(Cue::Hosts);
        // "I can't tell anyone what you say here": what one agrees on, and no more.
        let keeps =
            l.cues.has(Cue::Contracts) && l.negates() && l.sentence.word(l.sentence.body) == "i";
        if body == 0 || l.minor() || parts || cares || keeps || l.agrees() {
            continue;
        }
        let mut back = reflect::reflects(l.sentence, l.cues, l.echo);
        let mut own = give::gives(l.sentence, l.cues, l.echo);
        if context.client_asked {
            back -= 7;
            own += 5;
        }
        if words >= LONG {
            own += 4;
        }
        // What leads up to a question is not told for its own sake.
        if moves.asks() {
            own -= 5;
        }
        // Nobody explains in one breath; nor does who gives back stop at a nod.
        if context.coach.tells() {
            back -= 4;
            own += 6;
        } else if context.coach.reflects() && context.client_nodded {
            back += 3;
        }
        let suggests = l.asked.is_some_and(|asked| asked.suggests);
        match l.asked.map(|asked| asked.form) {
            Some(_) if suggests => (back, own) = (back - 20, own.max(GIVES)),
            Some(Form::Statement) => (back, own) = (back - 3, own - 7),
            Some(_) => (back, own) = (back - 20, own - 15),
            None => {}
        }
        if back >= REFLECTS {
            reflecting += 1;
            echo += l.echo.recent + l.echo.earlier;
            deep |= reflect::deepens(l.sentence, l.cues, l.echo);
        }
        gives_back = gives_back.max(back);
        if own >= GIVES {
            advice |= suggests || give::advises(l.sentence, l.cues, l.echo);
            // Asked what to do, who says what they would do advises.
            advice |= context.may() && would_do(l.sentence);
        }
        gives = gives.max(own);
    }
    let gathers = looked.iter().any(|l| l.cues.has(Cue::Gathers));
    if gathers {
        gives_back += 15;
    }
    let (back, own) = (gives_back - REFLECTS, gives - GIVES);
    // Who gives back at length says a thing or two of their own as well, and the other way round:
    // only what weighs much counts beside what weighs more.
    let reflects = back >= 0 && (back >= own + OUTWEIGHS || back >= DECISIVE);
    // Heard without punctuation, all is one sentence.
    let telling = looked.iter().filter(|l| l.gives()).count();
    let outweighs = own + FALLS_SHORT > back || own >= DECISIVE || telling >= 2;
    let tells = own >= 0 && outweighs && (telling > 0 || looked.len() == 1);
    if reflects {
        moves.insert(if deep {
            Move::ComplexReflection
        } else {
            Move::SimpleReflection
        });
    }
    if reflects && (gathers || (words >= SUMMARY && reflecting >= 2 && echo >= 5)) {
        moves.insert(Move::Summary);
    }
    if tells {
        let may = context.may() || looked.iter().any(|l| l.cues.has(Cue::ByYourLeave));
        moves.insert(match (advice, may) {
            (true, false) => Move::Advice,
            (true, true) => Move::AdviceWithPermission,
            (false, false) => Move::Telling,
            (false, true) => Move::TellingWithPermission,
        });
    }
}
