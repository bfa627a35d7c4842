//! From an utterance and what came before it to its moves.

use super::ask::{self, Form};
use super::context::{Context, Echo};
use super::lexicon::{self, Cues};
use super::list::Moves;
use super::phrases::Cue;
use super::text::{End, Sentence, sentences};
use super::{Move, give, reflect};

/// From how many points on a sentence gives back, or gives of the coach's own.
const REFLECTS: i32 = 10;
const GIVES: i32 = 10;
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

/// Words after a question from which on it is only part of what is told.
const TOLD: usize = 30;

/// A sentence with all that was found out about it.
struct Looked<'a> {
    sentence: &'a Sentence,
    cues: Cues,
    asked: Option<ask::Asked>,
    echo: Echo,
}

impl Looked<'_> {
    /// Whether it gives of the coach's own, whatever went before.
    fn gives(&self) -> bool {
        self.asked.is_none() && give::gives(self.sentence, self.cues, self.echo) >= GIVES
    }
}

/// The moves of what the coach said. The same words after the same conversation give the same
/// moves; a question has exactly one of open and closed.
#[must_use]
pub fn classify(utterance: &str, context: &Context) -> Moves {
    let sentences = sentences(utterance);
    let looked: Vec<Looked<'_>> = sentences
        .iter()
        .map(|sentence| {
            let cues = lexicon::cues(sentence);
            Looked {
                sentence,
                cues,
                asked: ask::asked(sentence, cues),
                echo: context.echo(sentence.body().iter().map(String::as_str)),
            }
        })
        .collect();
    let mut moves = Moves::default();
    asks(&looked, &mut moves);
    states(&looked, context, &mut moves);
    manners(&looked, &mut moves);
    if moves.is_empty() {
        let heard = utterance.chars().any(char::is_alphanumeric);
        moves.insert(if heard && short(&sentences) {
            Move::Backchannel
        } else {
            Move::Unclear
        });
    }
    moves
}

/// Whether it says hardly anything.
fn short(sentences: &[Sentence]) -> bool {
    sentences.iter().map(|s| s.body().len()).sum::<usize>() <= 4
}

/// What it asks.
fn asks(looked: &[Looked<'_>], moves: &mut Moves) {
    let questions: Vec<(&Looked<'_>, ask::Asked)> = (1..)
        .zip(looked)
        .filter_map(|(next, l)| Some((l, l.asked?, &looked[next..])))
        .filter(|(l, asked, after)| !passes_over(l, *asked, after) && !goes_on_telling(after))
        .map(|(l, asked, _)| (l, asked))
        .filter(|(l, _)| !l.cues.has(Cue::Again))
        .collect();
    if questions.is_empty() {
        return;
    }
    let formed = |form: Form| form != Form::Statement;
    // Who asks openly and adds an example is answered at length.
    let open = questions.iter().any(|(_, asked)| asked.open);
    moves.insert(if open {
        Move::OpenQuestion
    } else {
        Move::ClosedQuestion
    });
    if questions.iter().any(|(_, asked)| asked.why) {
        moves.insert(Move::WhyQuestion);
    }
    if questions.iter().any(|(l, _)| leads(l)) {
        moves.insert(Move::LeadingQuestion);
    }
    let whole = questions
        .iter()
        .filter(|(l, asked)| formed(asked.form) && l.sentence.end != End::Open);
    if whole.count() > 1 || questions.iter().any(|(_, asked)| asked.several) {
        moves.insert(Move::StackedQuestion);
    }
}

/// Whether the coach leaves the question behind: a statement that only the voice made a question
/// and that something else follows, a question broken off for another beginning.
fn passes_over(looked: &Looked<'_>, asked: ask::Asked, after: &[Looked<'_>]) -> bool {
    let weak = asked.form == Form::Statement || looked.sentence.end == End::Open;
    weak && after.iter().any(|l| l.sentence.end != End::Asks)
}

/// Whether so much is told after a question that nobody can answer it any more.
fn goes_on_telling(after: &[Looked<'_>]) -> bool {
    let words: usize = after.iter().map(|l| l.sentence.words.len()).sum();
    words > TOLD && after.iter().filter(|l| l.gives()).count() >= 2
}

/// Whether the question carries its answer.
fn leads(looked: &Looked<'_>) -> bool {
    let last = looked.sentence.words.len();
    let tagged = looked.cues.has(Cue::Tag)
        && last >= 2
        && looked.sentence.words[last - 2] == "not"
        && !looked.cues.has(Cue::GivesBack);
    looked.cues.has(Cue::Leads) || tagged
}

/// What it states: gives back, or gives of the coach's own.
fn states(looked: &[Looked<'_>], context: &Context, moves: &mut Moves) {
    let (mut gives_back, mut deep, mut gives, mut advice) = (-100, false, -100, false);
    let (mut reflecting, mut echo) = (0, 0);
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    for l in looked {
        let body = l.sentence.body().len();
        let minor = l.cues.has(Cue::Minor) && body <= 5;
        if body == 0 || minor || l.cues.has(Cue::GivesTime) {
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
        // Nobody explains in one breath; nor does who gives back stop at a nod.
        if context.coach.tells() {
            back -= 4;
            own += 6;
        } else if context.coach.reflects() && context.client_nodded {
            back += 3;
        }
        match l.asked.map(|asked| asked.form) {
            Some(Form::Statement) => {
                back -= 3;
                own -= 7;
            }
            Some(_) => {
                back -= 20;
                own -= 15;
            }
            None => {}
        }
        if back >= REFLECTS {
            reflecting += 1;
            echo += l.echo.recent + l.echo.earlier;
            deep |= reflect::deepens(l.sentence, l.cues, l.echo);
        }
        gives_back = gives_back.max(back);
        if own >= GIVES {
            advice |= give::advises(l.sentence, l.cues);
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
        moves.insert(match (advice, context.may()) {
            (true, false) => Move::Advice,
            (true, true) => Move::AdviceWithPermission,
            (false, false) => Move::Telling,
            (false, true) => Move::TellingWithPermission,
        });
    }
}

/// What it does besides: how people meet, thank, agree, encourage and part.
fn manners(looked: &[Looked<'_>], moves: &mut Moves) {
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    let has = |cue: Cue| looked.iter().any(|l| l.cues.has(cue));
    let asks = |cue: Cue| looked.iter().any(|l| l.asked.is_some() && l.cues.has(cue));
    for (holds, kind) in [
        (asks(Cue::AsksLeave), Move::AskPermission),
        (has(Cue::Contracts), Move::Contracting),
        (has(Cue::Praises), Move::Affirmation),
        (has(Cue::GivesTime), Move::InviteSilence),
        (has(Cue::Greets), Move::Greeting),
        (has(Cue::Parts), Move::Goodbye),
        (has(Cue::Thanks), Move::Thanks),
        (has(Cue::Chats) && words <= 30, Move::SmallTalk),
        (asks(Cue::Clarifies), Move::Clarify),
        (has(Cue::Again) && words <= 12, Move::Repeat),
    ] {
        if holds {
            moves.insert(kind);
        }
    }
}
