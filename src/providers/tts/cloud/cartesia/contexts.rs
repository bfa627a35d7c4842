//! Cartesia's wire: contexts that keep their melody, and when each word is spoken.
//!
//! As of November 2026. A context lives until a second after its last sound; sentences that follow
//! each other sooner share one. Each is followed by a flush of its own, whose `flush_done` is the
//! end of its sound. Times count from the beginning of the context.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::NAME;
use crate::providers::tts::cloud::wire::{Fitness, Frame, Heard, Wire, fault, samples};

/// A context is taken up again within this time after its last sound, and is gone after a second.
const LIVELY: Duration = Duration::from_millis(700);

/// The wire.
pub(super) struct Contexts {
    /// What every message of a context repeats.
    constant: Value,
    /// Names of contexts, never used twice on a connection.
    named: u64,
    context: Option<Context>,
    speaking: bool,
}

/// The context that is spoken in.
struct Context {
    name: String,
    /// Its samples, in all and before the sentence under way.
    samples: u64,
    before: u64,
    last: Instant,
    /// Whether it was told that no more text comes.
    finished: bool,
}

impl Contexts {
    pub fn new(constant: Value) -> Self {
        Self {
            constant,
            named: 0,
            context: None,
            speaking: false,
        }
    }

    fn message(&self, context: &str, transcript: &str, flush: bool) -> String {
        let mut message = self.constant.clone();
        message["context_id"] = json!(context);
        message["transcript"] = json!(transcript);
        message["continue"] = json!(true);
        if flush {
            message["flush"] = json!(true);
        }
        message.to_string()
    }
}

impl Wire for Contexts {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn opened(&mut self) {
        self.context = None;
        self.speaking = false;
    }

    fn fitness(&self, _now: Instant) -> Fitness {
        Fitness::Ready
    }

    fn say(&mut self, text: &str, now: Instant) -> Vec<String> {
        let lively = |context: &Context| {
            !context.finished && now.saturating_duration_since(context.last) < LIVELY
        };
        let context = match self.context.take().filter(lively) {
            Some(context) => Context {
                before: context.samples,
                ..context
            },
            None => {
                self.named += 1;
                Context {
                    name: format!("s{}", self.named),
                    samples: 0,
                    before: 0,
                    last: now,
                    finished: false,
                }
            }
        };
        self.speaking = true;
        // Texts of a context are joined as they are.
        let frames = vec![
            self.message(&context.name, &format!("{text} "), false),
            self.message(&context.name, "", true),
        ];
        self.context = Some(context);
        frames
    }

    fn cancel(&mut self) -> Vec<String> {
        self.speaking = false;
        let cancelled = self.context.take();
        let cancel = |context: Context| json!({"context_id": context.name, "cancel": true});
        cancelled
            .map(|context| cancel(context).to_string())
            .into_iter()
            .collect()
    }

    fn finish(&mut self) -> Vec<String> {
        let Some(context) = &mut self.context else {
            return Vec::new();
        };
        context.finished = true;
        let mut message = self.constant.clone();
        message["context_id"] = json!(context.name);
        message["transcript"] = json!("");
        message["continue"] = json!(false);
        vec![message.to_string()]
    }

    fn idle(&mut self, _now: Instant) -> Vec<String> {
        Vec::new()
    }

    fn receive(&mut self, frame: Frame<'_>, now: Instant) -> Vec<Heard> {
        let Frame::Text(text) = frame else {
            return Vec::new();
        };
        let Ok(said) = serde_json::from_str::<Said>(text) else {
            return Vec::new();
        };
        let context = self.context.as_mut().filter(|_| self.speaking);
        // An error without a context is about whatever is under way.
        let Some(context) = context.filter(|context| match &said.context_id {
            Some(name) => *name == context.name,
            None => said.kind == "error",
        }) else {
            return Vec::new();
        };
        match said.kind.as_str() {
            "chunk" => {
                let data = said.data.unwrap_or_default();
                let Ok(bytes) = STANDARD.decode(data) else {
                    return Vec::new();
                };
                context.samples += bytes.len() as u64 / 2;
                context.last = now;
                vec![Heard::Sound(bytes)]
            }
            "timestamps" => {
                let before = context.before;
                said.word_timestamps
                    .map_or_else(Vec::new, |times| times.heard(before))
            }
            "flush_done" => {
                self.speaking = false;
                vec![Heard::End]
            }
            "done" => {
                self.speaking = false;
                self.context = None;
                vec![Heard::End]
            }
            "error" => {
                self.context = None;
                self.speaking = false;
                let name = said.error_code.unwrap_or_default();
                vec![Heard::Failed(fault(NAME, said.status_code, &name))]
            }
            _ => Vec::new(),
        }
    }

    fn ends_with_its_words(&self) -> bool {
        false
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    context_id: Option<String>,
    data: Option<String>,
    word_timestamps: Option<Times>,
    status_code: Option<u64>,
    error_code: Option<String>,
}

/// Words with seconds from the beginning of the context.
#[derive(Deserialize)]
struct Times {
    words: Vec<String>,
    start: Vec<f64>,
    end: Vec<f64>,
}

impl Times {
    fn heard(self, before: u64) -> Vec<Heard> {
        let times = self.start.into_iter().zip(self.end);
        let said = self.words.into_iter().zip(times);
        said.map(|(text, (start, end))| Heard::Said {
            text,
            start: samples(start).saturating_sub(before),
            end: samples(end).saturating_sub(before),
        })
        .collect()
    }
}
