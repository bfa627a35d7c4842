//! Whether what the coach gives back is what the client said, felt or brought.

use std::collections::{BTreeSet, VecDeque};

use super::super::locked::is_locked;
use super::super::moves::{Context, FEELINGS, is, meanings};
use super::super::sheet::Sheet;
use super::super::words::{Word, tokens};

/// How much of what is given back is the client's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fit {
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
    /// Whether what was given back just now, or before asking whether it is right, is right; `None`
    /// also of what could be said of anybody, or what they do not speak of yet.
    pub(super) right: Option<bool>,
    /// The stems of the last ones.
    before: VecDeque<BTreeSet<String>>,
    /// How many in a row had nothing to do with the client.
    pub(super) missed: usize,
}

impl GivenBack {
    /// Measures what is given back to a client who speaks of things up to a level. What takes up
    /// anything deeper is neither right nor wrong yet.
    pub(super) fn take(
        &mut self,
        said: &[Word],
        context: &Context,
        sheet: &Sheet,
        ceiling: u8,
    ) -> Fit {
        let stems = stems(said);
        let all = sheet.facts.iter().map(|fact| &fact.text);
        let (all, _) = measure(&stems, context, all.chain([&sheet.brings, &sheet.beneath]));
        let open = sheet.facts.iter().filter(|fact| fact.level <= ceiling);
        let open = open.map(|fact| &fact.text);
        let (open, feels) = measure(&stems, context, open.chain([&sheet.brings, &sheet.who]));
        self.right = match open {
            _ if is_locked(sheet, ceiling, said) => None,
            Fit::Nobodys if all == Fit::Nobodys => Some(false),
            // "You hate Daniel": a name they know does not make the feeling theirs.
            Fit::Theirs if !feels => Some(true),
            _ => None,
        };
        let same = |before: &BTreeSet<String>| {
            let common = before.intersection(&stems).count();
            common * 3 >= before.len().max(stems.len()) * 2
        };
        let again = self.before.iter().any(same);
        self.before.push_front(stems);
        self.before.truncate(KEPT);
        match all {
            Fit::Nobodys => self.missed += 1,
            Fit::Theirs if !again => self.missed = 0,
            _ => {}
        }
        match all {
            Fit::Theirs | Fit::Anybodys if again => Fit::Again,
            fit => fit,
        }
    }
}

/// The stems of what is given back.
fn stems(said: &[Word]) -> BTreeSet<String> {
    let said = said.iter().map(|word| word.text.as_str());
    meanings(said.filter(|word| !is(word, FRAME))).collect()
}

/// How much of these stems is what they said lately, or stands in texts of them, and whether there is
/// a feeling among them that does not.
fn measure<'a>(
    stems: &BTreeSet<String>,
    context: &Context,
    texts: impl Iterator<Item = &'a String>,
) -> (Fit, bool) {
    let own: BTreeSet<String> = meanings(texts.flat_map(|text| tokens(text))).collect();
    let theirs = |stem: &String| {
        context.holds(stem) || own.iter().any(|word| word == stem || alike(word, stem))
    };
    let (touched, rest): (Vec<&String>, Vec<&String>) = stems.iter().partition(|stem| theirs(stem));
    let inner = FEELINGS.split(' ').chain(INNER.split(' '));
    let inner: BTreeSet<String> = meanings(inner).collect();
    let (felt, foreign): (Vec<&String>, Vec<&String>) =
        rest.into_iter().partition(|stem| inner.contains(*stem));
    let fit = if !touched.is_empty() && foreign.len() <= touched.len() + felt.len() {
        Fit::Theirs
    } else if foreign.is_empty() || foreign.len() < felt.len() {
        Fit::Anybodys
    } else {
        Fit::Nobodys
    };
    let feelings: BTreeSet<String> = meanings(FEELINGS.split(' ')).collect();
    (fit, felt.iter().any(|stem| feelings.contains(*stem)))
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
    shift shifting shifted change changing carry carries carrying hit hits harder show shows showing protect protecting hide \
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
        given.take(&words(text), &context, sheet, 1)
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
