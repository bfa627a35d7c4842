//! Whole sessions in which a vendor listens, and in which another has to.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use praxiloom::app::Engines;
use praxiloom::private::Private;
use praxiloom::providers::stt::SpeechToText;
use praxiloom::providers::stt::cloud::{Cloud, CloudSettings, Kind};
use praxiloom::providers::stt::fallback::Fallback;
use praxiloom::providers::stt::standin::Standin;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::listeners::{Fault, KEY, Listener, Seen, Vendor};
use crate::server::Running;
use crate::socket::{Socket, UNDERSTOOD, question_pcm, quick};

const TRANSCRIPT: &str = "conversation.item.input_audio_transcription.completed";

/// All of them, and who stands in for each.
const VENDORS: [(Kind, Vendor); 5] = [
    (Kind::AssemblyAi, Vendor::AssemblyAi),
    (Kind::Deepgram, Vendor::Deepgram),
    (Kind::DeepgramFlux, Vendor::Flux),
    (Kind::ElevenLabs, Vendor::ElevenLabs),
    (Kind::OpenAi, Vendor::OpenAi),
];

fn engine(kind: Kind, listener: &Listener) -> Arc<dyn SpeechToText> {
    let settings = CloudSettings {
        key: Private::new(KEY.to_owned()),
        base_url: listener.base_url(),
        model: None,
        // As if it were not on this machine, which has more time.
        processor: Some("Somebody (far.away)".to_owned()),
    };
    Arc::new(Cloud::new(kind, settings))
}

async fn serve(stt: Arc<dyn SpeechToText>) -> (Running, Socket) {
    let server = Running::start_with(&[], Engines { stt, ..quick() }).await;
    let mut socket = Socket::open(&server).await;
    let session = json!({
        "type": "realtime",
        "include": ["praxiloom.events"],
        "output_modalities": ["text"],
        "audio": {"input": {"transcription": {"model": "any"}}},
    });
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    (server, socket)
}

/// What was understood of the question, and the status of the answer.
async fn ask(socket: &mut Socket) -> (String, Value) {
    socket.speak(&question_pcm()).await;
    let understood = socket.until(TRANSCRIPT).await;
    answered(socket, &understood).await
}

/// What was understood, and the status of the answer to it.
async fn answered(socket: &mut Socket, understood: &Value) -> (String, Value) {
    let answer = socket.answer().await;
    let transcript = understood["transcript"].as_str().unwrap().to_owned();
    (transcript, answer.response["status"].clone())
}

fn replaced(socket: &Socket) -> usize {
    let notices = socket.seen.iter();
    notices
        .filter(|event| event["code"] == "recogniser_replaced")
        .count()
}

/// What the coach was told of the recogniser that failed, if one did.
fn why_replaced(socket: &Socket) -> Option<&str> {
    let mut notices = socket.seen.iter();
    let told = notices.find(|event| event["code"] == "recogniser_replaced");
    told?["message"].as_str()
}

