//! What a server's message is, read no further than the load needs: sound is measured and not
//! decoded, all else is parsed for a few fields.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Sound beyond this (−60 dB of full scale) can be heard.
const SOUND: u32 = 33;
/// Base64 characters that are looked at in one place: 24 samples.
const PROBE: usize = 64;
/// How many places of a message are looked at.
const PROBES: usize = 6;

/// A server's message.
#[derive(Debug, PartialEq)]
pub enum Heard<'a> {
    /// Sound of a response (WebSocket).
    Audio {
        /// The item that it belongs to.
        item_id: &'a str,
        /// Samples in it.
        samples: usize,
        /// Whether it can be heard.
        loud: bool,
    },
    /// Something else.
    Event(Event),
}

/// The events that matter, from `type`.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The session has begun.
    Created {
        /// Its name.
        session: String,
    },
    /// It is set up as asked.
    Updated,
    /// The server takes what it hears for speech of the coach.
    SpeechStarted,
    /// A response was begun.
    Answering,
    /// A response was made.
    Answered,
    /// An error; its code.
    Error(String),
    /// Anything else.
    Other,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
    session: Option<Named>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Failure {
    code: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads a message; what is no event is [`Event::Other`].
#[must_use]
pub fn scan(text: &str) -> Heard<'_> {
    audio(text).unwrap_or_else(|| Heard::Event(event(text)))
}

fn audio(text: &str) -> Option<Heard<'_>> {
    let head = text.get(..text.floor_char_boundary(512))?;
    let named = [
        "\"response.output_audio.delta\"",
        "\"response.audio.delta\"",
    ];
    named.iter().find(|name| head.contains(**name))?;
    let delta = field(text, "\"delta\":")?;
    let padding = delta.bytes().rev().take_while(|byte| *byte == b'=').count();
    Some(Heard::Audio {
        item_id: field(head, "\"item_id\":").unwrap_or_default(),
        samples: (delta.len() / 4 * 3).saturating_sub(padding) / 2,
        loud: loud(delta),
    })
}

/// The text after a name, up to its closing quote: for values that hold no quote themselves.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let from = text.find(name)? + name.len();
    let value = text.get(from..)?.trim_start().strip_prefix('"')?;
    value.split('"').next()
}

/// Looks at some places of base64 alone.
fn loud(delta: &str) -> bool {
    let quads = delta.len() / 4;
    let probe = PROBE / 4;
    let mut bytes = [0; PROBE / 4 * 3];
    (0..PROBES).any(|place| {
        let from = quads.saturating_sub(probe) * place / (PROBES - 1);
        // A sample is two bytes and a quad three: every second quad begins with a whole sample.
        let from = from / 2 * 2;
        let piece = delta.get(from * 4..(from + probe).min(quads) * 4);
        let decoded = piece.and_then(|piece| STANDARD.decode_slice(piece, &mut bytes).ok());
        let (samples, _) = bytes[..decoded.unwrap_or(0)].as_chunks();
        samples
            .iter()
            .any(|sample| u32::from(i16::from_le_bytes(*sample).unsigned_abs()) > SOUND)
    })
}

fn event(text: &str) -> Event {
    let Ok(message) = serde_json::from_str::<Message<'_>>(text) else {
        return Event::Other;
    };
    match message.kind.as_ref() {
        "session.created" => Event::Created {
            session: message
                .session
                .map(|session| session.id)
                .unwrap_or_default(),
        },
        "session.updated" => Event::Updated,
        "input_audio_buffer.speech_started" => Event::SpeechStarted,
        "response.created" => Event::Answering,
        "response.done" => Event::Answered,
        "error" => {
            let code = message.error.and_then(|error| error.code.or(error.kind));
            Event::Error(code.unwrap_or_else(|| "unnamed".to_owned()))
        }
        _ => Event::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(samples: &[i16], spaced: bool) -> String {
        let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let delta = STANDARD.encode(bytes);
        if spaced {
            format!(
                r#"{{"event_id": "e", "type": "response.output_audio.delta", "item_id": "item_1", "delta": "{delta}"}}"#
            )
        } else {
            format!(
                r#"{{"type":"response.output_audio.delta","item_id":"item_1","delta":"{delta}"}}"#
            )
        }
    }

    #[test]
    fn sound_is_measured() {
        for spaced in [false, true] {
            for length in [1, 2, 3, 479, 480, 4800] {
                for loud in [false, true] {
                    let text = delta(&vec![if loud { 900 } else { 20 }; length], spaced);
                    let (item_id, samples) = ("item_1", length);
                    let expected = Heard::Audio {
                        item_id,
                        samples,
                        loud: loud && length > 1,
                    };
                    // A lone sample fills no quad that could be looked at.
                    let heard = scan(&text);
                    if length > 1 {
                        assert_eq!(heard, expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_frame_that_is_half_silent_can_be_heard() {
        let mut samples = [0; 480];
        samples[300..].fill(2000);
        assert!(matches!(
            scan(&delta(&samples, false)),
            Heard::Audio { loud: true, .. }
        ));
    }

    #[test]
    fn events_are_known_by_their_type() {
        let of = |text| match scan(text) {
            Heard::Event(event) => event,
            Heard::Audio { .. } => panic!("sound"),
        };
        assert_eq!(
            of(r#"{"session":{"type":"realtime","id":"sess_1"},"type":"session.created"}"#),
            Event::Created {
                session: "sess_1".to_owned()
            }
        );
        let error = r#"{"type":"error","error":{"type":"server_error","code":null}}"#;
        assert_eq!(of(error), Event::Error("server_error".to_owned()));
        assert_eq!(of(r#"{"type":"response.done"}"#), Event::Answered);
        assert_eq!(of(r#"{"type":"rate_limits.updated"}"#), Event::Other);
        assert_eq!(of("nonsense"), Event::Other);
    }
}
