//! The parts of a sheet that are tables of their own.

use serde::de::DeserializeOwned;

use super::super::pausing::Thinking;
use super::super::sheet::{Fact, FactKind};
use super::super::state::State;
use super::super::triggers::{STRONGEST, Trigger};
use super::super::words::tokens;
use super::lines::LONGEST_PAUSE;
use super::names;
use super::report::{Placed, Report, Span, did_you_mean};
use super::table::Table;

/// Facts, feelings and beliefs, each with where its text stands.
pub(super) fn facts(report: &Report<'_>, table: &mut Table<'_>) -> Vec<(Fact, Span)> {
    let mut facts = Vec::new();
    for (key, kind) in [
        ("facts", FactKind::Fact),
        ("feelings", FactKind::Feeling),
        ("beliefs", FactKind::Belief),
    ] {
        for mut one in table.tables(key) {
            let level = one.number("level", 1..=4);
            let Placed { text, span } = one.text("text");
            let words = one.texts("words");
            if level == 1 && !words.is_empty() {
                let message = "what is of level 1 is no secret: `words` would guard nothing";
                report.note(one.span(), message);
            }
            if level > 1 && words.iter().all(|word| tokens(&word.text).is_empty()) {
                let message = format!(
                    "what is of level {level} needs `words` that give it away: without them nothing guards it"
                );
                report.note(one.span(), message);
            }
            one.finish();
            let words = words.into_iter().map(|word| word.text).collect();
            let fact = Fact {
                level,
                kind,
                text,
                words,
            };
            facts.push((fact, span));
        }
    }
    facts
}

/// Triggers, each with the text that a language model is told.
pub(super) fn triggers(report: &Report<'_>, table: &mut Table<'_>) -> Vec<(Trigger, Placed)> {
    let mut triggers = Vec::new();
    for mut one in table.tables("triggers") {
        let when = one.text("when");
        let moves = one.texts("moves");
        let phrases = one.texts("words");
        let opens: Option<i16> = one.optional_number("opens", 1..=STRONGEST);
        let closes: Option<i16> = one.optional_number("closes", 1..=STRONGEST);
        if moves.is_empty() && phrases.is_empty() {
            let message = "a trigger has `moves` of the coach, `words` of the coach, or both";
            report.note(one.span(), message);
        }
        if one.has("opens") == one.has("closes") {
            report.note(one.span(), "a trigger either `opens` or `closes`");
        }
        for phrase in phrases
            .iter()
            .filter(|phrase| tokens(&phrase.text).is_empty())
        {
            let message = format!("\"{}\" has no word: it is never heard", phrase.text);
            report.note(&phrase.span, message);
        }
        one.finish();
        let known = moves
            .iter()
            .filter_map(|name| one_of(report, "moves", name));
        let trigger = Trigger {
            when: when.text.clone(),
            moves: known.collect(),
            phrases: phrases.iter().map(|phrase| tokens(&phrase.text)).collect(),
            by: opens.unwrap_or_default() - closes.unwrap_or_default(),
        };
        triggers.push((trigger, when));
    }
    triggers
}

/// How they think.
pub(super) fn thinking(table: &mut Table<'_>) -> Thinking {
    let Some(mut thinking) = table.table("thinking") else {
        return Thinking::default();
    };
    let read = Thinking {
        before_ms: thinking.number("before_ms", 0..=10_000),
        within_ms: thinking.span_of("within_ms", &(0..=LONGEST_PAUSE)),
        often: thinking.number("often", 0..=100),
    };
    thinking.finish();
    read
}

/// Where they stand inside when the session begins.
pub(super) fn start(table: &mut Table<'_>) -> State {
    let Some(mut start) = table.table("start") else {
        return State::default();
    };
    let state = State {
        trust: start.number("trust", 0..=100),
        openness: start.number("openness", 0..=100),
        energy: start.number("energy", 0..=100),
        insight: start.number("insight", 0..=100),
        resistance: start.number("resistance", 0..=100),
    };
    start.finish();
    state
}

/// The value of a name; a name that is none is noted.
pub(super) fn one_of<T: DeserializeOwned>(
    report: &Report<'_>,
    what: &str,
    name: &Placed,
) -> Option<T> {
    let found = names::read(&name.text);
    if found.is_none() && !name.text.is_empty() {
        let all = names::all::<T>();
        let candidates = all.iter().map(|name| (*name).to_owned());
        let meant = did_you_mean(&name.text, candidates, all);
        let message = format!("`{what}`: there is no \"{}\"{meant}", name.text);
        report.note(&name.span, message);
    }
    found
}
