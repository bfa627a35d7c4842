//! Deepgram Flux: `GET /v2/listen`, PCM in binary frames, turns with a judgement of their end.
//!
//! Every `TurnInfo` replaces the one with the same `turn_index`. The words of an early end of turn
//! are those of the end, unless the turn resumes. Times are seconds of the sound of the connection.

use std::time::Duration;

use serde::Deserialize;
use tokio_tungstenite::tungstenite::Message;

use super::CloudSettings;
use super::deepgram::authorization;
use super::wire::{
    ALIVE, Habits, Keeps, LATE, RATE, Said, Spoken, Vendor, Wire, formatted, language, pcm,
    seconds, span, spread_evenly,
};
use crate::providers::socket::{Dial, address};
use crate::providers::stt::ListenRequest;
use crate::providers::term::reason;
use crate::providers::{EngineInfo, ProviderError, named};

/// Its name in the configuration.
pub(super) const NAME: &str = "deepgram-flux";

/// The vendor.
pub(super) struct Flux {
    settings: CloudSettings,
}

impl Flux {
    /// With this account.
    pub const fn new(settings: CloudSettings) -> Self {
        Self { settings }
    }
}

impl Vendor for Flux {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("Deepgram"),
            note: "Deepgram Flux listens, as you speak, and tells when you have finished."
                .to_owned(),
        }
    }

    fn model(&self, request: &ListenRequest) -> String {
        let usual = match language(request) {
            None => "flux-general-en",
            Some(_) => "flux-general-multi",
        };
        let model = self.settings.model.clone();
        model.unwrap_or_else(|| usual.to_owned())
    }

    fn habits(&self) -> Habits {
        Habits {
            chunk: RATE as usize * 80 / 1000,
            least: 1,
            speech_only: false,
            pace: 1.25,
            hold: Duration::from_millis(400),
            // Ending its turn by request would take its judgement away.
            flushes: false,
            alive: ALIVE,
            quiet: Duration::from_millis(1200),
            late: LATE,
            confirms: true,
            keeps: Keeps::Silence(Duration::from_secs(3)),
            greets: true,
            counts_time: true,
        }
    }

    fn dial(&self, request: &ListenRequest) -> Dial {
        let mut query = vec![
            ("model", self.model(request)),
            ("encoding", "linear16".to_owned()),
            ("sample_rate", RATE.to_string()),
            ("eager_eot_threshold", "0.5".to_owned()),
            ("eot_threshold", "0.7".to_owned()),
            // Nobody's session is to train anything.
            ("mip_opt_out", "true".to_owned()),
        ];
        query.extend(language(request).map(|language| ("language_hint", language.to_owned())));
        query.extend(request.expect.iter().map(|term| ("keyterm", term.clone())));
        Dial {
            engine: NAME,
            url: address(&self.settings.base_url, "/v2/listen", &query),
            headers: vec![authorization(&self.settings)],
            within: Duration::from_secs(4),
        }
    }

    fn wire(&self, _: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        Ok(Box::new(Turns))
    }
}

