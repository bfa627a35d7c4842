//! OpenAI realtime transcription, committed by request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ear::{Ear, line};
use super::{Reply, Wire};

pub struct Items {
    ear: Ear,
    /// Sound since the last commit, in milliseconds.
    from_ms: f64,
    items: u64,
}

impl Items {
    pub fn new(path: &str) -> Self {
        assert_eq!(path, "/realtime?intent=transcription");
        Self {
            ear: Ear::new(24_000),
            from_ms: 0.0,
            items: 0,
        }
    }

    fn commit(&mut self) -> Vec<Reply> {
        let length = self.ear.ms() - self.from_ms;
        self.from_ms = self.ear.ms();
        let words = self.ear.take();
        if length < 100.0 {
            let error = json!({"type": "invalid_request_error", "message": "as told",
                "code": "input_audio_buffer_commit_empty"});
            return vec![Reply::Say(
                json!({"type": "error", "event_id": "e", "error": error}),
            )];
        }
        let previous = (self.items > 0).then(|| format!("item_{}", self.items));
        self.items += 1;
        let item = format!("item_{}", self.items);
        let transcription = "conversation.item.input_audio_transcription";
        let event = |kind: &str| json!({"type": kind, "event_id": "e", "item_id": item});
        let said = |kind: &str| {
            let mut said = event(&format!("{transcription}.{kind}"));
            said["content_index"] = 0.into();
            said
        };
        let mut committed = event("input_audio_buffer.committed");
        committed["previous_item_id"] = json!(previous);
        let mut replies = vec![Reply::Say(committed)];
        for (index, word) in words.iter().enumerate() {
            let mut delta = said("delta");
            delta["delta"] = match index {
                0 => word.text.clone().into(),
                _ => format!(" {}", word.text).into(),
            };
            replies.push(Reply::Say(delta));
        }
        let mut completed = said("completed");
        completed["transcript"] = line(&words).into();
        completed["usage"] = json!({"type": "duration", "seconds": length / 1000.0});
        replies.push(Reply::Say(completed));
        replies
    }
}

impl Wire for Items {
    fn open(&mut self) -> Vec<Reply> {
        vec![Reply::Say(
            json!({"type": "session.created", "event_id": "e", "session": {}}),
        )]
    }

    fn text(&mut self, message: &Value) -> Vec<Reply> {
        match message["type"].as_str() {
            Some("session.update") => {
                let input = &message["session"]["audio"]["input"];
                assert_eq!(message["session"]["type"], "transcription");
                assert_eq!(
                    input["format"],
                    json!({"type": "audio/pcm", "rate": 24_000})
                );
                assert!(input["turn_detection"].is_null(), "{message}");
                let session = &message["session"];
                vec![Reply::Say(
                    json!({"type": "session.updated", "session": session}),
                )]
            }
            Some("input_audio_buffer.append") => {
                self.ear
                    .hear(&STANDARD.decode(message["audio"].as_str().unwrap()).unwrap());
                Vec::new()
            }
            Some("input_audio_buffer.clear") => {
                self.from_ms = self.ear.ms();
                self.ear.take();
                vec![Reply::Say(json!({"type": "input_audio_buffer.cleared"}))]
            }
            Some("input_audio_buffer.commit") => self.commit(),
            _ => panic!("no message of the protocol: {message}"),
        }
    }

    fn heard(&self) -> f64 {
        self.ear.ms()
    }
}
