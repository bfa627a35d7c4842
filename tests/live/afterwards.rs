//! What the coach was saying when a server was killed is heard by the next: as the turn that it was, or,
//! where nobody can listen, as something that could not be understood.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use media::Position;
use praxiloom::archive::disclosures;
use praxiloom::archive::event::{Event, Speaker};
use praxiloom::disclosure::VoiceMeter;
use praxiloom::providers::stt::{
    ListenInput, ListenOutput, ListenRequest, Listening, QUEUE, SpeechToText, Transcript, Word,
};
use praxiloom::providers::{EngineInfo, ProviderError};
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::archived::{Part, folder};
use crate::killed::{STAND_INS, begin, resumed, talk};
use crate::process::Process;
use crate::record::speak;
use crate::resume::replayed;
use crate::server::{Running, client, engines};
use crate::socket::{LONG, Socket, UNDERSTOOD, question_pcm, quick};

/// Somebody talks with a client, and is in the middle of another sentence when the server is killed: the
/// session, and its items by then.
async fn cut_off(data: &Path) -> (String, Vec<String>) {
    let server = Process::serve(data, &STAND_INS);
    let mut socket = begin(&server).await;
    let items = talk(&mut socket).await;
    // 1.2 seconds of 24 kHz PCM16, none of them silent.
    let sound = question_pcm();
    let voice = sound
        .chunks(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    let onset = voice
        .into_iter()
        .position(|sample| sample.unsigned_abs() > 2000);
    let onset = onset.unwrap() * 2;
    speak(&mut socket, &sound[onset..onset + 57_600]).await;
    server.signal("KILL");
    assert!(!server.wait().0.success());
    (socket.id(), items)
}

/// What was heard afterwards of a session, once it was.
async fn heard_afterwards(url: &str, id: &str) -> (Value, Vec<Value>) {
    let url = format!("{url}/api/sessions/{id}/transcript");
    let until = Instant::now() + LONG;
    loop {
        let answer = client().get(&url).send().await.unwrap();
        let transcript: Value = answer.json().await.unwrap();
        let lines = transcript["lines"].as_array().into_iter().flatten();
        let heard: Vec<Value> = lines
            .filter(|line| line["afterwards"] == true)
            .cloned()
            .collect();
        if !heard.is_empty() {
            return (transcript, heard);
        }
        assert!(Instant::now() < until, "{transcript}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Nobody waits to be heard any more.
async fn nothing_is_left(data: &Path) {
    let marks = data.join("sessions/.unheard");
    let until = Instant::now() + LONG;
    while std::fs::read_dir(&marks).unwrap().count() > 0 {
        assert!(Instant::now() < until, "a mark stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_was_being_said_as_the_server_was_killed_is_the_coachs_turn() {
    let data = tempfile::tempdir().unwrap();
    let (id, items) = cut_off(data.path()).await;
    let before = Part::read(data.path(), &id, 1);
    let known = before.said(Speaker::Coach).len();
    let server = Process::serve(data.path(), &STAND_INS);
    let (transcript, heard) = heard_afterwards(server.url(), &id).await;
    nothing_is_left(data.path()).await;
    // Another recogniser begins with its first line.
    assert_eq!(heard[0]["text"], UNDERSTOOD);
    assert_eq!(
        (heard.len(), &heard[0]["speaker"]),
        (1, &Value::from("coach"))
    );
    let part = Part::read(data.path(), &id, 1);
    let said = part.said(Speaker::Coach);
    assert!(said.len() <= known + 1, "{said:?}");
    let (line, length) = (
        said.last().unwrap(),
        transcript["length_ms"].as_u64().unwrap(),
    );
    assert!(!line.cut && line.from_ms < line.to_ms, "{line:?}");
    // What was recorded of the sound may end a moment before its words do.
    assert!(line.to_ms <= length + 600, "{line:?} of {length} ms");
    let voice = part.track("coach");
    assert!(
        voice.level(line.from_ms, line.to_ms) > 500.0,
        "it stands in the sound"
    );
    let mut events = part.events.iter().map(|entry| &entry.event);
    assert!(events.any(|event| matches!(event, Event::Disconnected { .. })));
    assert!(matches!(
        events.next(),
        Some(Event::HeardAfterwards { recognised: true, from_ms, to_ms, .. })
            if *from_ms <= line.from_ms && *to_ms >= line.to_ms
    ));
    let item = &line.item_id;
    assert!(
        events
            .clone()
            .any(|event| matches!(event, Event::TurnEnded { item_id, .. } if item_id == item))
    );
    assert!(events.any(
        |event| matches!(event, Event::EngineCall(call) if call.item_id.as_ref() == Some(item))
    ));
    part.replays();
    let url = format!("{}/api/sessions/{id}", server.url());
    let session: Value = client()
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&session["turns"], &session["end_reason"]),
        (&2.into(), &"lost".into())
    );
    let text = client()
        .get(format!("{url}/transcript?format=text"))
        .send()
        .await
        .unwrap();
    let text = text.text().await.unwrap();
    assert!(
        text.contains(&format!("Coach (heard afterwards): {UNDERSTOOD}")),
        "{text}"
    );
    // The session goes on with it, and it is answered.
    let mut socket = resumed(&server, &id, LONG).await;
    socket.answer().await;
    assert_eq!(
        replayed(&socket.seen),
        [&items[..], std::slice::from_ref(item)].concat()
    );
}

#[tokio::test]
async fn an_answer_that_was_being_heard_ends_with_what_was_heard() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::serve(data.path(), &STAND_INS);
    let mut socket = begin(&server).await;
    socket.speak(&question_pcm()).await;
    socket.until("response.output_audio.delta").await;
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(1300)).await;
    server.signal("KILL");
    server.wait();
    let passed = begun.elapsed().as_millis() as u64;
    let server = Process::serve(data.path(), &STAND_INS);
    drop(resumed(&server, &socket.id(), LONG).await);
    let url = format!("{}/api/sessions/{}/transcript", server.url(), socket.id());
    let transcript: Value = client()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let line = &transcript["lines"][1];
    assert_eq!(
        (&line["speaker"], &line["cut"]),
        (&"client".into(), &true.into())
    );
    let heard = line["text"].as_str().unwrap().trim_end_matches(" —");
    assert!(!heard.is_empty());
    let lasted = line["to_ms"].as_u64().unwrap() - line["from_ms"].as_u64().unwrap();
    assert!(lasted <= passed, "{lasted} of {passed} ms");
}

#[tokio::test]
async fn what_nobody_could_listen_to_is_said_to_be_so() {
    let data = tempfile::tempdir().unwrap();
    let (id, _) = cut_off(data.path()).await;
    let folder = data.path().display().to_string();
    let server = Running::start_with(&[("PRAXILOOM_DATA", &folder)], engines()).await;
    let (_, heard) = heard_afterwards(&server.url(""), &id).await;
    nothing_is_left(data.path()).await;
    assert!(heard.len() == 1 && heard[0]["text"] != UNDERSTOOD);
    let part = Part::read(data.path(), &id, 1);
    let told = |event: &Event| {
        matches!(
            event,
            Event::HeardAfterwards {
                recognised: false,
                ..
            }
        )
    };
    assert!(part.events.iter().any(|entry| told(&entry.event)));
    part.replays();
}

/// Listens at a vendor's as soon as it is let.
struct Vendor(Arc<Semaphore>);

const VENDOR: &str = "Vendor (vendor.example)";

impl SpeechToText for Vendor {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "vendor".to_owned(),
            processor: Some(VENDOR.to_owned()),
            note: "Listens far away.".to_owned(),
        }
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let (input, mut inputs) = mpsc::channel(QUEUE);
        let (outputs, output) = mpsc::channel(QUEUE);
        let processor = Some(VENDOR.to_owned());
        let engine = "vendor".to_owned();
        let mut meter = VoiceMeter::new(request.witness, processor, engine, 16_000);
        let let_in = self.0.clone();
        tokio::spawn(async move {
            while let Some(input) = inputs.recv().await {
                match input {
                    ListenInput::Audio { samples, .. } => meter.count(samples.len()),
                    ListenInput::End { segment, to } => {
                        let _ = let_in.acquire().await;
                        let transcript = understood(to);
                        let heard = ListenOutput::Final {
                            segment,
                            transcript,
                        };
                        let _ = outputs.send(heard).await;
                    }
                    _ => {}
                }
            }
        });
        Box::pin(async { Ok(Listening { input, output }) })
    }
}

