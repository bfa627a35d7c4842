//! Whether what the coach gives back is what the client said, felt or brought.

use std::collections::{BTreeSet, VecDeque};

use super::super::moves::{Context, FEELINGS, Move, is, meanings};
use super::super::recognise::in_order;
use super::super::sheet::Sheet;
use super::super::small;
use super::super::words::{Word, tokens, words};

/// How much of what is given back is the client's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Fit {
    /// It takes up what they said, or what is true of them. Also of what gives nothing back.
    #[default]
    Theirs,
    /// It names what anybody could feel.
    Anybodys,
    /// It was given back just so before.
    Again,
    /// It has nothing to do with them.
    Nobodys,
}

/// How many reflections are remembered.
const KEPT: usize = 12;

/// What the coach has given back so far.
#[derive(Clone, Debug, Default)]
pub(super) struct GivenBack {
    /// The stems of the last ones.
    before: VecDeque<BTreeSet<String>>,
    /// How many in a row had nothing to do with the client.
    pub(super) missed: usize,
}

impl GivenBack {
    /// How a turn of this move with these words fits the client.
    pub(super) fn fit(
        &mut self,
        felt: Move,
        said: &[Word],
        context: &Context,
        sheet: &Sheet,
    ) -> Fit {
        if !felt.reflects() {
            return Fit::Theirs;
        }
        let stems = stems(said);
        let fit = measure(&stems, context, &theme(sheet));
        let same = |before: &BTreeSet<String>| {
            let common = before.intersection(&stems).count();
            common * 3 >= before.len().max(stems.len()) * 2
        };
        let again = self.before.iter().any(same);
        self.before.push_front(stems);
        self.before.truncate(KEPT);
        match fit {
            Fit::Nobodys => self.missed += 1,
            Fit::Theirs if !again => self.missed = 0,
            _ => {}
        }
        if again && fit != Fit::Nobodys {
            Fit::Again
        } else {
            fit
        }
    }
}

/// How what is given back fits what may be spoken of up to this level: what takes up anything
/// deeper is neither right nor wrong yet.
pub(super) fn openly(said: &[Word], context: &Context, sheet: &Sheet, ceiling: u8) -> Fit {
    let stems = stems(said);
    let open = sheet.facts.iter().filter(|fact| fact.level <= ceiling);
    let texts = open
        .map(|fact| &fact.text)
        .chain([&sheet.brings, &sheet.who]);
    let open = meanings(texts.flat_map(|text| tokens(text))).collect();
    let all = measure(&stems, context, &theme(sheet));
    match measure(&stems, context, &open) {
        _ if small::touches_locked(sheet, ceiling, said) => Fit::Anybodys,
        Fit::Nobodys if all != Fit::Nobodys => Fit::Anybodys,
        fit => fit,
    }
}

/// The stems of what is given back.
fn stems(said: &[Word]) -> BTreeSet<String> {
    let said = said.iter().map(|word| word.text.as_str());
    meanings(said.filter(|word| !is(word, FRAME))).collect()
}

/// How much of these stems is what they said lately, or one of their own.
fn measure(stems: &BTreeSet<String>, context: &Context, own: &BTreeSet<String>) -> Fit {
    let theirs = |stem: &String| {
        context.holds(stem) || own.iter().any(|word| word == stem || alike(word, stem))
    };
    let (touched, rest): (Vec<&String>, Vec<&String>) = stems.iter().partition(|stem| theirs(stem));
    let inner = FEELINGS.split(' ').chain(INNER.split(' '));
    let inner: BTreeSet<String> = meanings(inner).collect();
    let (felt, foreign): (Vec<&String>, Vec<&String>) =
        rest.into_iter().partition(|stem| inner.contains(*stem));
    if !touched.is_empty() && foreign.len() <= touched.len() + felt.len() {
        Fit::Theirs
    } else if foreign.is_empty() || foreign.len() < felt.len() {
        Fit::Anybodys
    } else {
        Fit::Nobodys
    }
}

