//! ElevenLabs' wire: contexts that keep their melody, and when each character is spoken.
//!
//! As of November 2026. Sentences that follow each other share a context, each flushed at once. A
//! flush alone brings no mark of its end: a sentence ends with the sound of its last character, or,
//! where the characters do not say, by closing the context, which `isFinal` answers.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::NAME;
use crate::providers::tts::cloud::wire::{Fitness, Frame, Heard, Wire, fault, samples};

/// Contexts that may live on a connection.
const CONTEXTS: usize = 5;

/// A context that was silent for longer is not spoken in again: the next sentence is an answer to
/// something else.
const LIVELY: Duration = Duration::from_secs(5);

/// The wire.
pub(super) struct Contexts {
    pace: f32,
    /// Names of contexts, never used twice on a connection.
    named: u64,
    context: Option<Context>,
    /// Closed, but perhaps not yet done with.
    closing: BTreeSet<String>,
    speaking: bool,
}

/// The context that is spoken in.
struct Context {
    name: String,
    /// Samples of the sentence under way.
    samples: u64,
    last: Instant,
    /// Whether it was told to end.
    finished: bool,
}

impl Contexts {
    pub fn new(pace: f32) -> Self {
        Self {
            pace,
            named: 0,
            context: None,
            closing: BTreeSet::new(),
            speaking: false,
        }
    }

    fn begin(&mut self, frames: &mut Vec<String>, now: Instant) -> Context {
        self.named += 1;
        let name = format!("s{}", self.named);
        let mut first = json!({"text": " ", "context_id": name});
        if (self.pace - 1.0).abs() > 0.01 {
            first["voice_settings"] = json!({"speed": self.pace});
        }
        frames.push(first.to_string());
        Context {
            name,
            samples: 0,
            last: now,
            finished: false,
        }
    }

    fn close(&mut self) -> Option<String> {
        let Context { name, finished, .. } = self.context.take()?;
        let frame = json!({"context_id": name, "close_context": true}).to_string();
        self.closing.insert(name);
        (!finished).then_some(frame)
    }

    fn is_stale(&self, now: Instant) -> bool {
        let stale = |context: &Context| {
            context.finished || now.saturating_duration_since(context.last) >= LIVELY
        };
        self.context.as_ref().is_some_and(stale)
    }
}

impl Wire for Contexts {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn opened(&mut self) {
        self.context = None;
        self.closing.clear();
        self.speaking = false;
    }

    fn fitness(&self, now: Instant) -> Fitness {
        let next = usize::from(self.context.is_none() || self.is_stale(now));
        let live = self.closing.len() + usize::from(self.context.is_some()) + next;
        if live > CONTEXTS {
            Fitness::Busy
        } else {
            Fitness::Ready
        }
    }

    fn say(&mut self, text: &str, now: Instant) -> Vec<String> {
        let mut frames = Vec::new();
        if self.is_stale(now) {
            frames.extend(self.close());
        }
        let mut context = match self.context.take() {
            Some(context) => context,
            None => self.begin(&mut frames, now),
        };
        context.samples = 0;
        context.last = now;
        let said = json!({"text": format!("{text} "), "context_id": context.name, "flush": true});
        frames.push(said.to_string());
        self.context = Some(context);
        self.speaking = true;
        frames
    }

    fn cancel(&mut self) -> Vec<String> {
        self.speaking = false;
        self.close().into_iter().collect()
    }

    fn finish(&mut self) -> Vec<String> {
        let Some(context) = &mut self.context else {
            return Vec::new();
        };
        context.finished = true;
        vec![json!({"context_id": context.name, "close_context": true}).to_string()]
    }

    fn idle(&mut self, now: Instant) -> Vec<String> {
        let stale = self.is_stale(now);
        stale.then(|| self.close()).flatten().into_iter().collect()
    }

    fn receive(&mut self, frame: Frame<'_>, now: Instant) -> Vec<Heard> {
        let Frame::Text(text) = frame else {
            return Vec::new();
        };
        let Ok(said) = serde_json::from_str::<Said>(text) else {
            return Vec::new();
        };
        if let Some(name) = said.error {
            let number = said.code.as_ref().and_then(Value::as_u64);
            return vec![Heard::Failed(fault(NAME, number, &name))];
        }
        let (named, is_final) = (said.context_id.as_deref(), said.is_final == Some(true));
        let ours = self
            .context
            .as_ref()
            .is_some_and(|context| named == Some(&context.name));
        if !ours {
            if let Some(name) = named.filter(|_| is_final) {
                self.closing.remove(name);
            }
            return Vec::new();
        }
        let mut heard = Vec::new();
        let sound = said.audio.as_deref().filter(|audio| !audio.is_empty());
        let sound = sound.and_then(|audio| STANDARD.decode(audio).ok());
        if let Some(context) = self.context.as_mut().filter(|_| self.speaking) {
            // What is spelt out differs from the text; the text's own characters are preferred.
            if let Some(alignment) = said.alignment.or(said.normalized) {
                heard.extend(alignment.heard(context.samples));
            }
            if let Some(bytes) = sound {
                context.samples += bytes.len() as u64 / 2;
                context.last = now;
                heard.push(Heard::Sound(bytes));
            }
        }
        if is_final {
            self.context = None;
            if std::mem::take(&mut self.speaking) {
                heard.push(Heard::End);
            }
        }
        heard
    }

    fn ends_with_its_words(&self) -> bool {
        true
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    audio: Option<String>,
    #[serde(alias = "context_id")]
    context_id: Option<String>,
    alignment: Option<Alignment>,
    #[serde(rename = "normalizedAlignment")]
    normalized: Option<Alignment>,
    is_final: Option<bool>,
    error: Option<String>,
    code: Option<Value>,
}

/// Characters with milliseconds from the beginning of the sound that they come with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alignment {
    chars: Vec<String>,
    char_start_times_ms: Vec<f64>,
    #[serde(alias = "charsDurationsMs")]
    char_durations_ms: Vec<f64>,
}

impl Alignment {
    fn heard(self, before: u64) -> impl Iterator<Item = Heard> {
        let times = self
            .char_start_times_ms
            .into_iter()
            .zip(self.char_durations_ms);
        let said = self.chars.into_iter().zip(times);
        said.map(move |(text, (start, length))| Heard::Said {
            text,
            start: before + samples(start / 1000.0),
            end: before + samples((start + length) / 1000.0),
        })
    }
}
