//! What a conversation was fed, written down line by line, so that it can be fed again.
//!
//! Every line is one JSON value. The first says what the conversation began with. Each line after
//! it is an input, `[elapsed, …]`: the time since the line before (for the first, since the
//! beginning) in samples at 48 kHz, then
//!
//! |Line|Input|
//! |-|-|
//! |`[e]`|[`Input::Audio`], one frame after the audio before|
//! |`[e,to]`|[`Input::Audio`] up to there|
//! |`[e,sentence,samples]`|[`Input::Sent`]|
//! |`[e,{"partial":{…}}]`, `[e,{"final":{…}}]`|words of a segment: how many of the last line's words of the same segment stay (`keep`), and those that follow|
//! |`[e,…]`|any other input in its own form|
//!
//! Numbers with a fraction are exact up to 15 digits; nothing of a conversation depends on more.

mod replay;
mod words;

use std::fmt::Write as _;

use media::Position;
use serde::{Deserialize, Serialize};

pub use replay::{Replay, replay};
use words::{Heard, Revision};

use super::{Input, Past, Settings};

/// Which form of the lines this is.
const VERSION: u32 = 1;

/// One frame of the microphone, at 48 kHz.
const FRAME_SAMPLES: u64 = 960;

/// Why a trace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// There is not even the first line.
    #[error("the trace is empty")]
    Empty,
    /// It was written in another form.
    #[error("the trace has the form {0}, which is not read here")]
    Version(u32),
    /// A line is not what was written.
    #[error("line {line} of the trace is damaged")]
    Line {
        /// Which, from 1.
        line: usize,
    },
}

/// The first line.
#[derive(Serialize)]
struct Header<'a> {
    trace: u32,
    settings: &'a Settings,
    past: Option<&'a Past>,
}

#[derive(Deserialize)]
struct OwnedHeader {
    settings: Settings,
    past: Option<Past>,
}

#[derive(Deserialize)]
struct Form {
    trace: u32,
}

/// Words of a segment, or any other input.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Words {
    Partial(Revision),
    Final(Revision),
}

/// The first line: what a conversation begins with, and goes on from.
#[must_use]
pub fn header(settings: &Settings, past: Option<&Past>) -> String {
    let trace = VERSION;
    json(&Header {
        trace,
        settings,
        past,
    })
}

/// Reads the first line.
///
/// # Errors
/// If it is damaged, or of another form.
pub fn read_header(line: &str) -> Result<(Settings, Option<Past>), TraceError> {
    let damaged = |_| TraceError::Line { line: 1 };
    let Form { trace } = serde_json::from_str(line).map_err(damaged)?;
    if trace != VERSION {
        return Err(TraceError::Version(trace));
    }
    let OwnedHeader { settings, past } = serde_json::from_str(line).map_err(damaged)?;
    Ok((settings, past))
}

/// What the lines are counted from, on either side.
#[derive(Debug)]
struct Account {
    now: Position,
    audio: Position,
    heard: Heard,
}

impl Account {
    fn new(from: Position) -> Self {
        Self {
            now: from,
            audio: from,
            heard: Heard::default(),
        }
    }

    /// One frame after the audio before.
    fn next_audio(&self) -> Position {
        Position::new(self.audio.samples().saturating_add(FRAME_SAMPLES))
    }
}

/// Writes the lines after the first.
#[derive(Debug)]
pub struct Tracer {
    account: Account,
    line: String,
}

impl Tracer {
    /// For a conversation that begins at `from`.
    #[must_use]
    pub fn new(from: Position) -> Self {
        let (account, line) = (Account::new(from), String::with_capacity(256));
        Self { account, line }
    }

    /// When the last input was.
    #[must_use]
    pub const fn now(&self) -> Position {
        self.account.now
    }

    /// The line for an input at `now`, without an end of line.
    pub fn line(&mut self, input: &Input, now: Position) -> &str {
        let account = &mut self.account;
        let elapsed = now.samples().saturating_sub(account.now.samples());
        account.now = account.now.max(now);
        self.line.clear();
        let line = &mut self.line;
        // Writing to a string does not fail.
        let _ = match input {
            Input::Audio { to } => {
                let next = account.next_audio();
                account.audio = *to;
                if *to == next {
                    write!(line, "[{elapsed}]")
                } else {
                    write!(line, "[{elapsed},{}]", to.samples())
                }
            }
            Input::Sent { sentence, samples } => write!(line, "[{elapsed},{sentence},{samples}]"),
            Input::Partial {
                segment,
                transcript,
            } => {
                let words = Words::Partial(account.heard.revise(*segment, transcript));
                write!(line, "[{elapsed},{}]", json(&words))
            }
            Input::Final {
                segment,
                transcript,
            } => {
                let words = Words::Final(account.heard.revise(*segment, transcript));
                write!(line, "[{elapsed},{}]", json(&words))
            }
            other => write!(line, "[{elapsed},{}]", json(other)),
        };
        &self.line
    }
}

impl From<TraceReader> for Tracer {
    /// Writes on where a trace ends.
    fn from(read: TraceReader) -> Self {
        let (account, line) = (read.account, String::new());
        Self { account, line }
    }
}

/// Reads the lines after the first.
#[derive(Debug)]
pub struct TraceReader {
    account: Account,
    line: usize,
}

impl TraceReader {
    /// For a conversation that begins at `from`.
    #[must_use]
    pub fn new(from: Position) -> Self {
        let account = Account::new(from);
        Self { account, line: 1 }
    }

    /// The input of the next line, and when it happened.
    ///
    /// # Errors
    /// If the line is damaged.
    pub fn read(&mut self, line: &str) -> Result<(Input, Position), TraceError> {
        self.line += 1;
        let line_number = self.line;
        self.parse(line)
            .ok_or(TraceError::Line { line: line_number })
    }

    fn parse(&mut self, line: &str) -> Option<(Input, Position)> {
        let fields = line.strip_prefix('[')?.strip_suffix(']')?;
        let (elapsed, rest) = match fields.split_once(',') {
            Some((elapsed, rest)) => (elapsed, Some(rest)),
            None => (fields, None),
        };
        let account = &mut self.account;
        let now = Position::new(account.now.samples().checked_add(elapsed.parse().ok()?)?);
        let input = match rest {
            None => Input::Audio {
                to: account.next_audio(),
            },
            Some(rest) if rest.starts_with(['{', '"']) => match serde_json::from_str(rest) {
                Ok(Words::Partial(revision)) => Input::Partial {
                    segment: revision.segment,
                    transcript: account.heard.read(revision)?,
                },
                Ok(Words::Final(revision)) => Input::Final {
                    segment: revision.segment,
                    transcript: account.heard.read(revision)?,
                },
                Err(_) => serde_json::from_str(rest).ok()?,
            },
            Some(rest) => match rest.split_once(',') {
                None => Input::Audio {
                    to: Position::new(rest.parse().ok()?),
                },
                Some((sentence, samples)) => Input::Sent {
                    sentence: sentence.parse().ok()?,
                    samples: samples.parse().ok()?,
                },
            },
        };
        if let Input::Audio { to } = input {
            account.audio = to;
        }
        account.now = now;
        Some((input, now))
    }
}

/// None of these values is without a form in JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
