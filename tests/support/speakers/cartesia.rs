//! Cartesia's `tts/websocket`: contexts, flushes with a mark, words with their times.
//!
//! A cancelled context still gives what was begun: one chunk. Characters are to be paid for when
//! they are spoken.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Fault, Out, STEP, Seen, Speech, Wire};

#[derive(Default)]
pub struct Cartesia {
    contexts: BTreeMap<String, Context>,
    speeches: VecDeque<Job>,
}

#[derive(Default)]
struct Context {
    constant: Value,
    text: String,
    flushes: u64,
    /// Samples spoken so far.
    samples: usize,
    is_finished: bool,
}

struct Job {
    context: String,
    text: String,
    speech: Speech,
    /// Its number, if it was flushed and not only ended.
    flush: Option<u64>,
    begun: bool,
    cancelled: bool,
}

impl Cartesia {
    fn begin(&mut self, name: &str, flushes: bool, seen: &mut Seen) {
        let Some(context) = self.contexts.get_mut(name) else {
            return;
        };
        context.flushes += u64::from(flushes);
        let text = std::mem::take(&mut context.text).trim().to_owned();
        if !text.is_empty() {
            seen.texts.push(text.clone());
            seen.contexts.push(name.to_owned());
        }
        self.speeches.push_back(Job {
            context: name.to_owned(),
            speech: Speech::of(&text),
            text,
            flush: flushes.then_some(context.flushes),
            begun: false,
            cancelled: false,
        });
    }
}

impl Wire for Cartesia {
    fn receive(&mut self, mut message: Value, _fault: Fault, seen: &mut Seen) -> Vec<Out> {
        let name = message["context_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        if message["cancel"] == true {
            seen.cancelled += 1;
            self.contexts.remove(&name);
            // What is begun is finished, one chunk long.
            self.speeches.retain(|job| job.context != name || job.begun);
            for job in self.speeches.iter_mut().filter(|job| job.context == name) {
                job.cancelled = true;
            }
            return Vec::new();
        }
        let members = message.as_object_mut().unwrap();
        let transcript = members.remove("transcript").unwrap_or_default();
        let goes_on = members.remove("continue") == Some(json!(true));
        let flush = members.remove("flush") == Some(json!(true));
        let context = self.contexts.entry(name.clone()).or_default();
        if context.constant.is_null() {
            context.constant = message.clone();
        } else if context.constant != message {
            seen.complaints.push(format!("not constant: {message}"));
        }
        if context.is_finished {
            seen.complaints.push(format!("after the end: {message}"));
        }
        context
            .text
            .push_str(transcript.as_str().unwrap_or_default());
        context.is_finished |= !goes_on;
        if flush || !goes_on {
            self.begin(&name, flush, seen);
        }
        Vec::new()
    }

    fn speak(&mut self, fault: Fault, seen: &mut Seen) -> Vec<Out> {
        let Some(job) = self.speeches.front_mut() else {
            return Vec::new();
        };
        let (chars, _, bytes) = job.speech.chunk(fault);
        let (first, name) = (
            !std::mem::replace(&mut job.begun, true),
            job.context.clone(),
        );
        let mut outs = Vec::new();
        let before = self
            .contexts
            .get(&name)
            .map_or(0, |context| context.samples);
        if first && !job.text.is_empty() && fault != Fault::Timeless {
            outs.push(Out::Text(times(&name, &job.text, before)));
        }
        if !chars.is_empty() {
            seen.billed += chars.len();
            outs.push(Out::Text(json!({
                "type": "chunk", "context_id": name, "data": STANDARD.encode(bytes), "done": false,
                "status_code": 206, "step_time": 1.0, "flush_id": job.flush,
            })));
        }
        if !job.speech.is_over() && !job.cancelled {
            return outs;
        }
        let (flush, length) = (job.flush, job.text.chars().count() * STEP);
        self.speeches.pop_front();
        let Some(context) = self.contexts.get_mut(&name) else {
            return outs;
        };
        context.samples += length;
        if let Some(flush) = flush {
            outs.push(Out::End(json!({
                "type": "flush_done", "context_id": name, "flush_id": flush, "flush_done": true,
                "done": false, "status_code": 206,
            })));
        }
        if context.is_finished && self.speeches.iter().all(|job| job.context != name) {
            let done =
                json!({"type": "done", "context_id": name, "done": true, "status_code": 200});
            outs.push(Out::End(done));
        }
        outs
    }

    fn is_speaking(&self) -> bool {
        !self.speeches.is_empty()
    }

    fn error(name: &str, number: u16) -> Option<Value> {
        Some(json!({
            "type": "error", "done": true, "status_code": number, "error_code": name,
            "title": "private words", "message": "private words", "request_id": "r",
        }))
    }
}

/// The words of a text, in seconds from the beginning of the context.
fn times(context: &str, text: &str, before: usize) -> Value {
    let seconds = |chars: usize| (before + chars * STEP) as f64 / 24_000.0;
    let (mut words, mut start, mut end) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        words.push(word);
        start.push(seconds(at));
        end.push(seconds(at + length));
        at += length + 1;
    }
    json!({
        "type": "timestamps", "context_id": context, "done": false, "status_code": 206,
        "word_timestamps": {"words": words, "start": start, "end": end},
    })
}
