//! The lines that a client can say: read level by level, each checked for what a voice can speak.

use std::collections::HashSet;

use super::super::sentences::without_pauses;
use super::super::sheet::{Line, Slot};
use super::super::spoken::{SpokenFilter, is_speakable};
use super::super::words::tokens;
use super::report::{Placed, Report, Span};
use super::table::Table;

/// Longest line, in characters: a synthetic voice tires.
const LONGEST_LINE: usize = 420;
/// Longest silence inside a line, in milliseconds.
pub(super) const LONGEST_PAUSE: u32 = 5_000;

/// The fields of a pool, by level.
const LEVELS: [&str; 4] = ["level1", "level2", "level3", "level4"];

/// Lines as they are read, each with its place.
pub(super) struct Lines<'a> {
    report: &'a Report<'a>,
    /// Who says them.
    speaker: String,
    pub(super) read: Vec<(Line, Span)>,
    known: HashSet<(Slot, Vec<String>)>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(report: &'a Report<'a>, speaker: String) -> Self {
        Self {
            report,
            speaker,
            read: Vec::new(),
            known: HashSet::new(),
        }
    }

    /// Reads what stands in one pool. `name` names its lines.
    pub(super) fn pool(&mut self, slot: Slot, name: &str, mut pool: Table<'_>) {
        let (span, before) = (pool.span().clone(), self.read.len());
        for (level, key) in (1u8..).zip(LEVELS) {
            for (i, Placed { text, span }) in pool.texts(key).into_iter().enumerate() {
                let words = tokens(&text);
                if let Err(message) = check(&text, &words, &self.speaker) {
                    self.report.note(&span, message);
                }
                if !self.known.insert((slot, words.clone())) {
                    self.report.note(&span, "this line stands here twice");
                }
                let line = Line {
                    id: format!("{name}/{level}/{i}").into(),
                    slot,
                    level,
                    text,
                    words,
                };
                self.read.push((line, span));
            }
        }
        if self.read.len() == before {
            let message = format!(
                "`{name}` has no line: it takes level1 to level4, each with lines in brackets"
            );
            self.report.note(&span, message);
        }
        pool.finish();
    }
}

/// What is wrong with a line.
fn check(text: &str, words: &[String], speaker: &str) -> Result<(), String> {
    if text.chars().count() > LONGEST_LINE {
        return Err(format!("a line has at most {LONGEST_LINE} characters"));
    }
    if words.is_empty() || !without_pauses(text).trim_end().ends_with(['.', '?', '!']) {
        let wanted = "a line has words and ends with a full stop, question or exclamation mark";
        return Err(wanted.to_owned());
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('[') {
        let mark = after.split_once(']').and_then(|(mark, rest)| {
            Some((mark.strip_prefix("pause ")?.parse::<u32>().ok()?, rest))
        });
        match mark {
            Some((ms, after)) if ms <= LONGEST_PAUSE => rest = after,
            _ => {
                return Err(format!(
                    "brackets are for silences only: [pause 800], up to {LONGEST_PAUSE}"
                ));
            }
        }
    }
    if text.contains("://") || text.contains("www.") {
        return Err("an address cannot be spoken".to_owned());
    }
    let paper = |c: &char| !(is_speakable(*c) || *c == ' ' || "[]".contains(*c));
    match text.chars().find(paper) {
        Some(c) => Err(format!("{c:?} cannot be spoken")),
        None => as_said(text, speaker),
    }
}

/// Labels, list marks and directions would be said here, where a model's are left out.
fn as_said(text: &str, speaker: &str) -> Result<(), String> {
    let squeezed = |text: &str| {
        let words = without_pauses(text);
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut voice = SpokenFilter::of(speaker, "");
    let mut said = voice.push(text);
    said.push_str(&voice.finish());
    match squeezed(&said) == squeezed(text) {
        true => Ok(()),
        false => Err(format!(
            "a line holds nothing but what is said; without labels, list marks and directions it is {said:?}"
        )),
    }
}
