//! Deepgram listen v1.

use serde_json::{Value, json};

use super::ear::{Ear, Word, line};
use super::{Reply, Wire};

/// Words are final after so much silence.
const END_MS: f64 = 300.0;
/// It tells at least this often of what it heard, also of silence.
const TELLS_MS: f64 = 1000.0;

pub struct Results {
    ear: Ear,
    /// Everything before is final.
    from_ms: f64,
    /// How far it has told of what it heard.
    told_ms: f64,
}

impl Results {
    pub fn new(path: &str) -> Self {
        assert!(path.starts_with("/v1/listen?"), "{path}");
        for wanted in [
            "encoding=linear16",
            "sample_rate=16000",
            "interim_results=true",
        ] {
            assert!(path.contains(wanted), "{path}");
        }
        Self {
            ear: Ear::new(16_000),
            from_ms: 0.0,
            told_ms: 0.0,
        }
    }

    fn result(&mut self, last: bool, finalize: bool) -> Reply {
        let words = match last {
            true => self.ear.take(),
            false => self.ear.words.clone(),
        };
        let word = |word: &Word| {
            json!({"word": word.text, "start": word.start_ms / 1000.0, "confidence": 0.9,
                "end": word.end_ms / 1000.0, "punctuated_word": word.text})
        };
        let transcript = line(&words);
        let all: Vec<Value> = words.iter().map(word).collect();
        let alternative = json!({"transcript": transcript, "confidence": 0.9, "words": all});
        let (start, duration) = (
            self.from_ms / 1000.0,
            (self.ear.ms() - self.from_ms) / 1000.0,
        );
        if last {
            self.from_ms = self.ear.ms();
        }
        self.told_ms = self.ear.ms();
        Reply::Say(
            json!({"type": "Results", "channel_index": [0, 1], "start": start,
            "duration": duration, "is_final": last, "speech_final": last && !finalize,
            "from_finalize": finalize, "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": "r", "model_uuid": "m",
                "model_info": {"name": "general-nova-3", "version": "v", "arch": "nova-3"}}}),
        )
    }
}

impl Wire for Results {
    fn text(&mut self, message: &Value) -> Vec<Reply> {
        match message["type"].as_str() {
            // It keeps no connection that it has nothing to tell of.
            Some("KeepAlive") if self.told_ms == 0.0 => vec![Reply::Close(1011)],
            Some("KeepAlive") => Vec::new(),
            Some("Finalize") if self.ear.ms() > self.from_ms => vec![self.result(true, true)],
            Some("Finalize") => Vec::new(),
            Some("CloseStream") => {
                let metadata = json!({"type": "Metadata", "transaction_key": "deprecated",
                    "request_id": "r", "sha256": "s", "created": "2026-11-21T12:00:00.000Z",
                    "duration": self.ear.ms() / 1000.0, "channels": 1});
                vec![
                    self.result(true, false),
                    Reply::Say(metadata),
                    Reply::Close(1000),
                ]
            }
            _ => vec![Reply::Close(1008)],
        }
    }

    fn binary(&mut self, bytes: &[u8]) -> Vec<Reply> {
        assert!(!bytes.is_empty(), "an empty frame ends the stream");
        let changed = self.ear.hear(bytes);
        if !self.ear.words.is_empty() && self.ear.silence_ms >= END_MS {
            return vec![self.result(true, false)];
        }
        match changed || self.ear.ms() >= self.told_ms + TELLS_MS {
            true => vec![self.result(false, false)],
            false => Vec::new(),
        }
    }

    fn heard(&self) -> f64 {
        self.ear.ms()
    }
}
