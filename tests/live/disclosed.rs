//! What leaves this machine in a session is on record: each vendor is stood in for on this machine,
//! and the settings say who is behind it, as they do for a gateway.

use std::time::Duration;

use praxiloom::app::Engines;
use praxiloom::archive::disclosures::{self, DisclosureRow};
use serde_json::{Value, json};

use crate::ends::ended;
use crate::listeners::{self, KEY, Listener};
use crate::models;
use crate::record::speak;
use crate::server::{NOON, Running, config};
use crate::socket::{Socket, question_pcm};
use crate::speakers::{self, Fault, cartesia::Cartesia, elevenlabs::ElevenLabs};
use crate::sse_server::SseServer;

/// Asks a question in a session with the engines that these settings name, and hears the answer; the
/// rows of the session.
async fn converse(variables: &[(&str, &str)]) -> Vec<DisclosureRow> {
    let folder = tempfile::tempdir().unwrap();
    let engines = Engines::start(&config(folder.path(), variables)).await;
    let server = Running::start_with(&[], engines.unwrap()).await;
    let mut socket = Socket::open(&server).await;
    let session = json!({"type": "realtime", "instructions": "You are being coached."});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    speak(&mut socket, &question_pcm()).await;
    speak(&mut socket, &vec![0; 48_000 * 3 / 2]).await;
    let answer = socket.answer().await;
    assert_eq!(answer.response["status"], "completed");
    assert!(!answer.audio.is_empty());
    socket.stream.close(None).await.unwrap();
    let id = socket.id();
    ended(&server, &id).await;
    server.app.archive.settled().await;
    let of = server.app.db.of(&server.app.account);
    let rows = disclosures::of_session(of, &id).await.unwrap();
    for row in &rows {
        assert_eq!((&row.session_id, row.at), (&id, NOON.0));
        let data = match row.purpose.as_str() {
            "listening" => "voice",
            _ => "words",
        };
        assert_eq!(row.data, data, "{row:?}");
        assert!(row.amount > 0, "{row:?}");
    }
    rows
}

/// Who received something for a purpose, by which engine, and how much, in order.
fn told<'a>(rows: &'a [DisclosureRow], purpose: &str) -> Vec<(&'a str, &'a str, u64)> {
    let rows = rows.iter().filter(|row| row.purpose == purpose);
    let told = |row: &'a DisclosureRow| {
        let amount = u64::try_from(row.amount).unwrap();
        (row.processor.as_str(), row.engine.as_str(), amount)
    };
    rows.map(told).collect()
}

/// Characters of words that models were asked with.
fn asked(server: &SseServer) -> Vec<u64> {
    let seen = server.seen().requests.into_iter();
    let questions = seen.filter(|request| request.line.starts_with("POST"));
    let characters = |text: &Value| text.as_str().map_or(0, |text| text.chars().count() as u64);
    let words = |body: Value| {
        let messages = body["messages"].as_array().unwrap().iter();
        messages
            .map(|message| characters(&message["content"]))
            .sum()
    };
    questions.map(|request| words(request.body)).collect()
}

#[tokio::test]
async fn every_call_is_a_row_and_so_is_what_is_sent_again() {
    let listener = Listener::start(listeners::Vendor::Deepgram).await;
    let breaks = listeners::Fault {
        ends: Some((Duration::from_millis(500), None)),
        ..listeners::Fault::default()
    };
    listener.fault(0, breaks);
    let model = SseServer::start([models::chat::reply(models::Vendor::DripsBytes)]).await;
    let speaker = speakers::start::<ElevenLabs>([Fault::Stalls(0), Fault::None]).await;
    let (hears, speaks) = (listener.base_url(), speaker.url());
    let thinks = format!("http://{}/v1", model.address);
    let rows = converse(&[
        ("PRAXILOOM_STT_ENGINE", "deepgram"),
        ("PRAXILOOM_STT_FALLBACK", "none"),
        ("PRAXILOOM_DEEPGRAM_KEY", KEY),
        ("PRAXILOOM_DEEPGRAM_BASE_URL", &hears),
        ("PRAXILOOM_DEEPGRAM_PROCESSOR", "Listener"),
        ("PRAXILOOM_LLM_ENGINE", "openai"),
        ("PRAXILOOM_LLM_MODEL", "small"),
        ("PRAXILOOM_LLM_BASE_URL", &thinks),
        ("PRAXILOOM_LLM_PROCESSOR", "Thinker"),
        ("PRAXILOOM_TTS_ENGINE", "elevenlabs"),
        ("PRAXILOOM_TTS_FALLBACK", "none"),
        ("PRAXILOOM_ELEVENLABS_KEY", KEY),
        ("PRAXILOOM_ELEVENLABS_BASE_URL", &speaks),
        ("PRAXILOOM_ELEVENLABS_PROCESSOR", "Speaker"),
    ])
    .await;

    // A connection that broke took what it heard, and the next what was sent again with the rest.
    let told_listener = told(&rows, "listening");
    let heard = listener.ended().await;
    let heard: Vec<f64> = heard.iter().map(|seen| seen.sound.iter().sum()).collect();
    assert_eq!((told_listener.len(), heard.len()), (2, 2), "{rows:?}");
    let [(_, _, first), (_, _, second)] = told_listener[..] else {
        panic!("{told_listener:?}")
    };
    assert!(
        first as f64 + 1.0 >= heard[0] && first >= 500,
        "{first} {heard:?}"
    );
    assert!(
        (second as f64 - heard[1]).abs() <= 1.0,
        "{second} {heard:?}"
    );
    assert!(second > 3000, "the question and the silence after it");

    let told_model = told(&rows, "answering");
    let asked = asked(&model);
    assert!(!asked.is_empty());
    let amounts: Vec<u64> = told_model.iter().map(|(_, _, amount)| *amount).collect();
    assert_eq!(amounts, asked);

    let told_speaker = told(&rows, "speaking");
    let texts = speaker.seen().texts;
    let spoken = texts.iter().map(|text| text.chars().count() as u64);
    let amounts: Vec<u64> = told_speaker.iter().map(|(_, _, amount)| *amount).collect();
    assert_eq!(amounts, spoken.collect::<Vec<_>>());
    assert_eq!(texts[0], texts[1], "it was sent again");

    for (told, processor, engine) in [
        (told_listener, "Listener", "deepgram"),
        (told_model, "Thinker", "openai"),
        (told_speaker, "Speaker", "elevenlabs"),
    ] {
        let same = |(by, with, _): &(&str, &str, u64)| (*by, *with) == (processor, engine);
        assert!(told.iter().all(same), "{told:?}");
    }
}

