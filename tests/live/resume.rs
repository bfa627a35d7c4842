//! A session outlives its connections: it goes on over another one, of either kind, once at a time.

use std::time::Duration;

use praxiloom::archive::event::{Event, Speaker};
use praxiloom::archive::{EndReason, Part as Recording};
use praxiloom::clock::Micros;
use praxiloom::db::AccountId;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

use crate::archived::Part;
use crate::call::Call;
use crate::doors::refused_at;
use crate::ends::{ended, hang_up};
use crate::record::{curious, speak};
use crate::server::{Running, client};
use crate::socket::{Socket, UNDERSTOOD, question, question_pcm, serve};

pub fn resume_url(base: &str, id: &str) -> String {
    let base = base.replacen("http", "ws", 1);
    format!("{base}/v1/realtime?resume={id}")
}

async fn refused(server: &Running, id: &str) -> (u16, String) {
    refused_at(&resume_url(&server.url(""), id), &[]).await
}

/// Ids of the items that a connection was greeted with, in order, each one once.
pub fn replayed(seen: &[Value]) -> Vec<String> {
    done(
        seen.iter()
            .take_while(|event| event["type"] != "response.created"),
    )
}

/// Ids of the items that are complete by these events, in order.
pub fn done<'a>(events: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let done = events.filter(|event| event["type"] == "conversation.item.done");
    done.map(|event| event["item"]["id"].as_str().unwrap().to_owned())
        .collect()
}

fn items(part: &Part) -> Vec<String> {
    let mut ids = Vec::new();
    for entry in &part.events {
        if let Event::Item { item, .. } = &entry.event
            && !ids.contains(&item.id)
        {
            ids.push(item.id.clone());
        }
    }
    ids
}

fn contents(part: &Part) -> Vec<Vec<u8>> {
    [
        "events.jsonl",
        "trace.jsonl",
        "coach.opus",
        "client.opus",
        "coach.peaks",
        "client.peaks",
    ]
    .map(|name| std::fs::read(part.path(name)).unwrap())
    .into()
}

#[tokio::test]
async fn a_cut_websocket_goes_on_over_webrtc_and_back() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    speak(&mut socket, &question_pcm()).await;
    assert_eq!(socket.answer().await.response["status"], "completed");
    drop(socket);
    ended(&server, &id).await;
    let first = Part::read(&server.app.config.server.data, &id, 1);
    let (before, known) = (contents(&first), items(&first));
    assert!(known.len() >= 2);

    let mut call = Call::at(&server.url(""), &format!("?resume={id}")).await;
    assert_eq!(call.id(), id);
    let resumed = call.until("praxiloom.session.resumed").await;
    assert_eq!(
        (resumed["session_id"].as_str(), resumed["part"].as_u64()),
        (Some(&*id), Some(2))
    );
    assert_eq!(resumed["items"], known.len());
    assert_eq!(
        call.seen[0]["session"]["audio"]["input"]["transcription"]["model"],
        "any"
    );
    for _ in &known {
        call.until("conversation.item.done").await;
    }
    assert_eq!(replayed(&call.seen), known);
    // Another network, the same connection.
    call.restart().await;
    call.speak(&question()).await;
    call.until("output_audio_buffer.stopped").await;
    call.close().await;
    ended(&server, &id).await;
    let second = Part::read(&server.app.config.server.data, &id, 2);
    let from = second.events[0].at_ms;
    assert!(from >= first.events.last().unwrap().at_ms);
    assert!(second.said(Speaker::Client)[0].from_ms > from);
    let new = items(&second);
    assert!(
        new.iter().all(|id| !known.contains(id)),
        "archived twice: {new:?} {known:?}"
    );
    second.replays();

    let mut socket = Socket::at(&resume_url(&server.url(""), &id)).await;
    let resumed = socket.until("praxiloom.session.resumed").await;
    assert_eq!(resumed["part"], 3);
    assert_eq!(resumed["items"], known.len() + new.len());
    socket.is_well().await;
    socket.stream.close(None).await.unwrap();
    let row = ended(&server, &id).await;
    assert_eq!(row.part, 3);
    assert!(row.turns >= 3);
    Part::read(&server.app.config.server.data, &id, 3).replays();
    assert_eq!(contents(&first), before, "what was written stays as it was");
}

