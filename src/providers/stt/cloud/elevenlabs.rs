//! ElevenLabs Scribe: `GET /v1/speech-to-text/realtime`, JSON both ways, committed by request.
//!
//! Every segment is one commit. Its words come twice, bare and then with times; the latter count.
//! Times are seconds; whether of the connection or of the commit is not documented, so both are
//! understood.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::CloudSettings;
use super::wire::{
    ALIVE, Flushed, Habits, Keeps, LATE, RATE, Said, Spoken, Vendor, Wire, language, pcm, span,
};
use crate::providers::socket::{Dial, address};
use crate::providers::stt::ListenRequest;
use crate::providers::{EngineInfo, ProviderError, named};

/// Its name in the configuration.
pub(super) const NAME: &str = "elevenlabs";

/// So many terms may be expected, and so many characters long.
const TERMS: (usize, usize) = (50, 20);

/// The vendor.
pub(super) struct ElevenLabs {
    settings: CloudSettings,
}

impl ElevenLabs {
    /// With this account.
    pub const fn new(settings: CloudSettings) -> Self {
        Self { settings }
    }
}

impl Vendor for ElevenLabs {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("ElevenLabs"),
            note: "ElevenLabs listens, as you speak.".to_owned(),
        }
    }

    fn model(&self, _: &ListenRequest) -> String {
        let model = self.settings.model.clone();
        model.unwrap_or_else(|| "scribe_v2_realtime".to_owned())
    }

    fn habits(&self) -> Habits {
        Habits {
            chunk: RATE as usize / 10,
            least: 1,
            speech_only: true,
            pace: 2.0,
            hold: Duration::ZERO,
            flushes: true,
            alive: ALIVE,
            quiet: Duration::from_millis(3000),
            late: LATE,
            confirms: true,
            keeps: Keeps::Silence(Duration::from_secs(8)),
            greets: true,
            counts_time: false,
        }
    }

    fn dial(&self, request: &ListenRequest) -> Dial {
        let mut query = vec![
            ("model_id", self.model(request)),
            ("audio_format", format!("pcm_{RATE}")),
            ("commit_strategy", "manual".to_owned()),
            ("include_timestamps", "true".to_owned()),
            (
                "language_code",
                language(request).unwrap_or("en").to_owned(),
            ),
        ];
        let (most, longest) = TERMS;
        let terms = request
            .expect
            .iter()
            .filter(|term| term.chars().count() <= longest);
        query.extend(terms.take(most).map(|term| ("keyterms", term.clone())));
        Dial {
            engine: NAME,
            url: address(
                &self.settings.base_url,
                "/v1/speech-to-text/realtime",
                &query,
            ),
            headers: vec![("xi-api-key", self.settings.key.clone())],
            within: Duration::from_secs(4),
        }
    }

    fn wire(&self, _: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        Ok(Box::<Commits>::default())
    }
}

/// The wire.
#[derive(Default)]
struct Commits {
    /// Commits that were answered.
    answered: u64,
}

#[derive(Deserialize)]
struct Event {
    message_type: String,
    #[serde(default)]
    text: String,
    words: Option<Vec<EventWord>>,
}

#[derive(Deserialize)]
struct EventWord {
    text: String,
    start: Option<f64>,
    end: Option<f64>,
    #[serde(default, rename = "type")]
    kind: String,
    logprob: Option<f32>,
}

impl Commits {
    fn chunk(audio: &str, commit: bool) -> Message {
        let chunk = json!({
            "message_type": "input_audio_chunk",
            "audio_base_64": audio,
            "commit": commit,
            "sample_rate": RATE,
        });
        Message::text(chunk.to_string())
    }

    fn words(event: Event) -> Vec<Spoken> {
        let word = |word: EventWord| Spoken {
            text: word.text.trim().to_owned(),
            span: span(word.start, word.end),
            confidence: word.logprob.map_or(1.0, f32::exp),
            settled: true,
        };
        match event.words {
            Some(words) if !words.is_empty() => {
                let words = words.into_iter();
                // Between words stands what separates them, and coughs and laughter in brackets.
                words
                    .filter(|word| matches!(word.kind.as_str(), "word" | ""))
                    .map(word)
                    .collect()
            }
            _ => Spoken::line(&event.text, true),
        }
    }

    fn commit(&mut self, event: Event, said: &mut Vec<Said>) {
        let (turn, last) = (self.answered, true);
        let words = Self::words(event);
        said.push(Said::Words { turn, words, last });
        said.push(Said::Flushed(Flushed::Number(turn)));
        self.answered += 1;
    }
}

impl Wire for Commits {
    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>) {
        out.push(Self::chunk(&STANDARD.encode(pcm(samples)), false));
    }

    fn flush(&mut self, out: &mut Vec<Message>) {
        out.push(Self::chunk("", true));
    }

    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        let Ok(event) = serde_json::from_str::<Event>(text) else {
            return Ok(());
        };
        let (turn, last) = (self.answered, false);
        match event.message_type.as_str() {
            "session_started" => said.push(Said::Ready),
            "partial_transcript" => {
                let words = Spoken::line(&event.text, false);
                said.push(Said::Words { turn, words, last });
            }
            // Known in case that those with times do not come.
            "committed_transcript" => {
                let words = Spoken::line(&event.text, true);
                said.push(Said::Words { turn, words, last });
            }
            "committed_transcript_with_timestamps" => self.commit(event, said),
            // There was nothing in it.
            "commit_throttled" | "insufficient_audio_activity" => {
                said.push(Said::Flushed(Flushed::Number(turn)));
                self.answered += 1;
            }
            name @ ("auth_error"
            | "quota_exceeded"
            | "unaccepted_terms"
            | "input_error"
            | "invalid_request"
            | "chunk_size_exceeded"
            | "rate_limited"
            | "error"
            | "queue_overflow"
            | "resource_exhausted"
            | "transcriber_error"
            | "session_time_limit_exceeded") => {
                return Err(named::judge(NAME, None, &[name], None, name.to_owned()));
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
