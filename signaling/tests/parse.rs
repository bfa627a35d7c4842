//! What clients send becomes events, and what is wrong with it is named precisely.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signaling::event::audio::{AudioFormat, Voice};
use signaling::event::parse::{MAX_APPEND, MAX_CONTROL};
use signaling::event::session::{MaxTokens, Modality};
use signaling::event::{
    ClientEventKind, Content, InputItem, ItemKind, Place, Role, parse, parse_session,
};

fn kind(event: Value) -> ClientEventKind {
    parse(&event.to_string()).unwrap().kind
}

#[test]
fn every_event_of_the_protocol_is_known() {
    let id = "item_1".to_owned();
    assert_eq!(
        kind(json!({"type": "input_audio_buffer.commit"})),
        ClientEventKind::CommitInput
    );
    assert_eq!(
        kind(json!({"type": "input_audio_buffer.clear"})),
        ClientEventKind::ClearInput
    );
    assert_eq!(
        kind(json!({"type": "output_audio_buffer.clear"})),
        ClientEventKind::ClearOutput
    );
    assert_eq!(
        kind(json!({"type": "conversation.item.retrieve", "item_id": "item_1"})),
        ClientEventKind::RetrieveItem {
            item_id: id.clone()
        }
    );
    assert_eq!(
        kind(json!({"type": "conversation.item.delete", "item_id": "item_1"})),
        ClientEventKind::DeleteItem {
            item_id: id.clone()
        }
    );
    assert_eq!(
        kind(
            json!({"type": "conversation.item.truncate", "item_id": "item_1",
            "content_index": 0, "audio_end_ms": 1500})
        ),
        ClientEventKind::TruncateItem {
            item_id: id.clone(),
            content_index: 0,
            audio_end_ms: 1500
        }
    );
    assert_eq!(
        kind(json!({"type": "response.cancel"})),
        ClientEventKind::CancelResponse { response_id: None }
    );
    assert_eq!(
        kind(json!({"type": "response.create"})),
        ClientEventKind::CreateResponse(Box::default())
    );
    assert_eq!(
        kind(json!({"type": "session.update", "session": {"type": "realtime"}})),
        ClientEventKind::SessionUpdate(Box::default())
    );
    assert_eq!(
        kind(json!({"type": "praxiloom.turn.hold", "item_id": "item_1"})),
        ClientEventKind::HoldTurn {
            item_id: id.clone()
        }
    );
    assert_eq!(
        kind(json!({"type": "praxiloom.turn.correct", "item_id": "item_1", "transcript": "yes"})),
        ClientEventKind::CorrectTurn {
            item_id: id.clone(),
            transcript: "yes".to_owned()
        }
    );
    assert_eq!(
        kind(json!({"type": "praxiloom.turn.release", "item_id": "item_1"})),
        ClientEventKind::ReleaseTurn { item_id: id }
    );
}

#[test]
fn sound_is_decoded_however_its_text_is_written() {
    let bytes: Vec<u8> = (0..=255).collect();
    let text = STANDARD.encode(&bytes);
    let wanted = ClientEventKind::AppendInput(bytes.into());
    let plain = format!(r#"{{"type":"input_audio_buffer.append","audio":"{text}"}}"#);
    let escaped = plain.replace('/', "\\/");
    let bare = plain.replace('=', "");
    let reordered =
        format!(r#" {{ "audio" : "{text}" , "new":[1], "type":"input_audio_buffer.append"}} "#);
    for message in [plain, escaped, bare, reordered] {
        assert_eq!(parse(&message).unwrap().kind, wanted, "{message}");
    }
}

#[test]
fn an_item_has_its_place_and_the_content_of_its_role() {
    let event = json!({
        "type": "conversation.item.create",
        "event_id": "mine",
        "previous_item_id": "root",
        "item": {
            "id": "own_1",
            "object": "realtime.item",
            "type": "message",
            "role": "user",
            "new_in_the_api": {"x": 1},
            "content": [
                {"type": "input_text", "text": "moi"},
                {"type": "input_audio", "audio": "AAAA", "transcript": null},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            ],
        },
    });
    let event = parse(&event.to_string()).unwrap();
    assert_eq!(event.event_id.as_deref(), Some("mine"));
    let ClientEventKind::CreateItem { item, place } = event.kind else {
        panic!("{event:?}")
    };
    assert_eq!(place, Place::Front);
    assert_eq!(item.id.as_deref(), Some("own_1"));
    let content = vec![
        Content::InputText {
            text: "moi".to_owned(),
        },
        Content::InputAudio {
            audio: Some(vec![0; 3].into()),
            transcript: None,
        },
        Content::InputImage {
            image_url: "data:image/png;base64,AAAA".to_owned(),
            detail: None,
        },
    ];
    assert_eq!(
        item.kind,
        ItemKind::Message {
            role: Role::User,
            content
        }
    );

    let after = json!({"type": "conversation.item.create", "previous_item_id": "item_7", "item":
        {"type": "function_call_output", "call_id": "call_1", "output": "{}"}});
    let ClientEventKind::CreateItem { place, .. } = kind(after) else {
        panic!()
    };
    assert_eq!(place, Place::After("item_7".to_owned()));
}

#[test]
fn a_response_may_differ_from_the_session_in_everything() {
    let event = json!({"type": "response.create", "response": {
        "instructions": "Ask one question.",
        "output_modalities": ["text"],
        "audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": {"id": "v_1"}}},
        "max_output_tokens": 40,
        "conversation": "none",
        "input": [{"type": "item_reference", "id": "item_3"}],
        "metadata": {"topic": "goal"},
        "tools": [],
        "tool_choice": {"type": "function", "name": "look"},
    }});
    let ClientEventKind::CreateResponse(params) = kind(event) else {
        panic!()
    };
    assert_eq!(params.output_modalities, Some(Modality::Text));
    assert_eq!(params.format, Some(AudioFormat::Pcmu));
    assert_eq!(
        params.voice,
        Some(Voice::Custom {
            id: "v_1".to_owned()
        })
    );
    assert_eq!(params.max_output_tokens, Some(MaxTokens::Limit(40)));
    assert!(params.out_of_band);
    assert_eq!(
        params.input,
        Some(vec![InputItem::Reference("item_3".to_owned())])
    );
    assert_eq!(params.metadata.unwrap()["topic"], "goal");
    assert_eq!(params.tools, Some(Vec::new()));
}

