//! What is asked in so many words, with what is said to it: terms and small facts.

use super::super::sheet::Slot;
use super::super::words::tokens;
use super::lines::Lines;
use super::report::Report;
use super::table::Table;

/// Tables of words of the coach, with what is said to them.
pub(super) struct Answers {
    key: &'static str,
    field: &'static str,
    /// What a table without words is told.
    missing: &'static str,
    /// The words are whole questions.
    whole: bool,
    slot: fn(usize) -> Slot,
}

pub(super) const TERMS: Answers = Answers {
    key: "terms",
    field: "words",
    missing: "a term has the words that are asked about",
    whole: false,
    slot: Slot::Term,
};

pub(super) const SMALL: Answers = Answers {
    key: "small",
    field: "asked",
    missing: "a small fact has the forms in which it is asked for",
    whole: true,
    slot: Slot::Small,
};

/// Reads such tables: the words of each.
pub(super) fn answers(
    report: &Report<'_>,
    table: &mut Table<'_>,
    lines: &mut Lines<'_>,
    of: &Answers,
) -> Vec<Vec<String>> {
    let mut answers = Vec::new();
    for (i, mut one) in table.tables(of.key).into_iter().enumerate() {
        let words = one.texts(of.field);
        if words.iter().all(|word| tokens(&word.text).is_empty()) {
            report.note(one.span(), of.missing);
        }
        for word in words.iter().filter(|word| !word.text.ends_with('?')) {
            if of.whole {
                let message = format!(
                    "\"{}\" is no whole question: it ends with no `?`",
                    word.text
                );
                report.note(&word.span, message);
            }
        }
        if let Some(says) = one.table("says") {
            let prefix = format!("{}{i}", of.key.trim_end_matches('s'));
            lines.pool((of.slot)(i), &prefix, says);
        }
        one.finish();
        answers.push(words.into_iter().map(|word| word.text).collect());
    }
    answers
}
