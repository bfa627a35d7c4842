//! The chat completions adapter against a server with every fault that such servers have.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::llm::chat::Chat;
use praxiloom::providers::llm::{Finish, LanguageModel, Token};
use serde_json::json;

use crate::model::{PATIENT, Rig, prompt, settings};
use crate::models::Vendor;
use crate::models::chat::{DONE, finish, reply, text};
use crate::sse_server::{Reply, SseServer, Step};

fn chat(server: &SseServer) -> Chat {
    Chat::new(settings(server, "/v1/", PATIENT)).unwrap()
}

async fn rig(vendor: Vendor, patience: Duration) -> Rig {
    let adapter = |server: &SseServer| Chat::new(settings(server, "/v1/", patience));
    Rig::new(reply(vendor), adapter).await
}

model_conformance!(rig);

async fn tokens(chat: &Chat) -> Vec<Token> {
    let stream = chat.respond(prompt()).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn the_request_is_what_such_servers_expect() {
    let request = rig(Vendor::DripsBytes, PATIENT).await.question().await;
    assert_eq!(request.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer sk-letters");
    assert_eq!(request.headers["content-type"], "application/json");
    let function = json!({
        "name": "look", "description": "Looks.", "parameters": {"type": "object"},
    });
    let expected = json!({
        "model": "small",
        "messages": [
            {"role": "system", "content": "You are Ann."},
            {"role": "user", "content": "Hello"},
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": 100,
        "tools": [{"type": "function", "function": function}],
    });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn a_complete_answer_ends_even_if_its_farewell_never_comes() {
    let unended = Reply::stream([text("Well"), finish("stop")]);
    for reply in [
        unended.clone().then(Step::Hang),
        unended.clone().then(Step::Cut),
        unended,
    ] {
        let server = SseServer::start([reply]).await;
        let tokens = tokens(&chat(&server)).await;
        assert_eq!(tokens[0], Token::Text("Well".to_owned()));
        let finish = Finish::Stop;
        assert_eq!(
            tokens[1..],
            [Token::End {
                finish,
                usage: None
            }]
        );
    }
}

#[tokio::test]
async fn a_last_line_without_its_blank_line_counts() {
    let server = SseServer::start([Reply::stream([text("Well"), "data: [DONE]".to_owned()])]).await;
    assert_eq!(tokens(&chat(&server)).await.len(), 2);
}

#[tokio::test]
async fn the_whole_answer_is_timed() {
    let mut drip = Reply::stream::<&str>([]);
    for _ in 0..200 {
        drip.script.push(Step::Send(text("and ").into_bytes()));
        drip.script.push(Step::Wait(Duration::from_millis(50)));
    }
    let server = SseServer::start([drip]).await;
    let mut settings = settings(&server, "/v1", PATIENT);
    settings.whole = Duration::from_millis(500);
    let stream = Chat::new(settings)
        .unwrap()
        .respond(prompt())
        .await
        .unwrap();
    let all: Vec<_> = stream.collect().await;
    assert!(all.len() > 3);
    let error = all.last().unwrap().as_ref().unwrap_err().to_string();
    assert!(error.contains("500ms"), "{error}");
}

#[tokio::test]
async fn deepseek_does_not_think_aloud_and_tells_what_it_kept() {
    let kept = json!({"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 4});
    let usage = json!({"choices": [], "usage": kept});
    let thinks =
        json!({"choices": [{"index": 0, "delta": {"content": null, "reasoning_content": "Hm."}}]});
    let answer = Reply::stream([
        ": keep-alive\n\n".to_owned(),
        format!("data: {thinks}\n\n"),
        text("Well"),
        finish("stop"),
        format!("data: {usage}\n\n"),
        DONE.to_owned(),
    ]);
    let server = SseServer::start([answer]).await;
    let deepseek = Chat::deepseek(settings(&server, "/v1", PATIENT)).unwrap();
    assert_eq!(deepseek.info().name, "deepseek");
    let tokens = tokens(&deepseek).await;
    assert_eq!(tokens[0], Token::Text("Well".to_owned()));
    let Token::End { usage, .. } = tokens[1] else {
        panic!("{tokens:?}")
    };
    assert_eq!(usage.unwrap().cached, 6);
    let body = &server.seen().requests[0].body;
    assert_eq!(body["thinking"], json!({"type": "disabled"}));
    assert_eq!(body["max_tokens"], 100);
}

#[tokio::test]
async fn neither_redirects_nor_whole_answers_are_followed() {
    let moved = Reply::json(307, &json!({})).header("location", "http://127.0.0.1:9/");
    let whole = Reply::json(200, &json!({"choices": []}));
    for (reply, kind) in [(moved, "unusable"), (whole, "rejected")] {
        let server = SseServer::start([reply]).await;
        let error = chat(&server).respond(prompt()).await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let server = SseServer::start([reply(Vendor::DripsBytes)]).await;
    let chat = chat(&server);
    drop(server);
    let error = chat.respond(prompt()).await.err().unwrap();
    assert!(error.to_string().contains("unavailable"), "{error}");
}
