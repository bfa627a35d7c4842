//! Nothing that was said, typed or sent as a key stands in a log, at any level of detail.

use serde_json::json;

use crate::process::{Process, assert_discreet};
use crate::socket::{Socket, question_pcm};

#[tokio::test]
async fn what_is_said_stands_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let key = "a-key-that-nobody-may-read";
    let variables = [
        ("PRAXILOOM_STT_ENGINE", "standin"),
        ("PRAXILOOM_TTS_ENGINE", "standin"),
        ("PRAXILOOM_ACCESS_TOKEN", key),
        ("PRAXILOOM_LOG_LEVEL", "trace"),
    ];
    let process = Process::serve(folder.path(), &variables);
    let url = process.url().replace("http://", "ws://") + "/v1/realtime";
    let bearer = format!("Bearer {key}");
    let mut socket = Socket::with(&url, &[("authorization", &bearer)])
        .await
        .unwrap();
    socket.speak(&question_pcm()).await;
    let answer = socket.answer().await;
    socket.write_only().await;
    let typed = socket
        .type_line("The quarrel with Leopoldina weighs on me.")
        .await;
    // What is wrong is private, too.
    socket
        .send(json!({"type": "quarrel", "event_id": "leopoldina"}))
        .await;
    socket.error().await;
    socket.send_text("{\"type\": \"Leopoldina".to_owned()).await;
    socket.error().await;
    socket.stream.close(None).await.unwrap();
    assert!(
        Socket::with(&url, &[("authorization", "Bearer another-secret-key")])
            .await
            .is_err()
    );
    process.signal("TERM");
    let (status, log) = process.wait();
    assert!(status.success());
    assert!(log.contains("session"), "something is logged: {log}");
    let mut private = vec![
        "Leopoldina",
        "leopoldina",
        "quarrel",
        key,
        "another-secret-key",
    ];
    private.extend([
        "like to talk about",
        answer.transcript.as_str(),
        typed.text.as_str(),
    ]);
    assert_discreet(&log, &private);
}
