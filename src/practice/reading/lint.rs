//! What holds of a sheet as a whole: nothing gives away early what comes late, and there is a way
//! down to the deepest level.

use super::super::sheet::{Fact, Line, Slot};
use super::super::words::tokens;
use super::report::{Placed, Report, Span};

/// A text of the sheet and the level from which on the coach may meet it.
pub(super) struct Shown<'a> {
    pub(super) text: &'a str,
    pub(super) span: &'a Span,
    pub(super) level: u8,
    /// What it is called in messages.
    pub(super) what: &'a str,
}

impl<'a> Shown<'a> {
    /// What is known from the beginning.
    pub(super) fn early(what: &'a str, placed: &'a Placed) -> Self {
        Self {
            text: &placed.text,
            span: &placed.span,
            level: 1,
            what,
        }
    }
}

/// The words that give a fact away, ready to be looked for.
pub(super) struct Secrets {
    phrases: Vec<(u8, Vec<String>)>,
}

impl Secrets {
    pub(super) fn of(facts: &[(Fact, Span)]) -> Self {
        let phrases = facts.iter().filter(|(fact, _)| fact.level > 1);
        let phrases = phrases.flat_map(|(fact, _)| {
            let words = fact.words.iter().map(|phrase| tokens(phrase));
            words
                .filter(|phrase| !phrase.is_empty())
                .map(|phrase| (fact.level, phrase))
        });
        Self {
            phrases: phrases.collect(),
        }
    }

    /// Notes what a text gives away of facts above its level.
    pub(super) fn look_for(&self, report: &Report<'_>, shown: &Shown<'_>) {
        let words = tokens(shown.text);
        for (level, phrase) in self
            .phrases
            .iter()
            .filter(|(level, _)| *level > shown.level)
        {
            if words.windows(phrase.len()).any(|part| part == phrase) {
                let (phrase, what, own) = (phrase.join(" "), shown.what, shown.level);
                let message = format!(
                    "\"{phrase}\" gives away a fact of level {level}, and {what} is of level {own}"
                );
                report.note(shown.span, message);
            }
        }
    }
}

/// Notes levels at which there is nothing to tell: the way down would end above them.
pub(super) fn levels(report: &Report<'_>, facts: &[(Fact, Span)], lines: &[(Line, Span)]) {
    let mut missing = Vec::new();
    for level in 1..=4 {
        if !facts.iter().any(|(fact, _)| fact.level == level) {
            missing.push(format!("no fact, feeling or belief of level {level}"));
        }
        let told = |line: &Line| matches!(line.slot, Slot::Topic(_)) && line.level == level;
        if !lines.iter().any(|(line, _)| told(line)) {
            missing.push(format!("no line of level {level} under any topic"));
        }
    }
    if !missing.is_empty() {
        let missing = missing.join("; ");
        report.note(&(0..0), format!("there is no way down: {missing}"));
    }
}
