//! OpenAI realtime transcription: `GET /realtime?intent=transcription`, JSON both ways, committed
//! by request.
//!
//! Every segment is one commit, which becomes an item; its words come after the commit, and may
//! come out of order. They have no times. Sound is 24 kHz.

mod event;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use media::resample::Resampler;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use self::event::{Event, Fault};
use super::CloudSettings;
use super::wire::{
    ALIVE, Flushed, Habits, Keeps, LATE, RATE, Said, Spoken, Vendor, Wire, language, pcm,
};
use crate::private::Private;
use crate::providers::socket::{Dial, address, unavailable};
use crate::providers::stt::ListenRequest;
use crate::providers::{EngineInfo, ProviderError};

/// Its name in the configuration.
pub(super) const NAME: &str = "openai";

/// The rate of its sound.
const WIRE_RATE: u32 = 24_000;
/// So many items are remembered.
const MOST: usize = 64;
/// The longest line of words that is put together from pieces, in bytes.
const LONGEST: usize = 256 * 1024;

/// What events about words begin with.
const WORDS: &str = "conversation.item.input_audio_transcription.";

/// The vendor.
pub(super) struct OpenAi {
    settings: CloudSettings,
}

impl OpenAi {
    /// With this account.
    pub const fn new(settings: CloudSettings) -> Self {
        Self { settings }
    }
}

impl Vendor for OpenAi {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("OpenAI"),
            note: "OpenAI listens, and writes when you pause.".to_owned(),
        }
    }

    fn model(&self, _: &ListenRequest) -> String {
        let model = self.settings.model.clone();
        model.unwrap_or_else(|| "gpt-4o-transcribe".to_owned())
    }

    fn habits(&self) -> Habits {
        Habits {
            chunk: RATE as usize / 10,
            least: 1,
            speech_only: true,
            pace: 8.0,
            hold: Duration::ZERO,
            flushes: true,
            alive: ALIVE,
            quiet: LATE,
            late: LATE,
            confirms: true,
            keeps: Keeps::Itself,
            greets: true,
            counts_time: false,
        }
    }

    fn dial(&self, _: &ListenRequest) -> Dial {
        let bearer = format!("Bearer {}", self.settings.key.expose());
        let query = [("intent", "transcription".to_owned())];
        Dial {
            engine: NAME,
            url: address(&self.settings.base_url, "/realtime", &query),
            headers: vec![("authorization", Private::new(bearer))],
            within: Duration::from_secs(5),
        }
    }

    fn wire(&self, request: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        let model = self.model(request);
        let mut transcription = json!({
            "model": model,
            "language": language(request).unwrap_or("en"),
        });
        if !request.expect.is_empty() && !model.contains("realtime") {
            let prompt = format!("Names that may occur: {}.", request.expect.join(", "));
            transcription["prompt"] = prompt.into();
        }
        let resampler = Resampler::new(RATE, WIRE_RATE);
        Ok(Box::new(Items {
            transcription,
            resampler: resampler.map_err(|error| unavailable(NAME, error.to_string()))?,
            taken: 0,
            items: HashMap::new(),
        }))
    }
}

/// The wire.
struct Items {
    transcription: serde_json::Value,
    resampler: Resampler,
    /// Commits that became items, or did not.
    taken: u64,
    /// The number of each item's commit, and its words so far.
    items: HashMap<String, (u64, String)>,
}

impl Items {
    /// The sound so far, resampled; with the rest if it ends.
    fn sound(&mut self, samples: &[i16], ends: bool, out: &mut Vec<Message>) {
        let mut sound = Vec::with_capacity(samples.len() * 3 / 2);
        // It fails for sound of no channel alone; then nothing is sent of it.
        let _ = self.resampler.process(samples, &mut sound);
        if ends {
            let _ = self.resampler.flush(&mut sound);
        }
        if !sound.is_empty() {
            let audio = STANDARD.encode(pcm(&sound));
            let append = json!({"type": "input_audio_buffer.append", "audio": audio});
            out.push(Message::text(append.to_string()));
        }
    }

    fn committed(&mut self, item_id: String) {
        if self.items.len() == MOST {
            let oldest = self.items.iter().min_by_key(|(_, (number, _))| *number);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                self.items.remove(&oldest);
            }
        }
        self.items.insert(item_id, (self.taken, String::new()));
        self.taken += 1;
    }

    fn fault(&mut self, fault: &Fault, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        if fault.code.as_deref() == Some("input_audio_buffer_commit_empty") {
            // Too short to have words in it.
            said.push(Said::Flushed(Flushed::Number(self.taken)));
            self.taken += 1;
            return Ok(());
        }
        Err(fault.judge())
    }
}

impl Wire for Items {
    fn greet(&mut self, out: &mut Vec<Message>) {
        let session = json!({
            "type": "transcription",
            "audio": {"input": {
                "format": {"type": "audio/pcm", "rate": WIRE_RATE},
                "transcription": self.transcription,
                "turn_detection": null,
            }},
        });
        let update = json!({"type": "session.update", "session": session});
        out.push(Message::text(update.to_string()));
    }

    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>) {
        self.sound(samples, false, out);
    }

    fn flush(&mut self, out: &mut Vec<Message>) {
        self.sound(&[], true, out);
        out.push(Message::text(r#"{"type":"input_audio_buffer.commit"}"#));
    }

    fn forget(&mut self, out: &mut Vec<Message>) -> bool {
        self.resampler.reset();
        out.push(Message::text(r#"{"type":"input_audio_buffer.clear"}"#));
        true
    }

    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        let Ok(event) = serde_json::from_str::<Event>(text) else {
            return Ok(());
        };
        let item = event.item_id.unwrap_or_default();
        match event.kind.as_str() {
            "session.updated" => said.push(Said::Ready),
            "input_audio_buffer.committed" => self.committed(item),
            "error" => {
                if let Some(fault) = event.error {
                    return self.fault(&fault, said);
                }
            }
            kind => match (kind.strip_prefix(WORDS), self.items.get_mut(&item)) {
                (Some("delta"), Some((turn, line))) => {
                    let delta = event.delta.unwrap_or_default();
                    if line.len() + delta.len() <= LONGEST {
                        line.push_str(&delta);
                    }
                    let (turn, last) = (*turn, false);
                    let words = Spoken::line(line, false);
                    said.push(Said::Words { turn, words, last });
                }
                (Some("completed"), Some((turn, _))) => {
                    let (turn, last) = (*turn, true);
                    let words = Spoken::line(&event.transcript.unwrap_or_default(), true);
                    said.push(Said::Words { turn, words, last });
                    said.push(Said::Flushed(Flushed::Number(turn)));
                    self.items.remove(&item);
                }
                (Some("failed"), Some((turn, _))) => {
                    let error = event.error.map_or_else(
                        || unavailable(NAME, "it gave no words".to_owned()),
                        |fault| fault.judge(),
                    );
                    said.push(Said::Failed(*turn, error));
                    self.items.remove(&item);
                }
                _ => {}
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
