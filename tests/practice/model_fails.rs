//! A session goes on where its language model does not.

use std::time::Duration;

use praxiloom::providers::llm::ModelSettings;
use serde_json::{Value, json};

use crate::session::{Page, says, text};
use crate::sse_server::{Reply, SseServer, Step};

const OPENING: &str = "What brings you here today?";

/// Maya, to a page that wants the server's own events.
fn maya() -> Value {
    json!({
        "prompt": {"id": "maya-promotion"},
        "include": ["praxiloom.events"],
    })
}

fn broken() -> Reply {
    Reply::json(500, &json!({"error": {"message": "out of memory"}}))
}

#[tokio::test]
async fn authored_lines_answer_when_nobody_listens_there() {
    // A port that nobody has: bound, and given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let settings = ModelSettings::new(format!("http://{address}/v1"), "small");
    let mut page = Page::open_with(settings, maya()).await;
    let answer = page.asks(OPENING).await;
    assert!(answer.spoken().contains("promotion"), "{}", answer.spoken());
    assert_eq!(answer.status(), "completed");
    assert!(answer.of("error").is_empty(), "the coach is not bothered");
    let again = page.asks("Tell me more.").await;
    assert_eq!(again.status(), "completed");
    assert_ne!(again.spoken(), answer.spoken());
}

#[tokio::test]
async fn a_model_that_recovers_is_heard_again() {
    let replies = [broken(), broken(), says(&["I am back."])];
    let model = SseServer::start(replies).await;
    let mut page = Page::open(&model, maya()).await;
    let first = page.asks(OPENING).await;
    assert!(first.spoken().contains("promotion"), "{}", first.spoken());
    let second = page.asks("Tell me more.").await;
    assert_eq!(second.status(), "completed");
    let third = page.asks("How do you feel?").await;
    assert_eq!(third.spoken().trim(), "I am back.");
}

#[tokio::test]
async fn a_model_too_slow_for_its_first_token_is_not_waited_for_twice() {
    let model = SseServer::start([Reply::stream::<&str>([]).then(Step::Hang)]).await;
    let mut page = Page::open(&model, maya()).await;
    let answer = page.asks(OPENING).await;
    assert!(answer.spoken().contains("promotion"), "{}", answer.spoken());
    page.asks("Tell me more.").await;
    let requests = model.seen().requests;
    let asked = requests.iter().filter(|r| r.line.starts_with("POST"));
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn nothing_to_say_is_not_silence() {
    for nothing in ["", " \n", "<think>Hm."] {
        let model = SseServer::start([says(&[nothing])]).await;
        let mut page = Page::open(&model, maya()).await;
        let answer = page.asks(OPENING).await;
        assert!(
            answer.spoken().contains("promotion"),
            "{nothing:?}: {}",
            answer.spoken()
        );
        assert_eq!(answer.status(), "completed", "{nothing:?}");
    }
}

#[tokio::test]
async fn a_client_told_to_be_silent_thinks_aloud_at_most() {
    for silence in ["*smiles*", "[pause 800] ...", "🙂"] {
        let model = SseServer::start([says(&[silence])]).await;
        let mut page = Page::open(&model, maya()).await;
        let answer = page.asks(OPENING).await;
        let spoken = answer.spoken();
        assert!(!spoken.contains("promotion"), "{silence:?}: {spoken}");
        assert!(!spoken.trim().is_empty(), "{silence:?}: asked, they muse");
        assert_eq!(answer.status(), "completed", "{silence:?}");
    }
}

#[tokio::test]
async fn what_was_said_stays_said_when_the_model_breaks_off() {
    let broken_off = Reply::stream([text("It hurts. It really")]).then(Step::Cut);
    let model = SseServer::start([broken_off, says(&["Yes."])]).await;
    let mut page = Page::open(&model, maya()).await;
    let answer = page.asks(OPENING).await;
    assert!(
        answer.spoken().starts_with("It hurts."),
        "{}",
        answer.spoken()
    );
    assert!(!answer.spoken().contains("promotion"), "nobody begins anew");
    assert_eq!(answer.status(), "failed");
    assert_eq!(page.asks("Go on.").await.spoken().trim(), "Yes.");
}

#[tokio::test]
async fn without_a_client_a_failure_is_told() {
    let model = SseServer::start([broken()]).await;
    let mut page = Page::open(&model, json!({"instructions": "You are a pirate."})).await;
    let answer = page.asks("Hello").await;
    assert_eq!(answer.status(), "failed");
    assert_eq!(answer.spoken(), "");
}

#[tokio::test]
async fn written_answers_are_stood_in_for_as_well() {
    let model = SseServer::start([broken()]).await;
    let session = json!({"prompt": {"id": "maya-promotion"}, "output_modalities": ["text"]});
    let mut page = Page::open(&model, session).await;
    let answer = page.asks(OPENING).await;
    let written = answer.of("response.output_text.done")[0]["text"].clone();
    assert!(written.as_str().unwrap().contains("promotion"), "{written}");
    assert!(answer.of("response.output_text.delta").len() > 1);
    tokio::time::timeout(Duration::from_secs(5), page.asks("Tell me more."))
        .await
        .unwrap();
}
