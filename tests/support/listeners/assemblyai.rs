//! AssemblyAI Universal-Streaming v3.

use serde_json::{Value, json};

use super::ear::{Ear, Word, line};
use super::{Reply, Wire};

/// A turn ends after so much silence.
const END_MS: f64 = 400.0;

pub struct Turns {
    authorised: bool,
    ear: Ear,
    order: u64,
}

impl Turns {
    pub fn new(path: &str, authorised: bool) -> Self {
        // Its client for Python writes `True`, the one for JavaScript `true`.
        let path = path.to_lowercase();
        assert!(path.starts_with("/v3/ws?"), "{path}");
        for wanted in [
            "sample_rate=16000",
            "encoding=pcm_s16le",
            "format_turns=true",
        ] {
            assert!(path.contains(wanted), "{path}");
        }
        Self {
            authorised,
            ear: Ear::new(16_000),
            order: 0,
        }
    }

    fn turn(&self, words: &[Word], end: bool, formatted: bool, confidence: f64) -> Reply {
        let over: Vec<Word> = words
            .iter()
            .filter(|word| word.over || end)
            .cloned()
            .collect();
        let shown = |word: &Word| match formatted {
            true => word.text.to_uppercase(),
            false => word.text.clone(),
        };
        let word = |word: &Word| {
            json!({"text": shown(word), "start": word.start_ms.round(), "confidence": 0.9,
                "end": word.end_ms.round(), "word_is_final": word.over || end})
        };
        let transcript = match formatted {
            true => line(&over).to_uppercase(),
            false => line(&over),
        };
        Reply::Say(
            json!({"type": "Turn", "turn_order": self.order, "end_of_turn": end,
            "turn_is_formatted": formatted, "transcript": transcript,
            "end_of_turn_confidence": confidence,
            "words": words.iter().map(word).collect::<Vec<_>>()}),
        )
    }

    fn end(&mut self, confidence: f64) -> Vec<Reply> {
        let words = self.ear.take();
        if words.is_empty() {
            return Vec::new();
        }
        let bare = self.turn(&words, true, false, confidence);
        let formatted = self.turn(&words, true, true, confidence);
        self.order += 1;
        vec![bare, formatted]
    }
}

fn fail(code: u16) -> Vec<Reply> {
    let error = json!({"type": "Error", "error_code": code, "error": "as told"});
    vec![Reply::Say(error), Reply::Close(code)]
}

impl Wire for Turns {
    fn open(&mut self) -> Vec<Reply> {
        if !self.authorised {
            return fail(1008);
        }
        vec![Reply::Say(
            json!({"type": "Begin", "id": "s", "expires_at": 1_800_000_000}),
        )]
    }

    fn text(&mut self, message: &Value) -> Vec<Reply> {
        match message["type"].as_str() {
            Some("KeepAlive" | "UpdateConfiguration") => Vec::new(),
            Some("ForceEndpoint") => self.end(0.1),
            Some("Terminate") => {
                let mut replies = self.end(0.1);
                replies.push(Reply::Say(json!({"type": "Termination",
                    "audio_duration_seconds": (self.ear.ms() / 1000.0).round() as u64,
                    "session_duration_seconds": 1})));
                replies.push(Reply::Close(1000));
                replies
            }
            _ => fail(3006),
        }
    }

    fn binary(&mut self, bytes: &[u8]) -> Vec<Reply> {
        if !(1600..=32_000).contains(&bytes.len()) {
            return fail(3007);
        }
        let changed = self.ear.hear(bytes);
        if self.ear.silence_ms >= END_MS {
            return self.end(0.9);
        }
        match changed {
            true => vec![self.turn(&self.ear.words, false, false, 0.2)],
            false => Vec::new(),
        }
    }

    fn heard(&self) -> f64 {
        self.ear.ms()
    }
}