#[tokio::test]
async fn a_session_that_is_still_connected_is_taken_over() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    // In the middle of the question.
    let question = question_pcm();
    speak(&mut socket, &question[..question.len() / 3 * 2]).await;
    socket.until("input_audio_buffer.speech_started").await;
    let mut next = Socket::at(&resume_url(&server.url(""), &id)).await;
    let notice = socket.until("praxiloom.notice").await;
    assert_eq!(notice["code"], "session_taken_over");
    assert_eq!(socket.closed().await, 1000);
    // What was being said is there, and is answered.
    let resumed = next.until("praxiloom.session.resumed").await;
    assert_eq!(
        (resumed["part"].as_u64(), resumed["items"].as_u64()),
        (Some(2), Some(1))
    );
    let item = next.until("conversation.item.done").await["item"].clone();
    assert_eq!(item["content"][0]["transcript"], UNDERSTOOD);
    assert_eq!(next.answer().await.response["status"], "completed");
    assert_eq!(server.app.live.registry().taken(), 1);
    let part = Part::read(&server.app.config.server.data, &id, 1);
    assert_eq!(part.reason(), Some("displaced"));
    let session = client().get(server.url(&format!("/api/sessions/{id}")));
    let session: Value = session.send().await.unwrap().json().await.unwrap();
    assert_eq!(session["parts"][0]["end_reason"], "displaced");
}

#[tokio::test]
async fn a_hang_up_in_the_middle_of_a_takeover_ends_the_session() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    speak(&mut socket, &question_pcm()).await;
    socket.until("input_audio_buffer.speech_started").await;
    let url = resume_url(&server.url(""), &id);
    let next = tokio::spawn(async move { Socket::at(&url).await });
    // The old connection is told before it is put away, and the new one comes after that.
    let notice = socket.until("praxiloom.notice").await;
    assert_eq!(notice["code"], "session_taken_over");
    assert_eq!(hang_up(&server, &id).await, 200);
    let mut next = next.await.unwrap();
    assert_eq!(next.closed().await, 1000);
    let row = ended(&server, &id).await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
}

#[tokio::test]
async fn what_its_coach_hung_up_is_over_for_everybody() {
    let server = serve(&[]).await;
    let over = (409, "session_not_resumable".to_owned());
    let about = async |id: &str| -> Value {
        let path = server.url(&format!("/api/sessions/{id}"));
        let answer = client().get(path).send().await.unwrap();
        answer.json().await.unwrap()
    };
    // While it was live, after its connection was lost, and after its client closed it.
    let mut live = Socket::open(&server).await;
    let lost = Socket::open(&server).await;
    let mut closed = Socket::open(&server).await;
    let ids = [live.id(), lost.id(), closed.id()];
    drop(lost);
    closed.stream.close(None).await.unwrap();
    for id in &ids[1..] {
        ended(&server, id).await;
        assert!(about(id).await["resumable_until_ms"].is_i64());
    }
    for id in &ids {
        assert_eq!(hang_up(&server, id).await, 200, "{id}");
    }
    assert_eq!(live.closed().await, 1000);
    for id in &ids {
        let row = ended(&server, id).await;
        assert_eq!(row.end_reason.as_deref(), Some("hung_up"), "{id}");
        let told = about(id).await;
        assert_eq!(told["resumable_until_ms"], Value::Null, "{told}");
        assert_eq!(told["cut_off"], false, "{told}");
        assert_eq!(refused(&server, id).await, over, "{id}");
        let again = server.url(&format!("/v1/realtime/calls/{id}/hangup"));
        let again = client().post(again).send().await.unwrap();
        assert_eq!(again.status(), 404);
        let why: Value = again.json().await.unwrap();
        let why = why["error"]["message"].as_str().unwrap();
        assert!(why.contains("has ended already"), "{why}");
    }
}

#[tokio::test]
async fn of_two_that_resume_at_once_one_has_the_session() {
    let server = serve(&[]).await;
    let socket = Socket::open(&server).await;
    let id = socket.id();
    drop(socket);
    ended(&server, &id).await;
    let url = resume_url(&server.url(""), &id);
    let (one, two) = tokio::join!(Socket::with(&url, &[]), Socket::with(&url, &[]));
    let mut live = 0;
    for mut socket in [one, two].into_iter().flatten() {
        // The one that was displaced is closed; the other talks.
        let talking = tokio::spawn(async move { socket.is_well().await });
        live += usize::from(talking.await.is_ok());
    }
    assert_eq!(live, 1);
    let folder = crate::archived::folder(&server.app.config.server.data, &id);
    let logs = std::fs::read_dir(folder).unwrap();
    let logs = logs.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with("events.jsonl")
    });
    assert!((2..=3).contains(&logs.count()));
}

