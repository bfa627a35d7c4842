//! What goes wrong on vendors' wires.

use std::time::Duration;

use praxiloom::providers::ProviderError;
use praxiloom::providers::tts::VoiceRequest;
use praxiloom::providers::tts::cloud::CloudSettings;
use tokio::time::Instant;

use super::Kind::{self, OpenAi};
use super::{TEXT, hear_fail, sound_of};
use crate::speakers::Fault;
use crate::voice::{hear, say};

pub async fn a_connection_lost_before_any_sound_is_replaced(kind: Kind) {
    let rig = kind.rig([Fault::Cuts(0), Fault::None]).await;
    let heard = rig.subject.speak(TEXT).await;
    assert_eq!(heard.audio, sound_of(TEXT));
    assert_eq!(rig.server.seen().connections, 2);
}

pub async fn a_connection_lost_in_the_middle_fails_the_sentence_alone(kind: Kind) {
    let rig = kind.rig([Fault::Cuts(3), Fault::None]).await;
    let mut speaking = rig.subject.open().await;
    say(&speaking, 1, TEXT).await;
    say(&speaking, 2, TEXT).await;
    let (samples, error) = hear_fail(&mut speaking, 1).await;
    assert!(samples > 0 && samples < sound_of(TEXT).len());
    assert!(
        matches!(error, ProviderError::Unavailable { .. }),
        "{error}"
    );
    assert_eq!(hear(&mut speaking, 2).await.audio, sound_of(TEXT));
}

pub async fn a_silent_connection_is_not_waited_for_long(kind: Kind) {
    let quick =
        |settings: &mut CloudSettings| settings.patience.first_sound = Duration::from_secs(2);
    let rig = kind.rig_with([Fault::Stalls(0)], quick).await;
    let mut speaking = rig.subject.open().await;
    let asked = Instant::now();
    say(&speaking, 1, TEXT).await;
    let (samples, error) = hear_fail(&mut speaking, 1).await;
    assert_eq!(samples, 0);
    assert!(matches!(error, ProviderError::TimedOut { .. }), "{error}");
    assert!(
        asked.elapsed() < Duration::from_secs(4),
        "{:?}",
        asked.elapsed()
    );
}

pub async fn a_connection_that_died_unnoticed_is_replaced_in_time(kind: Kind) {
    let rig = kind.rig([Fault::Stalls(0), Fault::None]).await;
    let heard = rig.subject.speak(TEXT).await;
    assert_eq!(heard.audio, sound_of(TEXT));
}

pub async fn a_sentence_that_stops_short_fails(kind: Kind) {
    let rig = kind.rig([Fault::Stalls(2), Fault::None]).await;
    let mut speaking = rig.subject.open().await;
    say(&speaking, 1, &"No end of it. ".repeat(10)).await;
    let (samples, error) = hear_fail(&mut speaking, 1).await;
    assert!(samples > 0);
    assert!(matches!(error, ProviderError::TimedOut { .. }), "{error}");
    say(&speaking, 2, TEXT).await;
    assert_eq!(hear(&mut speaking, 2).await.audio, sound_of(TEXT));
}

pub async fn a_lost_mark_of_the_end_is_done_without(kind: Kind) {
    let rig = kind.rig([Fault::Endless]).await;
    let mut speaking = rig.subject.open().await;
    for sentence in 1..=2 {
        say(&speaking, sentence, TEXT).await;
        let heard = hear(&mut speaking, sentence).await;
        assert_eq!(
            (heard.audio.len(), heard.words.len()),
            (sound_of(TEXT).len(), 6)
        );
    }
}

pub async fn missing_times_are_estimated(kind: Kind) {
    let rig = kind.rig([Fault::Timeless]).await;
    let mut speaking = rig.subject.open().await;
    for sentence in 1..=2 {
        say(&speaking, sentence, TEXT).await;
        let heard = hear(&mut speaking, sentence).await;
        assert_eq!(heard.audio, sound_of(TEXT));
        assert_eq!(heard.words.len(), 6);
        let last = heard.words.last().unwrap();
        assert!(last.end as usize > heard.audio.len() * 9 / 10);
    }
}

pub async fn samples_cut_in_two_are_whole_again(kind: Kind) {
    let rig = kind.rig([Fault::Odd]).await;
    assert_eq!(rig.subject.speak(TEXT).await.audio, sound_of(TEXT));
}

