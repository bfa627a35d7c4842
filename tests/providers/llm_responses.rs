//! The adapter of OpenAI's Responses against its vendor, stood in for.

use std::time::Duration;

use praxiloom::providers::llm::responses::Responses;
use serde_json::json;

use crate::model::{PATIENT, Rig, settings};
use crate::models::Vendor;
use crate::models::responses::reply;
use crate::sse_server::SseServer;

async fn rig(vendor: Vendor, patience: Duration) -> Rig {
    let adapter = |server: &SseServer| Responses::new(settings(server, "/v1", patience));
    Rig::new(reply(vendor), adapter).await
}

model_conformance!(rig);

#[tokio::test]
async fn the_request_is_what_the_vendor_expects() {
    let request = rig(Vendor::DripsBytes, PATIENT).await.question().await;
    assert_eq!(request.line, "POST /v1/responses HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer sk-letters");
    let expected = json!({
        "model": "small",
        "instructions": "You are Ann.",
        "input": [{"role": "user", "content": "Hello"}],
        "stream": true,
        "store": false,
        "max_output_tokens": 100,
        "tools": [{
            "type": "function", "name": "look", "description": "Looks.",
            "parameters": {"type": "object"}, "strict": false,
        }],
    });
    assert_eq!(request.body, expected);
}
