//! The adapter of OpenAI's Responses against its vendor, stood in for.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::llm::responses::Responses;
use praxiloom::providers::llm::{LanguageModel, ModelSettings};
use serde_json::json;

use crate::model::{PATIENT, Rig, prompt};
use crate::models::Vendor;
use crate::models::responses::reply;
use crate::sse_server::SseServer;

fn responses(server: &SseServer, patience: Duration) -> Responses {
    let mut settings = ModelSettings::new(format!("http://{}/v1", server.address), "small");
    settings.key = Some("sk-letters".to_owned().into());
    settings.first_token = patience;
    settings.stall = patience;
    Responses::new(settings).unwrap()
}

async fn rig(vendor: Vendor, patience: Duration) -> Rig {
    let server = SseServer::start([reply(vendor)]).await;
    let model = Box::new(responses(&server, patience));
    Rig { model, server }
}

model_conformance!(rig);

#[tokio::test]
async fn the_request_is_what_the_vendor_expects() {
    let server = SseServer::start([reply(Vendor::DripsBytes)]).await;
    let model = responses(&server, PATIENT);
    model.warm().await;
    let tokens = model.respond(prompt()).await.unwrap();
    tokens.collect::<Vec<_>>().await;
    let seen = server.seen();
    assert_eq!(seen.connections, 1, "the warm connection is used");
    let request = &seen.requests[1];
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
