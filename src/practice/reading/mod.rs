//! Reads character sheets: TOML, every field checked, every mistake named with file and line.

mod answers;
mod broken;
mod language;
mod lines;
mod lint;
mod names;
mod parts;
mod quotes;
mod report;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use super::sheet::{Fact, Line, Reaction, Sheet, SheetErrors, Slot};
use super::spoken::is_speakable;
use answers::{SMALL, TERMS, answers};
use language::is_language;
use lines::Lines;
use lint::{Secrets, Shown};
use parts::{facts, one_of, start, thinking, triggers};
use report::{Placed, Report, Span};
use table::Table;

/// Longest text that says who a client is, in characters: it stands in every prompt.
const LONGEST_TEXT: usize = 600;
/// Longest `id`, in bytes, and longest `name`, in characters: they stand on the wire and on the card.
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 60;

impl Sheet {
    /// Reads a sheet. `file` stands in the errors.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, SheetErrors> {
        let report = Report::new(file, text);
        let (root, broken) = DeTable::parse_recoverable(text);
        broken::note(&report, text, &broken);
        if !report.is_clean() {
            // What was read of a broken file would be missing half of it.
            return report.result(Self::default());
        }
        let sheet = read(&report, Table::root(&report, root.get_ref()));
        report.result(sheet)
    }

    /// Reads the lines that every client may fall back on.
    pub(super) fn parse_shared(file: &str, text: &str) -> Result<Vec<Line>, SheetErrors> {
        let report = Report::new(file, text);
        let (root, broken) = DeTable::parse_recoverable(text);
        broken::note(&report, text, &broken);
        let mut table = Table::root(&report, root.get_ref());
        let mut lines = Lines::new(&report, String::new());
        pools(
            &mut table,
            "reactions",
            "shared/",
            &mut lines,
            Slot::Reaction,
        );
        table.finish();
        let read = std::mem::take(&mut lines.read);
        report.result(read.into_iter().map(|(line, _)| line).collect())
    }
}

fn read(report: &Report<'_>, mut table: Table<'_>) -> Sheet {
    let mut early: Vec<(&str, Placed)> = Vec::new();
    let mut shown = |what: &'static str, placed: Placed| {
        let text = placed.text.clone();
        if text.chars().count() > LONGEST_TEXT {
            let message = format!("`{what}` has at most {LONGEST_TEXT} characters");
            report.note(&placed.span, message);
        }
        early.push((what, placed));
        text
    };
    let id = table.text_that(
        "id",
        "lower-case letters, digits and hyphens, at most 64",
        is_id,
    );
    let name = table.text("name");
    if !is_name(&name.text) {
        let message = format!("`name` takes one line of letters, at most {LONGEST_NAME}");
        report.note(&name.span, message);
    }
    let portrait = table.optional_text("portrait");
    if let Some(Placed { text, span }) = &portrait
        && (text.contains('/') || !text.ends_with(".svg"))
    {
        report.note(
            span,
            "`portrait` takes the name of an .svg file, without a folder",
        );
    }
    let difficulty = table.text("difficulty");
    let trains = table.some_texts("trains");
    let words = table.texts("words");
    let (facts, triggers) = (facts(report, &mut table), triggers(report, &mut table));
    let mut sheet = Sheet {
        id,
        name: shown("name", name),
        pronouns: shown("pronouns", table.text("pronouns")),
        age: table.number("age", 1..=120),
        portrait: portrait.map(|portrait| portrait.text),
        who: shown("who", table.text("who")),
        brings: shown("brings", table.text("brings")),
        beneath: table.text("beneath").text,
        difficulty: one_of(report, "difficulty", &difficulty).unwrap_or_default(),
        trains: trains
            .into_iter()
            .map(|text| shown("trains", text))
            .collect(),
        voice: table.text("voice").text,
        language: table.text_that(
            "language",
            "a language by its code of ISO 639-1, as in \"en\" or \"de-CH\"",
            is_language,
        ),
        temperament: shown("temperament", table.text("temperament")),
        speech: shown("speech", table.text("speech")),
        words: words.into_iter().map(|text| shown("words", text)).collect(),
        patience_ms: table.number("patience_ms", 0..=20_000),
        thinking: thinking(&mut table),
        opens: table.switch("opens"),
        pace: table.number("pace", 10..=300),
        start: start(&mut table),
        triggers: Vec::new(),
        facts: Vec::new(),
        lines: Vec::new(),
        vocabulary: Arc::default(),
        terms: Vec::new(),
        small: Vec::new(),
    };
    for (trigger, when) in triggers {
        shown("when", when);
        sheet.triggers.push(trigger);
    }
    let mut lines = Lines::new(report, sheet.name.clone());
    pools(&mut table, "topics", "", &mut lines, Slot::Topic);
    pools(&mut table, "reactions", "", &mut lines, Slot::Reaction);
    let shared = |line: &Line| line.slot == Slot::Reaction(Reaction::Danger);
    for (_, span) in lines.read.iter().filter(|(line, _)| shared(line)) {
        report.note(
            span,
            "`danger` is answered alike by every client, and stands on no sheet",
        );
    }
    sheet.terms = answers(report, &mut table, &mut lines, &TERMS);
    sheet.small = answers(report, &mut table, &mut lines, &SMALL);
    table.finish();
    lint(report, &facts, &lines.read, &early);
    sheet.facts = facts.into_iter().map(|(fact, _)| fact).collect();
    sheet.lines = std::mem::take(&mut lines.read)
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    let words = sheet.lines.iter().flat_map(|line| line.words.clone());
    sheet.vocabulary = Arc::new(words.collect());
    sheet
}

fn lint(
    report: &Report<'_>,
    facts: &[(Fact, Span)],
    lines: &[(Line, Span)],
    early: &[(&str, Placed)],
) {
    let secrets = Secrets::of(facts);
    for (what, placed) in early {
        secrets.look_for(report, &Shown::early(what, placed));
    }
    for (line, span) in lines {
        secrets.look_for(
            report,
            &Shown {
                text: &line.text,
                span,
                level: line.level,
                what: "the line",
            },
        );
    }
    for (fact, span) in facts {
        secrets.look_for(
            report,
            &Shown {
                text: &fact.text,
                span,
                level: fact.level,
                what: fact.kind.name(),
            },
        );
    }
    lint::levels(report, facts, lines);
}

/// Reads the pools of a table, one for each name that `T` has.
fn pools<T: DeserializeOwned>(
    table: &mut Table<'_>,
    key: &'static str,
    prefix: &str,
    lines: &mut Lines<'_>,
    slot: impl Fn(T) -> Slot,
) {
    let Some(mut pools) = table.optional_table(key) else {
        return;
    };
    for name in names::all::<T>() {
        if let (Some(pool), Some(of)) = (pools.optional_table(name), names::read(name)) {
            lines.pool(slot(of), &format!("{prefix}{name}"), pool);
        }
    }
    pools.finish();
}

fn is_id(id: &str) -> bool {
    if id.len() > LONGEST_ID {
        return false;
    }
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    id.starts_with(ends) && id.ends_with(ends) && id.chars().all(|c| ends(c) || c == '-')
}

fn is_name(name: &str) -> bool {
    let written = |c: char| is_speakable(c) && (c.is_alphanumeric() || !c.is_ascii());
    name.chars().count() <= LONGEST_NAME && name.chars().all(|c| written(c) || " .'-".contains(c))
}
