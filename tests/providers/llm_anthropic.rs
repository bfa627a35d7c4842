//! The adapter of Anthropic's Messages against its vendor, stood in for.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::ProviderError;
use praxiloom::providers::llm::anthropic::Anthropic;
use serde_json::json;

use crate::model::{PATIENT, Rig, prompt, settings};
use crate::models::Vendor;
use crate::models::anthropic::{error, reply};
use crate::sse_server::{Reply, SseServer};

fn anthropic(server: &SseServer, patience: Duration) -> Result<Anthropic, ProviderError> {
    Anthropic::new(settings(server, "/", patience))
}

async fn rig(vendor: Vendor, patience: Duration) -> Rig {
    Rig::new(reply(vendor), |server| anthropic(server, patience)).await
}

model_conformance!(rig);

#[tokio::test]
async fn the_request_is_what_the_vendor_expects() {
    let request = rig(Vendor::DripsBytes, PATIENT).await.question().await;
    assert_eq!(request.line, "POST /v1/messages HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer sk-letters");
    assert_eq!(request.headers["anthropic-version"], "2026-10-21");
    let kept = json!({"type": "ephemeral"});
    let said = |text: &str| json!([{"type": "text", "text": text, "cache_control": kept}]);
    let expected = json!({
        "model": "small",
        "max_tokens": 100,
        "stream": true,
        "system": said("You are Ann."),
        "messages": [{"role": "user", "content": said("Hello")}],
        "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
    });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn an_overload_asks_to_come_back_later_before_and_in_an_answer() {
    let overloaded = error("overloaded_error");
    let inside = format!("event: error\ndata: {overloaded}\n\n");
    for reply in [Reply::json(529, &overloaded), Reply::stream([inside])] {
        let rig = Rig::new(reply, |server| anthropic(server, PATIENT)).await;
        let asked = rig.model.respond(prompt()).await;
        let error = match asked {
            Ok(mut tokens) => tokens.next().await.unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, ProviderError::Limited { .. }), "{error}");
    }
}
