//! Sessions as they are listed and read: what happened, what was said, how loud.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use crate::held::{begin, go_on, hold, talk};
use crate::server::{NOON, Running, client};

async fn get(server: &Running, path: &str) -> Response {
    client().get(server.url(path)).send().await.unwrap()
}

async fn json_of(server: &Running, path: &str) -> Value {
    let response = get(server, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    assert_eq!(
        response.headers()[header::CACHE_CONTROL],
        "private, no-store"
    );
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    response.json().await.unwrap()
}

async fn refused(server: &Running, path: &str) -> (u16, String, Value) {
    let response = get(server, path).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let code = body["error"]["code"].as_str().unwrap().to_owned();
    (status, code, body["error"]["param"].clone())
}

fn text_of(header: &header::HeaderValue) -> &str {
    header.to_str().unwrap()
}

#[tokio::test]
async fn sessions_are_listed_page_by_page() {
    let server = Running::start(&[]).await;
    for id in ["sess_a", "sess_b", "sess_c"] {
        hold(&server, id).await;
    }
    let mut seen = Vec::new();
    let mut path = "/api/sessions?limit=2".to_owned();
    loop {
        let page = json_of(&server, &path).await;
        let sessions = page["sessions"].as_array().unwrap();
        seen.push(sessions.len());
        assert!(
            sessions
                .iter()
                .all(|session| session.get("parts").is_none())
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/sessions?limit=2&before={next}");
    }
    assert_eq!(seen.iter().sum::<usize>(), 3, "{seen:?}");
    let all = json_of(&server, "/api/sessions").await;
    let ids = all["sessions"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["sess_c", "sess_b", "sess_a"]);
    for (query, param) in [
        ("limit=0", json!("limit")),
        ("limit=101", json!("limit")),
        ("limit=some", json!("limit")),
        ("before=sess_a", json!("before")),
        ("before=1.", json!("before")),
        ("before=-5.sess_a", json!("before")),
    ] {
        let answer = refused(&server, &format!("/api/sessions?{query}")).await;
        assert_eq!(answer, (400, "invalid_value".to_owned(), param), "{query}");
    }
}

#[tokio::test]
async fn a_session_tells_of_its_parts() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    go_on(&server, "sess_1").await;
    let session = json_of(&server, "/api/sessions/sess_1").await;
    let began = NOON.0 / 1000;
    let whole = json!({"state": "whole", "stopped_at_ms": null, "reason": null});
    let expected = json!({
        "id": "sess_1",
        "client_id": "maya-promotion",
        "client_name": "Maya",
        "transport": "webrtc",
        "engines": {"stt": "pocketsphinx", "llm": "standin", "tts": "flite"},
        "started_at_ms": began,
        "ended_at_ms": began + 66_000,
        "status": "ended",
        "end_reason": "lost",
        "cut_off": true,
        "resumable_until_ms": began + 66_000 + 600_000,
        "length_ms": 66_000,
        "turns": 2,
        "interruptions": 0,
        "parts": [
            {"number": 1, "from_ms": 0, "to_ms": 3000, "transport": "websocket",
             "end_reason": "by_client", "recording": whole},
            {"number": 2, "from_ms": 63_000, "to_ms": 66_000, "transport": "webrtc",
             "end_reason": "lost", "recording": whole},
        ],
        "recording": whole,
    });
    assert_eq!(session, expected);
    server.clock.advance(Duration::from_secs(600));
    let session = json_of(&server, "/api/sessions/sess_1").await;
    assert_eq!(session["resumable_until_ms"], Value::Null);
    let none = refused(&server, "/api/sessions/sess_none").await;
    assert_eq!(none, (404, "not_found".to_owned(), Value::Null));
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_no_session_without_a_recording() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    let before = json_of(&server, "/api/sessions/sess_1/transcript").await;
    let folder = &server.app.config.archive.folder;
    let aside = folder.with_extension("aside");
    std::fs::rename(folder, &aside).unwrap();
    std::fs::write(folder, "").unwrap();
    for what in ["", "/transcript", "/events", "/engines", "/peaks", "/audio"] {
        let answer = refused(&server, &format!("/api/sessions/sess_1{what}")).await;
        let expected = (500, "recording_unreadable".to_owned(), Value::Null);
        assert_eq!(answer, expected, "{what}");
    }
    std::fs::remove_file(folder).unwrap();
    std::fs::rename(&aside, folder).unwrap();
    let after = json_of(&server, "/api/sessions/sess_1/transcript").await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_live_session_is_read_up_to_now() {
    let server = Running::start(&[]).await;
    let mut recorder = begin(&server, &server.app.account, "sess_1").await;
    let session = json_of(&server, "/api/sessions/sess_1").await;
    assert_eq!(
        (&session["status"], &session["ended_at_ms"]),
        (&json!("live"), &Value::Null)
    );
    talk(&mut recorder, 0);
    // What is older than half a second has been handed to the disk, which takes its time.
    let mut lines = 0;
    for _ in 0..500 {
        let transcript = get(&server, "/api/sessions/sess_1/transcript").await;
        let transcript: Value = transcript.json().await.unwrap();
        lines = transcript["lines"].as_array().map_or(0, Vec::len);
        if lines > 0 {
            break;
        }
        recorder.tick(crate::held::ms(3600));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(lines, 2);
    let events = json_of(&server, "/api/sessions/sess_1/events").await;
    assert_eq!(events[0]["type"], "connected");
    drop(recorder);
}

#[tokio::test]
async fn what_happened_is_told_in_two_forms() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    go_on(&server, "sess_1").await;
    let events = json_of(&server, "/api/sessions/sess_1/events").await;
    let kinds: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["type"])
        .collect();
    let first = ["connected", "configured", "said", "said", "disconnected"];
    let second = ["connected", "said", "said", "disconnected"];
    assert_eq!(kinds, [&first[..], &second].concat());
    let second = json_of(&server, "/api/sessions/sess_1/events?part=2").await;
    assert_eq!(second.as_array().unwrap(), &events.as_array().unwrap()[5..]);
    let request = client().get(server.url("/api/sessions/sess_1/events"));
    let lines = request
        .header(header::ACCEPT, "application/x-ndjson")
        .send()
        .await
        .unwrap();
    assert_eq!(
        lines.headers()[header::CONTENT_TYPE],
        "application/x-ndjson"
    );
    assert!(text_of(&lines.headers()[header::VARY]).contains("accept"));
    let lines = lines.text().await.unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(&lines, events.as_array().unwrap());
    let (status, code, _) = refused(&server, "/api/sessions/sess_1/events?part=3").await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    let zero = refused(&server, "/api/sessions/sess_1/events?part=0").await;
    assert_eq!(zero, (400, "invalid_value".to_owned(), json!("part")));
}

#[tokio::test]
async fn what_was_said_comes_as_one_wants_it() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    go_on(&server, "sess_1").await;
    let path = "/api/sessions/sess_1/transcript";
    let transcript = json_of(&server, path).await;
    assert_eq!(transcript["length_ms"], 66_000);
    assert_eq!(
        transcript["breaks"],
        json!([{"from_ms": 3000, "to_ms": 63_000, "kind": "away"}])
    );
    assert_eq!(transcript["lines"][0]["speaker"], "coach");
    assert_eq!(
        transcript["lines"][3]["words"][0],
        json!({"text": "Fine", "from_ms": 64_500, "to_ms": 64_750})
    );
    for (format, accept, kind, extension, says) in [
        (
            "vtt",
            "text/vtt",
            "text/vtt; charset=utf-8",
            "vtt",
            "Fine &amp; &lt;well&gt;.",
        ),
        (
            "srt",
            "application/x-subrip",
            "application/x-subrip; charset=utf-8",
            "srt",
            "00:00:01,500 --> ",
        ),
        (
            "text",
            "text/plain;q=0.9, image/png",
            "text/plain; charset=utf-8",
            "txt",
            "Fine & <well>.",
        ),
        (
            "json",
            "*/*",
            "application/json",
            "json",
            "\"item_told_1500\"",
        ),
    ] {
        let asked = get(&server, &format!("{path}?format={format}&download")).await;
        assert_eq!(asked.headers()[header::CONTENT_TYPE], kind);
        assert_eq!(asked.headers()[header::CACHE_CONTROL], "private, no-store");
        assert_eq!(
            asked.headers()[header::CONTENT_DISPOSITION],
            format!("attachment; filename=\"Session with Maya 2026-11-21 12.00.{extension}\"")
        );
        let asked = asked.text().await.unwrap();
        assert!(asked.contains(says), "{asked}");
        let request = client()
            .get(server.url(path))
            .header(header::ACCEPT, accept);
        let accepted = request.send().await.unwrap();
        assert!(!accepted.headers().contains_key(header::CONTENT_DISPOSITION));
        assert_eq!(accepted.text().await.unwrap(), asked, "{accept}");
    }
    let (status, code, _) = refused(&server, &format!("{path}?format=pdf")).await;
    assert_eq!((status, code.as_str()), (400, "invalid_value"));
}

