//! A disk that refuses the last of a session: somebody is still there to be told.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::archived::folder;
use crate::ends::ended;
use crate::record::curious;
use crate::resume::resume_url;
use crate::socket::{LONG, Socket, serve};

/// Waits until a file is there, and nothing more comes into it: longer than a batch takes.
async fn at_rest(path: &Path) {
    let length = || path.metadata().ok().map(|about| about.len());
    let rest = async {
        let mut before = None;
        while before.is_none() || before != length() {
            before = length();
            sleep(Duration::from_millis(700)).await;
        }
    };
    timeout(LONG, rest).await.expect("it does not rest");
}

#[tokio::test]
async fn what_is_refused_as_a_session_reaches_its_longest_time_is_told_before_it_closes() {
    let server = serve(&[("PRAXILOOM_LIVE_SESSION_MINUTES", "1")]).await;
    let socket = curious(&server).await;
    let id = socket.id();
    drop(socket);
    ended(&server, &id).await;
    server.clock.advance(Duration::from_secs(55));
    let mut socket = Socket::at(&resume_url(&server.url(""), &id)).await;
    let data = &server.app.config.server.data;
    let trace = folder(data, &id).join("002.trace.jsonl");
    at_rest(&trace).await;
    // As if another node had written there: it takes nothing more from this one.
    let mut file = OpenOptions::new().append(true).open(&trace).unwrap();
    file.write_all(b"{}\n").unwrap();
    let mut told = Vec::new();
    while let Some(Message::Text(text)) = socket.message().await {
        let event: Value = serde_json::from_str(&text).unwrap();
        let code = event["code"].as_str().or(event["error"]["code"].as_str());
        told.extend(code.map(str::to_owned));
    }
    assert_eq!(told, ["session_expired", "recording_stopped"]);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("expired"));
    assert_eq!(row.recording, "stopped");
}
