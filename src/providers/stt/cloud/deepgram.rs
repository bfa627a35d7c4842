//! Deepgram listen v1: `GET /v1/listen`, PCM in binary frames, results in JSON.
//!
//! A result that is not final repeats the stretch of the one before; a final one freezes it.
//! `Finalize` brings the final words of all sound so far. Times are seconds of the sound of the
//! connection.

use std::time::Duration;

use serde::Deserialize;
use tokio_tungstenite::tungstenite::Message;

use super::CloudSettings;
use super::wire::{
    ALIVE, Flushed, Habits, Keeps, LATE, RATE, Said, Spoken, Vendor, Wire, language, pcm, seconds,
    span,
};
use crate::private::Private;
use crate::providers::socket::{Dial, address, rejected};
use crate::providers::stt::ListenRequest;
use crate::providers::{EngineInfo, ProviderError};

/// Its name in the configuration.
pub(super) const NAME: &str = "deepgram";

/// The vendor.
pub(super) struct Deepgram {
    settings: CloudSettings,
}

impl Deepgram {
    /// With this account.
    pub const fn new(settings: CloudSettings) -> Self {
        Self { settings }
    }
}

/// The header that says whose account it is.
pub(super) fn authorization(settings: &CloudSettings) -> (&'static str, Private<String>) {
    let token = format!("Token {}", settings.key.expose());
    ("authorization", Private::new(token))
}

impl Vendor for Deepgram {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("Deepgram"),
            note: "Deepgram listens, as you speak.".to_owned(),
        }
    }

    fn model(&self, _: &ListenRequest) -> String {
        let model = self.settings.model.clone();
        model.unwrap_or_else(|| "nova-3".to_owned())
    }

    fn habits(&self) -> Habits {
        Habits {
            chunk: RATE as usize / 10,
            least: 1,
            speech_only: false,
            pace: 1.25,
            hold: Duration::ZERO,
            flushes: true,
            alive: ALIVE,
            quiet: Duration::from_millis(1500),
            late: LATE,
            confirms: true,
            // It closes after ten seconds without a word from us, and with nothing but `KeepAlive`
            // as long as it had no sound to answer.
            keeps: Keeps::MessageOnceHeard(Duration::from_secs(4)),
            greets: false,
            // A second at least, even without sound.
            counts_time: true,
        }
    }

    fn dial(&self, request: &ListenRequest) -> Dial {
        let mut query = vec![
            ("model", self.model(request)),
            ("language", language(request).unwrap_or("en").to_owned()),
            ("encoding", "linear16".to_owned()),
            ("sample_rate", RATE.to_string()),
            ("channels", "1".to_owned()),
            ("interim_results", "true".to_owned()),
            ("smart_format", "true".to_owned()),
            ("endpointing", "300".to_owned()),
            // Nobody's session is to train anything.
            ("mip_opt_out", "true".to_owned()),
        ];
        query.extend(request.expect.iter().map(|term| ("keyterm", term.clone())));
        Dial {
            engine: NAME,
            url: address(&self.settings.base_url, "/v1/listen", &query),
            headers: vec![authorization(&self.settings)],
            within: Duration::from_secs(4),
        }
    }

    fn wire(&self, _: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        Ok(Box::<Results>::default())
    }
}

/// The wire.
#[derive(Default)]
struct Results {
    /// Stretches that are final, which are its turns here.
    turn: u64,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    Results(Box<Heard>),
    Metadata,
    Error,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Heard {
    start: f64,
    duration: f64,
    #[serde(default)]
    is_final: bool,
    #[serde(default)]
    from_finalize: bool,
    channel: Channel,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default)]
    words: Vec<ResultWord>,
}

#[derive(Deserialize)]
struct ResultWord {
    word: String,
    punctuated_word: Option<String>,
    start: Option<f64>,
    end: Option<f64>,
    #[serde(default)]
    confidence: f32,
}

impl Results {
    fn result(&mut self, result: Heard, said: &mut Vec<Said>) {
        let settled = result.is_final;
        let word = |word: ResultWord| Spoken {
            text: word.punctuated_word.unwrap_or(word.word),
            span: span(word.start, word.end),
            confidence: word.confidence,
            settled,
        };
        let best = result.channel.alternatives.into_iter().next();
        let words = best.into_iter().flat_map(|best| best.words);
        said.push(Said::Words {
            turn: self.turn,
            words: words.map(word).collect(),
            // More of the sentence may follow.
            last: false,
        });
        self.turn += u64::from(settled);
        if let Some(to) = seconds(result.start + result.duration) {
            said.push(if settled {
                Said::Settled(to)
            } else {
                Said::Seen(to)
            });
            if result.from_finalize {
                said.push(Said::Flushed(Flushed::To(to)));
            }
        }
    }
}

impl Wire for Results {
    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>) {
        // An empty frame would end the stream.
        if !samples.is_empty() {
            out.push(Message::binary(pcm(samples)));
        }
    }

    fn flush(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"Finalize"}"#));
    }

    fn keep_alive(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"KeepAlive"}"#));
    }

    fn finish(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"CloseStream"}"#));
    }

    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        match serde_json::from_str(text) {
            Ok(Event::Results(result)) => self.result(*result, said),
            // It comes at the end.
            Ok(Event::Metadata) => said.push(Said::Over),
            Ok(Event::Error) => {
                return Err(rejected(NAME, "it did not understand a message".to_owned()));
            }
            Ok(Event::Other) | Err(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
