//! ElevenLabs Scribe realtime, committed by request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ear::{Ear, Word, line};
use super::{Reply, Wire};

pub struct Commits {
    ear: Ear,
}

impl Commits {
    pub fn new(path: &str) -> Self {
        assert!(path.starts_with("/v1/speech-to-text/realtime?"), "{path}");
        for wanted in [
            "audio_format=pcm_16000",
            "commit_strategy=manual",
            "include_timestamps=true",
        ] {
            assert!(path.contains(wanted), "{path}");
        }
        Self {
            ear: Ear::new(16_000),
        }
    }

    fn commit(&mut self) -> Vec<Reply> {
        let words = self.ear.take();
        let text = line(&words);
        let mut all = Vec::new();
        for (
            index,
            Word {
                text,
                start_ms,
                end_ms,
                ..
            },
        ) in words.iter().enumerate()
        {
            if index > 0 {
                all.push(
                    json!({"text": " ", "type": "spacing", "start": start_ms / 1000.0,
                    "end": start_ms / 1000.0}),
                );
            }
            all.push(
                json!({"text": text, "type": "word", "start": start_ms / 1000.0,
                "end": end_ms / 1000.0, "logprob": -0.1}),
            );
        }
        vec![
            Reply::Say(json!({"message_type": "committed_transcript", "text": text})),
            Reply::Say(
                json!({"message_type": "committed_transcript_with_timestamps",
                "text": text, "language_code": "en", "words": all}),
            ),
        ]
    }
}

impl Wire for Commits {
    fn open(&mut self) -> Vec<Reply> {
        let started = json!({"message_type": "session_started", "session_id": "s", "config": {
            "sample_rate": 16_000, "audio_format": "pcm_16000", "commit_strategy": "manual",
            "include_timestamps": true,
        }});
        vec![Reply::Say(started)]
    }

    fn text(&mut self, message: &Value) -> Vec<Reply> {
        if message["message_type"] != "input_audio_chunk" || message["sample_rate"] != 16_000 {
            let error = json!({"message_type": "invalid_request", "error": "as told"});
            return vec![Reply::Say(error), Reply::Close(1008)];
        }
        let sound = STANDARD
            .decode(message["audio_base_64"].as_str().unwrap())
            .unwrap();
        let changed = self.ear.hear(&sound);
        if message["commit"] == true {
            return self.commit();
        }
        let partial = json!({"message_type": "partial_transcript", "text": line(&self.ear.words)});
        match changed {
            true => vec![Reply::Say(partial)],
            false => Vec::new(),
        }
    }

    fn heard(&self) -> f64 {
        self.ear.ms()
    }
}
