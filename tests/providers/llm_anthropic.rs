//! The adapter of Anthropic's Messages against its vendor, stood in for.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::ProviderError;
use praxiloom::providers::llm::anthropic::Anthropic;
use praxiloom::providers::llm::{LanguageModel, ModelSettings};
use serde_json::json;

use crate::model::{PATIENT, Rig, prompt};
use crate::models::Vendor;
use crate::models::anthropic::{error, reply};
use crate::sse_server::{Reply, SseServer};

fn anthropic(server: &SseServer, patience: Duration) -> Anthropic {
    let mut settings = ModelSettings::new(format!("http://{}/", server.address), "claude");
    settings.key = Some("sk-letters".to_owned().into());
    settings.first_token = patience;
    settings.stall = patience;
    Anthropic::new(settings).unwrap()
}

async fn rig(vendor: Vendor, patience: Duration) -> Rig {
    let server = SseServer::start([reply(vendor)]).await;
    let model = Box::new(anthropic(&server, patience));
    Rig { model, server }
}

model_conformance!(rig);

#[tokio::test]
async fn the_request_is_what_the_vendor_expects() {
    let server = SseServer::start([reply(Vendor::DripsBytes)]).await;
    let model = anthropic(&server, PATIENT);
    model.warm().await;
    let tokens = model.respond(prompt()).await.unwrap();
    tokens.collect::<Vec<_>>().await;
    let seen = server.seen();
    assert_eq!(seen.connections, 1, "the warm connection is used");
    let request = &seen.requests[1];
    assert_eq!(request.line, "POST /v1/messages HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer sk-letters");
    assert_eq!(request.headers["anthropic-version"], "2026-10-21");
    let kept = json!({"type": "ephemeral"});
    let said = |text: &str| json!([{"type": "text", "text": text, "cache_control": kept}]);
    let expected = json!({
        "model": "claude",
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
        let server = SseServer::start([reply]).await;
        let asked = anthropic(&server, PATIENT).respond(prompt()).await;
        let error = match asked {
            Ok(mut tokens) => tokens.next().await.unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, ProviderError::Limited { .. }), "{error}");
    }
}
