//! Anthropic's Messages.

use std::time::Duration;

use serde_json::{Value, json};

use super::{GREETING, Vendor, Wire, letters, named};
use crate::sse_server::{Reply, Request, Step};

fn started() -> String {
    named(&json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {
            "input_tokens": 8, "output_tokens": 1, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "service_tier": "standard",
        },
    }}))
}

fn block(index: u64, block: &Value) -> String {
    named(&json!({"type": "content_block_start", "index": index, "content_block": block}))
}

fn delta(index: u64, delta: &Value) -> String {
    named(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
}

fn stopped(index: u64) -> String {
    named(&json!({"type": "content_block_stop", "index": index}))
}

fn text(text: &str) -> String {
    delta(0, &json!({"type": "text_delta", "text": text}))
}

fn ended(reason: &str) -> [String; 2] {
    [
        named(&json!({
            "type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": {"output_tokens": 5},
        })),
        named(&json!({"type": "message_stop"})),
    ]
}

/// The body of an error, which is also what an event of one says.
pub fn error(kind: &str) -> Value {
    let error = json!({"type": kind, "message": "It went wrong."});
    json!({"type": "error", "error": error, "request_id": "req_1"})
}

fn answer(pieces: &[&str]) -> Wire {
    let mut after = vec![stopped(0)];
    after.extend(ended("end_turn"));
    Wire {
        before: vec![started(), block(0, &json!({"type": "text", "text": ""}))],
        pieces: pieces.iter().map(|piece| text(piece)).collect(),
        after,
        ping: "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        error: named(&error("api_error")),
    }
}

/// An answer that has begun with these pieces.
pub fn says(pieces: &[&str]) -> Reply {
    let wire = answer(pieces);
    Reply::stream(wire.before.iter().chain(&wire.pieces))
}

/// A whole answer in these pieces, with so long a wait before the last.
pub fn whole(pieces: &[&str], wait: Duration) -> Reply {
    let Wire {
        before,
        mut pieces,
        after,
        ..
    } = answer(pieces);
    let last = pieces.pop().into_iter().chain(after);
    let begun = Reply::stream(before.iter().chain(&pieces));
    let steps = last.map(|piece| Step::Send(piece.into_bytes()));
    steps.fold(begun.then(Step::Wait(wait)), Reply::then)
}

/// What the vendor would have refused in a request.
pub fn complaint(request: &Request) -> Option<String> {
    let version = request.headers.get("anthropic-version");
    let known = version.is_some_and(|version| version == "2026-10-21");
    super::complaint(request, "/v1/messages")
        .or_else(|| (!known).then(|| format!("version {version:?}")))
}

/// What the vendor does.
pub fn reply(vendor: Vendor) -> Reply {
    let pieces = match vendor {
        Vendor::DripsBytes | Vendor::DripsSlowly => &GREETING[..],
        _ => &["Well"],
    };
    let wire = answer(pieces);
    if let Some(reply) = wire.reply(vendor) {
        return reply;
    }
    match vendor {
        Vendor::Limits => Reply::json(429, &error("rate_limit_error")).header("retry-after", "2"),
        Vendor::WantsMoney => {
            let mut body = error("rate_limit_error");
            body["error"]["details"] = json!({"error_code": "enforced_spend_limit_reached"});
            Reply::json(429, &body)
        }
        Vendor::KnowsNoKey => Reply::json(401, &error("authentication_error")),
        Vendor::IsBroken => Reply::json(500, &error("api_error")),
        Vendor::ReachesTheLength => {
            let [delta, stop] = ended("max_tokens");
            let mut events = wire.before;
            events.extend([text("Well"), stopped(0), delta, stop]);
            Reply::stream(events)
        }
        Vendor::Withholds => {
            let [delta, stop] = ended("refusal");
            Reply::stream([started(), delta, stop])
        }
        _ => calls(),
    }
}

fn calls() -> Reply {
    let call = json!({"type": "tool_use", "id": "call_1", "name": "look", "input": {}});
    let piece = |letter: &str| {
        delta(
            0,
            &json!({"type": "input_json_delta", "partial_json": letter}),
        )
    };
    let mut events = vec![started(), block(0, &call), piece("")];
    events.extend(letters().map(|letter| piece(&letter)));
    events.push(stopped(0));
    events.extend(ended("tool_use"));
    Reply::stream(events)
}
