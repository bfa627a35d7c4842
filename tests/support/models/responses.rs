//! OpenAI's Responses.

use serde_json::{Value, json};

use super::{GREETING, Vendor, Wire, letters, named};
use crate::sse_server::{Reply, Request};

/// Counts the events of one answer.
#[derive(Default)]
struct Events(u64);

impl Events {
    fn event(&mut self, kind: &str, mut event: Value) -> String {
        event["type"] = json!(kind);
        event["sequence_number"] = json!(self.0);
        self.0 += 1;
        named(&event)
    }

    /// An event of the first item.
    fn of_item(&mut self, kind: &str, mut event: Value) -> String {
        event["item_id"] = json!("msg_1");
        event["output_index"] = json!(0);
        event["content_index"] = json!(0);
        self.event(kind, event)
    }

    fn begun(&mut self) -> Vec<String> {
        let response = response("in_progress", &[]);
        vec![
            self.event("response.created", json!({"response": response})),
            self.event("response.in_progress", json!({"response": response})),
        ]
    }

    fn item(&mut self, when: &str, item: &Value) -> String {
        let event = json!({"output_index": 0, "item": item});
        self.event(&format!("response.output_item.{when}"), event)
    }

    fn delta(&mut self, text: &str) -> String {
        self.of_item(
            "response.output_text.delta",
            json!({"delta": text, "logprobs": []}),
        )
    }

    fn end(&mut self, status: &str, response: Value) -> String {
        self.event(&format!("response.{status}"), json!({"response": response}))
    }
}

fn response(status: &str, output: &[Value]) -> Value {
    let usage = (status != "in_progress").then(|| {
        json!({
            "input_tokens": 12, "output_tokens": 5, "total_tokens": 17,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        })
    });
    json!({
        "id": "resp_1", "object": "response", "created_at": 1_790_000_000, "status": status,
        "model": "small", "output": output, "error": null, "incomplete_details": null,
        "instructions": null, "metadata": {}, "parallel_tool_calls": true, "temperature": 1.0,
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": usage,
    })
}

fn message(status: &str, content: &Value) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn answer(pieces: &[&str]) -> Wire {
    let mut events = Events::default();
    let whole = pieces.concat();
    let done = message("completed", &json!([part(&whole)]));
    let mut before = events.begun();
    before.push(events.item("added", &message("in_progress", &json!([]))));
    before.push(events.of_item("response.content_part.added", json!({"part": part("")})));
    Wire {
        before,
        pieces: pieces.iter().map(|piece| events.delta(piece)).collect(),
        error: events.event(
            "error",
            json!({"code": "server_error", "message": "It broke.", "param": null}),
        ),
        after: vec![
            events.of_item(
                "response.output_text.done",
                json!({"text": whole, "logprobs": []}),
            ),
            events.of_item("response.content_part.done", json!({"part": part(&whole)})),
            events.item("done", &done),
            events.end("completed", response("completed", &[done])),
        ],
        ping: ": keep-alive\n\n",
    }
}

fn error(kind: &str, code: Value) -> Value {
    json!({"error": {"message": "It went wrong.", "type": kind, "param": null, "code": code}})
}

/// What the vendor would have refused in a request.
pub fn complaint(request: &Request) -> Option<String> {
    super::complaint(request, "/v1/responses")
}

/// What the vendor does.
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
            let body = error("requests", json!("rate_limit_exceeded"));
            Reply::json(429, &body).header("retry-after", "2")
        }
        Vendor::WantsMoney => {
            let code = "insufficient_quota";
            Reply::json(429, &error(code, json!(code)))
        }
        Vendor::KnowsNoKey => {
            let body = error("invalid_request_error", json!("invalid_api_key"));
            Reply::json(401, &body)
        }
        Vendor::IsBroken => Reply::json(503, &error("server_error", Value::Null)),
        Vendor::ReachesTheLength => reaches_the_length(),
        Vendor::Withholds => withholds(),
        _ => calls(),
    }
}

fn reaches_the_length() -> Reply {
    let mut events = Events::default();
    let mut all = events.begun();
    all.push(events.item("added", &message("in_progress", &json!([]))));
    all.push(events.delta("Well"));
    let mut ended = response("incomplete", &[]);
    ended["incomplete_details"] = json!({"reason": "max_output_tokens"});
    all.push(events.end("incomplete", ended));
    Reply::stream(all)
}

fn withholds() -> Reply {
    let mut events = Events::default();
    let refusal = "I cannot help with that.";
    let mut all = events.begun();
    all.push(events.item("added", &message("in_progress", &json!([]))));
    all.push(events.of_item("response.refusal.delta", json!({"delta": refusal})));
    all.push(events.of_item("response.refusal.done", json!({"refusal": refusal})));
    let part = json!([{"type": "refusal", "refusal": refusal}]);
    let done = response("completed", &[message("completed", &part)]);
    all.push(events.end("completed", done));
    Reply::stream(all)
}

fn calls() -> Reply {
    let mut events = Events::default();
    let call = |status: &str, arguments: &str| {
        json!({
            "id": "fc_1", "type": "function_call", "status": status, "call_id": "call_1",
            "name": "look", "arguments": arguments,
        })
    };
    let mut all = events.begun();
    all.push(events.item("added", &call("in_progress", "")));
    let mut piece = |kind: &str, mut event: Value| {
        event["item_id"] = json!("fc_1");
        event["output_index"] = json!(0);
        events.event(&format!("response.function_call_arguments.{kind}"), event)
    };
    all.extend(letters().map(|letter| piece("delta", json!({"delta": letter}))));
    all.push(piece(
        "done",
        json!({"arguments": super::ARGUMENTS, "name": "look"}),
    ));
    let done = call("completed", super::ARGUMENTS);
    all.push(events.item("done", &done));
    all.push(events.end("completed", response("completed", &[done])));
    Reply::stream(all)
}
