//! ElevenLabs' `multi-stream-input`: contexts, flushes, characters with their times. Its `stream-input`
//! is the same with one context that has no name and is closed by a text without a letter, which ends
//! the connection.
//!
//! A context that is closed still speaks what was flushed in it, and is final then; nothing else
//! makes it final. Characters are to be paid for when they are flushed.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Fault, Out, STEP, Seen, Speech, Wire};

#[derive(Default)]
pub struct ElevenLabs {
    is_single: bool,
    contexts: BTreeMap<String, Context>,
    speeches: VecDeque<(String, Speech)>,
}

#[derive(Default)]
struct Context {
    text: String,
    is_closed: bool,
}

impl ElevenLabs {
    /// Ends the contexts that have nothing more to say.
    fn finals(&mut self) -> Vec<Out> {
        let speeches = &self.speeches;
        let over = |name: &String| speeches.iter().all(|(speaks, _)| speaks != name);
        let done: Vec<_> = self
            .contexts
            .iter()
            .filter(|(name, context)| context.is_closed && over(name))
            .map(|(name, _)| name.clone())
            .collect();
        let mut outs = Vec::new();
        for name in done {
            self.contexts.remove(&name);
            outs.push(Out::End(self.said(&name, json!({"isFinal": true}))));
            outs.extend(self.is_single.then_some(Out::Close(1000, "")));
        }
        outs
    }

    /// What is said in a context.
    fn said(&self, name: &str, mut said: Value) -> Value {
        if !self.is_single {
            said["contextId"] = json!(name);
        }
        said
    }
}

impl Wire for ElevenLabs {
    fn called(&mut self, path: &str) {
        self.is_single = path.contains("/stream-input");
    }

    fn receive(&mut self, message: Value, _fault: Fault, seen: &mut Seen) -> Vec<Out> {
        let name = message["context_id"].as_str().map(str::to_owned);
        let Some(name) = name.or(self.is_single.then(String::new)) else {
            seen.complaints.push(format!("no context: {message}"));
            return Vec::new();
        };
        let text = message["text"].as_str();
        if !self.contexts.contains_key(&name) {
            if self.contexts.len() == 5 {
                let error = json!({"message": "too many", "error": "max_active_conversations", "code": 1008});
                return vec![Out::Text(error), Out::Close(1008, "")];
            }
            if text != Some(" ") {
                seen.complaints.push(format!("a context begins: {message}"));
            }
        } else if !message["voice_settings"].is_null() {
            return vec![Out::Close(1008, "voice_settings again")];
        }
        let context = self.contexts.entry(name.clone()).or_default();
        if context.is_closed {
            seen.complaints.push(format!("after the end: {message}"));
        }
        if let Some(text) = text {
            if !text.is_empty() && !text.ends_with(' ') {
                seen.complaints
                    .push(format!("no space at the end: {message}"));
            }
            context.text.push_str(text);
        }
        let closes = message["close_context"] == true || self.is_single && text == Some("");
        if message["flush"] == true || closes {
            let text = std::mem::take(&mut context.text);
            let text = text.trim();
            if !text.is_empty() {
                seen.billed += text.chars().count();
                seen.texts.push(text.to_owned());
                seen.contexts.push(name.clone());
                self.speeches.push_back((name.clone(), Speech::of(text)));
            }
        }
        if closes {
            seen.cancelled += 1;
            context.is_closed = true;
        }
        self.finals()
    }

    fn speak(&mut self, fault: Fault, _seen: &mut Seen) -> Vec<Out> {
        let Some((name, speech)) = self.speeches.front_mut() else {
            return Vec::new();
        };
        let (chars, _, bytes) = speech.chunk(fault);
        let ms = STEP / 24;
        let alignment = (fault != Fault::Timeless).then(|| {
            json!({
                "chars": chars,
                "charStartTimesMs": (0..chars.len()).map(|n| n * ms).collect::<Vec<_>>(),
                "charDurationsMs": vec![ms; chars.len()],
            })
        });
        let said = json!({
            "audio": STANDARD.encode(bytes),
            "alignment": alignment,
            "normalizedAlignment": alignment,
            "isFinal": null,
        });
        let (name, is_over) = (name.clone(), speech.is_over());
        if is_over {
            self.speeches.pop_front();
        }
        let mut outs = vec![Out::Text(self.said(&name, said))];
        outs.extend(self.finals());
        outs
    }

    fn is_speaking(&self) -> bool {
        !self.speeches.is_empty()
    }

    fn error(name: &str, number: u16) -> Option<Value> {
        Some(json!({"message": "private words", "error": name, "code": number}))
    }
}
