//! Whether what the coach gives back is what the client said, felt or brought.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::locked::is_locked;
use super::super::moves::{FEELINGS, is, meanings};
use super::super::sheet::{Sheet, Slot};
use super::super::words::{Word, tokens};
use super::checking::unchecked;
use super::utterance::{Clause, Utterance};

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
    /// anything deeper is neither right nor wrong yet, and what nobody told is not wrong for that.
    /// `told` says whether they said just that, or the contrary.
    pub(super) fn take(&mut self, said: &[Word], theirs: &Theirs<'_>, told: Option<bool>) -> Fit {
        let stems = stems(said);
        let (all, open) = (
            theirs.measure(&stems, 4),
            theirs.measure(&stems, theirs.ceiling),
        );
        let agrees = theirs.agrees(said, &stems);
        self.right = match told {
            _ if is_locked(theirs.sheet, theirs.ceiling, said) => None,
            Some(told) => Some(told),
            None if all.touched == 0 && claims_role(said) => Some(false),
            // "You hate Daniel": a name they know does not make the feeling theirs.
            None => (open.fit() == Fit::Theirs && open.is_close() && agrees).then_some(true),
        };
        let all = match all.fit() {
            _ if self.right == Some(false) => Fit::Nobodys,
            Fit::Theirs if !agrees && told.is_none() => Fit::Nobodys,
            fit => fit,
        };
        let same = |before: &BTreeSet<String>| {
            let common = before.intersection(&stems).count();
            common * 3 >= before.len().max(stems.len()) * 2
        };
        let again = self.before.iter().any(same);
        self.before.push_front(stems);
        self.before.truncate(KEPT);
        match (self.right, all) {
            (Some(false), _) => self.missed += 1,
            (_, Fit::Theirs) if !again => self.missed = 0,
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

/// What there is of a client to compare with.
pub(super) struct Theirs<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) ceiling: u8,
    /// All that they told.
    pub(super) spoken: &'a [Arc<Utterance>],
}

/// What of the stems of something given back is theirs, and what is not.
struct Measured {
    touched: usize,
    /// What anybody could have inside, and whether a feeling is among it.
    felt: usize,
    feels: bool,
    foreign: usize,
}

impl Measured {
    fn fit(&self) -> Fit {
        if self.touched > 0 && self.foreign < self.touched {
            Fit::Theirs
        } else if self.foreign == 0 || self.foreign < self.felt {
            Fit::Anybodys
        } else {
            Fit::Nobodys
        }
    }

    /// Whether hardly anything is not theirs.
    fn is_close(&self) -> bool {
        !self.feels && self.foreign * 3 <= self.touched
    }
}

impl<'a> Theirs<'a> {
    /// What is true of them up to a level, besides what they told.
    fn texts(&self, level: u8) -> impl Iterator<Item = &'a str> {
        let sheet = self.sheet;
        let facts = sheet.facts.iter().filter(move |fact| fact.level <= level);
        let facts = facts.map(|fact| &*fact.text);
        let beneath = (level == 4).then_some(&*sheet.beneath);
        let always = [
            &*sheet.brings,
            &*sheet.who,
            &*sheet.temperament,
            &*sheet.speech,
        ];
        facts.chain(always).chain(beneath)
    }

    /// How much of these stems they told or is true of them. What they would say besides counts
    /// where nothing else stands beside it.
    fn measure(&self, stems: &BTreeSet<String>, level: u8) -> Measured {
        let own = |texts: &mut dyn Iterator<Item = &'a str>| -> BTreeSet<String> {
            meanings(texts.flat_map(tokens)).collect()
        };
        let open = own(&mut self.texts(level));
        let spoken = self.spoken.iter().map(|told| &told.meanings);
        let mut known: Vec<&BTreeSet<String>> = spoken.chain([&open]).collect();
        let measured = measure(stems, &known);
        if measured.foreign == 0 && measured.touched > 0 {
            return measured;
        }
        let lines = self
            .sheet
            .lines
            .iter()
            .filter(|line| line.level <= self.ceiling);
        let lines = lines.filter(|line| matches!(line.slot, Slot::Topic(_) | Slot::Small(_)));
        let besides = own(&mut lines.map(|line| &*line.text));
        known.push(&besides);
        let wide = measure(stems, &known);
        if wide.foreign == 0 { wide } else { measured }
    }

    /// Whether what is given back denies what they do not, or counts otherwise.
    fn agrees(&self, said: &[Word], stems: &BTreeSet<String>) -> bool {
        let said: Vec<&str> = said.iter().map(|word| &*word.text).collect();
        let counts = |at: usize| {
            let framed = said.get(at + 1).is_some_and(|next| is(next, SIDES));
            (is(said[at], NUMBERS) || said[at].bytes().all(|c| c.is_ascii_digit())) && !framed
        };
        let open: Vec<Clause> = self.texts(self.ceiling).flat_map(Clause::all).collect();
        let spoken = self.spoken.iter().flat_map(|told| &told.clauses);
        let shared = |clause: &Clause| {
            let shared = stems.intersection(&clause.meanings);
            shared.filter(|stem| !is(stem, NUMBERS)).count()
        };
        let clauses: Vec<(usize, &[String])> = open
            .iter()
            .chain(spoken)
            .map(|clause| (shared(clause), &*clause.words))
            .collect();
        let told = |number: &str| {
            let mut near = clauses.iter().filter(|(shared, _)| *shared > 0);
            near.any(|(_, clause)| clause.iter().any(|word| word == number))
        };
        if (0..said.len()).any(|at| counts(at) && !told(said[at])) {
            return false;
        }
        let most = clauses.iter().map(|(shared, _)| *shared).max().unwrap_or(0);
        let denies = said.iter().any(|word| is(word, DENIALS));
        let mut nearest = clauses.iter().filter(|(shared, _)| *shared == most);
        most == 0
            || nearest.any(|(_, clause)| clause.iter().any(|word| is(word, DENIALS)) == denies)
    }
}