#[tokio::test]
async fn strangers_and_the_unknown_are_not_found() {
    let server = serve(&[]).await;
    for id in ["sess_unknown", "../../etc", "", "%2e%2e"] {
        assert_eq!(
            refused(&server, id).await,
            (404, "not_found".to_owned()),
            "{id}"
        );
    }
    // One that somebody else has, live and ended.
    let stranger = AccountId::new("acct_stranger");
    let place = server
        .app
        .live
        .registry()
        .enter("sess_theirs", &stranger)
        .unwrap();
    assert_eq!(refused(&server, "sess_theirs").await.0, 404);
    assert!(!place.orders().displaced.is_cancelled());
    drop(place);
    let recorder = server.app.archive.record(Recording {
        account: stranger,
        id: "sess_theirs".to_owned(),
        number: 1,
        from: media::Position::ZERO,
        transport: "websocket",
        client_id: None,
        engines: json!({}),
        began_at: Micros(0),
        claim: None,
    });
    recorder
        .finish(media::Position::from_ms(10), EndReason::Lost)
        .await;
    assert_eq!(refused(&server, "sess_theirs").await.0, 404);
    let call = client()
        .post(server.url("/v1/realtime/calls/sess_theirs"))
        .header("content-type", "application/sdp")
        .body("v=0");
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let told: Value = answer.json().await.unwrap();
    let message = told["error"]["message"].as_str().unwrap();
    assert!(message.contains("?resume="), "{message}");
}

/// Asks until an answer is being spoken, of which a client that hears no more of it than came has heard
/// two words; which it is, and how much of it came, in milliseconds.
async fn answer_begun(socket: &mut Socket) -> (String, usize) {
    for _ in 0..5 {
        speak(socket, &question_pcm()).await;
        let (mut transcript, mut came) = (String::new(), 0);
        loop {
            let event = socket.event().await;
            let delta = || event["delta"].as_str().unwrap();
            match event["type"].as_str().unwrap() {
                // Three bytes in four letters, and 48 bytes in a millisecond.
                "response.output_audio.delta" => came += delta().len() * 3 / 4 / 48,
                "response.output_audio_transcript.delta" => transcript += delta(),
                "response.done" => break,
                _ => continue,
            }
            if transcript.split_whitespace().count() > 2 {
                return (event["item_id"].as_str().unwrap().to_owned(), came);
            }
        }
    }
    panic!("no answer has three words");
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_truncated_to_what_the_client_played() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    let (item, came) = answer_begun(&mut socket).await;
    drop(socket);
    let resumed = async || {
        let mut socket = Socket::at(&resume_url(&server.url(""), &id)).await;
        loop {
            let done = socket.until("conversation.item.done").await["item"].clone();
            if done["id"] == *item {
                return (socket, done);
            }
        }
    };
    let (mut socket, done) = resumed().await;
    assert_eq!(done["status"], "incomplete");
    let before = Part::read(&server.app.config.server.data, &id, 1);
    let sent = before.events.iter().find_map(|entry| match &entry.event {
        Event::Sent(sent) if sent.item_id == item => Some(sent),
        _ => None,
    });
    let sent = sent.unwrap();
    assert!(sent.audio_ms as usize + 20 >= came, "{came}, {sent:?}");
    let truncate = |audio_end_ms: u64| {
        json!({"type": "conversation.item.truncate", "item_id": item, "content_index": 0,
            "audio_end_ms": audio_end_ms})
    };
    socket.send(truncate(sent.audio_ms + 21)).await;
    let error = socket.error().await;
    assert_eq!(error["param"], "audio_end_ms");
    assert_eq!(error["code"], "invalid_value");
    let words: Vec<&str> = sent.words.iter().map(|word| &*word.text).collect();
    // All that left, then no more than a word.
    for (end, text) in [
        (sent.audio_ms, words.join(" ")),
        (sent.words[0].to_ms, words[0].to_owned()),
    ] {
        socket.send(truncate(end)).await;
        let truncated = socket.until("conversation.item.truncated").await;
        assert_eq!(truncated["item_id"], *item);
        assert_eq!(truncated["audio_end_ms"], end);
        let retrieve = json!({"type": "conversation.item.retrieve", "item_id": item});
        socket.send(retrieve).await;
        let retrieved = socket.until("conversation.item.retrieved").await;
        assert_eq!(retrieved["item"]["content"][0]["transcript"], text);
    }
    socket.stream.close(None).await.unwrap();
    ended(&server, &id).await;
    // The archive says the same, where it was said.
    let path = server.url(&format!("/api/sessions/{id}/transcript?format=json"));
    let told = client().get(path).send().await.unwrap();
    let told: Value = told.json().await.unwrap();
    let mut lines = told["lines"].as_array().unwrap().iter();
    let line = lines.find(|line| line["item_id"] == *item).unwrap();
    assert_eq!(line["text"], words[0]);
    assert_eq!(line["cut"], true);
    let said = before.said(Speaker::Client);
    let said = said.iter().find(|said| said.item_id == item).unwrap();
    assert_eq!(line["from_ms"], said.from_ms);
    Part::read(&server.app.config.server.data, &id, 2).replays();
    // And it is what is gone on from, over whichever connection.
    let (_, again) = resumed().await;
    assert_eq!(again["content"][0]["transcript"], words[0]);
}

