//! What opens a client or closes them up beyond what a coach's move does to everybody: written on
//! their sheet as moves and words of the coach.

use super::moves::{Move, Moves, Understood};
use super::state::Dimension;
use super::words::Word;

/// The strongest trigger.
pub const STRONGEST: i16 = 3;

/// How often in a session one trigger can open somebody: whoever only presses it gets nowhere.
pub(super) const MOST_OPENINGS: usize = 4;

/// What is done without words.
const TIMED: &[Move] = &[Move::Interruption, Move::SilenceHeld];

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// What sets it off, for a language model: "being told what to do".
    pub when: String,
    /// Moves of the coach that set it off.
    pub(super) moves: Vec<Move>,
    /// Words of the coach that set it off, in this order. Where there are moves too, both are
    /// needed.
    pub(super) phrases: Vec<Vec<String>>,
    /// By how much it opens the client, or closes them up if below zero.
    pub by: i16,
}

impl Trigger {
    /// Whether what the coach said sets it off. What they could not place opens nobody, whatever
    /// words are in it.
    /// `around` is what the coach did with the time around it.
    pub(super) fn fires(&self, coach: &Understood, around: Moves) -> bool {
        if self.phrases.is_empty() && self.moves.iter().all(|kind| TIMED.contains(kind)) {
            return false;
        }
        // But where it is just those words, it was no noise.
        let just = |phrase: &Vec<String>| coach.words.len() <= phrase.len() + 1;
        let just = self.phrases.iter().any(just) && coach.kind == Move::Unclear;
        let unplaced = coach.lost || matches!(coach.kind, Move::Unclear | Move::OffTopic);
        if self.by > 0 && unplaced && !just {
            return false;
        }
        let does = |kind: &Move| {
            *kind == coach.kind || coach.moves.contains(*kind) || around.contains(*kind)
        };
        let moves = self.moves.is_empty() || self.moves.iter().any(does);
        let said = |phrase: &Vec<String>| stands_in(phrase, &coach.words);
        moves && (self.phrases.is_empty() || self.phrases.iter().any(said))
    }

    /// Whether what the coach does with the time, without a word, sets it off: at once.
    pub(super) fn fires_on(&self, kind: Move) -> bool {
        self.phrases.is_empty() && self.moves.contains(&kind)
    }

    /// What it does.
    pub(super) fn effect(&self) -> [(Dimension, i16); 3] {
        [
            (Dimension::Trust, self.by),
            (Dimension::Openness, self.by),
            (Dimension::Resistance, -self.by),
        ]
    }
}

fn stands_in(phrase: &[String], words: &[Word]) -> bool {
    let wanted: Vec<Word> = phrase.iter().map(|word| Word::new(word)).collect();
    let same = |part: &[Word]| {
        let mut both = part.iter().zip(&wanted);
        both.all(|(heard, word)| word.likeness(heard) >= Word::FORM)
    };
    !wanted.is_empty() && words.windows(wanted.len()).any(same)
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{gallery, remembered};
    use super::super::{Cause, Context, Heard, Recogniser, Silence, StateStep};
    use super::*;

    fn trigger(moves: &[Move], phrases: &[&str]) -> Trigger {
        let tokens = |phrase: &&str| phrase.split(' ').map(str::to_owned).collect();
        Trigger {
            when: String::new(),
            moves: moves.to_vec(),
            phrases: phrases.iter().map(tokens).collect(),
            by: -2,
        }
    }

    #[test]
    fn moves_and_words_set_it_off() {
        let recogniser = Recogniser::load().unwrap();
        let hears = |text: &str| recogniser.understand(text, "", &Context::new());
        let advice = hears("you should just tell your boss");
        let question = hears("what would be a simple next step for you");
        let told = trigger(&[Move::Advice], &[]);
        assert!(told.fires(&advice, Moves::default()) && !told.fires(&question, Moves::default()));
        let simple = trigger(&[], &["simple", "just tell"]);
        assert!(
            simple.fires(&advice, Moves::default()) && simple.fires(&question, Moves::default())
        );
        assert!(!simple.fires(&hears("how do you feel about that"), Moves::default()));
        let opens = Trigger {
            by: 2,
            ..trigger(&[], &["window"])
        };
        assert!(opens.fires(
            &hears("it is as if a window opens for you"),
            Moves::default()
        ));
        assert!(!opens.fires(&hears("orange nebula window"), Moves::default()));
        let both = trigger(&[Move::Advice], &["simple"]);
        assert!(!both.fires(&advice, Moves::default()) && !both.fires(&question, Moves::default()));
    }
    #[test]
    fn silence_held_and_stepping_in_set_it_off_at_once() {
        let mut sheet = gallery().first().unwrap().clone();
        let opens = Trigger {
            by: 2,
            ..trigger(&[Move::SilenceHeld], &[])
        };
        sheet.triggers = vec![opens, trigger(&[Move::Interruption], &[])];
        for (heard, number) in [
            (Heard::Silence(Silence::Held), 0),
            (Heard::Silence(Silence::Broken), 1),
        ] {
            let history = [
                Heard::coach("what brings you here today"),
                Heard::client("It is about work."),
                heard,
                Heard::coach("mm hmm"),
            ];
            let memory = remembered(&sheet, &history);
            assert_eq!(memory.touched, [number]);
            let caused = |step: &StateStep| step.cause == Cause::Trigger(number);
            assert!(memory.steps.iter().any(caused), "{:?}", memory.steps);
        }
        let history = [
            Heard::coach("what brings you here today"),
            Heard::cut("It is about"),
            Heard::coach("mm hmm"),
        ];
        assert_eq!(remembered(&sheet, &history).touched, [1]);
    }
}