/// The wire.
struct Turns;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    Connected,
    TurnInfo(Box<TurnInfo>),
    Error {
        code: Option<String>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct TurnInfo {
    event: String,
    turn_index: u64,
    #[serde(default)]
    audio_window_start: f64,
    #[serde(default)]
    audio_window_end: f64,
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    words: Vec<TurnWord>,
    #[serde(default)]
    end_of_turn_confidence: f32,
    trigger: Option<String>,
}

#[derive(Deserialize)]
struct TurnWord {
    word: String,
    #[serde(default)]
    confidence: f32,
    start: Option<f64>,
    end: Option<f64>,
}

fn turn(info: TurnInfo, said: &mut Vec<Said>) {
    let last = info.event == "EndOfTurn";
    let over = last || info.event == "EagerEndOfTurn";
    let shown = formatted(&info.transcript, info.words.len());
    let word = |(index, word): (usize, TurnWord)| Spoken {
        text: match &shown {
            Some(shown) => shown[index].to_owned(),
            None => word.word,
        },
        span: span(word.start, word.end),
        confidence: word.confidence,
        settled: last,
    };
    let mut words: Vec<Spoken> = info.words.into_iter().enumerate().map(word).collect();
    let window = span(Some(info.audio_window_start), Some(info.audio_window_end));
    if let Some((from, to)) = window {
        spread_evenly(&mut words, from, to);
    }
    let turn = info.turn_index;
    said.push(Said::Words { turn, words, last });
    if let Some(to) = seconds(info.audio_window_end) {
        said.push(if over {
            Said::Settled(to)
        } else {
            Said::Seen(to)
        });
    }
    // An end by silence alone is what the session finds by itself.
    let by_model = info.trigger.is_none_or(|trigger| trigger == "model");
    if over && by_model {
        said.push(Said::EndOfTurn(info.end_of_turn_confidence));
    }
}

impl Wire for Turns {
    fn audio(&mut self, samples: &[i16], out: &mut Vec<Message>) {
        out.push(Message::binary(pcm(samples)));
    }

    fn finish(&mut self, out: &mut Vec<Message>) {
        out.push(Message::text(r#"{"type":"CloseStream"}"#));
    }

    fn read(&mut self, text: &str, said: &mut Vec<Said>) -> Result<(), ProviderError> {
        match serde_json::from_str(text) {
            Ok(Event::Connected) => said.push(Said::Ready),
            Ok(Event::TurnInfo(info)) => turn(*info, said),
            Ok(Event::Error { code }) => {
                let code = code.unwrap_or_default();
                let told = reason(&code).to_owned();
                return Err(named::judge(NAME, None, &[&code], None, told));
            }
            Ok(Event::Other) | Err(_) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(event: &str, trigger: Option<&str>, times: bool) -> Vec<Said> {
        let word = |text: &str, at: f64| match times {
            true => json!({"word": text, "confidence": 0.9, "start": at, "end": at + 0.2}),
            false => json!({"word": text, "confidence": 0.9}),
        };
        let info = json!({"type": "TurnInfo", "request_id": "r", "sequence_id": 4, "event": event,
            "turn_index": 2, "audio_window_start": 1.0, "audio_window_end": 2.0,
            "transcript": "What now?", "words": [word("what", 1.2), word("now", 1.6)],
            "end_of_turn_confidence": 0.75, "trigger": trigger});
        let mut said = Vec::new();
        Turns.read(&info.to_string(), &mut said).unwrap();
        said
    }

    #[test]
    fn an_end_of_turn_settles_its_words_and_hints() {
        let said = read("Update", None, true);
        let seen = Said::Seen(Duration::from_secs(2));
        assert!(matches!(&said[..], [Said::Words { last: false, .. }, end] if *end == seen));
        let said = read("EagerEndOfTurn", None, true);
        assert!(matches!(
            said[..],
            [
                Said::Words { last: false, .. },
                Said::Settled(_),
                Said::EndOfTurn(0.75)
            ]
        ));
        let said = read("EndOfTurn", Some("model"), true);
        let Said::Words {
            words,
            last: true,
            turn: 2,
        } = &said[0]
        else {
            panic!("{said:?}")
        };
        assert_eq!(words[1].text, "now?");
        assert_eq!(said[2], Said::EndOfTurn(0.75));
        let said = read("EndOfTurn", Some("timeout"), true);
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn an_error_without_a_code_says_so() {
        let error = |json: serde_json::Value| {
            let read = Turns.read(&json.to_string(), &mut Vec::new());
            read.unwrap_err().to_string()
        };
        assert_eq!(
            error(json!({"type": "Error", "description": "letters"})),
            "deepgram-flux is unavailable: it gave no reason"
        );
        assert_eq!(
            error(json!({"type": "Error", "code": "INTERNAL", "description": "letters"})),
            "deepgram-flux is unavailable: INTERNAL"
        );
    }

    #[test]
    fn words_without_times_share_the_window() {
        let said = read("Update", None, false);
        let Said::Words { words, .. } = &said[0] else {
            panic!("{said:?}")
        };
        let half = Duration::from_millis(1500);
        assert_eq!(words[0].span, Some((Duration::from_secs(1), half)));
        assert_eq!(words[1].span, Some((half, Duration::from_secs(2))));
    }
}