#[tokio::test]
async fn loudness_fills_as_many_points_as_are_asked_for() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    let peaks = json_of(&server, "/api/sessions/sess_1/peaks?points=10").await;
    assert_eq!(peaks["coach"], json!(vec![70; 10]));
    assert_eq!(peaks["client"], json!(vec![140; 10]));
    let usual = json_of(&server, "/api/sessions/sess_1/peaks").await;
    assert_eq!(usual["coach"].as_array().unwrap().len(), 1000);
    let window = "/api/sessions/sess_1/peaks?points=4&from_ms=2000&to_ms=4000";
    let expected = json!({"session_id": "sess_1", "length_ms": 3000, "from_ms": 2000, "to_ms": 4000,
                          "coach": [70, 70, 0, 0], "client": [140, 140, 0, 0]});
    assert_eq!(json_of(&server, window).await, expected);
    let beyond = "/api/sessions/sess_1/peaks?points=2&from_ms=900000000";
    let beyond = json_of(&server, beyond).await;
    assert_eq!(beyond["coach"], json!([0, 0]));
    assert_eq!(beyond["length_ms"], peaks["length_ms"]);
    for from in [9_999_999_999_u64, (1 << 53) - 1] {
        let far = format!("/api/sessions/sess_1/peaks?points=1&from_ms={from}");
        let far = json_of(&server, &far).await;
        assert_eq!(
            (&far["from_ms"], &far["client"]),
            (&json!(from), &json!([0]))
        );
    }
    for (query, param) in [
        ("points=0", json!("points")),
        ("points=20001", json!("points")),
        ("from_ms=9007199254740992", json!("from_ms")),
        ("to_ms=9007199254740992", json!("to_ms")),
        ("from_ms=-1", json!("from_ms")),
        ("from_ms=2000&to_ms=1999", json!("to_ms")),
        ("from_ms=2000&to_ms=2000", json!("to_ms")),
        ("to_ms=0", json!("to_ms")),
    ] {
        let path = format!("/api/sessions/sess_1/peaks?{query}");
        let answer = refused(&server, &path).await;
        assert_eq!(answer, (400, "invalid_value".to_owned(), param), "{query}");
    }
}

