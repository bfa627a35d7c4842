//! Deepgram's `v1/speak`: raw samples, flushes and clears that are confirmed.
//!
//! Characters are to be paid for when they are spoken.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Fault, Out, Seen, Speech, Wire};

#[derive(Default)]
pub struct Deepgram {
    text: String,
    speeches: VecDeque<Speech>,
    sequence: u64,
    flushes: usize,
}

impl Wire for Deepgram {
    fn greeting(&self) -> Option<Value> {
        Some(json!({
            "type": "Metadata", "request_id": "r", "model_name": "aura-2", "model_version": "v",
            "model_uuid": "m",
        }))
    }

    fn receive(&mut self, message: Value, _fault: Fault, seen: &mut Seen) -> Vec<Out> {
        match message["type"].as_str() {
            Some("Speak") => {
                let text = message["text"].as_str().unwrap_or_default();
                if text.chars().count() > 2000 {
                    return vec![Out::Close(1008, "DATA-0001")];
                }
                self.text.push_str(text);
                Vec::new()
            }
            Some("Flush") => {
                self.flushes += 1;
                if self.flushes > 20 {
                    let warning =
                        json!({"type": "Warning", "code": "EXCESSIVE_FLUSH", "description": "d"});
                    return vec![Out::Text(warning)];
                }
                let text = std::mem::take(&mut self.text);
                self.speeches.push_back(Speech::of(&text));
                seen.texts.push(text);
                Vec::new()
            }
            Some("Clear") => {
                seen.cancelled += 1;
                self.text.clear();
                self.speeches.clear();
                self.sequence += 1;
                // What was on its way comes before the confirmation.
                vec![
                    Out::Sound(vec![7; 960]),
                    Out::Text(json!({"type": "Cleared", "sequence_id": self.sequence})),
                ]
            }
            Some("Close") => vec![Out::Close(1000, "")],
            _ => {
                seen.complaints.push(message.to_string());
                vec![Out::Close(1003, "MESSAGE-0000")]
            }
        }
    }

    fn speak(&mut self, fault: Fault, seen: &mut Seen) -> Vec<Out> {
        let Some(speech) = self.speeches.front_mut() else {
            return Vec::new();
        };
        let (chars, _, bytes) = speech.chunk(fault);
        seen.billed += chars.len();
        let mut outs = vec![Out::Sound(bytes)];
        if speech.is_over() {
            self.speeches.pop_front();
            self.sequence += 1;
            let flushed = json!({"type": "Flushed", "sequence_id": self.sequence});
            outs.push(Out::End(flushed));
        }
        outs
    }

    fn is_speaking(&self) -> bool {
        !self.speeches.is_empty()
    }

    fn error(_name: &str, _number: u16) -> Option<Value> {
        None
    }
}
