//! What a language model is told, and what of its answer reaches the voice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::session::{Page, delta, done, says, text};
use crate::sse_server::{Reply, Request, SseServer, Step};

fn system(request: &Request) -> String {
    assert_eq!(request.body["messages"][0]["role"], "system");
    request.body["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Role and words of each message after the first.
fn told(request: &Request) -> Vec<(String, String)> {
    let messages = request.body["messages"].as_array().unwrap();
    let member = |message: &Value, name: &str| message[name].as_str().unwrap_or("").to_owned();
    messages[1..]
        .iter()
        .map(|m| (member(m, "role"), member(m, "content")))
        .collect()
}

fn asked(server: &SseServer) -> Vec<Request> {
    let requests = server.seen().requests;
    requests
        .into_iter()
        .filter(|r| r.line.starts_with("POST"))
        .collect()
}

fn maya() -> Value {
    json!({"prompt": {"id": "maya-promotion"}})
}

#[tokio::test]
async fn the_client_is_told_who_it_is_and_nothing_locked() {
    let model = SseServer::start([says(&["I was up for a promotion."])]).await;
    let mut page = Page::open(&model, maya()).await;
    let answer = page.asks("What brings you here today?").await;
    assert_eq!(answer.spoken().trim(), "I was up for a promotion.");
    assert_eq!(answer.status(), "completed");
    let request = &asked(&model)[0];
    let system = system(request);
    assert!(system.contains("You are Maya"), "{system}");
    assert!(system.contains("head of planning"), "{system}");
    for locked in ["factory", "father", "routing", "trained Daniel"] {
        assert!(!system.contains(locked), "{locked}: {system}");
    }
    let coach = ("user".to_owned(), "What brings you here today?".to_owned());
    assert_eq!(told(request), [coach]);
}

#[tokio::test]
async fn only_words_reach_the_voice() {
    let answer = [
        "<think>The coach",
        " greets me.</think>\n\nMaya: *sighs",
        "* Honestly? (looks away) I **am**",
        " fine 🙂.\n- one\n- two",
    ];
    let model = SseServer::start([says(&answer)]).await;
    let mut page = Page::open(&model, maya()).await;
    let spoken = page.asks("How are you?").await.spoken();
    assert_eq!(spoken.trim(), "Honestly? I am fine. one, two");
}

#[tokio::test]
async fn the_first_sentence_is_spoken_before_the_second_is_thought() {
    let first = text("It hurts. And");
    let model = SseServer::start([Reply::stream([first]).then(Step::Hang)]).await;
    let mut page = Page::open(&model, maya()).await;
    page.types("How do you feel?").await;
    // The model never goes on, and yet the voice is heard.
    page.until("response.output_audio.delta").await;
    page.send(json!({"type": "response.cancel"})).await;
    page.until("response.done").await;
    model.until(|seen| seen.abandoned == 1).await;
}

#[tokio::test]
async fn an_interrupted_answer_is_remembered_as_far_as_it_was_heard() {
    let long = "I keep the promise that nobody asked me to keep and I am tired of it. ";
    let model = SseServer::start([says(&[long, long, "The last word."]), says(&["Yes."])]).await;
    let mut page = Page::open(&model, maya()).await;
    page.types("Tell me more.").await;
    let item = page.until("response.output_audio.delta").await["item_id"].clone();
    page.until("response.done").await;
    let truncate = json!({
        "type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 1500,
    });
    page.send(truncate).await;
    page.until("conversation.item.truncated").await;
    page.asks("Go on.").await;
    let told = told(&asked(&model)[1]);
    let (role, heard) = &told[1];
    assert_eq!(role, "assistant");
    assert!(heard.starts_with("I keep the"), "{heard:?}");
    assert!(
        long.starts_with(heard.trim()) && heard.len() < long.len(),
        "{heard:?}"
    );
    assert_eq!(told[2], ("user".to_owned(), "Go on.".to_owned()));
}

#[tokio::test]
async fn tools_pass_through_both_ways() {
    let call = |delta_: &Value| delta(&json!({"tool_calls": [delta_]}));
    let pieces = [
        call(
            &json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "note", "arguments": ""}}),
        ),
        call(&json!({"index": 0, "function": {"arguments": "{\"text\":\"goal\"}"}})),
        done(),
    ];
    let model = SseServer::start([Reply::stream(pieces), says(&["Noted."])]).await;
    let tool = json!({"type": "function", "name": "note", "description": "Notes.", "parameters": {"type": "object"}});
    let session = json!({"prompt": {"id": "maya-promotion"}, "tools": [tool]});
    let mut page = Page::open(&model, session).await;
    let answer = page.asks("Note my goal.").await;
    let call = answer.of("response.function_call_arguments.done")[0];
    assert_eq!(call["arguments"], "{\"text\":\"goal\"}");
    assert_eq!(answer.spoken(), "", "a call alone is an answer");
    let output =
        json!({"type": "function_call_output", "call_id": call["call_id"], "output": "ok"});
    page.send(json!({"type": "conversation.item.create", "item": output}))
        .await;
    page.send(json!({"type": "response.create"})).await;
    page.until("response.done").await;
    let requests = asked(&model);
    assert_eq!(requests[0].body["tools"][0]["function"]["name"], "note");
    let messages = requests[1].body["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    assert_eq!(
        (&last["role"], &last["content"]),
        (&json!("tool"), &json!("ok"))
    );
    assert_eq!(
        messages[messages.len() - 2]["tool_calls"][0]["id"],
        "call_1"
    );
}

#[tokio::test]
async fn instructions_alone_make_no_persona() {
    let model = SseServer::start([says(&["Ahoy."])]).await;
    let session = json!({"instructions": "You are a pirate."});
    let mut page = Page::open(&model, session).await;
    assert_eq!(page.asks("Hello").await.spoken().trim(), "Ahoy.");
    let request = &asked(&model)[0];
    assert_eq!(system(request), "You are a pirate.");
    assert_eq!(told(request), [("user".to_owned(), "Hello".to_owned())]);
}

#[tokio::test]
async fn what_is_cancelled_closes_the_request() {
    let reply = Reply::stream::<&str>([]).then(Step::Wait(Duration::from_secs(30)));
    let model = SseServer::start([reply]).await;
    let mut page = Page::open(&model, json!({"instructions": "Wait."})).await;
    page.types("Hello").await;
    let asked = |r: &Request| r.line.starts_with("POST");
    model.until(|seen| seen.requests.iter().any(asked)).await;
    page.send(json!({"type": "response.cancel"})).await;
    model.until(|seen| seen.abandoned == 1).await;
}