/// The event, then the parameter and code of the error.
fn wrong() -> Vec<(Value, &'static str, &'static str)> {
    let session = |session: Value| json!({"type": "session.update", "session": session});
    let input = |input: Value| session(json!({"type": "realtime", "audio": {"input": input}}));
    let output = |output: Value| session(json!({"type": "realtime", "audio": {"output": output}}));
    let vad = |vad: Value| input(json!({"turn_detection": vad}));
    let item = |item: Value| json!({"type": "conversation.item.create", "item": item});
    let response = |response: Value| json!({"type": "response.create", "response": response});
    let tool = json!({"type": "function", "name": "f"});
    let text =
        |kind: &str| json!([{"type": "input_text", "text": "a"}, {"type": kind, "text": "a"}]);
    vec![
        (json!({}), "type", "missing_required_parameter"),
        (json!({"type": 1}), "type", "invalid_type"),
        (json!({"type": "session.destroy"}), "type", "unknown_event"),
        (
            json!({"type": "session.update"}),
            "session",
            "missing_required_parameter",
        ),
        (
            session(json!({})),
            "session.type",
            "missing_required_parameter",
        ),
        (
            session(json!({"type": "transcription"})),
            "session.type",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "output_modalities": ["audio", "text"]})),
            "session.output_modalities",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "output_modalities": ["smell"]})),
            "session.output_modalities[0]",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "max_output_tokens": 0})),
            "session.max_output_tokens",
            "below_min_value",
        ),
        (
            session(json!({"type": "realtime", "max_output_tokens": 4097})),
            "session.max_output_tokens",
            "above_max_value",
        ),
        (
            session(json!({"type": "realtime", "max_output_tokens": "many"})),
            "session.max_output_tokens",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "tools": vec![tool; 129]})),
            "session.tools",
            "array_above_max_length",
        ),
        (
            session(json!({"type": "realtime", "tools": [{"type": "function", "name": "a b"}]})),
            "session.tools[0].name",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "tools": [{"type": "mcp"}]})),
            "session.tools[0].type",
            "invalid_value",
        ),
        (
            session(json!({"type": "realtime", "instructions": "a".repeat(256 * 1024 + 1)})),
            "session.instructions",
            "string_above_max_length",
        ),
        (
            session(json!({"type": "realtime", "include": ["everything"]})),
            "session.include[0]",
            "invalid_value",
        ),
        (
            vad(json!([])),
            "session.audio.input.turn_detection",
            "invalid_type",
        ),
        (
            vad(json!({"type": "mind_reading"})),
            "session.audio.input.turn_detection.type",
            "invalid_value",
        ),
        (
            vad(json!({"threshold": 1.01})),
            "session.audio.input.turn_detection.threshold",
            "above_max_value",
        ),
        (
            vad(json!({"threshold": "high"})),
            "session.audio.input.turn_detection.threshold",
            "invalid_type",
        ),
        (
            vad(json!({"prefix_padding_ms": -1})),
            "session.audio.input.turn_detection.prefix_padding_ms",
            "below_min_value",
        ),
        (
            vad(json!({"silence_duration_ms": 0.5})),
            "session.audio.input.turn_detection.silence_duration_ms",
            "invalid_type",
        ),
        (
            vad(json!({"type": "semantic_vad", "eagerness": "very"})),
            "session.audio.input.turn_detection.eagerness",
            "invalid_value",
        ),
        (
            input(json!({"format": {"type": "audio/pcm", "rate": 16000}})),
            "session.audio.input.format.rate",
            "invalid_value",
        ),
        (
            input(json!({"format": "pcm16"})),
            "session.audio.input.format",
            "invalid_type",
        ),
        (
            output(json!({"speed": 0.24})),
            "session.audio.output.speed",
            "below_min_value",
        ),
        (
            output(json!({"speed": 1.6})),
            "session.audio.output.speed",
            "above_max_value",
        ),
        (
            output(json!({"voice": 3})),
            "session.audio.output.voice",
            "invalid_type",
        ),
        (
            json!({"type": "input_audio_buffer.append"}),
            "audio",
            "missing_required_parameter",
        ),
        (
            json!({"type": "input_audio_buffer.append", "audio": "not base64"}),
            "audio",
            "invalid_value",
        ),
        (
            json!({"type": "input_audio_buffer.append", "audio": 7}),
            "audio",
            "invalid_type",
        ),
        (
            item(json!({"type": "message"})),
            "item.role",
            "missing_required_parameter",
        ),
        (
            item(json!({"type": "message", "role": "user", "content": text("output_text")})),
            "item.content[1].type",
            "invalid_value",
        ),
        (
            item(json!({"type": "message", "role": "user", "content": [{"type": "input_text"}]})),
            "item.content[0].text",
            "missing_required_parameter",
        ),
        (
            json!({"type": "conversation.item.truncate", "item_id": "i", "content_index": 0}),
            "audio_end_ms",
            "missing_required_parameter",
        ),
        (
            json!({"type": "conversation.item.retrieve", "item_id": ""}),
            "item_id",
            "invalid_value",
        ),
        (
            response(json!({"conversation": "both"})),
            "response.conversation",
            "invalid_value",
        ),
        (
            response(json!({"metadata": {"a": 1}})),
            "response.metadata.a",
            "invalid_type",
        ),
        (
            response(json!({"input": [{"type": "item_reference"}]})),
            "response.input[0].id",
            "missing_required_parameter",
        ),
    ]
}

