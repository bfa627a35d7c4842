//! How a client pauses to think: before they speak, and sometimes for seconds in the middle of a
//! thought. Of sheet, state and seed alone, whoever finds the words.

use super::dice::Dice;
use super::state::State;

/// How somebody thinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thinking {
    /// Before they speak, in milliseconds; more for what lies deeper, half for a short answer.
    pub before_ms: u32,
    /// In the middle of a thought, in milliseconds: from, to.
    pub within_ms: (u32, u32),
    /// Percent of the sentences in which they fall silent, once they begin to trust.
    pub often: u32,
}

/// Where the pauses of one answer fall.
#[derive(Clone, Debug)]
pub struct Pacer {
    thinking: Thinking,
    level: u32,
    chance: u32,
    /// How many silences this answer may still have.
    left: u32,
    said: bool,
    dice: Dice,
}

/// An answer shorter than this, in bytes, takes half the thought.
const SHORT: usize = 40;
/// Words that stand at least before a silence within a sentence, and after it.
const BEFORE: usize = 3;
const AFTER: usize = 2;
/// Chance, in percent, above which nobody pauses.
const OFTENEST: u32 = 80;

impl Pacer {
    /// The pauses of one answer, given to somebody who feels like this. `inward` says that it is
    /// about themselves.
    pub(super) fn new(thinking: Thinking, state: &State, inward: bool, dice: Dice) -> Self {
        let level = u32::from(state.level());
        let mut chance = thinking.often * (20 + 40 * level) / 100;
        if inward {
            chance = chance * 5 / 4;
        }
        if state.resistance >= 45 {
            chance /= 2;
        }
        Self {
            thinking,
            level,
            chance: chance.min(OFTENEST),
            left: level.div_ceil(2),
            said: false,
            dice,
        }
    }

    /// How long they think before they say this, in milliseconds.
    pub(super) fn before(&mut self, first: &str) -> u32 {
        let think = self.thinking.before_ms * (self.level + 3) / 4;
        let think = if first.len() < SHORT {
            think / 2
        } else {
            think
        };
        think * (80 + self.dice.below(41)) / 100
    }

    /// The next sentence of an answer that is being made, with its silences: the first thought
    /// over, later ones now and then.
    pub fn pace(&mut self, sentence: &str) -> String {
        if self.said {
            return self.within(sentence);
        }
        let before = match own_pause(sentence) {
            true => 0,
            false => self.before(sentence),
        };
        let paced = self.within(sentence);
        match before {
            0 => paced,
            ms => format!("[pause {ms}] {paced}"),
        }
    }

    /// A sentence with a silence in it, or before it, if one falls there.
    pub(super) fn within(&mut self, sentence: &str) -> String {
        let goes_on = std::mem::replace(&mut self.said, true);
        if own_pause(sentence) {
            self.left = self.left.saturating_sub(1);
            return sentence.to_owned();
        }
        let falls = self.dice.below(100) < self.chance;
        let places = places(sentence, goes_on);
        let place = self.dice.below(places.len() as u32) as usize;
        let length = self.length();
        match places.get(place).filter(|_| falls && self.left > 0) {
            None => sentence.to_owned(),
            Some(at) => {
                self.left -= 1;
                let (before, after) = sentence.split_at(*at);
                format!("{before}[pause {length}] {after}")
            }
        }
    }

    /// How long the next silence is.
    fn length(&mut self) -> u32 {
        let (from, to) = self.thinking.within_ms;
        let span = to.saturating_sub(from) / 50 + 1;
        from + 50 * self.dice.below(span)
    }
}

/// Whether a silence was written into it.
fn own_pause(sentence: &str) -> bool {
    sentence.contains("[pause ")
}

/// Where a thought may stop: after a clause, and before the sentence if it goes on with another.
fn places(sentence: &str, goes_on: bool) -> Vec<usize> {
    let words: Vec<&str> = sentence.split_inclusive(char::is_whitespace).collect();
    let mut places = Vec::new();
    if goes_on && words.len() >= BEFORE {
        places.push(0);
    }
    let mut at = 0;
    for (count, word) in (1..).zip(&words) {
        at += word.len();
        let clause = word.trim_end().ends_with([',', ';', '—', '–', '…']);
        if clause && count >= BEFORE && words.len() - count >= AFTER {
            places.push(at);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sentences::without_pauses;
    use super::*;

    const SLOW: Thinking = Thinking {
        before_ms: 1000,
        within_ms: (1200, 2400),
        often: 60,
    };
    const TALK: [&str; 4] = [
        "I thought it was about the job, but it is not only that. ",
        "It is about the evenings, when nobody calls. ",
        "Yes. ",
        "And then I sit there and wait, and I do not know for what.",
    ];

    fn state(level: i16) -> State {
        State {
            trust: level,
            openness: level,
            ..State::default()
        }
    }

    fn talk(thinking: Thinking, state: &State, seed: u64) -> Vec<String> {
        let mut pacer = Pacer::new(thinking, state, false, Dice::of(seed, 1));
        TALK.iter().map(|sentence| pacer.pace(sentence)).collect()
    }

    fn silences(said: &[String]) -> Vec<u32> {
        let marks = said.iter().flat_map(|text| text.split("[pause ").skip(1));
        marks
            .map(|mark| mark.split_once(']').unwrap().0.parse().unwrap())
            .collect()
    }

    #[test]
    fn the_words_stay_and_the_silences_are_those_of_the_sheet() {
        let mut within = 0;
        for seed in 0..200 {
            let said = talk(SLOW, &state(80), seed);
            for (paced, plain) in said.iter().zip(TALK) {
                assert_eq!(without_pauses(paced), plain);
            }
            let silences = silences(&said);
            assert!((800..=2100).contains(&silences[0]), "{silences:?}");
            assert!(silences.len() <= 3, "{silences:?}");
            for ms in &silences[1..] {
                assert!((1200..=2400).contains(ms), "{silences:?}");
            }
            within += silences.len() - 1;
            assert_eq!(said, talk(SLOW, &state(80), seed));
        }
        assert!((200..=400).contains(&within), "{within}");
    }

    #[test]
    fn they_think_more_where_it_is_deep_and_less_where_they_resist() {
        let count = |state: &State| -> usize {
            let all = (0..200).map(|seed| silences(&talk(SLOW, state, seed)).len());
            all.sum()
        };
        let resists = State {
            resistance: 60,
            ..state(80)
        };
        assert!(count(&state(20)) < count(&state(60)));
        assert!(count(&resists) < count(&state(80)));
        let quick = Thinking {
            often: 0,
            before_ms: 0,
            ..SLOW
        };
        assert_eq!(talk(quick, &state(80), 3), TALK);
    }

    #[test]
    fn a_silence_of_the_words_own_is_kept() {
        let mut pacer = Pacer::new(SLOW, &state(80), true, Dice::of(1, 1));
        let own = "Well. [pause 900] Maybe.";
        assert_eq!(pacer.pace(own), own);
    }

    proptest! {
        #[test]
        fn any_words_stay(text in "([a-zé,;…—. ]|\\PC){0,80}", seed: u64, level in 0i16..100) {
            prop_assume!(!text.contains('['));
            let mut pacer = Pacer::new(SLOW, &state(level), true, Dice::of(seed, 0));
            let paced = pacer.pace(&text);
            let mut rest = paced.as_str();
            let mut words = String::new();
            while let Some((before, after)) = rest.split_once("[pause ") {
                words.push_str(before);
                rest = after.split_once("] ").unwrap().1;
            }
            words.push_str(rest);
            prop_assert_eq!(words, text);
        }
    }
}