#[tokio::test]
async fn a_session_goes_with_everything_that_belongs_to_it() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    hold(&server, "sess_2").await;
    let client = client();
    let issued = client
        .post(server.url("/api/sessions/sess_1/ticket"))
        .send()
        .await
        .unwrap();
    let issued: Value = issued.json().await.unwrap();
    let ticket = issued["ticket"].as_str().unwrap();
    let app = &server.app;
    let folder = app.config.archive.folder.join(app.account.as_str());
    assert!(folder.join("sess_1").exists());
    let gone = client
        .delete(server.url("/api/sessions/sess_1"))
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert!(gone.bytes().await.unwrap().is_empty());
    assert!(!folder.join("sess_1").exists() && folder.join("sess_2").exists());
    let list = json_of(&server, "/api/sessions").await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    for what in ["", "/events", "/engines", "/transcript", "/peaks", "/audio"] {
        let answer = refused(&server, &format!("/api/sessions/sess_1{what}")).await;
        assert_eq!(answer.1, "not_found", "{what}");
    }
    let path = format!("/api/sessions/sess_1/audio?ticket={ticket}");
    assert_eq!(refused(&server, &path).await.1, "invalid_ticket");
}

#[tokio::test]
async fn a_deletion_that_the_disk_refuses_is_accepted_and_told() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    let client = client();
    let delete = || client.delete(server.url("/api/sessions/sess_1")).send();
    // Nothing can be moved there.
    let trash = server.app.config.archive.folder.join(".trash");
    std::fs::remove_dir(&trash).unwrap();
    std::fs::write(&trash, "").unwrap();
    let accepted = delete().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
    let accepted: Value = accepted.json().await.unwrap();
    assert_eq!(accepted["status"], "deleting");
    let list = json_of(&server, "/api/sessions").await;
    assert_eq!(list["sessions"][0], accepted);
    let alone = json_of(&server, "/api/sessions/sess_1").await;
    assert_eq!(
        (&alone["status"], &alone["parts"]),
        (&json!("deleting"), &json!([]))
    );
    for what in ["/events", "/transcript", "/peaks", "/audio"] {
        let answer = refused(&server, &format!("/api/sessions/sess_1{what}")).await;
        assert_eq!(answer.1, "not_found", "{what}");
    }
    let ticket = client.post(server.url("/api/sessions/sess_1/ticket"));
    let ticket = ticket.send().await.unwrap().status();
    assert_eq!(ticket, StatusCode::NOT_FOUND);
    std::fs::remove_file(&trash).unwrap();
    std::fs::create_dir(&trash).unwrap();
    assert_eq!(delete().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(
        json_of(&server, "/api/sessions").await["sessions"],
        json!([])
    );
}

