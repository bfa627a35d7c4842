//! What an utterance asks: its questions, and in which ways.

use super::Move;
use super::ask::{self, Form};
use super::lexicon::Cues;
use super::list::Moves;
use super::looked::Looked;
use super::order::{denies, question_word};
use super::phrases::Cue;
use super::text::{End, Sentence, is};

/// Words after a question from which on it is only part of what is told.
const TOLD: usize = 30;

/// What it asks.
pub(super) fn asks(looked: &[Looked<'_>], moves: &mut Moves) {
    let questions: Vec<(&Looked<'_>, ask::Asked)> = (1..)
        .zip(looked)
        .filter_map(|(next, l)| Some((l, l.asked?, &looked[next..])))
        .filter(|(l, asked, after)| !passes_over(l, *asked, after) && !goes_on_telling(after))
        .filter(|(l, _, after)| !begins_anew(l.sentence, after))
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
    if questions.iter().any(|(l, asked)| leads(l, *asked)) {
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

/// `how much do you-- how many hours do you sleep`: the question is broken off and asked in another way.
fn begins_anew(broken: &Sentence, after: &[Looked<'_>]) -> bool {
    const GO_ON: &str = "do does did is are was were have has had can could would will you i we they \
        he she the a an your to of that and or in for with";
    let breaks = broken.end == End::Open && broken.words.last().is_some_and(|last| is(last, GO_ON));
    let word = |s: &Sentence| question_word(s).map(|at| s.word(at).to_owned());
    let opens = |l: &&Looked<'_>| question_word(l.sentence) == Some(l.sentence.body);
    let next = after.first().filter(|_| breaks).filter(opens);
    next.is_some_and(|next| word(broken).is_some() && word(broken) == word(next.sentence))
}

/// Whether so much is told after a question that nobody can answer it any more.
fn goes_on_telling(after: &[Looked<'_>]) -> bool {
    let words: usize = after.iter().map(|l| l.sentence.words.len()).sum();
    words > TOLD && after.iter().filter(|l| l.gives()).count() >= 2
}

/// Whether the question carries its answer.
fn leads(looked: &Looked<'_>, asked: ask::Asked) -> bool {
    let stated = asked.form == Form::Statement && !looked.echo.mostly();
    let tagged = tags(looked.sentence, looked.cues) || stated && wants_yes(looked.sentence);
    let tagged = tagged && !looked.cues.has(Cue::GivesBack);
    looked.cues.has(Cue::Leads) || tagged || denies(looked.sentence)
}

/// `you want to stay, right`: not where `so` shows that it is given back.
fn wants_yes(sentence: &Sentence) -> bool {
    let last = sentence.words.len().saturating_sub(1);
    let tag = is(sentence.word(last), "right yes correct no yeah");
    tag && last > sentence.body + 1 && sentence.starts(last) && !sentence.leads_with("so")
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
