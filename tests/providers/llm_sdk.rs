//! The stand-ins of vendors, read by the vendors' own clients: what those understand, a vendor
//! could have said.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::models::{self, ARGUMENTS, GREETING, Vendor};
use crate::sse_server::{Reply, Request, SseServer};

/// In the order in which the scripts ask.
const BEHAVIOURS: [Vendor; 8] = [
    Vendor::DripsBytes,
    Vendor::Calls,
    Vendor::ReachesTheLength,
    Vendor::Withholds,
    Vendor::FailsInside,
    Vendor::Limits,
    Vendor::KnowsNoKey,
    Vendor::IsBroken,
];

/// What a client made of every behaviour, and what it asked; `None`, with a reason printed, if the
/// client is not installed.
async fn read(script: &str, reply: fn(Vendor) -> Reply) -> Option<(Vec<Value>, Vec<Request>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("tests/.venv/bin/python");
    if !python.is_file() {
        println!("skipped: no vendors' clients in tests/.venv (scripts/setup.sh test)");
        return None;
    }
    let server = SseServer::start(BEHAVIOURS.map(reply)).await;
    let output = Command::new(python)
        .arg(root.join("tests/sdk/vendors").join(script))
        .arg(format!("http://{}", server.address))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", output.status);
    let lines = String::from_utf8(output.stdout).unwrap();
    let outcomes = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    Some((outcomes.collect(), server.seen().requests))
}

/// What every client should make of the behaviours, but for the names of the vendor's own.
fn expected(stopped: [&str; 4]) -> Vec<Value> {
    let [whole, called, cut, withheld] = stopped;
    vec![
        json!({"text": GREETING.concat(), "stopped": whole, "input": 12, "cached": 4, "output": 5}),
        json!({"call": "call_1", "name": "look", "arguments": ARGUMENTS, "stopped": called}),
        json!({"text": "Well", "stopped": cut}),
        json!({"stopped": withheld}),
        json!({"text": "Well", "error": "APIError"}),
        json!({"error": "RateLimitError", "retry_after": "2"}),
        json!({"error": "AuthenticationError"}),
        json!({"error": "InternalServerError"}),
    ]
}

#[tokio::test]
async fn anthropic() {
    let read = read("read_anthropic.py", models::anthropic::reply).await;
    let Some((outcomes, requests)) = read else {
        return;
    };
    let stopped = ["end_turn", "tool_use", "max_tokens", "refusal"];
    assert_eq!(outcomes, expected(stopped));
    assert_eq!(requests[0].line, "POST /v1/messages HTTP/1.1");
    assert_eq!(requests[0].headers["anthropic-version"], "2026-10-21");
    assert_eq!(requests[0].headers["authorization"], "Bearer letters");
}

#[tokio::test]
async fn openai_responses() {
    let read = read("read_responses.py", models::responses::reply).await;
    let Some((outcomes, requests)) = read else {
        return;
    };
    let stopped = ["completed", "completed", "max_output_tokens", "refusal"];
    assert_eq!(outcomes, expected(stopped));
    assert_eq!(requests[0].line, "POST /v1/responses HTTP/1.1");
    assert_eq!(requests[0].headers["authorization"], "Bearer letters");
}

#[tokio::test]
async fn openai_chat() {
    let read = read("read_chat.py", models::chat::reply).await;
    let Some((outcomes, requests)) = read else {
        return;
    };
    let stopped = ["stop", "tool_calls", "length", "refusal"];
    assert_eq!(outcomes, expected(stopped));
    assert_eq!(requests[0].line, "POST /v1/chat/completions HTTP/1.1");
}