#[tokio::test]
async fn a_live_session_is_hung_up_before_it_is_deleted() {
    let server = Running::start(&[]).await;
    let url = format!("ws://{}/v1/realtime", server.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let created = socket.next().await.unwrap().unwrap();
    let created: Value = serde_json::from_str(created.to_text().unwrap()).unwrap();
    let id = created["session"]["id"].as_str().unwrap();
    let gone = client().delete(server.url(&format!("/api/sessions/{id}")));
    let mut gone = gone.send().await.unwrap().status();
    // Its row is on its way into the database.
    while gone == StatusCode::NOT_FOUND {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let again = client().delete(server.url(&format!("/api/sessions/{id}")));
        gone = again.send().await.unwrap().status();
    }
    assert_eq!(gone, StatusCode::NO_CONTENT);
    while let Some(Ok(_)) = socket.next().await {}
    let list = json_of(&server, "/api/sessions").await;
    assert_eq!(list["sessions"], json!([]));
    assert!(server.app.live.registry().is_empty());
}

#[tokio::test]
async fn a_session_without_a_recording_says_so() {
    let server = Running::start(&[]).await;
    sqlx::query(
        "INSERT INTO sessions (id, account_id, transport, engines, started_at, ended_at, end_reason)
         VALUES ('sess_old', $1, 'websocket', '{}', 0, 1000, 'by_client')",
    )
    .bind(server.app.account.as_str())
    .execute(server.app.db.pool())
    .await
    .unwrap();
    let session = json_of(&server, "/api/sessions/sess_old").await;
    assert_eq!(session["recording"]["state"], "none");
    for what in ["events", "engines", "transcript", "peaks", "audio"] {
        let answer = refused(&server, &format!("/api/sessions/sess_old/{what}")).await;
        assert_eq!(answer.0, 404, "{what}");
        assert_eq!(answer.1, "not_recorded", "{what}");
    }
}
