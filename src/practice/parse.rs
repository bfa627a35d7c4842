//! Reads character sheets: TOML, checked line by line.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::moves::Topic;
use super::sentences::without_pauses;
use super::sheet::{Difficulty, Fact, Line, Reaction, Sheet, SheetError, Slot};
use super::state::State;
use super::words::tokens;

impl Sheet {
    /// Reads a sheet. `file` stands in the errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, SheetError> {
        let check = File { file, text };
        let raw: Raw = check.read()?;
        let id = raw.id.get_ref();
        if id.is_empty()
            || !id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            return Err(check.at(
                raw.id.span(),
                "id: lower-case letters, digits and hyphens only",
            ));
        }
        if raw.portrait.get_ref().contains('/') || !raw.portrait.get_ref().ends_with(".svg") {
            return Err(check.at(
                raw.portrait.span(),
                "portrait: the name of an .svg file, without a folder",
            ));
        }
        if *raw.patience_ms.get_ref() > 20_000 || *raw.thinking_ms.get_ref() > 10_000 {
            return Err(check.at(
                raw.patience_ms.span(),
                "patience_ms up to 20000, thinking_ms up to 10000",
            ));
        }
        if !(10..=300).contains(raw.pace.get_ref()) {
            return Err(check.at(raw.pace.span(), "pace: 10 to 300 percent"));
        }
        let s = raw.start.get_ref();
        if [s.trust, s.openness, s.energy, s.insight, s.resistance]
            .iter()
            .any(|v| !(0..=100).contains(v))
        {
            return Err(check.at(raw.start.span(), "start: every value is 0 to 100"));
        }
        if let Some(fact) = raw
            .facts
            .iter()
            .find(|f| !(1..=4).contains(&f.get_ref().level))
        {
            return Err(check.at(fact.span(), "fact: level is 1 to 4"));
        }
        let facts: Vec<Fact> = raw.facts.into_iter().map(Spanned::into_inner).collect();
        let mut lines = Vec::new();
        for (topic, pool) in &raw.topics {
            check.pool(Slot::Topic(*topic), &name(topic), pool, &facts, &mut lines)?;
        }
        for (reaction, pool) in &raw.reactions {
            check.pool(
                Slot::Reaction(*reaction),
                &name(reaction),
                pool,
                &facts,
                &mut lines,
            )?;
        }
        for (i, term) in raw.terms.iter().enumerate() {
            check.pool(
                Slot::Term(i),
                &format!("term{i}"),
                &term.says,
                &facts,
                &mut lines,
            )?;
        }
        Ok(Self {
            id: raw.id.into_inner(),
            name: raw.name,
            pronouns: raw.pronouns,
            age: raw.age,
            portrait: raw.portrait.into_inner(),
            who: raw.who,
            brings: raw.brings,
            beneath: raw.beneath,
            difficulty: raw.difficulty,
            trains: raw.trains,
            voice: raw.voice,
            language: raw.language,
            temperament: raw.temperament,
            speech: raw.speech,
            closes_up: raw.closes_up,
            patience_ms: raw.patience_ms.into_inner(),
            thinking_ms: raw.thinking_ms.into_inner(),
            opens: raw.opens,
            pace: raw.pace.into_inner(),
            start: raw.start.into_inner(),
            facts,
            lines,
            terms: raw.terms.into_iter().map(|t| t.words).collect(),
        })
    }

    /// Reads the lines that every client may fall back on.
    pub(super) fn parse_shared(file: &str, text: &str) -> Result<Vec<Line>, SheetError> {
        let check = File { file, text };
        let raw: Shared = check.read()?;
        let mut lines = Vec::new();
        for (reaction, pool) in &raw.reactions {
            check.pool(
                Slot::Reaction(*reaction),
                &format!("shared/{}", name(reaction)),
                pool,
                &[],
                &mut lines,
            )?;
        }
        Ok(lines)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Spanned<String>,
    name: String,
    pronouns: String,
    age: u8,
    portrait: Spanned<String>,
    who: String,
    brings: String,
    beneath: String,
    difficulty: Difficulty,
    trains: Vec<String>,
    voice: String,
    language: String,
    temperament: String,
    speech: String,
    closes_up: Vec<String>,
    patience_ms: Spanned<u32>,
    thinking_ms: Spanned<u32>,
    #[serde(default)]
    opens: bool,
    pace: Spanned<i16>,
    start: Spanned<State>,
    facts: Vec<Spanned<Fact>>,
    topics: BTreeMap<Topic, Pool>,
    reactions: BTreeMap<Reaction, Pool>,
    #[serde(default)]
    terms: Vec<Term>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    reactions: BTreeMap<Reaction, Pool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    words: Vec<String>,
    says: Pool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Pool {
    level1: Vec<Spanned<String>>,
    level2: Vec<Spanned<String>>,
    level3: Vec<Spanned<String>>,
    level4: Vec<Spanned<String>>,
}

/// Longest line, in characters: a synthetic voice tires.
const LONGEST_LINE: usize = 420;
/// Longest silence inside a line, in milliseconds.
const LONGEST_PAUSE: u32 = 5_000;

/// The name of a topic or reaction as it stands in the file.
fn name(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A file being read.
pub(super) struct File<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl File<'_> {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, SheetError> {
        toml::from_str(self.text).map_err(|e| self.at(e.span().unwrap_or(0..0), e.message()))
    }

    pub(super) fn at(&self, span: Range<usize>, message: impl Into<String>) -> SheetError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        SheetError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            message: message.into(),
        }
    }

    fn pool(
        &self,
        slot: Slot,
        name: &str,
        pool: &Pool,
        facts: &[Fact],
        out: &mut Vec<Line>,
    ) -> Result<(), SheetError> {
        for (level, texts) in (1u8..).zip([&pool.level1, &pool.level2, &pool.level3, &pool.level4])
        {
            for (i, text) in texts.iter().enumerate() {
                let line = Line {
                    id: format!("{name}/{level}/{i}"),
                    slot,
                    level,
                    text: text.get_ref().clone(),
                    words: tokens(text.get_ref()),
                };
                check_line(&line, facts).map_err(|m| self.at(text.span(), m))?;
                if out.iter().any(|l| l.slot == slot && l.words == line.words) {
                    return Err(self.at(text.span(), "this line stands here twice"));
                }
                out.push(line);
            }
        }
        Ok(())
    }
}