fn understood(to: Position) -> Transcript {
    let word = Word {
        text: "Really?".to_owned(),
        start: to.back(Duration::from_millis(300)),
        end: to,
        confidence: 1.0,
    };
    let words = vec![word];
    Transcript { words, stable: 1 }
}

async fn at_a_vendor(data: &Path) -> (Running, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let mut engines = quick();
    engines.stt = Arc::new(Vendor(gate.clone()));
    let folder = data.display().to_string();
    let server = Running::start_with(&[("PRAXILOOM_DATA", &folder)], engines).await;
    (server, gate)
}

#[tokio::test]
async fn a_session_that_goes_on_meanwhile_has_the_words_on_record_and_the_vendor_is_too() {
    let data = tempfile::tempdir().unwrap();
    let (id, items) = cut_off(data.path()).await;
    let (server, gate) = at_a_vendor(data.path()).await;
    let url = crate::resume::resume_url(&server.url(""), &id);
    let mut socket = Socket::at(&url).await;
    // What was understood by then is answered.
    assert_eq!(socket.answer().await.response["status"], "completed");
    gate.add_permits(1);
    let (_, heard) = heard_afterwards(&server.url(""), &id).await;
    nothing_is_left(data.path()).await;
    assert_eq!((heard.len(), &heard[0]["text"]), (1, &"Really?".into()));
    let of = server.app.db.of(&server.app.account);
    server.app.archive.settled().await;
    let rows = disclosures::of_session(of, &id).await.unwrap();
    assert!(
        rows.iter()
            .any(|row| row.processor == VENDOR && row.purpose == "listening" && row.amount >= 500)
    );
    socket.stream.close(None).await.unwrap();
    crate::ends::ended(&server, &id).await;
    let mut socket = Socket::at(&url).await;
    socket.is_well().await;
    let now = replayed(&socket.seen);
    assert_eq!(now[..items.len()], items);
    let late = heard[0]["item_id"].as_str().unwrap();
    // What had been understood of it before is what the conversation went on with.
    let at = now.iter().position(|item| item == late);
    assert!(at.is_none_or(|at| at == items.len()), "{now:?}");
}

#[tokio::test]
async fn nothing_is_left_of_a_session_that_is_deleted_meanwhile() {
    let data = tempfile::tempdir().unwrap();
    let (id, _) = cut_off(data.path()).await;
    let session = folder(data.path(), &id);
    let (server, gate) = at_a_vendor(data.path()).await;
    let url = server.url(&format!("/api/sessions/{id}"));
    let until = Instant::now() + LONG;
    while client().delete(&url).send().await.unwrap().status() != 204 {
        assert!(Instant::now() < until);
    }
    gate.add_permits(1);
    nothing_is_left(data.path()).await;
    assert!(!session.exists());
}