/// Parts these stems into what is their own, what anybody could have inside, and the rest.
fn measure(stems: &BTreeSet<String>, own: &[&BTreeSet<String>]) -> Measured {
    let theirs = |stem: &&String| {
        let mut own = own.iter().copied().flatten();
        own.any(|word| word == *stem || alike(word, stem))
    };
    let (touched, rest): (Vec<&String>, Vec<&String>) = stems.iter().partition(theirs);
    let inner = FEELINGS.split(' ').chain(INNER.split(' '));
    let inner: BTreeSet<String> = meanings(inner).collect();
    let (felt, foreign): (Vec<&String>, Vec<&String>) =
        rest.into_iter().partition(|stem| inner.contains(*stem));
    let feelings: BTreeSet<String> = meanings(FEELINGS.split(' ')).collect();
    Measured {
        touched: touched.len(),
        felt: felt.len(),
        feels: felt.iter().any(|stem| feelings.contains(*stem)),
        foreign: foreign.len(),
    }
}

/// Whether it says what they are, as a trade is said: `you are a nurse`. What somebody is like
/// (`a perfectionist`, `a good friend`) is no such thing.
fn claims_role(said: &[Word]) -> bool {
    let said: Vec<&str> = said.iter().map(|word| &*word.text).collect();
    let said = unchecked(&said);
    let claims = |at: &usize| {
        let you_are = said[*at] == "you" && said.get(at + 1) == Some(&"are");
        you_are && said.get(at + 2).is_some_and(|word| is(word, "a an"))
    };
    let at = (0..said.len()).find(claims);
    let named = at.map_or(&[][..], |at| &said[at + 3..]);
    match *named {
        [noun] | [_, noun] => {
            !is(noun, PEOPLE) && !named.iter().any(|word| is(word, "like kind of"))
        }
        _ => false,
    }
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
    missing miss belong belonging free freedom bothers bother cost costs overworked overloaded \
    overstretched swamped drowning buried squeezed rushed sting stings stung stinging hurting \
    crushed crushing wound wounded bruised blow";

/// What is counted of, and of what there are always two.
const NUMBERS: &str = "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty \
    hundred thousand";
const SIDES: &str = "sides things parts ways worlds people voices minds hearts";
const DENIALS: &str = "not no never nobody nothing none neither";

/// What anybody may be called for how they are.
const PEOPLE: &str = "person man woman human being someone somebody perfectionist optimist pessimist realist \
    idealist fighter survivor achiever giver helper carer pleaser thinker worrier doer leader listener \
    believer friend soul mind heart dreamer planner soldier rock machine workhorse bridge anchor bit lot \
    way place position team";

#[cfg(test)]
mod tests {
    use super::super::super::scripted::gallery;
    use super::super::super::words::words;
    use super::*;

    fn fits(given: &mut GivenBack, text: &str) -> Fit {
        let told = "My sister stopped calling, and I keep waiting by the phone.";
        let spoken = [Arc::new(Utterance::of(told))];
        let theirs = Theirs {
            sheet: gallery().first().unwrap(),
            ceiling: 1,
            spoken: &spoken,
        };
        given.take(&words(text), &theirs, None)
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
            ("you are waiting for a wedding", Fit::Nobodys),
            ("you do not keep waiting", Fit::Nobodys),
            ("so you wait by two phones", Fit::Nobodys),
            ("you are overworked", Fit::Anybodys),
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
        assert_eq!((given.right, given.missed), (Some(false), 1));
        assert_eq!(fits(&mut given, "you are a kettle"), Fit::Nobodys);
        assert_eq!(given.missed, 2);
        assert_eq!(fits(&mut given, "you are eating stones"), Fit::Nobodys);
        assert_eq!((given.right, given.missed), (None, 2));
    }
}