#[tokio::test]
async fn who_failed_has_its_rows_and_so_has_who_stood_in() {
    let first = Listener::start(listeners::Vendor::Deepgram).await;
    let gives_up = listeners::Fault {
        ends: Some((Duration::from_millis(500), Some(1008))),
        ..listeners::Fault::default()
    };
    first.always(gives_up);
    let second = Listener::start(listeners::Vendor::AssemblyAi).await;
    let broken = SseServer::start([models::chat::reply(models::Vendor::IsBroken)]).await;
    let works = models::anthropic::reply(models::Vendor::DripsBytes);
    let works = SseServer::start([works]).await;
    let poor = speakers::start::<ElevenLabs>([Fault::Fails(1008, "quota_exceeded")]).await;
    let speaks = speakers::start::<Cartesia>([]).await;
    let at = |server: &SseServer, path: &str| format!("http://{}{path}", server.address);
    let rows = converse(&[
        ("PRAXILOOM_STT_ENGINE", "deepgram"),
        ("PRAXILOOM_STT_FALLBACK", "assemblyai,none"),
        ("PRAXILOOM_DEEPGRAM_KEY", KEY),
        ("PRAXILOOM_DEEPGRAM_BASE_URL", &first.base_url()),
        ("PRAXILOOM_DEEPGRAM_PROCESSOR", "First listener"),
        ("PRAXILOOM_ASSEMBLYAI_KEY", KEY),
        ("PRAXILOOM_ASSEMBLYAI_BASE_URL", &second.base_url()),
        ("PRAXILOOM_ASSEMBLYAI_PROCESSOR", "Second listener"),
        ("PRAXILOOM_LLM_ENGINE", "openai"),
        ("PRAXILOOM_LLM_MODEL", "small"),
        ("PRAXILOOM_LLM_FALLBACK", "anthropic"),
        ("PRAXILOOM_LLM_BASE_URL", &at(&broken, "/v1")),
        ("PRAXILOOM_LLM_PROCESSOR", "First thinker"),
        ("PRAXILOOM_ANTHROPIC_KEY", KEY),
        ("PRAXILOOM_ANTHROPIC_BASE_URL", &at(&works, "")),
        ("PRAXILOOM_ANTHROPIC_PROCESSOR", "Second thinker"),
        ("PRAXILOOM_TTS_ENGINE", "elevenlabs"),
        ("PRAXILOOM_TTS_FALLBACK", "cartesia,none"),
        ("PRAXILOOM_ELEVENLABS_KEY", KEY),
        ("PRAXILOOM_ELEVENLABS_BASE_URL", &poor.url()),
        ("PRAXILOOM_ELEVENLABS_PROCESSOR", "First speaker"),
        ("PRAXILOOM_CARTESIA_KEY", KEY),
        ("PRAXILOOM_CARTESIA_BASE_URL", &speaks.url()),
        ("PRAXILOOM_CARTESIA_PROCESSOR", "Second speaker"),
    ])
    .await;
    for (purpose, who, engines) in [
        ("listening", "listener", ["deepgram", "assemblyai"]),
        ("answering", "thinker", ["openai", "anthropic"]),
        ("speaking", "speaker", ["elevenlabs", "cartesia"]),
    ] {
        let mut who_received: Vec<_> = told(&rows, purpose)
            .into_iter()
            .map(|(processor, engine, _)| (processor.to_owned(), engine))
            .collect();
        who_received.dedup();
        let expected = [
            (format!("First {who}"), engines[0]),
            (format!("Second {who}"), engines[1]),
        ];
        assert!(who_received.starts_with(&expected), "{who_received:?}");
    }
    let sentence = told(&rows, "speaking")[0].2;
    assert_eq!(told(&rows, "speaking")[1].2, sentence, "the same words");
}
