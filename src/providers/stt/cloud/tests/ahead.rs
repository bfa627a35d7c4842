//! What is opened before a session begins, seen from the vendor's side.

use std::time::Duration;

use media::Position;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Kind;
use super::kit::listeners::{Fault, Seen};
use super::kit::{KINDS, Vendors, begin, end, numbers, until_final};
use crate::disclosure::Witness;
use crate::providers::spares::MOST;
use crate::providers::stt::{ListenRequest, Listening, SpeechToText as _};

/// How long a vendor takes until it answers the handshake.
const SLOW: Duration = Duration::from_millis(200);

async fn vendors(kind: Kind) -> Vendors {
    let vendors = Vendors::start(kind).await;
    vendors.listener.always(Fault {
        slow: SLOW,
        ..Fault::default()
    });
    vendors
}

/// Whether the vendor counts the time that a connection stands.
fn counts_time(kind: Kind) -> bool {
    matches!(kind, Kind::AssemblyAi | Kind::Deepgram | Kind::DeepgramFlux)
}

async fn is_understood(mut stream: Listening) {
    let to = begin(&stream, 1, Position::ZERO, &numbers(0..3)).await;
    end(&stream, 1, to).await;
    let (transcript, _) = until_final(&mut stream).await;
    assert_eq!(transcript.words.len(), 3, "{transcript:?}");
}

#[tokio::test]
async fn a_session_takes_what_was_opened_ahead_and_opens_no_other() {
    for kind in KINDS {
        let vendors = vendors(kind).await;
        let engine = vendors.engine();
        let request = ListenRequest::default();
        let opening = Instant::now();
        drop(engine.open(request.clone()).await.unwrap());
        let cold = opening.elapsed();
        engine.warm(&request);
        let ready = |seen: &[Seen]| match counts_time(kind) {
            true => seen.len() == 2,
            false => seen.len() == 2 && !seen[1].path.is_empty(),
        };
        let seen = vendors.listener.until("nobody comes", ready).await;
        if counts_time(kind) {
            assert_eq!(seen[1].path, "", "{kind:?} was told who calls");
        }
        let opening = Instant::now();
        let (told, mut calls) = mpsc::channel(4);
        let witness = Witness::default().with_calls(&told);
        let asked = ListenRequest { witness, ..request };
        let stream = engine.open(asked).await.unwrap();
        println!("{kind:?}: {cold:?} cold, {:?} warm", opening.elapsed());
        is_understood(stream).await;
        let seen = vendors.listener.ended().await;
        assert_eq!(seen.len(), 2, "{kind:?}");
        assert!(seen.iter().all(|seen| seen.closed == Some(true)));
        // It is on record as the session's own.
        drop(told);
        let call = calls.recv().await.unwrap();
        assert!(call.connected.is_some() && call.amount.audio_ms > Some(100));
        assert!(calls.recv().await.is_none());
    }
}

#[tokio::test]
async fn another_session_than_the_one_expected_opens_its_own() {
    for kind in [Kind::ElevenLabs, Kind::OpenAi] {
        let vendors = vendors(kind).await;
        let engine = vendors.engine();
        engine.warm(&ListenRequest::default());
        let language = Some("de".to_owned());
        let request = ListenRequest {
            language,
            ..ListenRequest::default()
        };
        is_understood(engine.open(request).await.unwrap()).await;
        assert_eq!(vendors.listener.seen().len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn however_often_it_is_warmed_few_are_opened_and_what_nobody_takes_is_closed() {
    for kind in [Kind::AssemblyAi, Kind::ElevenLabs] {
        let vendors = vendors(kind).await;
        let engine = vendors.engine();
        for _ in 0..100 {
            engine.warm(&ListenRequest::default());
        }
        let all = |seen: &[Seen]| seen.len() >= MOST;
        vendors.listener.until("they do not come", all).await;
        let seen = vendors.listener.ended().await;
        assert_eq!(seen.len(), MOST, "{kind:?}");
        let politely = seen.iter().all(|seen| seen.closed == Some(true));
        assert!(politely && seen.iter().all(|seen| seen.sound.is_empty()));
    }
}

#[tokio::test]
async fn one_that_broke_while_it_waited_is_replaced() {
    // It is known to have broken, or only found out when it is used.
    for (kind, known) in [
        (Kind::AssemblyAi, true),
        (Kind::AssemblyAi, false),
        (Kind::OpenAi, true),
    ] {
        let vendors = vendors(kind).await;
        let fault = Fault {
            slow: SLOW,
            shuts: counts_time(kind),
            ends: Some((Duration::ZERO, None)),
            ..Fault::default()
        };
        vendors.listener.fault(0, fault);
        let engine = vendors.engine();
        engine.warm(&ListenRequest::default());
        let there = |seen: &[Seen]| {
            let ended = |seen: &Seen| seen.closed.is_some();
            seen.first().is_some_and(|seen| !known || ended(seen))
        };
        vendors.listener.until("nobody comes", there).await;
        is_understood(engine.open(ListenRequest::default()).await.unwrap()).await;
        assert_eq!(vendors.listener.seen().len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_refused_ahead_is_told_to_the_session() {
    let vendors = vendors(Kind::ElevenLabs).await;
    let engine = vendors.engine_with("other");
    engine.warm(&ListenRequest::default());
    let error = engine.open(ListenRequest::default()).await.unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
    assert_eq!(vendors.listener.seen().len(), 1);
}
