//! What the events look like on the wire.

use serde_json::{Value, json};

use super::*;
use crate::event::{Content, ItemKind, ItemStatus, Role};

fn wire(event: &ServerEvent) -> Value {
    let text = event.to_json("event_1").unwrap();
    let back: ServerEvent = serde_json::from_str(&text).unwrap();
    assert_eq!(&back, event);
    serde_json::from_str(&text).unwrap()
}

fn part() -> Arc<PartIds> {
    Arc::new(PartIds {
        response_id: "resp_1".to_owned(),
        item_id: "item_2".to_owned(),
        output_index: 0,
        content_index: 0,
    })
}

#[test]
fn a_session_is_echoed_whole_with_its_defaults() {
    let session = Session::new("sess_1", "praxiloom", "slt", 1_800_000_000);
    let event = ServerEvent::SessionCreated {
        session: Box::new(session),
    };
    assert_eq!(
        wire(&event),
        json!({
            "event_id": "event_1",
            "type": "session.created",
            "session": {
                "type": "realtime",
                "object": "realtime.session",
                "id": "sess_1",
                "model": "praxiloom",
                "instructions": "",
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": null,
                        "noise_reduction": null,
                        "turn_detection": {
                            "type": "server_vad",
                            "threshold": 0.5,
                            "prefix_padding_ms": 300,
                            "silence_duration_ms": 500,
                            "create_response": true,
                            "interrupt_response": true,
                            "idle_timeout_ms": null,
                        },
                    },
                    "output": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "voice": "slt",
                        "speed": 1.0,
                    },
                },
                "tools": [],
                "tool_choice": "auto",
                "max_output_tokens": "inf",
                "truncation": "auto",
                "tracing": null,
                "prompt": null,
                "include": null,
                "expires_at": 1_800_000_000,
            },
        })
    );
}

#[test]
fn an_item_keeps_the_keys_that_clients_need_and_omits_the_rest() {
    let item = Item {
        id: "item_1".to_owned(),
        status: ItemStatus::Completed,
        kind: ItemKind::Message {
            role: Role::User,
            content: vec![Content::InputAudio {
                audio: None,
                transcript: None,
            }],
        },
    };
    let event = ServerEvent::ItemAdded {
        previous_item_id: None,
        item: Arc::new(item),
    };
    assert_eq!(
        wire(&event),
        json!({
            "event_id": "event_1",
            "type": "conversation.item.added",
            "previous_item_id": null,
            "item": {
                "object": "realtime.item",
                "id": "item_1",
                "status": "completed",
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "transcript": null}],
            },
        })
    );
}

#[test]
fn a_part_stands_beside_its_ids_and_an_empty_event_is_only_its_type() {
    let part = ServerEvent::ContentPartAdded {
        ids: part(),
        part: Part::Audio {
            transcript: String::new(),
        },
    };
    assert_eq!(
        wire(&part),
        json!({
            "event_id": "event_1",
            "type": "response.content_part.added",
            "response_id": "resp_1",
            "item_id": "item_2",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "audio", "transcript": ""},
        })
    );
    assert_eq!(
        wire(&ServerEvent::InputCleared {}),
        json!({"event_id": "event_1", "type": "input_audio_buffer.cleared"})
    );
}

#[test]
fn an_error_omits_what_it_does_not_say() {
    let error = ErrorBody::no_active_response().for_event(Some("mine".to_owned()));
    assert_eq!(
        wire(&ServerEvent::Error { error }),
        json!({
            "event_id": "event_1",
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "code": "response_cancel_not_active",
                "message": "Cancellation failed: no active response found.",
                "event_id": "mine",
            },
        })
    );
}