#[tokio::test]
async fn what_is_over_for_good_is_not_resumed() {
    let server = serve(&[("PRAXILOOM_LIVE_RESUME_MINUTES", "1")]).await;
    let socket = Socket::open(&server).await;
    let id = socket.id();
    drop(socket);
    ended(&server, &id).await;
    // Within the time, as often as one likes.
    let socket = Socket::at(&resume_url(&server.url(""), &id)).await;
    drop(socket);
    ended(&server, &id).await;
    server.clock.advance(Duration::from_secs(61));
    let over = (409, "session_not_resumable".to_owned());
    assert_eq!(refused(&server, &id).await, over);
}

#[tokio::test]
async fn the_longest_duration_counts_the_time_away() {
    let server = serve(&[("PRAXILOOM_LIVE_SESSION_MINUTES", "1")]).await;
    let socket = Socket::open(&server).await;
    let id = socket.id();
    drop(socket);
    ended(&server, &id).await;
    server.clock.advance(Duration::from_secs(61));
    let over = (409, "session_not_resumable".to_owned());
    assert_eq!(refused(&server, &id).await, over);
    // And again: nothing was begun.
    assert_eq!(refused(&server, &id).await, over);
    assert_eq!(server.app.live.registry().taken(), 0);
}

#[tokio::test]
async fn a_session_goes_on_over_either_carrier_while_the_database_takes_nothing() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    speak(&mut socket, &question_pcm()).await;
    assert_eq!(socket.answer().await.response["status"], "completed");
    server.app.archive.settled().await;
    let database = server.app.config.server.data.join("praxiloom.db");
    let url = format!("sqlite:{}", database.display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    // Over one connection while it still has another,
    let url = resume_url(&server.url(""), &id);
    // Who is there answers pings meanwhile.
    let (mut taken, closed) = tokio::join!(Socket::at(&url), socket.closed());
    assert_eq!(closed, 1000);
    assert_eq!(taken.id(), id);
    speak(&mut taken, &question_pcm()).await;
    assert_eq!(taken.answer().await.response["status"], "completed");
    // and after that broke.
    drop(taken);
    let mut call = Call::at(&server.url(""), &format!("?resume={id}")).await;
    let resumed = call.until("praxiloom.session.resumed").await;
    assert_eq!(resumed["part"], 3);
    call.speak(&question()).await;
    call.until("output_audio_buffer.stopped").await;
    other.execute("ROLLBACK").await.unwrap();
    call.close().await;
    let row = ended(&server, &id).await;
    assert_eq!(row.part, 3);
    assert!(row.turns >= 3);
    let parts: Vec<Part> = (1..=3)
        .map(|number| Part::read(&server.app.config.server.data, &id, number))
        .collect();
    for part in &parts {
        part.replays();
    }
    let mut known: Vec<String> = parts.iter().flat_map(items).collect();
    let all = known.len();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), all, "archived twice");
}

#[tokio::test]
async fn a_wrong_offer_or_configuration_leaves_the_session_as_it_was() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let id = socket.id();
    let url = server.url(&format!("/v1/realtime/calls?resume={id}"));
    let post = client().post(url).header("content-type", "application/sdp");
    assert_eq!(post.body("v=0\r\n").send().await.unwrap().status(), 400);
    socket.is_well().await;
}

/// A session of so many items, none of which has an answer, whose connection ended.
pub async fn of_many_items(server: &Running, count: usize) -> String {
    let mut socket = curious(server).await;
    let id = socket.id();
    for number in 0..count {
        let content = json!([{"type": "input_text", "text": format!("Line {number}.")}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        socket
            .send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        socket.until("conversation.item.done").await;
    }
    socket.stream.close(None).await.unwrap();
    ended(server, &id).await;
    id
}

#[tokio::test]
async fn a_session_of_many_items_goes_on_over_either_carrier() {
    const ITEMS: usize = 600;
    let server = serve(&[]).await;
    let id = of_many_items(&server, ITEMS).await;

    let mut socket = Socket::at(&resume_url(&server.url(""), &id)).await;
    let resumed = socket.until("praxiloom.session.resumed").await;
    assert_eq!(resumed["items"], ITEMS);
    // What was said last has no answer yet, and gets one.
    assert_eq!(socket.answer().await.response["status"], "completed");
    assert_eq!(replayed(&socket.seen).len(), ITEMS);
    socket.stream.close(None).await.unwrap();
    ended(&server, &id).await;

    let mut call = Call::at(&server.url(""), &format!("?resume={id}")).await;
    for _ in 0..=ITEMS {
        call.until("conversation.item.done").await;
    }
    assert_eq!(replayed(&call.seen).len(), ITEMS + 1);
    call.close().await;
    ended(&server, &id).await;
}
