//! The parser survives whatever arrives, events survive the wire, a change applied twice is the
//! change applied once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use signaling::event::{
    ClientEventKind, Content, ErrorBody, Item, ItemKind, ItemStatus, Part, Role, ServerEvent,
    Session, TranscriptionUsage, own, parse,
};
use signaling::link::PartIds;

/// Words of the protocol, so that mutations meet more than the first branch.
const WORDS: &[&str] = &[
    "type",
    "session",
    "realtime",
    "session.update",
    "audio",
    "input",
    "output",
    "format",
    "audio/pcm",
    "rate",
    "turn_detection",
    "server_vad",
    "semantic_vad",
    "threshold",
    "voice",
    "tools",
    "function",
    "name",
    "item",
    "message",
    "role",
    "user",
    "content",
    "input_text",
    "text",
    "input_audio",
    "transcript",
    "conversation.item.create",
    "response.create",
    "response",
    "metadata",
    "conversation",
    "input_audio_buffer.append",
    "event_id",
    "item_id",
    "conversation.item.truncate",
    "content_index",
    "audio_end_ms",
    "max_output_tokens",
    "inf",
    "output_modalities",
    "truncation",
    "retention_ratio",
    "AAAA",
    "id",
    "item_reference",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![8 => proptest::sample::select(WORDS).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0i64..5000).prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((word(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Decimals of at most fifteen digits, which JSON text keeps exactly.
fn thousandths(range: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = f64> {
    range.prop_map(|number| f64::from(number) / 1000.0)
}

/// A partial session in which every field is absent, cleared or set to something allowed.
fn change() -> impl Strategy<Value = Value> {
    let detection = prop_oneof![
        Just(Value::Null),
        Just(json!({"type": "semantic_vad"})),
        Just(json!({"type": "semantic_vad", "eagerness": "low", "interrupt_response": false})),
        (thousandths(0..=1000), 0u32..5000).prop_map(|(threshold, padding)| json!({
            "type": "server_vad", "threshold": threshold, "prefix_padding_ms": padding,
        })),
        (0u32..10_000).prop_map(|silence| json!({"silence_duration_ms": silence})),
        Just(json!({"idle_timeout_ms": 6000})),
    ];
    let transcription = prop_oneof![
        Just(Value::Null),
        Just(json!({"model": "whisper-1"})),
        Just(json!({"language": "fi", "prompt": null})),
    ];
    let field = |value: BoxedStrategy<Value>| option::of(prop_oneof![Just(Value::Null), value]);
    (
        field(".{0,20}".prop_map(Value::from).boxed()),
        field(prop_oneof![Just(json!(["audio"])), Just(json!(["text"]))].boxed()),
        field((1u32..=4096).prop_map(Value::from).boxed()),
        field(detection.boxed()),
        field(transcription.boxed()),
        field(thousandths(250..=1500).prop_map(Value::from).boxed()),
        field("[a-z]{1,8}".prop_map(Value::from).boxed()),
        field(Just(json!([{"type": "function", "name": "look"}])).boxed()),
        field(Just(json!(["praxiloom.events"])).boxed()),
    )
        .prop_map(
            |(words, modality, tokens, detection, transcription, speed, voice, tools, include)| {
                let object = |fields: Vec<(&str, Option<Value>)>| {
                    let given = fields
                        .into_iter()
                        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
                    Value::Object(given.collect())
                };
                let input = object(vec![
                    ("turn_detection", detection),
                    ("transcription", transcription),
                ]);
                let output = object(vec![("speed", speed), ("voice", voice)]);
                object(vec![
                    ("type", Some(json!("realtime"))),
                    ("instructions", words),
                    ("output_modalities", modality),
                    ("max_output_tokens", tokens),
                    ("tools", tools),
                    ("include", include),
                    ("audio", Some(json!({"input": input, "output": output}))),
                ])
            },
        )
}

fn server_event() -> impl Strategy<Value = ServerEvent> {
    let part = || {
        (".{0,8}", ".{0,8}", any::<u32>(), any::<u32>()).prop_map(
            |(response_id, item_id, output_index, content_index)| {
                Arc::new(PartIds {
                    response_id,
                    item_id,
                    output_index,
                    content_index,
                })
            },
        )
    };
    let content = prop_oneof![
        ".*".prop_map(|text| Content::OutputText { text }),
        (option::of(vec(any::<u8>(), 0..40)), option::of(".*")).prop_map(|(audio, transcript)| {
            Content::OutputAudio {
                audio: audio.map(Into::into),
                transcript,
            }
        }),
        option::of(".*").prop_map(|transcript| Content::InputAudio {
            audio: None,
            transcript
        }),
    ];
    let item = prop_oneof![
        vec(content, 0..3).prop_map(|content| ItemKind::Message {
            role: Role::Assistant,
            content
        }),
        (".*", ".*", ".*").prop_map(|(name, call_id, arguments)| {
            ItemKind::FunctionCall {
                name,
                call_id,
                arguments,
            }
        }),
    ];
    prop_oneof![
        (part(), ".*").prop_map(|(ids, delta)| ServerEvent::OutputTranscriptDelta { ids, delta }),
        (part(), ".*").prop_map(|(ids, transcript)| ServerEvent::ContentPartDone {
            ids,
            part: Part::Audio { transcript }
        }),
        (option::of(".*"), ".*", item).prop_map(|(previous_item_id, id, kind)| {
            let item = Arc::new(Item {
                id,
                status: ItemStatus::InProgress,
                kind,
            });
            ServerEvent::ItemAdded {
                previous_item_id,
                item,
            }
        }),
        (".*", ".*", thousandths(0..=1_000_000)).prop_map(|(item_id, transcript, seconds)| {
            ServerEvent::TranscriptionCompleted {
                item_id,
                content_index: 0,
                transcript,
                usage: TranscriptionUsage::Duration { seconds },
                logprobs: None,
            }
        }),
        (".*", option::of(".*")).prop_map(|(message, event_id)| ServerEvent::Error {
            error: ErrorBody::server("trouble", message).for_event(event_id)
        }),
        (".*", any::<u64>(), ".*").prop_map(|(item_id, audio_ms, transcript)| {
            ServerEvent::Heard(own::Heard {
                item_id,
                content_index: 0,
                audio_ms,
                transcript,
            })
        }),
        change().prop_map(|change| {
            let session = merged(&Session::new("sess_1", "m", "v", 1), &change);
            ServerEvent::SessionUpdated {
                session: Box::new(session),
            }
        }),
    ]
}

fn merged(session: &Session, change: &Value) -> Session {
    let event = json!({"type": "session.update", "session": change}).to_string();
    match parse(&event).unwrap().kind {
        ClientEventKind::SessionUpdate(update) => session.merged(&update, false).unwrap(),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_an_event_or_an_error(bytes in vec(any::<u8>(), 0..400)) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_json_under_any_type_is_an_event_or_an_error(
        kind in word(), key in word(), value in any_json(), more in any_json(),
    ) {
        let mut event = json!({"type": kind, "session": value, "item": more, "response": value});
        let _ = parse(&event.to_string());
        event[key] = more;
        let _ = parse(&event.to_string());
    }

    #[test]
    fn a_damaged_event_is_an_event_or_an_error(
        change in change(), at in any::<proptest::sample::Index>(), with in any::<char>(),
    ) {
        let event = json!({"type": "session.update", "session": change}).to_string();
        let mut chars: Vec<char> = event.chars().collect();
        let at = at.index(chars.len());
        chars[at] = with;
        let _ = parse(&chars.iter().collect::<String>());
        chars.truncate(at);
        let _ = parse(&chars.iter().collect::<String>());
    }

    #[test]
    fn server_events_survive_the_wire(event in server_event()) {
        let text = event.to_json("event_1").unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&value["event_id"], "event_1");
        prop_assert_eq!(serde_json::from_str::<ServerEvent>(&text).unwrap(), event);
    }

    #[test]
    fn a_change_twice_is_the_change_once(first in change(), second in change()) {
        let session = merged(&Session::new("sess_1", "m", "v", 1), &first);
        let once = merged(&session, &second);
        prop_assert_eq!(merged(&once, &second), once);
    }

    #[test]
    fn what_is_echoed_can_be_sent_back(first in change()) {
        let session = merged(&Session::new("sess_1", "m", "v", 1), &first);
        let echoed = serde_json::to_value(&session).unwrap();
        prop_assert_eq!(merged(&session, &echoed), session);
    }
}
