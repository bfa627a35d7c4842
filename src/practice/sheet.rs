//! The character sheet of an AI client: a TOML file, read and checked line by line.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::moves::Topic;
use super::spoken::without_pauses;
use super::state::State;
use super::words::tokens;

/// An AI client.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Names the client, on the wire too (`prompt.id`).
    pub id: String,
    /// First name.
    pub name: String,
    /// As in "she/her".
    pub pronouns: String,
    /// Years.
    pub age: u8,
    /// File name of the portrait.
    pub portrait: String,
    /// Who they are, in a line.
    pub who: String,
    /// The topic, in their own words.
    pub brings: String,
    /// The topic underneath. Never leaves the server.
    pub beneath: String,
    /// How demanding they are for the coach.
    pub difficulty: Difficulty,
    /// What a coach practises with them.
    pub trains: Vec<String>,
    /// Name of the voice.
    pub voice: String,
    /// BCP 47 language.
    pub language: String,
    /// How they are, for a language model.
    pub temperament: String,
    /// How they speak, for a language model.
    pub speech: String,
    /// What makes them close up, for a language model.
    pub closes_up: Vec<String>,
    /// Silence, in milliseconds, that they leave the coach before they take the turn.
    pub patience_ms: u32,
    /// How long they think before answering, in milliseconds; more for what lies deeper.
    pub thinking_ms: u32,
    /// They speak first rather than wait for the coach.
    pub opens: bool,
    /// Percent: how fast they open up.
    pub pace: i16,
    /// How they arrive.
    pub start: State,
    /// What is true of them.
    pub facts: Vec<Fact>,
    /// What they can say without a language model.
    pub lines: Vec<Line>,
    pub(super) terms: Vec<Vec<String>>,
}

/// How demanding a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Opens readily.
    Gentle,
    /// Needs listening.
    Steady,
    /// Tests the coach.
    Demanding,
}

/// A fact, feeling or belief.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Disclosure level, 1 to 4, from which on it may be spoken of.
    pub level: u8,
    /// What it is, told of them: "She …".
    pub text: String,
    /// Words that give it away: no line of a lower level may have one.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Something they can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names the line within the sheet (`feelings/2/0`).
    pub id: String,
    /// When it is said.
    pub slot: Slot,
    /// Disclosure level, 1 to 4.
    pub level: u8,
    /// The words; `[pause 800]` is a silence of so many milliseconds.
    pub text: String,
    pub(super) words: Vec<String>,
}

/// When a line is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Asked about this.
    Topic(Topic),
    /// In answer to how the coach does it.
    Reaction(Reaction),
    /// Asked what one of their own words means.
    Term(usize),
}

/// An answer to how the coach speaks rather than to what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// To a greeting; also their own first words.
    Greeting,
    /// To small talk.
    SmallTalk,
    /// To a reflection, before going deeper.
    Reflection,
    /// To a summary.
    Summary,
    /// To an affirmation.
    Affirmation,
    /// To advice nobody asked for.
    Advice,
    /// To advice that was asked leave for.
    AdviceWelcome,
    /// To the question whether a thought is welcome.
    Permission,
    /// To being explained something.
    Telling,
    /// The short answer to a closed question.
    Closed,
    /// To several questions at once.
    Stacked,
    /// To a why question.
    Why,
    /// To a leading question.
    Leading,
    /// To listening sounds and to time given, before going on.
    Listened,
    /// To "what do you mean" of nothing in particular.
    Clarify,
    /// Before saying it again.
    Repeat,
    /// Did not understand.
    Misheard,
    /// Was spoken over.
    Interrupted,
    /// Takes up what was cut off.
    Resume,
    /// The session opens with silence.
    Opening,
    /// A long silence.
    Idle,
    /// To goodbye.
    Goodbye,
    /// Nothing new to say to it.
    Musing,
}

/// What is wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct SheetError {
    /// The file.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
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

impl Sheet {
    /// Reads a sheet. `file` stands in the errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, SheetError> {
        let check = Check { file, text };
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
                &snake(reaction),
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
        let check = Check { file, text };
        let raw: Shared = check.read()?;
        let mut lines = Vec::new();
        for (reaction, pool) in &raw.reactions {
            check.pool(
                Slot::Reaction(*reaction),
                &format!("shared/{}", snake(reaction)),
                pool,
                &[],
                &mut lines,
            )?;
        }
        Ok(lines)
    }
}

fn name(topic: &Topic) -> String {
    snake(topic)
}

/// The name as it stands in the file.
fn snake(value: &impl std::fmt::Debug) -> String {
    let mut out = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

struct Check<'a> {
    file: &'a str,
    text: &'a str,
}

impl Check<'_> {
    fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T, SheetError> {
        toml::from_str(self.text).map_err(|e| self.at(e.span().unwrap_or(0..0), e.message()))
    }

    fn at(&self, span: Range<usize>, message: impl Into<String>) -> SheetError {
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
                self.line(&line, facts)
                    .map_err(|m| self.at(text.span(), m))?;
                if out.iter().any(|l| l.slot == slot && l.words == line.words) {
                    return Err(self.at(text.span(), "this line stands here twice"));
                }
                out.push(line);
            }
        }
        Ok(())
    }

    fn line(&self, line: &Line, facts: &[Fact]) -> Result<(), String> {
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
