//! Sessions that were held, recorded as a live one records itself.

use std::time::Duration;

use media::Position;
use media::opus::{Encoder, EncoderSettings};
use praxiloom::archive::event::{Event, Said, Speaker, TimedWord};
use praxiloom::archive::{EndReason, Part, Recorder};
use praxiloom::db::AccountId;
use serde_json::json;
use signaling::event::Session;

use crate::server::Running;

pub fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

/// Records a session of three seconds: one question and its answer.
pub async fn hold(server: &Running, id: &str) {
    let mut recorder = begin(server, &server.app.account, id).await;
    let session = Session::new(id, "praxiloom", "hazel", 1_795_266_000);
    let configured = Event::Configured {
        session: Box::new(session),
        client_id: Some("maya-promotion".to_owned()),
    };
    recorder.event(ms(0), &configured);
    talk(&mut recorder, 0);
    server.clock.advance(Duration::from_secs(3));
    recorder.finish(ms(3000), EndReason::ByClient).await;
    server.app.archive.settled().await;
}

/// Goes on with a session a minute after it ended, for three seconds more.
pub async fn go_on(server: &Running, id: &str) {
    server.clock.advance(Duration::from_secs(60));
    let app = &server.app;
    let reopened = app.archive.reopen(&app.account, id).await.unwrap();
    let mut recorder = app.archive.record(Part {
        number: reopened.part_number,
        from: reopened.from,
        claim: Some(reopened.claim),
        transport: "webrtc",
        ..part(server, &app.account, id)
    });
    let from = reopened.from.ms();
    talk(&mut recorder, from);
    server.clock.advance(Duration::from_secs(3));
    recorder.finish(ms(from + 3000), EndReason::Lost).await;
    app.archive.settled().await;
}

/// Begins to record a session of this account; its row is there.
pub async fn begin(server: &Running, account: &AccountId, id: &str) -> Recorder {
    let recorder = server.app.archive.record(part(server, account, id));
    server.app.archive.settled().await;
    recorder
}

/// Another account.
pub async fn another_account(server: &Running) -> AccountId {
    let id = uuid::Uuid::now_v7().to_string();
    sqlx::query("INSERT INTO accounts (id, created_at) VALUES ($1, 0)")
        .bind(&id)
        .execute(server.app.db.pool())
        .await
        .unwrap();
    AccountId::new(id)
}

/// Three seconds in which both sound, and a question and its answer in words.
pub fn talk(recorder: &mut Recorder, from_ms: u64) {
    let mut tone = Encoder::new(EncoderSettings::default()).unwrap();
    let silence = vec![0; tone.frame()];
    for at in (from_ms..from_ms + 3000).step_by(20) {
        let packet = tone.encode(&silence).unwrap().to_vec();
        recorder.coach(ms(at), &packet, 70);
        recorder.client(ms(at), &packet, 140);
        recorder.tick(ms(at + 20));
    }
    let asked = said("item_asked", Speaker::Coach, from_ms + 100, "How are you?");
    let told = said(
        "item_told",
        Speaker::Client,
        from_ms + 1500,
        "Fine & <well>.",
    );
    recorder.event(ms(from_ms + 1000), &asked);
    recorder.event(ms(from_ms + 3000), &told);
}

fn part(server: &Running, account: &AccountId, id: &str) -> Part {
    let engines = json!({"stt": "pocketsphinx", "llm": "standin", "tts": "flite"});
    Part {
        account: account.clone(),
        id: id.to_owned(),
        number: 1,
        from: Position::ZERO,
        transport: "websocket",
        client_id: Some("maya-promotion".to_owned()),
        engines,
        began_at: server.clock.now(),
        claim: None,
    }
}

/// Something said, each word a quarter of a second long.
fn said(item: &str, speaker: Speaker, from_ms: u64, text: &str) -> Event {
    let word = |(text, index): (&str, u64)| TimedWord {
        text: text.to_owned(),
        from_ms: from_ms + index * 250,
        to_ms: from_ms + (index + 1) * 250,
    };
    let words: Vec<TimedWord> = text.split(' ').zip(0..).map(word).collect();
    Event::Said(Said {
        item_id: format!("{item}_{from_ms}"),
        speaker,
        from_ms,
        to_ms: words.last().map_or(from_ms, |word| word.to_ms),
        text: text.to_owned(),
        words,
        cut: false,
        typed: false,
        afterwards: false,
    })
}