pub async fn sound_that_drips_is_heard_to_its_end(kind: Kind) {
    let rig = kind.rig([Fault::Drips]).await;
    let heard = rig.subject.speak(TEXT).await;
    assert_eq!(heard.audio, sound_of(TEXT));
    assert_eq!(heard.words.len(), 6);
    assert_eq!(rig.server.seen().texts, [TEXT]);
}

pub async fn nonsense_does_no_harm(kind: Kind) {
    let rig = kind.rig([Fault::Garbage]).await;
    assert_eq!(rig.subject.speak(TEXT).await.audio, sound_of(TEXT));
}

pub async fn a_voice_that_says_nothing_has_failed(kind: Kind) {
    let quick =
        |settings: &mut CloudSettings| settings.patience.first_sound = Duration::from_secs(2);
    let faults = [Fault::Mute, Fault::Mute, Fault::None];
    let rig = kind.rig_with(faults, quick).await;
    let mut speaking = rig.subject.open().await;
    say(&speaking, 1, TEXT).await;
    let (samples, error) = hear_fail(&mut speaking, 1).await;
    assert_eq!(samples, 0);
    // A wire without a mark for the end of a sentence has only its deadline.
    let known = ["unavailable", "timed_out"];
    assert!(known.contains(&error.kind()), "{error}");
    say(&speaking, 2, TEXT).await;
    assert_eq!(hear(&mut speaking, 2).await.audio, sound_of(TEXT));
}

pub async fn what_is_no_sound_is_not_played(kind: Kind) {
    for (called, body) in [
        ("text/html", b"<html>log in please</html>".as_slice()),
        ("audio/pcm", b"<html>log in please</html>"),
        ("audio/mpeg", b"ID3\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("audio/mp4", b"\0\0\0\x1cftypM4A \0\0\0\0"),
        ("audio/wav", b"RIFF\x24\x80\x00\x00WAVEfmt \x10\0\0\0"),
        (
            "application/json",
            br#"{"error": {"message": "private", "code": "insufficient_quota"}}"#,
        ),
    ] {
        let rig = kind.rig([Fault::Answers(called, body)]).await;
        let mut speaking = rig.subject.open().await;
        say(&speaking, 1, TEXT).await;
        let (samples, error) = hear_fail(&mut speaking, 1).await;
        assert_eq!(samples, 0, "{called}");
        assert!(matches!(error, ProviderError::Unusable { .. }), "{error}");
        assert!(!error.to_string().contains("private"), "{error}");
        assert_eq!(rig.server.seen().texts.len(), 1, "{called}: asked once");
    }
}

pub async fn errors_say_what_they_mean_and_nothing_private(kind: Kind) {
    for (number, name, expected) in [
        (
            if kind == OpenAi { 429 } else { 1008 },
            "insufficient_quota",
            "cannot be used",
        ),
        (
            if kind == OpenAi { 429 } else { 1008 },
            "rate_limit_exceeded",
            "slow down",
        ),
        (
            if kind == OpenAi { 500 } else { 1011 },
            "NET-0000",
            "unavailable",
        ),
    ] {
        let rig = kind.rig([Fault::Fails(number, name)]).await;
        let mut speaking = rig.subject.open().await;
        say(&speaking, 1, TEXT).await;
        let (samples, error) = hear_fail(&mut speaking, 1).await;
        let text = error.to_string();
        assert_eq!(samples, 0);
        assert!(text.contains(expected), "{text}");
        assert!(
            !text.contains("private") && !text.contains("letters"),
            "{text}"
        );
    }
}

pub async fn a_key_that_is_refused_is_told_at_once(kind: Kind) {
    let rig = kind.rig([Fault::Refuses(401, "INVALID_AUTH")]).await;
    let request = VoiceRequest {
        voice: String::new(),
        language: None,
        speed: 1.0,
        witness: praxiloom::disclosure::Witness::default(),
    };
    let error = match rig.subject.engine.open(request).await {
        Err(error) => error,
        Ok(mut speaking) => {
            say(&speaking, 1, TEXT).await;
            hear_fail(&mut speaking, 1).await.1
        }
    };
    assert!(matches!(error, ProviderError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("401"), "{error}");
}
