//! Deepgram Flux.

use serde_json::{Value, json};

use super::ear::{Ear, Word, line};
use super::{Reply, Wire};

/// After so much silence a turn has probably ended, and surely.
const EAGER_MS: f64 = 160.0;
const END_MS: f64 = 320.0;
/// An update comes this often.
const UPDATE_MS: f64 = 240.0;

pub struct Turns {
    ear: Ear,
    index: u64,
    sequence: u64,
    /// Where the turn's window begins, and when it was told of last.
    from_ms: f64,
    told_ms: f64,
    started: bool,
    eager: bool,
}

impl Turns {
    pub fn new(path: &str) -> Self {
        assert!(path.starts_with("/v2/listen?model=flux-general-"), "{path}");
        assert!(
            path.contains("encoding=linear16&sample_rate=16000"),
            "{path}"
        );
        Self {
            ear: Ear::new(16_000),
            index: 0,
            sequence: 0,
            from_ms: 0.0,
            told_ms: 0.0,
            started: false,
            eager: false,
        }
    }

    fn info(&mut self, event: &str, confidence: f64) -> Reply {
        let words = &self.ear.words;
        let word = |word: &Word| {
            json!({"word": word.text, "confidence": 0.9, "start": word.start_ms / 1000.0,
                "end": word.end_ms / 1000.0})
        };
        let info = json!({"type": "TurnInfo", "request_id": "r", "sequence_id": self.sequence,
            "event": event, "turn_index": self.index, "transcript": line(words),
            "audio_window_start": self.from_ms / 1000.0,
            "audio_window_end": self.ear.ms() / 1000.0,
            "words": words.iter().map(word).collect::<Vec<_>>(),
            "end_of_turn_confidence": confidence,
            "trigger": (event == "EndOfTurn").then_some("model")});
        self.sequence += 1;
        self.told_ms = self.ear.ms();
        Reply::Say(info)
    }

    fn end(&mut self) -> Reply {
        let end = self.info("EndOfTurn", 0.85);
        self.ear.take();
        self.index += 1;
        self.from_ms = self.ear.ms();
        (self.started, self.eager) = (false, false);
        end
    }
}

impl Wire for Turns {
    fn open(&mut self) -> Vec<Reply> {
        self.sequence = 1;
        vec![Reply::Say(
            json!({"type": "Connected", "request_id": "r", "sequence_id": 0}),
        )]
    }

    fn text(&mut self, message: &Value) -> Vec<Reply> {
        match message["type"].as_str() {
            Some("CloseStream") => {
                let mut replies = Vec::new();
                if self.started {
                    replies.push(self.end());
                }
                replies.push(Reply::Close(1000));
                replies
            }
            _ => {
                let error = json!({"type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE",
                    "description": "as told"});
                vec![Reply::Say(error), Reply::Close(1008)]
            }
        }
    }

    fn binary(&mut self, bytes: &[u8]) -> Vec<Reply> {
        self.ear.hear(bytes);
        let mut replies = Vec::new();
        if !self.started && !self.ear.words.is_empty() {
            self.started = true;
            replies.push(self.info("StartOfTurn", 0.1));
        }
        if self.eager && self.ear.silence_ms == 0.0 {
            self.eager = false;
            replies.push(self.info("TurnResumed", 0.1));
        }
        if self.started && self.ear.silence_ms >= END_MS {
            replies.push(self.end());
        } else if self.started && !self.eager && self.ear.silence_ms >= EAGER_MS {
            self.eager = true;
            replies.push(self.info("EagerEndOfTurn", 0.6));
        } else if self.ear.ms() >= self.told_ms + UPDATE_MS {
            replies.push(self.info("Update", 0.1));
        }
        replies
    }

    fn heard(&self) -> f64 {
        self.ear.ms()
    }
}
