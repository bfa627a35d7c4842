//! From an utterance and what came before it to its moves.

use super::Move;
use super::asking::asks;
use super::context::Context;
use super::list::Moves;
use super::looked::Looked;
use super::phrases::Cue;
use super::stating::states;
use super::text::sentences;

/// What an insult leaves no room for.
const SOFT: &[Move] = &[
    Move::SimpleReflection,
    Move::ComplexReflection,
    Move::Summary,
    Move::Affirmation,
    Move::SmallTalk,
    Move::InviteSilence,
    Move::Contracting,
];

/// The moves of what the coach said. The same words after the same conversation give the same
/// moves; a question has exactly one of open and closed.
#[must_use]
pub fn classify(utterance: &str, context: &Context) -> Moves {
    let sentences = sentences(utterance);
    let looked: Vec<Looked<'_>> = sentences
        .iter()
        .map(|sentence| Looked::at(sentence, context))
        .collect();
    let mut moves = Moves::default();
    asks(&looked, &mut moves);
    states(&looked, context, &mut moves);
    manners(&looked, &mut moves);
    if looked.iter().any(Looked::hurts) {
        // Who insults gives nothing back, and praises nobody.
        for kind in SOFT {
            moves.remove(*kind);
        }
        moves.insert(Move::Hostility);
    }
    if moves.is_empty() {
        let heard = utterance.chars().any(char::is_alphanumeric);
        moves.insert(if heard {
            slight(&looked)
        } else {
            Move::Unclear
        });
    }
    moves
}

/// What it is that asks nothing, gives nothing back and tells nothing.
fn slight(looked: &[Looked<'_>]) -> Move {
    let has = |cue: Cue| looked.iter().any(|l| l.cues.has(cue));
    if has(Cue::Gathers) {
        Move::Summary
    } else if has(Cue::Sympathises) {
        Move::Affirmation
    } else if looked.iter().all(Looked::nods) {
        Move::Backchannel
    } else {
        Move::Unclear
    }
}

/// What it does besides: how people meet, thank, agree, encourage and part.
fn manners(looked: &[Looked<'_>], moves: &mut Moves) {
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    let has = |cue: Cue| looked.iter().any(|l| l.cues.has(cue));
    let asks = |cue: Cue| looked.iter().any(|l| l.asked.is_some() && l.cues.has(cue));
    // "I am not sure what you mean."
    let unsure = |l: &Looked<'_>| {
        l.cues.has(Cue::Clarifies) && l.sentence.word(l.sentence.body) == "i" && l.negates()
    };
    let roles = looked.iter().any(|l| l.cues.has(Cue::Roles) && l.agrees());
    for (holds, kind) in [
        (
            asks(Cue::AsksLeave) || has(Cue::ByYourLeave),
            Move::AskPermission,
        ),
        (has(Cue::Contracts) || roles, Move::Contracting),
        (
            has(Cue::Praises) || looked.iter().any(Looked::stands_by),
            Move::Affirmation,
        ),
        (has(Cue::GivesTime), Move::InviteSilence),
        (looked.iter().any(Looked::greets), Move::Greeting),
        (has(Cue::Parts), Move::Goodbye),
        (has(Cue::Thanks), Move::Thanks),
        (
            (has(Cue::Chats) || has(Cue::Hosts)) && words <= 30,
            Move::SmallTalk,
        ),
        (
            asks(Cue::Clarifies) || looked.iter().any(unsure),
            Move::Clarify,
        ),
        (
            looked.iter().any(Looked::again) && words <= 12,
            Move::Repeat,
        ),
    ] {
        if holds {
            moves.insert(kind);
        }
    }
}