fn check_line(line: &Line, facts: &[Fact]) -> Result<(), String> {
    let text = &line.text;
    if text.chars().count() > LONGEST_LINE {
        return Err(format!("a line has at most {LONGEST_LINE} characters"));
    }
    if line.words.is_empty() || !without_pauses(text).trim_end().ends_with(['.', '?', '!']) {
        return Err(
            "a line has words and ends with a full stop, question or exclamation mark".into(),
        );
    }
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once('[') {
        let mark = after
            .split_once(']')
            .and_then(|(mark, r)| Some((mark.strip_prefix("pause ")?.parse::<u32>().ok()?, r)));
        match mark {
            Some((ms, r)) if ms <= LONGEST_PAUSE => rest = r,
            _ => {
                return Err(format!(
                    "brackets are for silences only: [pause 800], up to {LONGEST_PAUSE}"
                ));
            }
        }
    }
    if let Some(c) = text.chars().find(|c| "*_#<>{}|~`\n".contains(*c)) {
        return Err(format!("{c:?} cannot be spoken"));
    }
    for fact in facts.iter().filter(|f| f.level > line.level) {
        for phrase in fact.words.iter().map(|w| tokens(w)) {
            if line.words.windows(phrase.len().max(1)).any(|w| w == phrase) {
                let phrase = phrase.join(" ");
                return Err(format!(
                    "\"{phrase}\" gives away a fact of level {}, the line is of level {}",
                    fact.level, line.level
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAYA: &str = include_str!("clients/maya-promotion.toml");

    fn refused(from: &str, to: &str) -> SheetError {
        assert!(MAYA.contains(from), "{from}");
        Sheet::parse("maya.toml", &MAYA.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn errors_name_file_line_and_what() {
        let line = |needle: &str| MAYA[..MAYA.find(needle).unwrap()].matches('\n').count() + 1;
        let e = refused("age = ", "age = \"old\" # ");
        assert_eq!((e.file.as_str(), e.line), ("maya.toml", line("age = ")));
        let e = refused("id = \"maya-promotion\"", "id = \"Maya P\"");
        assert_eq!(e.line, line("id = "));
        let e = refused("[topics.feelings]", "[topics.felings]");
        assert!(e.message.contains("felings"), "{e}");
        let e = refused(
            "[topics.feelings]\nlevel1 = [",
            "[topics.feelings]\nlevel1 = [\"This is *bold*.\",",
        );
        assert!(e.message.contains("cannot be spoken"), "{e}");
        assert_eq!(e.line, line("[topics.feelings]") + 1);
        let e = refused(
            "[topics.feelings]\nlevel1 = [",
            "[topics.feelings]\nlevel1 = [\"No end\",",
        );
        assert!(e.message.contains("full stop"), "{e}");
        let e = refused("pace = ", "pace = 5 # ");
        assert_eq!(e.line, line("pace = "));
    }

    #[test]
    fn a_line_may_not_give_away_a_deeper_fact() {
        let sheet = Sheet::parse("maya.toml", MAYA).unwrap();
        let fact = sheet
            .facts
            .iter()
            .find(|f| f.level == 4 && !f.words.is_empty())
            .unwrap();
        let leak = format!(
            "[topics.feelings]\nlevel1 = [\"Well, {} it is.\",",
            fact.words[0]
        );
        let e = refused("[topics.feelings]\nlevel1 = [", &leak);
        assert!(e.message.contains("gives away"), "{e}");
    }
}
