//! The chat completions adapter against a server with every fault that such servers have.

use std::time::Duration;

use futures::StreamExt;
use praxiloom::providers::llm::chat::{Chat, ChatSettings};
use praxiloom::providers::llm::{Finish, LanguageModel, Token};
use serde_json::{Value, json};

use crate::model::{PATIENCE, Rig, Vendor, prompt};
use crate::sse_server::{Reply, SseServer, Step};

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn delta(delta: &Value) -> String {
    event(&json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
}

fn text(text: &str) -> String {
    delta(&json!({"content": text}))
}

fn finish(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

fn usage() -> String {
    let usage = json!({"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17});
    event(&json!({"choices": [], "usage": usage}))
}

const DONE: &str = "data: [DONE]\n\n";

fn reply(vendor: Vendor) -> Reply {
    let well = || Reply::stream([text("Well")]);
    let error = |message: &str, kind: &str, code: Value| json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    match vendor {
        Vendor::DripsBytes => {
            let all = [
                ": keep-alive\n\n".to_owned(),
                delta(&json!({"role": "assistant", "content": ""})),
                text("Grüß "),
                text("dich, "),
                text("世界!"),
                finish("stop"),
                usage(),
                DONE.to_owned(),
            ];
            let all = all.concat().replace('\n', "\r\n");
            Reply::stream(all.as_bytes().chunks(1))
        }
        Vendor::FallsSilent => well().then(Step::Hang),
        Vendor::NeverAnswers => Reply::stream::<&str>([]).then(Step::Hang),
        Vendor::OnlyPings => {
            let mut reply = Reply::stream::<&str>([]);
            for _ in 0..200 {
                reply.script.push(Step::Send(b": keep-alive\n\n".to_vec()));
                reply.script.push(Step::Wait(PATIENCE / 10));
            }
            reply
        }
        Vendor::EndsTooEarly => well(),
        Vendor::CutsOff => well().then(Step::Cut),
        Vendor::TurnsToGarbage => well().then(Step::Send(b"data: <html>\n\n".to_vec())),
        Vendor::FailsInside => {
            let error = event(&error("overloaded", "server_error", Value::Null));
            well().then(Step::Send(error.into_bytes()))
        }
        Vendor::NeverEndsAnEvent => Reply::stream((0..2000).map(|_| [b'x'; 1000])),
        Vendor::Limits => {
            let body = error("slow down", "requests", json!("rate_limit_exceeded"));
            Reply::json(429, &body).header("retry-after", "2")
        }
        Vendor::KnowsNoKey => {
            let body = error("bad key", "invalid_request_error", json!("invalid_api_key"));
            Reply::json(401, &body)
        }
        Vendor::IsBroken => Reply::json(
            503,
            &error("Loading model", "unavailable_error", json!(503)),
        ),
        Vendor::ReachesTheLength => {
            Reply::stream([text("Well"), finish("length"), DONE.to_owned()])
        }
        Vendor::Withholds => Reply::stream([
            delta(&json!({"refusal": "I cannot help with that."})),
            finish("stop"),
            DONE.to_owned(),
        ]),
        Vendor::Calls => {
            let piece = |piece: Value| delta(&json!({"tool_calls": [piece]}));
            let mut pieces = vec![piece(json!({
                "index": 0, "id": "call_1", "type": "function",
                "function": {"name": "look", "arguments": ""},
            }))];
            for character in r#"{"at":"é"}"#.chars() {
                let function = json!({"arguments": character.to_string()});
                pieces.push(piece(json!({"index": 0, "function": function})));
            }
            pieces.push(finish("tool_calls"));
            pieces.push(DONE.to_owned());
            Reply::stream(pieces)
        }
    }
}

fn chat(server: &SseServer) -> Chat {
    let mut settings = ChatSettings::new(format!("http://{}/v1/", server.address), "small");
    settings.key = Some("sk-letters".to_owned().into());
    settings.first_token = PATIENCE;
    settings.stall = PATIENCE;
    Chat::new(settings).unwrap()
}

async fn rig(vendor: Vendor) -> Rig {
    let server = SseServer::start([reply(vendor)]).await;
    let model = Box::new(chat(&server));
    Rig { model, server }
}

model_conformance!(rig);

async fn tokens(chat: &Chat) -> Vec<Token> {
    let stream = chat.respond(prompt()).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn the_request_is_what_such_servers_expect() {
    let server = SseServer::start([reply(Vendor::DripsBytes)]).await;
    tokens(&chat(&server)).await;
    let request = &server.seen().requests[0];
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
async fn a_warm_connection_is_used_for_the_question() {
    let server = SseServer::start([reply(Vendor::DripsBytes)]).await;
    let chat = chat(&server);
    chat.warm().await;
    tokens(&chat).await;
    let seen = server.seen();
    assert_eq!(seen.requests[0].line, "GET /v1/models HTTP/1.1");
    assert_eq!((seen.requests.len(), seen.connections), (2, 1));
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
    let mut settings = ChatSettings::new(format!("http://{}/v1", server.address), "small");
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
async fn money_that_ran_out_is_not_a_limit() {
    let body = json!({"error": {"message": "m", "type": "insufficient_quota", "code": "insufficient_quota"}});
    let server = SseServer::start([Reply::json(429, &body)]).await;
    let error = chat(&server).respond(prompt()).await.err().unwrap();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn neither_redirects_nor_whole_answers_are_followed() {
    let moved = Reply::json(307, &json!({})).header("location", "http://127.0.0.1:9/");
    let whole = Reply::json(200, &json!({"choices": []}));
    for reply in [moved, whole] {
        let server = SseServer::start([reply]).await;
        let error = chat(&server).respond(prompt()).await.err().unwrap();
        assert!(error.to_string().contains("refused"), "{error}");
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
