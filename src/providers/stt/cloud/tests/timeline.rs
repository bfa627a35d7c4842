//! Where words stand: across gaps in the sound and connections that break.

use std::time::Duration;

use futures::future::join_all;
use media::Position;

use super::super::Kind;
use super::kit::listeners::{Fault, Seen};
use super::kit::{KINDS, Vendors, begin, end, next, number, numbers, tell, until_final};
use crate::providers::stt::conformance::hear;
use crate::providers::stt::{ListenInput, ListenOutput, Transcript};

/// Whether a vendor tells when words were said.
fn tells_times(kind: Kind) -> bool {
    kind != Kind::OpenAi
}

/// Checks that every number was heard once, in its place.
fn check(kind: Kind, heard: &Transcript, expected: std::ops::Range<usize>, from: Position) {
    let texts: Vec<usize> = heard.words.iter().map(|word| number(&word.text)).collect();
    let first = expected.start;
    assert_eq!(texts, expected.collect::<Vec<_>>(), "{kind:?}");
    if !tells_times(kind) {
        return;
    }
    for word in &heard.words {
        let should = from.ms() + (number(&word.text) - first) as u64 * 200;
        let (start, end) = (word.start.ms(), word.end.ms());
        assert!(
            start.abs_diff(should) <= 40 && end.abs_diff(should + 150) <= 40,
            "{kind:?}: {word:?} should be at {should}"
        );
    }
}

#[tokio::test]
async fn words_stand_where_they_were_said_also_after_a_gap() {
    let each = KINDS.map(|kind| async move {
        let vendor = Vendors::start(kind).await;
        let mut stream = vendor.open().await;
        // Silence, a segment, a gap of a minute, another segment.
        let from = hear(&stream, Position::from_ms(1000), &[0; 16_000]).await;
        let to = begin(&stream, 1, from, &numbers(0..8)).await;
        end(&stream, 1, to).await;
        let (heard, partials) = until_final(&mut stream).await;
        check(kind, &heard, 0..8, from);
        assert!(!partials.is_empty());
        let from = Position::from_ms(60_000);
        let to = begin(&stream, 2, from, &numbers(8..14)).await;
        end(&stream, 2, to).await;
        check(kind, &until_final(&mut stream).await.0, 8..14, from);
        drop(stream);
        assert_eq!(vendor.listener.ended().await.len(), 1);
    });
    join_all(each).await;
}

#[tokio::test]
async fn a_connection_cut_in_mid_utterance_loses_no_word_and_moves_none() {
    for code in [None, Some(1011), Some(3008)] {
        let each = KINDS.map(|kind| async move {
            let vendor = Vendors::start(kind).await;
            let ends = Some((Duration::from_millis(1300), code));
            vendor.listener.fault(
                0,
                Fault {
                    ends,
                    ..Fault::default()
                },
            );
            let mut stream = vendor.open().await;
            let from = Position::from_ms(7000);
            let at = begin(&stream, 1, from, &numbers(0..7)).await;
            // Speech goes on while there is no connection.
            tokio::time::sleep(Duration::from_millis(30)).await;
            let to = hear(&stream, at, &numbers(7..14)).await;
            let after = end(&stream, 1, to).await;
            check(kind, &until_final(&mut stream).await.0, 0..14, from);
            let to = begin(&stream, 2, after, &numbers(3..6)).await;
            end(&stream, 2, to).await;
            check(kind, &until_final(&mut stream).await.0, 3..6, after);
            drop(stream);
            assert_eq!(vendor.listener.ended().await.len(), 2, "{kind:?}");
        });
        join_all(each).await;
    }
}

#[tokio::test]
async fn words_that_come_late_answer_for_nothing_that_was_said_after_them() {
    let each = KINDS.map(|kind| async move {
        let (quiet, late) = (Duration::from_secs(10), Duration::from_secs(20));
        let vendor = Vendors::patient(kind, quiet, late).await;
        vendor.listener.always(Fault {
            lags: Duration::from_millis(1500),
            ..Fault::default()
        });
        let mut stream = vendor.open().await;
        let to = begin(&stream, 1, Position::ZERO, &numbers(0..5)).await;
        let from = end(&stream, 1, to).await;
        // Nobody waits with this until the words of the first are there.
        let to = begin(&stream, 2, from, &numbers(5..9)).await;
        end(&stream, 2, to).await;
        let (first, _) = until_final(&mut stream).await;
        check(kind, &first, 0..5, Position::ZERO);
        check(kind, &until_final(&mut stream).await.0, 5..9, from);
        assert_eq!(vendor.listener.seen().len(), 1, "{kind:?}");
    });
    join_all(each).await;
}

#[tokio::test]
async fn vendors_that_judge_the_end_of_a_turn_say_so() {
    for kind in [Kind::AssemblyAi, Kind::DeepgramFlux] {
        let vendor = Vendors::start(kind).await;
        let mut stream = vendor.open().await;
        let to = begin(&stream, 1, Position::ZERO, &numbers(0..3)).await;
        let after = hear(&stream, to, &[0; 3200]).await;
        tell(
            &stream,
            ListenInput::End {
                segment: 1,
                to: after,
            },
        )
        .await;
        // The microphone goes on, silent.
        hear(&stream, after, &[0; 8000]).await;
        let mut hint = None;
        let mut last = None;
        while hint.is_none() || last.is_none() {
            match next(&mut stream).await {
                ListenOutput::EndOfTurn {
                    segment,
                    confidence,
                } => {
                    hint = Some((segment, confidence));
                }
                ListenOutput::Final { transcript, .. } => last = Some(transcript),
                ListenOutput::Partial { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let (segment, confidence) = hint.unwrap();
        assert_eq!(segment, 1);
        assert!(confidence >= 0.5, "{kind:?}: {confidence}");
        check(kind, &last.unwrap(), 0..3, Position::ZERO);
        assert_eq!(vendor.listener.seen()[0].count("ForceEndpoint"), 0);
    }
}

#[tokio::test]
async fn a_connection_is_kept_while_nobody_has_said_anything() {
    let vendor = Vendors::start(Kind::Deepgram).await;
    let mut stream = vendor.open().await;
    let kept = |seen: &[Seen]| seen[0].count("KeepAlive") > 0 || seen[0].closed.is_some();
    let seen = vendor.listener.until("nothing comes", kept).await;
    assert_eq!((&seen[0].sound[..], seen[0].closed), (&[1000.0][..], None));
    let to = begin(&stream, 1, Position::ZERO, &numbers(0..5)).await;
    end(&stream, 1, to).await;
    let (heard, _) = until_final(&mut stream).await;
    check(Kind::Deepgram, &heard, 0..5, Position::ZERO);
    assert_eq!(vendor.listener.seen().len(), 1);
}
