//! Vendors that refuse, break off, hang, are slow or talk nonsense.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use media::Position;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::Kind;
use super::kit::listeners::{Fault, Seen};
use super::kit::{KINDS, Vendors, begin, end, next, number, numbers, offer, until_final};
use crate::calls::Subject;
use crate::disclosure::Witness;
use crate::providers::ProviderError;
use crate::providers::stt::fallback::Fallback;
use crate::providers::stt::standin::Standin;
use crate::providers::stt::{ListenOutput, ListenRequest, Listening, SpeechToText};

/// Says some numbers, and what was understood.
async fn talk(stream: &mut Listening, segment: u64, from: Position) -> (Vec<usize>, Position) {
    let to = begin(stream, segment, from, &numbers(0..5)).await;
    let after = end(stream, segment, to).await;
    let (heard, _) = until_final(stream).await;
    let words = heard.words.iter().map(|word| number(&word.text));
    (words.collect(), after)
}

const ALL: [usize; 5] = [0, 1, 2, 3, 4];

async fn refused(vendor: &Vendors) -> ProviderError {
    let opened = vendor.engine().open(ListenRequest::default()).await;
    opened.unwrap_err()
}

#[tokio::test]
async fn what_a_vendor_refuses_is_told_as_what_it_means() {
    for kind in KINDS {
        let vendor = Vendors::start(kind).await;
        let opened = vendor
            .engine_with("wrong letters")
            .open(ListenRequest::default())
            .await;
        let error = opened.unwrap_err();
        assert!(
            matches!(error, ProviderError::Unusable { .. }),
            "{kind:?}: {error}"
        );
        assert!(!error.to_string().contains("letters"));
        for (status, limited, again) in
            [(402, false, false), (429, true, false), (503, false, true)]
        {
            let refuses = Some((status, "retry-after", "7"));
            vendor.listener.always(Fault {
                refuses,
                ..Fault::default()
            });
            let error = refused(&vendor).await;
            assert_eq!(
                matches!(error, ProviderError::Limited { .. }),
                limited,
                "{error}"
            );
            assert_eq!(
                matches!(error, ProviderError::Unavailable { .. }),
                again,
                "{error}"
            );
        }
        vendor.listener.always(Fault {
            hangs: Some(Duration::ZERO),
            greets_nobody: true,
            ..Fault::default()
        });
        if vendor.engine().vendor.habits().greets {
            let error = refused(&vendor).await;
            assert!(
                matches!(error, ProviderError::TimedOut { .. }),
                "{kind:?}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn a_vendor_that_closes_for_good_is_given_up_at_once() {
    for (kind, code) in [
        (Kind::AssemblyAi, 1008),
        (Kind::Deepgram, 1008),
        (Kind::DeepgramFlux, 1008),
        (Kind::ElevenLabs, 1008),
        (Kind::OpenAi, 3000),
    ] {
        let vendor = Vendors::start(kind).await;
        let ends = Some((Duration::from_millis(500), Some(code)));
        vendor.listener.always(Fault {
            ends,
            ..Fault::default()
        });
        let mut stream = vendor.open().await;
        offer(&stream, 1, &numbers(0..5)).await;
        let lost = loop {
            match next(&mut stream).await {
                ListenOutput::Lost { error } => break error,
                ListenOutput::Partial { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        assert!(
            matches!(lost, ProviderError::Unusable { .. }),
            "{kind:?}: {lost}"
        );
        assert!(stream.output.recv().await.is_none());
        assert_eq!(vendor.listener.seen().len(), 1);
    }
}

#[tokio::test]
async fn every_connection_is_told_with_the_sound_that_it_took() {
    for kind in KINDS {
        let vendor = Vendors::start(kind).await;
        let ends = Some((Duration::from_millis(500), None));
        let fault = Fault {
            ends,
            ..Fault::default()
        };
        vendor.listener.fault(0, fault);
        let (told, mut calls) = mpsc::channel(16);
        let request = ListenRequest {
            witness: Witness::default().with_calls(&told),
            ..ListenRequest::default()
        };
        let mut stream = vendor.engine().open(request).await.unwrap();
        let (words, _) = talk(&mut stream, 1, Position::ZERO).await;
        assert_eq!(words, ALL, "{kind:?}");
        drop((stream, told));
        let mut seen = Vec::new();
        while let Some(call) = calls.recv().await {
            assert_eq!(call.subject, Subject::Session);
            assert!(call.connected.is_some() && call.model.is_some());
            assert!(call.amount.audio_ms > Some(100), "{kind:?}: {call:?}");
            seen.push((call.outcome.name(), call.answered.is_some()));
        }
        assert_eq!(seen.first().unwrap().0, "unavailable", "{kind:?}");
        assert_eq!(seen.last().unwrap(), &("completed", true), "{kind:?}");
    }
}

#[tokio::test]
async fn a_vendor_that_breaks_again_and_again_is_given_up() {
    let vendor = Vendors::start(Kind::Deepgram).await;
    let ends = Some((Duration::from_millis(500), None));
    vendor.listener.always(Fault {
        ends,
        ..Fault::default()
    });
    let mut stream = vendor.open().await;
    offer(&stream, 1, &numbers(0..5)).await;
    while !matches!(next(&mut stream).await, ListenOutput::Lost { .. }) {}
    assert_eq!(vendor.listener.seen().len(), 6);
}

#[tokio::test]
async fn a_vendor_that_hangs_is_left_for_another_connection() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::impatient(kind).await;
        let hangs = Some(Duration::from_millis(600));
        vendor.listener.fault(
            0,
            Fault {
                hangs,
                ..Fault::default()
            },
        );
        let mut stream = vendor.open().await;
        let began = Instant::now();
        assert_eq!(
            talk(&mut stream, 1, Position::ZERO).await.0,
            ALL,
            "{kind:?}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(6),
            "{kind:?}: {:?}",
            began.elapsed()
        );
        assert_eq!(vendor.listener.seen().len(), 2);
    });
    join_all(each).await;
}

#[tokio::test]
async fn slow_vendors_and_nonsense_between_the_words_are_borne() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::start(kind).await;
        let (late, garbage) = (Duration::from_millis(15), true);
        vendor.listener.always(Fault {
            late,
            garbage,
            ..Fault::default()
        });
        let mut stream = vendor.open().await;
        let (words, to) = talk(&mut stream, 1, Position::ZERO).await;
        assert_eq!(words, ALL, "{kind:?}");
        assert_eq!(talk(&mut stream, 2, to).await.0, ALL, "{kind:?}");
        assert_eq!(vendor.listener.seen().len(), 1, "{kind:?}");
    });
    join_all(each).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_that_says_more_than_can_be_read_hears_all_the_same() {
    let vendor = Vendors::start(Kind::Deepgram).await;
    let floods = true;
    vendor.listener.always(Fault {
        floods,
        ..Fault::default()
    });
    let mut stream = vendor.open().await;
    let (words, to) = talk(&mut stream, 1, Position::ZERO).await;
    assert_eq!(words, ALL);
    assert_eq!(talk(&mut stream, 2, to).await.0, ALL);
    let seen = vendor.listener.seen();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].sound.iter().sum::<f64>() >= 2000.0);
}