#[test]
fn an_error_names_the_parameter_its_code_and_the_event() {
    for (mut event, param, code) in wrong() {
        event["event_id"] = json!("event_of_mine");
        let error = parse(&event.to_string()).expect_err(param);
        assert_eq!(error.param.as_deref(), Some(param), "{error:?}");
        assert_eq!(error.code.as_deref(), Some(code), "{error:?}");
        assert_eq!(
            error.event_id.as_deref(),
            Some("event_of_mine"),
            "{error:?}"
        );
    }
}

#[test]
fn a_message_that_is_no_event_is_refused_whole() {
    let deep = format!(
        "{{\"type\":\"response.create\",\"x\":{}",
        "[".repeat(100_000)
    );
    for message in [
        "",
        "{",
        "[]",
        "null",
        "\"hello\"",
        "{\"type\":\"a\",}",
        deep.as_str(),
    ] {
        let error = parse(message).unwrap_err();
        assert_eq!(error.code.as_deref(), Some("invalid_json"), "{error:?}");
    }
}

#[test]
fn sizes_are_bounded() {
    let append = |length: usize| {
        let audio = "A".repeat(length);
        parse(&format!(
            r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#
        ))
    };
    assert!(append(MAX_APPEND).is_ok());
    let error = append(MAX_APPEND + 4).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("audio"));
    let padding = " ".repeat(MAX_CONTROL);
    let error = parse(&format!(r#"{{"type":"response.cancel"{padding}}}"#)).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("string_above_max_length"));
}

#[test]
fn a_session_outside_an_event_is_read_alike() {
    let update = parse_session(r#"{"type":"realtime","model":"gpt-realtime"}"#).unwrap();
    assert_eq!(update.model.as_deref(), Some("gpt-realtime"));
    let error = parse_session(r#"{"type":"realtime","audio":3}"#).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("session.audio"));
}

#[test]
fn what_fuzzing_begins_with_is_understood() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/parse");
    let mut count = 0;
    for seed in std::fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(parse(&text).is_ok(), "{}", path.display());
        count += 1;
    }
    assert!(count >= 5, "{count} seeds");
}
