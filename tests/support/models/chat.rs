//! OpenAI's Chat Completions.

use serde_json::{Value, json};

use super::{GREETING, Vendor, Wire, letters};
use crate::sse_server::{Reply, Request};

pub const DONE: &str = "data: [DONE]\n\n";

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// A chunk of an answer.
fn chunk(choices: &Value, usage: &Value) -> String {
    event(&json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000,
        "model": "small", "choices": choices, "usage": usage,
    }))
}

fn delta(delta: &Value) -> String {
    chunk(
        &json!([{"index": 0, "delta": delta, "finish_reason": null}]),
        &Value::Null,
    )
}

pub fn text(text: &str) -> String {
    delta(&json!({"content": text}))
}

pub fn finish(reason: &str) -> String {
    chunk(
        &json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
        &Value::Null,
    )
}

fn usage() -> String {
    let usage = json!({
        "prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 4},
    });
    chunk(&json!([]), &usage)
}

fn error(message: &str, kind: &str, code: Value) -> Value {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

fn answer(pieces: &[&str]) -> Wire {
    Wire {
        before: vec![delta(&json!({"role": "assistant", "content": ""}))],
        pieces: pieces.iter().map(|piece| text(piece)).collect(),
        after: vec![finish("stop"), usage(), DONE.to_owned()],
        ping: ": keep-alive\n\n",
        error: event(&error("it broke", "server_error", Value::Null)),
    }
}

/// What the vendor would have refused in a request.
pub fn complaint(request: &Request) -> Option<String> {
    super::complaint(request, "/v1/chat/completions")
}

/// What such a server does.
pub fn reply(vendor: Vendor) -> Reply {
    let pieces = match vendor {
        Vendor::DripsBytes | Vendor::DripsSlowly => &GREETING[..],
        _ => &["Well"],
    };
    if let Some(reply) = answer(pieces).reply(vendor) {
        return reply;
    }
    match vendor {
        Vendor::Limits => {
            let body = error("slow down", "requests", json!("rate_limit_exceeded"));
            Reply::json(429, &body).header("retry-after", "2")
        }
        Vendor::WantsMoney => {
            let code = "insufficient_quota";
            Reply::json(429, &error("no money", code, json!(code)))
        }
        Vendor::KnowsNoKey => {
            let body = error("bad key", "invalid_request_error", json!("invalid_api_key"));
            Reply::json(401, &body)
        }
        Vendor::IsBroken => {
            let body = error("Loading model", "unavailable_error", json!(503));
            Reply::json(503, &body)
        }
        Vendor::ReachesTheLength => {
            Reply::stream([text("Well"), finish("length"), DONE.to_owned()])
        }
        Vendor::Withholds => Reply::stream([
            delta(&json!({"refusal": "I cannot help with that."})),
            finish("stop"),
            DONE.to_owned(),
        ]),
        _ => calls(),
    }
}

fn calls() -> Reply {
    let piece = |piece: Value| delta(&json!({"tool_calls": [piece]}));
    let mut pieces = vec![piece(json!({
        "index": 0, "id": "call_1", "type": "function",
        "function": {"name": "look", "arguments": ""},
    }))];
    pieces.extend(letters().map(|letter| {
        let function = json!({"arguments": letter});
        piece(json!({"index": 0, "function": function}))
    }));
    pieces.extend([finish("tool_calls"), DONE.to_owned()]);
    Reply::stream(pieces)
}