/// The phrases, of what may not be told up to this level, that were heard in just these words.
pub(in super::super) fn locked<'a>(
    sheet: &'a Sheet,
    ceiling: u8,
    heard: &'a [Word],
) -> impl Iterator<Item = &'a str> {
    let facts = sheet.facts.iter().filter(move |fact| fact.level > ceiling);
    let phrases = facts.flat_map(|fact| fact.words.iter().map(String::as_str));
    phrases.filter(move |phrase| names(heard, phrase))
}

/// Whether a phrase was heard word for word, with at most one other word between each.
pub(in super::super) fn names(heard: &[Word], phrase: &str) -> bool {
    let phrase = words(phrase);
    let is = |at: usize, word: usize| heard[at].text == phrase[word].text;
    in_order(0..heard.len(), phrase.len(), 0, is, |_| true)
}

/// The stems of what is true of them.
fn theme(sheet: &Sheet) -> BTreeSet<String> {
    let facts = sheet.facts.iter().map(|fact| &fact.text);
    let texts = facts.chain([&sheet.brings, &sheet.beneath]);
    meanings(texts.flat_map(|text| tokens(text))).collect()
}

/// Whether both come from one word: `promoted`, `promotion`.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    common >= 6
}

/// What only frames a reflection.
const FRAME: &str = "sound sounds sounding seem seems seemed hear heard hearing feel feels feeling felt \
    part parts side sides notice noticing sense sensing time times moment while still yet both hand hands \
    other another quite pretty almost around inside underneath beneath somewhere today tell telling told \
    talk talking mention mentioned word words happen happens happened happening something someone \
    somebody anything everything nothing whole deep down again back into over after before these those \
    have been being going get getting got come coming came make makes making made take takes taking \
    let understand summarize summarise recap gather far together correct please check put putting \
    first second also even always never";

/// What else anybody may have inside, or want of themselves.
const INNER: &str = "worry doubt hard difficult safety love seen loss lose losing weight weigh weighs weighing \
    tension matter matters mind care cares wish wishes long need needs hold holds holding \
    shift shifting shifted change changing carry carries carrying protect protecting hide \
    hiding decide choice choose ready willing strong strength courage brave trust respect \
    respected appreciated valued recognised enough tender peace calm energy alive worn empty \
    missing miss belong belonging free freedom bothers bother cost costs";

#[cfg(test)]
mod tests {
    use super::super::super::scripted::gallery;
    use super::super::super::words::words;
    use super::*;

    fn fits(given: &mut GivenBack, text: &str) -> Fit {
        let mut context = Context::new();
        context.client("My sister stopped calling, and I keep waiting by the phone.");
        let sheet = gallery().first().unwrap();
        given.fit(Move::SimpleReflection, &words(text), &context, sheet)
    }

    #[test]
    fn what_they_said_is_theirs_and_what_nobody_said_is_not() {
        for (text, fit) in [
            ("so you keep waiting for your sister to call", Fit::Theirs),
            ("you want to be promoted", Fit::Theirs),
            ("it sounds like you are lonely", Fit::Anybodys),
            (
                "so part of you is torn and part of you is tired",
                Fit::Anybodys,
            ),
            ("you are a purple elephant", Fit::Nobodys),
            ("it sounds like you eat stones", Fit::Nobodys),
            ("you are afraid of the green spoon", Fit::Nobodys),
        ] {
            assert_eq!(fits(&mut GivenBack::default(), text), fit, "{text}");
        }
    }

    #[test]
    fn given_back_again_it_is_worth_nothing() {
        let mut given = GivenBack::default();
        assert_eq!(
            fits(&mut given, "you are waiting for your sister"),
            Fit::Theirs
        );
        assert_eq!(fits(&mut given, "so you wait for your sister"), Fit::Again);
        assert_eq!(fits(&mut given, "you are a kettle"), Fit::Nobodys);
        assert_eq!(fits(&mut given, "you are a kettle"), Fit::Nobodys);
        assert_eq!(given.missed, 2);
    }
}
