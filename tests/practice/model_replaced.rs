//! A language model that fails is replaced within the turn, and the coach is told once.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::providers::llm::anthropic::Anthropic;
use praxiloom::providers::llm::fallback::Fallback;
use praxiloom::providers::llm::responses::Responses;
use praxiloom::providers::llm::{LanguageModel, ModelSettings};
use serde_json::{Value, json};

use crate::models::{self, GREETING, Vendor};
use crate::session::Page;
use crate::sse_server::{Reply, SseServer, Step};

/// How long the first model's first token is waited for.
const PATIENCE: Duration = Duration::from_millis(700);

/// A page with two vendors' models, of which the first does this and the second always answers.
async fn page(first: impl IntoIterator<Item = Reply>) -> (Page, SseServer, SseServer) {
    let first = SseServer::start(first).await;
    let second = models::responses::reply(Vendor::DripsBytes);
    let second = SseServer::start([second]).await;
    let anthropic = Anthropic::new(ModelSettings {
        first_token: PATIENCE,
        stall: PATIENCE,
        ..ModelSettings::new(format!("http://{}", first.address), "claude")
    });
    let responses = Responses::new(ModelSettings::new(
        format!("http://{}/v1", second.address),
        "small",
    ));
    let order: [Arc<dyn LanguageModel>; 2] =
        [Arc::new(anthropic.unwrap()), Arc::new(responses.unwrap())];
    let session = json!({"prompt": {"id": "maya-promotion"}, "include": ["praxiloom.events"]});
    let page = Page::open_model(Arc::new(Fallback::new(order)), session).await;
    (page, first, second)
}

/// How often a model was asked.
fn asked(server: &SseServer) -> usize {
    let requests = server.seen().requests;
    let asked = requests.iter().filter(|r| r.line.starts_with("POST"));
    asked.count()
}

fn notices(events: &[Value]) -> usize {
    notices_of(events, "model_replaced")
}

fn notices_of(events: &[Value], code: &str) -> usize {
    let told = events.iter().filter(|event| event["code"] == code);
    told.count()
}

#[tokio::test]
async fn whatever_its_fault_the_next_answers_in_the_same_turn() {
    for vendor in [
        Vendor::Limits,
        Vendor::WantsMoney,
        Vendor::KnowsNoKey,
        Vendor::IsBroken,
        Vendor::NeverAnswers,
        Vendor::OnlyPings,
        Vendor::NeverEndsAnEvent,
    ] {
        let (mut page, first, _second) = page([models::anthropic::reply(vendor)]).await;
        let answer = page.asks("What brings you here today?").await;
        assert_eq!(answer.spoken().trim(), GREETING.concat(), "{vendor:?}");
        assert_eq!(answer.status(), "completed", "{vendor:?}");
        assert!(answer.of("error").is_empty(), "the coach is not bothered");
        assert_eq!(notices(&answer.0), 1, "{vendor:?}");
        let again = page.asks("Tell me more.").await;
        assert_eq!(again.spoken().trim(), GREETING.concat(), "{vendor:?}");
        assert_eq!(notices(&again.0), 0, "{vendor:?}");
        assert_eq!(asked(&first), 1, "{vendor:?}: it is left alone");
    }
}

#[tokio::test]
async fn what_only_began_is_not_heard() {
    for vendor in [
        Vendor::FallsSilent,
        Vendor::EndsTooEarly,
        Vendor::CutsOff,
        Vendor::TurnsToGarbage,
        Vendor::FailsInside,
    ] {
        let (mut page, _first, _second) = page([models::anthropic::reply(vendor)]).await;
        let answer = page.asks("What brings you here today?").await;
        assert_eq!(answer.spoken().trim(), GREETING.concat(), "{vendor:?}");
        assert_eq!(answer.status(), "completed", "{vendor:?}");
        assert_eq!(notices(&answer.0), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn what_was_said_stays_and_the_turn_ends_with_it() {
    let breaks_off = models::anthropic::says(&["It hurts. ", "It really"]).then(Step::Hang);
    let (mut page, _first, second) = page([breaks_off]).await;
    let answer = page.asks("What brings you here today?").await;
    assert_eq!(answer.spoken().trim(), "It hurts.");
    assert_eq!(answer.status(), "completed");
    assert_eq!(notices_of(&answer.0, "model_broke_off"), 1);
    assert_eq!(notices(&answer.0), 0, "nobody else answered");
    assert_eq!(asked(&second), 0, "nobody begins anew");
    let again = page.asks("Tell me more.").await;
    assert_eq!(again.spoken().trim(), GREETING.concat());
    assert_eq!(notices(&again.0), 1);
}
