//! OpenAI's `audio/speech`: a request for every sentence, answered in chunks of raw samples.
//!
//! Characters are to be paid for when they are spoken, until the client goes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Fault, Seen, Server, Speech, next};

#[derive(Clone)]
struct Shared {
    seen: Arc<watch::Sender<Seen>>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

/// Starts it; its requests have these faults in turn.
pub async fn start(faults: impl IntoIterator<Item = Fault>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, seen) = watch::channel(Seen::default());
    let shared = Shared {
        seen: Arc::new(sender),
        faults: Arc::new(Mutex::new(faults.into_iter().collect())),
    };
    let router = Router::new()
        .route("/v1/audio/speech", post(speech))
        .route("/v1/models", get(async || Json(json!({"data": []}))))
        .with_state(shared);
    let mut task = JoinSet::new();
    task.spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server {
        address,
        seen,
        _task: task,
    }
}

async fn speech(State(shared): State<Shared>, headers: HeaderMap, body: Json<Value>) -> Response {
    let fault = next(&shared.faults);
    let text = body["input"].as_str().unwrap_or_default().to_owned();
    let key = headers
        .get("authorization")
        .map(|key| key.to_str().unwrap().to_owned());
    shared.seen.send_modify(|seen| {
        seen.connections += 1;
        seen.calls
            .push(("/v1/audio/speech".to_owned(), key.unwrap_or_default()));
        seen.bodies.push(body.0.clone());
        seen.texts.push(text.clone());
        if body["response_format"] != "pcm" || text.is_empty() || text.chars().count() > 4096 {
            seen.complaints.push(body.to_string());
        }
    });
    match fault {
        Fault::Refuses(status, name) | Fault::Fails(status, name) => {
            let error = json!({"error": {"message": "private words", "type": "t", "code": name}});
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("retry-after", "2")], Json(error)).into_response()
        }
        Fault::Answers(kind, body) => ([("content-type", kind)], body).into_response(),
        _ => {
            let gone = Gone(shared.seen.clone(), false);
            let state = (Speech::of(&text), gone, 0);
            let chunks = stream::unfold(state, move |(mut speech, mut gone, sent)| async move {
                match fault {
                    Fault::Cuts(after) if sent >= after => {
                        gone.in_good_order();
                        let cut = std::io::Error::other("cut");
                        return Some((Err(cut), (Speech::of(""), gone, 0)));
                    }
                    Fault::Stalls(after) if sent >= after => std::future::pending().await,
                    _ if speech.is_over() => {
                        gone.in_good_order();
                        return None;
                    }
                    _ => tokio::time::sleep(fault.tick()).await,
                }
                let (chars, _, bytes) = speech.chunk(fault);
                gone.0.send_modify(|seen| seen.billed += chars.len());
                Some((Ok(Bytes::from(bytes)), (speech, gone, sent + 1)))
            });
            Body::from_stream(chunks).into_response()
        }
    }
}

/// Notices that the client went in the middle.
struct Gone(Arc<watch::Sender<Seen>>, bool);

impl Gone {
    /// What ends now was meant to.
    fn in_good_order(&mut self) {
        self.1 = true;
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        if !self.1 {
            self.0.send_modify(|seen| seen.cancelled += 1);
        }
    }
}