#[tokio::test]
async fn every_vendor_can_listen_to_a_session() {
    // One after the other: where five at once keep a busy machine from reading a session's sound in
    // time, a stall between two words is the end of a turn.
    for (kind, vendor) in VENDORS {
        let listener = Listener::start(vendor).await;
        let (server, mut socket) = serve(engine(kind, &listener)).await;
        let detection = json!({"type": "server_vad", "silence_duration_ms": 2500});
        let session = json!({
            "type": "realtime",
            "audio": {"input": {"turn_detection": detection}},
        });
        socket
            .send(json!({"type": "session.update", "session": session}))
            .await;
        socket.until("session.updated").await;
        let (transcript, status) = ask(&mut socket).await;
        // Words that name how loud they are.
        assert!(
            transcript.to_lowercase().starts_with('w'),
            "{kind:?}: {transcript}"
        );
        assert!(
            transcript.split_whitespace().count() > 4,
            "{kind:?}: {transcript}"
        );
        assert_eq!(status, "completed", "{kind:?}");
        assert_eq!(replaced(&socket), 0);
        socket.stream.close(None).await.unwrap();
        // Nothing is paid for after the session.
        assert!(
            listener
                .ended()
                .await
                .iter()
                .all(|seen| seen.closed == Some(true))
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn a_vendor_that_asked_to_be_left_alone_listens_again_to_the_same_session() {
    let listener = Listener::start(Vendor::Deepgram).await;
    let refuses = Some((429, "retry-after", "1"));
    let busy = Fault {
        refuses,
        ..Fault::default()
    };
    listener.fault(0, busy);
    let first = engine(Kind::Deepgram, &listener);
    let stt = Arc::new(Fallback::new([first, Arc::new(Standin::default())]));
    let (_server, mut socket) = serve(stt).await;
    let (transcript, status) = ask(&mut socket).await;
    assert_eq!(
        (transcript.as_str(), status),
        (UNDERSTOOD, json!("completed"))
    );
    // Once all was quiet for a while it listens, even to silence.
    let again = |seen: &[Seen]| seen.len() == 2 && !seen[1].path.is_empty();
    listener.until("it is not asked again", again).await;
    socket.speak(&[0; 48_000]).await;
    let hears = |seen: &[Seen]| !seen[1].sound.is_empty();
    listener.until("it is not listened to", hears).await;
    let (transcript, status) = ask(&mut socket).await;
    // The vendor's words name how loud they are: those of the second question alone.
    assert!(transcript.starts_with('W'), "{transcript}");
    assert_eq!(status, "completed");
    assert_eq!(replaced(&socket), 1);
    let transcripts = socket
        .seen
        .iter()
        .filter(|event| event["type"] == TRANSCRIPT);
    assert_eq!(transcripts.count(), 2);
    assert_eq!(listener.seen().len(), 2);
}

#[tokio::test]
async fn a_vendor_that_refuses_is_replaced_and_the_coach_is_told() {
    let listener = Listener::start(Vendor::Deepgram).await;
    let refuses = Some((402, "dg-error", "ASR_PAYMENT_REQUIRED"));
    listener.always(Fault {
        refuses,
        ..Fault::default()
    });
    let first = engine(Kind::Deepgram, &listener);
    let stt = Arc::new(Fallback::new([first, Arc::new(Standin::default())]));
    let (_server, mut socket) = serve(stt).await;
    assert_eq!(
        ask(&mut socket).await,
        (UNDERSTOOD.to_owned(), json!("completed"))
    );
    assert_eq!(replaced(&socket), 1);
    let message = why_replaced(&socket).unwrap();
    assert!(
        message.contains("402 Payment Required, ASR_PAYMENT_REQUIRED"),
        "{message}"
    );
    assert!(!message.contains(KEY));
}

#[tokio::test]
async fn a_vendor_that_breaks_in_mid_sentence_is_replaced_and_no_turn_is_lost() {
    let listener = Listener::start(Vendor::Deepgram).await;
    let ends = Some((Duration::from_millis(1500), Some(1008)));
    listener.always(Fault {
        ends,
        ..Fault::default()
    });
    let first = engine(Kind::Deepgram, &listener);
    let stt = Arc::new(Fallback::new([first, Arc::new(Standin::default())]));
    let (_server, mut socket) = serve(stt).await;
    assert_eq!(
        ask(&mut socket).await,
        (UNDERSTOOD.to_owned(), json!("completed"))
    );
    assert_eq!(replaced(&socket), 1);
    assert_eq!(listener.seen().len(), 1);
}

#[tokio::test]
async fn another_recogniser_answers_within_the_turn() {
    let after = |ms| Some(Duration::from_millis(ms));
    let refuses = |status| Fault {
        refuses: Some((status, "dg-error", "AS_TOLD")),
        ..Fault::default()
    };
    let ends = |code| Fault {
        ends: after(1500).map(|at| (at, code)),
        ..Fault::default()
    };
    let hangs = Fault {
        hangs: after(1500),
        ..Fault::default()
    };
    // What the coach was told, and how often the vendor was asked, say which deadlines were waited
    // for, on however slow a machine.
    let silent = [Some("did not answer within")];
    for (name, fault, told, connections) in [
        ("nothing", Fault::default(), &[None][..], 1..=1),
        ("refused key", refuses(401), &[Some("401")], 1..=1),
        ("rate limit", refuses(429), &[Some("slow down")], 1..=1),
        (
            "quota in mid sentence",
            ends(Some(1008)),
            &[Some("closed with 1008")],
            1..=1,
        ),
        (
            "cut again and again",
            ends(None),
            &[Some("broke off")],
            2..=6,
        ),
        ("silence in mid sentence", hangs, &silent, 1..=6),
    ] {
        let listener = Listener::start(Vendor::Deepgram).await;
        listener.always(fault);
        let first = engine(Kind::Deepgram, &listener);
        let stt = Arc::new(Fallback::new([first, Arc::new(Standin::default())]));
        let (_server, mut socket) = serve(stt).await;
        socket.speak(&question_pcm()).await;
        let spoken = Instant::now();
        socket.until(TRANSCRIPT).await;
        let took = spoken.elapsed();
        println!("{name}: understood after {} ms", took.as_millis());
        let why = why_replaced(&socket);
        let as_told = |told: &Option<&str>| match (told, why) {
            (Some(told), Some(why)) => why.contains(told),
            (told, why) => told.is_none() && why.is_none(),
        };
        assert!(told.iter().any(as_told), "{name}: {why:?}");
        assert!(replaced(&socket) <= 1, "{name}");
        let seen = listener.seen().len();
        assert!(connections.contains(&seen), "{name}: {seen} connections");
    }
}

/// A vendor that fails in mid-sentence, and what it does on every connection after the first.
async fn fails(vendor: Vendor, first: Fault, then: Fault) -> Listener {
    let listener = Listener::start(vendor).await;
    listener.fault(0, first);
    listener.always(then);
    listener
}

/// Takes calls, and answers nothing.
fn dead() -> Fault {
    Fault {
        slow: Duration::from_secs(3600),
        ..Fault::default()
    }
}

#[tokio::test]
async fn a_vendor_whose_host_falls_silent_loses_no_word() {
    // Before it has understood any, and in mid-sentence.
    for after in [0, 800] {
        let mut sessions = Vec::new();
        for (kind, vendor) in VENDORS {
            let hangs = Fault {
                hangs: Some(Duration::from_millis(after)),
                ..Fault::default()
            };
            let listener = fails(vendor, hangs, dead()).await;
            let first = engine(kind, &listener);
            let stt = Arc::new(Fallback::new([first, Arc::new(Standin::default())]));
            sessions.push((kind, listener, serve(stt).await));
        }
        let each = sessions.into_iter().map(|session| async move {
            let (kind, _listener, (_server, mut socket)) = session;
            let (transcript, status) = timed(&mut socket, &format!("{kind:?} {after}")).await;
            assert_eq!(
                (transcript.as_str(), status),
                (UNDERSTOOD, json!("completed")),
                "{kind:?} after {after} ms"
            );
            assert_eq!(replaced(&socket), 1, "{kind:?}");
        });
        join_all(each).await;
    }
}

/// As [`ask`], and tells how long after the sentence its words are there.
async fn timed(socket: &mut Socket, name: &str) -> (String, Value) {
    socket.speak(&question_pcm()).await;
    let spoken = Instant::now();
    let understood = socket.until(TRANSCRIPT).await;
    let took = spoken.elapsed().as_millis();
    println!("{name}: understood after {took} ms");
    answered(socket, &understood).await
}

#[tokio::test]
async fn where_every_vendor_fails_in_a_sentence_the_last_engine_hears_that_sentence() {
    let hangs = |ms| Fault {
        hangs: Some(Duration::from_millis(ms)),
        ..Fault::default()
    };
    let mute = || Fault {
        mute: true,
        ..Fault::default()
    };
    let each = [
        // Both hosts fall silent in mid-sentence, or the second takes calls alone.
        ("both silent", hangs(800), hangs(800), dead(), 2),
        ("second dead", hangs(800), dead(), dead(), 1),
        // They are there, and say nothing.
        ("both mute", mute(), mute(), mute(), 2),
    ]
    .map(|(name, one, other, then, told)| async move {
        let first = fails(Vendor::Deepgram, one, then.clone()).await;
        let second = fails(Vendor::Flux, other, then).await;
        let stt = Arc::new(Fallback::new([
            engine(Kind::Deepgram, &first),
            engine(Kind::DeepgramFlux, &second),
            Arc::new(Standin::default()),
        ]));
        let (_server, mut socket) = serve(stt).await;
        let (transcript, status) = timed(&mut socket, name).await;
        assert_eq!(
            (transcript.as_str(), status),
            (UNDERSTOOD, json!("completed")),
            "{name}"
        );
        assert_eq!(replaced(&socket), told, "{name}");
    });
    join_all(each).await;
}