#[tokio::test]
async fn a_vendor_that_does_not_answer_a_flush_does_not_hold_the_session_up() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::impatient(kind).await;
        let answers_nothing = true;
        vendor.listener.always(Fault {
            answers_nothing,
            ..Fault::default()
        });
        // It says nothing before it is asked.
        if kind == Kind::OpenAi {
            return is_left(&vendor).await;
        }
        let mut stream = vendor.open().await;
        let began = Instant::now();
        let (words, _) = talk(&mut stream, 1, Position::ZERO).await;
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{kind:?}: {:?}",
            began.elapsed()
        );
        // Words that were known before have to do.
        assert_eq!(words, ALL, "{kind:?}");
    });
    join_all(each).await;
}

/// A vendor that says nothing of what was clearly said is lost, and somebody else hears it.
async fn is_left(vendor: &Vendors) {
    let kind = vendor.kind;
    let mut stream = vendor.open().await;
    insist(vendor, &mut stream).await;
    // What says nothing of noise may be right, as long as nobody else understands it.
    let confirms = vendor.engine().vendor.habits().confirms;
    let why = if confirms { "timed_out" } else { "rejected" };
    match next(&mut stream).await {
        ListenOutput::Lost { error } => {
            assert_eq!(error.kind(), why, "{kind:?}: {error}");
        }
        other => panic!("{kind:?}: {other:?}"),
    }
    assert_eq!(vendor.listener.seen().len(), 1, "{kind:?}");
    let engine: Arc<dyn SpeechToText> = Arc::new(vendor.engine());
    let engine = Fallback::new([engine, Arc::new(Standin::default())]);
    let mut stream = engine.open(ListenRequest::default()).await.unwrap();
    insist(vendor, &mut stream).await;
    let mut by = None;
    loop {
        match next(&mut stream).await {
            ListenOutput::StoodIn { by: name, .. } => by = Some(name),
            ListenOutput::Partial { .. } => {}
            ListenOutput::Final { transcript, .. } => {
                assert!(!transcript.words.is_empty(), "{kind:?}");
                break;
            }
            other => panic!("{kind:?}: {other:?}"),
        }
    }
    assert_eq!(by.as_deref(), Some("standin"), "{kind:?}");
    let before = vendor.listener.seen().len();
    let _other = engine.open(ListenRequest::default()).await.unwrap();
    assert_eq!(vendor.listener.seen().len(), before, "{kind:?}");
}

