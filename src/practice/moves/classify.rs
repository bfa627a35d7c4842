//! From an utterance and what came before it to its moves.

use super::ask::{self, Form};
use super::context::{Context, Echo};
use super::lexicon::{self, Cues};
use super::list::Moves;
use super::order::denies;
use super::phrases::Cue;
use super::text::{End, Sentence, is, sentences};
use super::{Move, give, hurt, reflect};

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

/// What one says who listens, besides what may stand before any sentence.
const NODS: &str = "huh aye uhuh really true indeed definitely totally certainly precisely correct agreed \
    noted understood lovely brilliant wonderful gosh goodness dear god my ha haha aha i see know \
    that is it very of course";

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
        match self.asked {
            Some(asked) => asked.suggests,
            None => give::gives(self.sentence, self.cues, self.echo) >= GIVES,
        }
    }

    fn negates(&self) -> bool {
        self.sentence.words.iter().any(|word| word == "not")
    }

    /// Whether it only shows that the coach listens.
    fn nods(&self) -> bool {
        let body = self.sentence.body();
        self.minor() || body.iter().all(|word| is(word, NODS))
    }

    /// Whether it only helps the talk along.
    fn minor(&self) -> bool {
        self.cues.has(Cue::Minor) && self.sentence.body().len() <= 6
    }

    /// Whether it asks to hear it again: `what did you say`, `I am sorry?`.
    fn again(&self) -> bool {
        let sorry = || {
            self.sentence
                .words
                .ends_with(&["am".into(), "sorry".into()])
        };
        self.cues.has(Cue::Again) || self.sentence.end == End::Asks && sorry()
    }

    /// Whether it insults. What the client said of themselves and gets back is no insult.
    fn hurts(&self) -> bool {
        let said_so = self.echo.mostly() && self.sentence.words.iter().any(|w| is(w, "you your"));
        hurt::hurts(self.sentence, self.cues) && !said_so
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

/// What it asks.
fn asks(looked: &[Looked<'_>], moves: &mut Moves) {
    let questions: Vec<(&Looked<'_>, ask::Asked)> = (1..)
        .zip(looked)
        .filter_map(|(next, l)| Some((l, l.asked?, &looked[next..])))
        .filter(|(l, asked, after)| !passes_over(l, *asked, after) && !goes_on_telling(after))
        .map(|(l, asked, _)| (l, asked))
        .filter(|(l, _)| !l.again())
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
    let tagged = tags(looked.sentence, looked.cues) && !looked.cues.has(Cue::GivesBack);
    looked.cues.has(Cue::Leads) || tagged || denies(looked.sentence)
}

/// `…, is it not`, `not …, do you`: wants to hear that it is so.
fn tags(sentence: &Sentence, cues: Cues) -> bool {
    let not = |word: &String| is(word, "not never hardly");
    match &sentence.words[..] {
        [.., before, _] if before == "not" => cues.has(Cue::Tag),
        [said @ .., verb, you] => {
            is(
                verb,
                "are is was were do does did have has would could can will",
            ) && is(you, "you it they he she")
                && said.iter().any(not)
        }
        _ => false,
    }
}

/// What it states: gives back, or gives of the coach's own.
fn states(looked: &[Looked<'_>], context: &Context, moves: &mut Moves) {
    let (mut gives_back, mut deep, mut gives, mut advice) = (-100, false, -100, false);
    let (mut reflecting, mut echo) = (0, 0);
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    for l in looked {
        let body = l.sentence.body().len();
        let parts = l.cues.has(Cue::Parts) && body <= 8;
        let cares = l.cues.has(Cue::GivesTime) || l.cues.has(Cue::Hosts);
        if body == 0 || l.minor() || parts || cares {
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
            advice |= suggests || give::advises(l.sentence, l.cues);
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

/// What it does besides: how people meet, thank, agree, encourage and part.
fn manners(looked: &[Looked<'_>], moves: &mut Moves) {
    let words: usize = looked.iter().map(|l| l.sentence.words.len()).sum();
    let has = |cue: Cue| looked.iter().any(|l| l.cues.has(cue));
    let asks = |cue: Cue| looked.iter().any(|l| l.asked.is_some() && l.cues.has(cue));
    // "I am not sure what you mean."
    let unsure = |l: &Looked<'_>| {
        l.cues.has(Cue::Clarifies) && l.sentence.word(l.sentence.body) == "i" && l.negates()
    };
    for (holds, kind) in [
        (
            asks(Cue::AsksLeave) || has(Cue::ByYourLeave),
            Move::AskPermission,
        ),
        (has(Cue::Contracts), Move::Contracting),
        (has(Cue::Praises), Move::Affirmation),
        (has(Cue::GivesTime), Move::InviteSilence),
        (has(Cue::Greets), Move::Greeting),
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
