//! Whatever a vendor sends, no parser panics, and what it makes of it is sane.

use proptest::prelude::*;

use super::super::wire::{Said, Wire};
use super::super::{Cloud, CloudSettings};
use super::kit::KINDS;
use crate::private::Private;
use crate::providers::stt::ListenRequest;

/// Messages of every vendor.
const MESSAGES: &[&str] = &[
    r#"{"type":"Begin","id":"a","expires_at":1}"#,
    r#"{"type":"Turn","turn_order":1,"turn_is_formatted":true,"end_of_turn":true,"transcript":"A b","end_of_turn_confidence":0.5,"words":[{"text":"A","start":10,"end":20,"confidence":0.5,"word_is_final":true},{"text":"b","start":20,"end":30,"confidence":1,"word_is_final":false}]}"#,
    r#"{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":1}"#,
    r#"{"type":"Error","error_code":3005,"error":"x"}"#,
    r#"{"type":"Results","start":1.5,"duration":2.5,"is_final":true,"from_finalize":true,"channel":{"alternatives":[{"transcript":"a","confidence":0.5,"words":[{"word":"a","start":1.5,"end":1.7,"confidence":0.5,"punctuated_word":"A."}]}]}}"#,
    r#"{"type":"Metadata","request_id":"a","duration":1}"#,
    r#"{"type":"Connected","request_id":"a","sequence_id":0}"#,
    r#"{"type":"TurnInfo","event":"EagerEndOfTurn","turn_index":2,"audio_window_start":1.5,"audio_window_end":2.5,"transcript":"a b","words":[{"word":"a","confidence":0.5},{"word":"b","confidence":0.5,"start":1,"end":2}],"end_of_turn_confidence":0.5,"trigger":null}"#,
    r#"{"message_type":"session_started","session_id":"a","config":{}}"#,
    r#"{"message_type":"partial_transcript","text":"a b"}"#,
    r#"{"message_type":"committed_transcript_with_timestamps","text":"a b","words":[{"text":"a","start":0.5,"end":0.6,"type":"word","logprob":-0.5},{"text":" ","start":0.6,"end":0.6,"type":"spacing"}]}"#,
    r#"{"message_type":"quota_exceeded","error":"x"}"#,
    r#"{"type":"session.updated","session":{}}"#,
    r#"{"type":"input_audio_buffer.committed","item_id":"i","previous_item_id":null}"#,
    r#"{"type":"conversation.item.input_audio_transcription.delta","item_id":"i","delta":"a b"}"#,
    r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":"a b"}"#,
    r#"{"type":"conversation.item.input_audio_transcription.failed","item_id":"i","error":{"code":"x"}}"#,
    r#"{"type":"error","error":{"type":"invalid_request_error","code":"input_audio_buffer_commit_empty"}}"#,
];

/// What may stand in the place of a value.
const VALUES: &[&str] = &[
    "null",
    "-1",
    "1e308",
    "1e999",
    "18446744073709551616",
    "0.1",
    "\"\"",
    "[]",
    "{}",
    "true",
    "[[[[]]]]",
    "\"\\ud83d\\ude00\"",
];

fn wires() -> Vec<Box<dyn Wire>> {
    let settings = || CloudSettings {
        key: Private::new(String::new()),
        base_url: "ws://localhost".to_owned(),
        model: None,
        processor: None,
    };
    let wire = |kind| {
        let cloud = Cloud::new(kind, settings());
        cloud.vendor.wire(&ListenRequest::default()).unwrap()
    };
    KINDS.into_iter().map(wire).collect()
}

/// A message in which a value is another, or of which a piece is missing.
fn damaged() -> impl Strategy<Value = String> {
    let message = prop::sample::select(MESSAGES);
    let value = prop::sample::select(VALUES);
    (
        message,
        value,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..4u8,
    )
        .prop_map(|(message, value, one, other, how)| {
            let colons: Vec<usize> = message.match_indices(':').map(|(at, _)| at + 1).collect();
            let at = colons[one.index(colons.len())];
            let rest = &message[at..];
            let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
            match how {
                0 => message.to_owned(),
                1 => message[..other.index(message.len())].to_owned(),
                _ => format!("{}{value}{}", &message[..at], &rest[end..]),
            }
        })
}

fn is_sane(said: &Said) -> bool {
    match said {
        Said::Words { words, .. } => words.iter().all(|word| {
            let day = std::time::Duration::from_secs(86_400);
            word.span.is_none_or(|(from, to)| from <= day && to <= day)
        }),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn damaged_messages_are_borne(messages in prop::collection::vec(damaged(), 1..12)) {
        for mut wire in wires() {
            let mut said = Vec::new();
            for message in &messages {
                if let Err(error) = wire.read(message, &mut said) {
                    prop_assert!(error.to_string().len() < 200);
                }
            }
            prop_assert!(said.iter().all(is_sane));
        }
    }

    #[test]
    fn any_text_is_borne(text in "\\PC{0,200}") {
        for mut wire in wires() {
            let mut said = Vec::new();
            let _ = wire.read(&text, &mut said);
            prop_assert!(said.is_empty());
        }
    }
}