/// Says numbers, and does so again to a vendor that may have taken them for noise.
async fn insist(vendor: &Vendors, stream: &mut Listening) {
    let to = begin(stream, 1, Position::ZERO, &numbers(0..5)).await;
    let after = end(stream, 1, to).await;
    if vendor.engine().vendor.habits().confirms {
        return;
    }
    assert!(until_final(stream).await.0.words.is_empty());
    let to = begin(stream, 2, after, &numbers(0..5)).await;
    end(stream, 2, to).await;
}

#[tokio::test]
async fn a_vendor_that_is_alive_but_mute_is_left() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::impatient(kind).await;
        vendor.listener.always(Fault {
            mute: true,
            ..Fault::default()
        });
        is_left(&vendor).await;
    });
    join_all(each).await;
}

#[tokio::test]
async fn words_that_come_late_are_not_lost() {
    let each = KINDS.map(|kind| async move {
        let (quiet, late) = (Duration::from_millis(400), Duration::from_secs(20));
        let vendor = Vendors::patient(kind, quiet, late).await;
        vendor.listener.always(Fault {
            lags: Duration::from_millis(2500),
            ..Fault::default()
        });
        let mut stream = vendor.open().await;
        let (words, to) = talk(&mut stream, 1, Position::ZERO).await;
        assert_eq!(words, ALL, "{kind:?}");
        assert_eq!(talk(&mut stream, 2, to).await.0, ALL, "{kind:?}");
        assert_eq!(vendor.listener.seen().len(), 1, "{kind:?}");
    });
    join_all(each).await;
}

/// What ends a session at each vendor, so that it costs nothing any more.
fn farewell(kind: Kind, seen: &Seen) -> bool {
    let said = |name: &str| seen.count(name) == 1;
    seen.closed == Some(true)
        && match kind {
            Kind::AssemblyAi => said("Terminate"),
            Kind::Deepgram | Kind::DeepgramFlux => said("CloseStream"),
            Kind::ElevenLabs | Kind::OpenAi => true,
        }
}

#[tokio::test]
async fn at_the_end_the_vendor_is_told_and_the_connection_closed() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::start(kind).await;
        let mut stream = vendor.open().await;
        let (_, to) = talk(&mut stream, 1, Position::ZERO).await;
        drop(stream);
        // In the middle of a segment, by a session that listens no more.
        let stream = vendor.open().await;
        begin(&stream, 1, to, &numbers(0..2)).await;
        let Listening { input, output } = stream;
        drop(output);
        let ended = timeout(Duration::from_secs(5), vendor.listener.ended())
            .await
            .unwrap();
        assert_eq!(ended.len(), 2);
        for seen in &ended {
            assert!(farewell(kind, seen), "{kind:?}: {seen:?}");
            // Not once in anything that ends up in a log.
            assert!(!seen.path.contains("letters"));
        }
        drop(input);
    });
    join_all(each).await;
}

#[tokio::test]
async fn messages_have_the_length_that_the_vendor_wants() {
    for kind in KINDS {
        let vendor = Vendors::start(kind).await;
        let mut stream = vendor.open().await;
        let (_, to) = talk(&mut stream, 1, Position::ZERO).await;
        talk(&mut stream, 2, to).await;
        let sound = vendor.listener.seen().remove(0).sound;
        let longest = sound.iter().copied().fold(0.0, f64::max);
        assert!(longest <= 110.0, "{kind:?}: {longest}");
        if kind == Kind::AssemblyAi {
            let shortest = sound.iter().copied().fold(f64::MAX, f64::min);
            assert!(shortest >= 50.0, "{shortest}");
        }
    }
}
