//! AssemblyAI Universal-Streaming v3: `GET /v3/ws`, PCM in binary frames, turns in JSON.
//!
//! Every `Turn` replaces the one with the same `turn_order`. With `format_turns` the end of a turn
//! may come twice, bare and then formatted; the formatted one is final. A turn is ended at once by
//! `ForceEndpoint`. Times are milliseconds of the sound of the connection.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::CloudSettings;
use super::wire::{
    ALIVE, Flushed, Habits, Keeps, LATE, RATE, Said, Spoken, Vendor, Wire, closed, closing,
    formatted, language, pcm, span,
};
use crate::providers::socket::{Dial, address, rejected, unusable};
use crate::providers::stt::ListenRequest;
use crate::providers::{EngineInfo, ProviderError};

/// Its name in the configuration.
pub(super) const NAME: &str = "assemblyai";

/// The vendor.
pub(super) struct AssemblyAi {
    settings: CloudSettings,
}

impl AssemblyAi {
    /// With this account.
    pub const fn new(settings: CloudSettings) -> Self {
        Self { settings }
    }
}

impl Vendor for AssemblyAi {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("AssemblyAI"),
            note: "AssemblyAI listens, as you speak.".to_owned(),
        }
    }

    fn model(&self, request: &ListenRequest) -> String {
        let usual = match language(request) {
            None => "universal-streaming-english",
            Some(_) => "universal-streaming-multilingual",
        };
        self.settings
            .model
            .clone()
            .unwrap_or_else(|| usual.to_owned())
    }

    fn habits(&self) -> Habits {
        Habits {
            // It takes 50 to 1000 ms at a time, and not faster than it sounds.
            chunk: RATE as usize / 10,
            least: RATE as usize / 20,
            speech_only: false,
            pace: 1.0,
            hold: Duration::from_millis(500),
            flushes: true,
            alive: ALIVE,
            quiet: Duration::from_millis(1200),
            late: LATE,
            // Of noise that it takes for no speech it says nothing.
            confirms: false,
            keeps: Keeps::Message(Duration::from_secs(5)),
            greets: true,
            counts_time: true,
        }
    }

    fn dial(&self, request: &ListenRequest) -> Dial {
        let mut query = vec![
            ("sample_rate", RATE.to_string()),
            ("encoding", "pcm_s16le".to_owned()),
            ("speech_model", self.model(request)),
            ("format_turns", "true".to_owned()),
        ];
        if !request.expect.is_empty() {
            query.push(("keyterms_prompt", json!(request.expect).to_string()));
        }
        Dial {
            engine: NAME,
            url: address(&self.settings.base_url, "/v3/ws", &query),
            headers: vec![("authorization", self.settings.key.clone())],
            within: Duration::from_secs(4),
        }
    }

    fn wire(&self, _: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        Ok(Box::<Turns>::default())
    }
}

/// The wire.
#[derive(Default)]
struct Turns {
    /// A turn was ended by request, so that its end says nothing about the speaker.
    forced: bool,
    /// The latest turn whose end came, formatted or not.
    ended: Option<u64>,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    Begin,
    Turn(Turn),
    Termination,
    Error {
        error_code: Option<u16>,
        #[serde(default)]
        error: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Turn {
    turn_order: u64,
    #[serde(default)]
    turn_is_formatted: bool,
    #[serde(default)]
    end_of_turn: bool,
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    end_of_turn_confidence: f32,
    #[serde(default)]
    words: Vec<TurnWord>,
}

#[derive(Deserialize)]
struct TurnWord {
    text: String,
    start: Option<f64>,
    end: Option<f64>,
    #[serde(default)]
    confidence: f32,
    #[serde(default)]
    word_is_final: bool,
}

impl Turns {
    fn turn(&mut self, turn: Turn, said: &mut Vec<Said>) {
        let last = turn.end_of_turn && turn.turn_is_formatted;
        let shown = formatted(&turn.transcript, turn.words.len()).filter(|_| last);
        let word = |(index, word): (usize, TurnWord)| Spoken {
            text: match &shown {
                Some(shown) => shown[index].to_owned(),
                None => word.text,
            },
            span: span(
                word.start.map(|ms| ms / 1000.0),
                word.end.map(|ms| ms / 1000.0),
            ),
            confidence: word.confidence,
            settled: word.word_is_final || turn.end_of_turn,
        };
        let words: Vec<Spoken> = turn.words.into_iter().enumerate().map(word).collect();
        let ends = words.iter().filter_map(|word| word.span);
        let end = ends.map(|(_, end)| end).max();
        let (number, is_empty) = (turn.turn_order, words.is_empty());
        said.push(Said::Words {
            turn: number,
            words,
            last,
        });
        if turn.end_of_turn && self.ended != Some(number) {
            self.ended = Some(number);
            match std::mem::take(&mut self.forced) {
                false => said.push(Said::EndOfTurn(turn.end_of_turn_confidence)),
                // No time says what it answers.
                true if is_empty => said.push(Said::Flushed(Flushed::Oldest)),
                true => {}
            }
        }
        // Which request ended it, if one did, is not said: what was asked for since is still to come.
        said.extend(end.filter(|_| last).map(Said::Settled));
    }
}

impl Wire for Turns {
    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>) {
        out.push(Message::binary(pcm(samples)));
    }

    fn flush(&mut self, out: &mut Vec<Message>) {
        self.forced = true;
        out.push(Message::text(r#"{"type":"ForceEndpoint"}"#));
    }

    fn keep_alive(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"KeepAlive"}"#));
    }

    fn finish(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"Terminate"}"#));
    }

    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        match serde_json::from_str(text) {
            Ok(Event::Begin) => said.push(Said::Ready),
            Ok(Event::Turn(turn)) => self.turn(turn, said),
            Ok(Event::Termination) => said.push(Said::Over),
            Ok(Event::Error { error_code, error }) => {
                let code = error_code.unwrap_or(3005);
                let known = self.closed(code);
                return Err(known.unwrap_or_else(|| closed(NAME, code, &error)));
            }
            Ok(Event::Other) | Err(_) => {}
        }
        Ok(())
    }

    fn closed(&self, code: u16) -> Option<ProviderError> {
        Some(match code {
            // Key, money, account: older names of 1008.
            4001..=4003 => unusable(NAME, closing(code)),
            // What was sent cannot be read, or has parameters that it does not know.
            3006 | 4000 | 4100..=4103 => rejected(NAME, closing(code)),
            3009 | 4029 => ProviderError::Limited {
                engine: NAME.to_owned(),
                retry_after: None,
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
