//! What is asked of vendors, and what is taken back.

use std::time::Duration;

use praxiloom::providers::tts::SpeakOutput;
use tokio::time::{Instant, sleep};

use super::Kind::{self, Cartesia, Deepgram, ElevenLabs, OpenAi};
use super::{TEXT, cancel, sound_of};
use crate::speakers::{Fault, STEP};
use crate::voice::{hear, next, say};

pub async fn asks_as_documented(kind: Kind) {
    let rig = kind.rig([]).await;
    let mut speaking = rig.subject.open_at("Heath", 1.2).await;
    say(&speaking, 1, TEXT).await;
    let heard = hear(&mut speaking, 1).await;
    assert_eq!(heard.audio, sound_of(TEXT));
    let seen = rig.server.seen();
    assert_eq!(seen.complaints, [] as [&str; 0]);
    assert_eq!(seen.texts, [TEXT]);
    let (call, key) = &seen.calls[0];
    let expected = match kind {
        ElevenLabs => {
            "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/multi-stream-input?model_id=eleven_flash_v2_5\
             &output_format=pcm_24000&auto_mode=true&sync_alignment=true&inactivity_timeout=180\
             &language_code=en"
        }
        Cartesia => "/tts/websocket",
        Deepgram => {
            "/v1/speak?model=aura-2-draco-en&encoding=linear16&sample_rate=24000&mip_opt_out=true\
             &speed=1.20"
        }
        OpenAi => "/v1/audio/speech",
    };
    assert_eq!(call, expected);
    let expected = match kind {
        ElevenLabs => "letters",
        Deepgram => "Token letters",
        Cartesia | OpenAi => "Bearer letters",
    };
    assert_eq!(key, expected);
    let first = &seen.bodies[0];
    match kind {
        ElevenLabs => {
            assert!((first["voice_settings"]["speed"].as_f64().unwrap() - 1.2).abs() < 1e-6)
        }
        Cartesia => {
            assert_eq!(first["model_id"], "sonic-3");
            assert_eq!(first["voice"]["id"], "95856005-0332-41b0-935f-352e296aa0df");
            assert_eq!(first["output_format"]["sample_rate"], 24_000);
            assert_eq!(first["max_buffer_delay_ms"], 0);
            assert_eq!(first["language"], "en");
        }
        Deepgram => assert_eq!(first["type"], "Speak"),
        OpenAi => {
            assert_eq!(first["voice"], "ballad");
            assert_eq!(first["model"], "gpt-4o-mini-tts");
        }
    }
}

pub async fn a_session_speaks_on_what_was_opened_ahead(kind: Kind) {
    let rig = kind.rig([Fault::Slow(200)]).await;
    let asked = Instant::now();
    rig.subject.speak(TEXT).await;
    let cold = asked.elapsed();
    let request = rig.subject.request("Heath", 1.0);
    rig.subject.engine.warm(&request);
    rig.server.until(|seen| seen.calls.len() == 2).await;
    let asked = Instant::now();
    let mut speaking = rig.subject.engine.open(request).await.unwrap();
    say(&speaking, 1, TEXT).await;
    assert_eq!(hear(&mut speaking, 1).await.audio, sound_of(TEXT));
    println!(
        "{kind:?}: a sentence {cold:?} cold, {:?} warm",
        asked.elapsed()
    );
    drop(speaking);
    let seen = rig.server.until(|seen| seen.gone == seen.connections).await;
    assert_eq!(seen.connections, 2);
    assert_eq!(seen.texts, [TEXT; 2]);
}

pub async fn what_no_session_took_is_closed_and_there_are_few(kind: Kind) {
    let rig = kind.rig([]).await;
    let request = rig.subject.request("Heath", 1.0);
    for _ in 0..100 {
        rig.subject.engine.warm(&request);
    }
    let seen = rig.server.until(|seen| seen.gone == 4).await;
    assert_eq!(seen.connections, 4);
    assert_eq!(seen.texts, [] as [&str; 0]);
}

pub async fn words_have_the_vendors_times(kind: Kind) {
    let rig = kind.rig([]).await;
    let heard = rig.subject.speak(TEXT).await;
    let times: Vec<_> = heard
        .words
        .iter()
        .map(|word| {
            (
                &TEXT[word.text.clone()],
                word.start as usize / STEP,
                word.end as usize / STEP,
            )
        })
        .collect();
    let marks = usize::from(kind == Cartesia);
    let expected = [
        ("Well,", 0, 4 + marks),
        ("I", 6, 7),
        ("know", 8, 12),
        ("Zoë.", 13, 16 + marks),
        ("Do", 18, 20),
        ("you?", 21, 24 + marks),
    ];
    assert_eq!(times, expected);
}

pub async fn pauses_are_ours(kind: Kind) {
    let rig = kind.rig([]).await;
    rig.subject.speak("Well. [pause 700] Yes.").await;
    assert_eq!(rig.server.seen().texts, ["Well.", "Yes."]);
}

pub async fn what_is_cancelled_is_taken_back(kind: Kind) {
    let rig = kind.rig([]).await;
    let mut speaking = rig.subject.open().await;
    let long = "This goes on, and on, and on, until it is enough. ".repeat(20);
    say(&speaking, 1, &long).await;
    say(&speaking, 2, "Never said.").await;
    while !matches!(next(&mut speaking).await, Some(SpeakOutput::Audio { .. })) {}
    cancel(&speaking, 2).await;
    let before = rig.server.until(|seen| seen.cancelled == 1).await;
    sleep(Duration::from_millis(100)).await;
    let seen = rig.server.seen();
    assert_eq!(seen.texts.len(), 1, "{:?}", seen.texts);
    // What was flushed at ElevenLabs is paid for; elsewhere what was spoken.
    let late = seen.billed - before.billed;
    assert!(late <= if kind == Cartesia { 5 } else { 0 }, "{late}");
    assert!(
        kind == ElevenLabs || seen.billed < long.len() / 2,
        "{}",
        seen.billed
    );
    say(&speaking, 3, "Yes?").await;
    let output = loop {
        match next(&mut speaking).await.unwrap() {
            SpeakOutput::Audio { sentence: 1, .. } | SpeakOutput::Words { sentence: 1, .. } => {}
            other => break other,
        }
    };
    assert!(
        matches!(output, SpeakOutput::Audio { sentence: 3, .. }),
        "{output:?}"
    );
    let rest = hear(&mut speaking, 3).await;
    let whole = sound_of("Yes?");
    assert_eq!(rest.audio, whole[whole.len() - rest.audio.len()..]);
    assert_eq!(rig.server.seen().complaints, [] as [&str; 0]);
}

pub async fn ending_the_session_ends_the_call(kind: Kind) {
    let rig = kind.rig([]).await;
    let mut speaking = rig.subject.open().await;
    say(&speaking, 1, &"One thing after another. ".repeat(50)).await;
    while !matches!(next(&mut speaking).await, Some(SpeakOutput::Audio { .. })) {}
    drop(speaking);
    let over = rig
        .server
        .until(|seen| seen.cancelled == 1 && (kind == OpenAi || seen.gone == 1))
        .await;
    assert!(kind == ElevenLabs || over.billed < 1000);
}

pub async fn nothing_is_asked_for_far_ahead_of_the_listener(kind: Kind) {
    let rig = kind
        .rig_with([], |settings| settings.ahead = Duration::from_millis(200))
        .await;
    let mut speaking = rig.subject.open().await;
    // A second of sound.
    let text = "a".repeat(24) + ".";
    for sentence in 1..=3 {
        say(&speaking, sentence, &text).await;
    }
    let began = Instant::now();
    hear(&mut speaking, 1).await;
    let seen = rig.server.until(|seen| seen.texts.len() == 2).await;
    assert_eq!(seen.texts.len(), 2);
    assert!(
        began.elapsed() >= Duration::from_millis(750),
        "{:?}",
        began.elapsed()
    );
    hear(&mut speaking, 2).await;
    // What is cancelled is not played, and keeps nothing waiting.
    cancel(&speaking, 3).await;
    let asked = Instant::now();
    say(&speaking, 4, "Yes?").await;
    hear(&mut speaking, 4).await;
    assert!(
        asked.elapsed() < Duration::from_millis(600),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(rig.server.seen().texts.len(), 3);
}

pub async fn sentences_in_a_row_share_a_context(kind: Kind) {
    let rig = kind.rig([]).await;
    let mut speaking = rig.subject.open().await;
    for sentence in 1..=3 {
        say(&speaking, sentence, TEXT).await;
    }
    for sentence in 1..=3 {
        let heard = hear(&mut speaking, sentence).await;
        assert_eq!(heard.audio, sound_of(TEXT));
        let last = heard.words.last().unwrap();
        assert_eq!(last.start as usize, 21 * STEP);
    }
    let seen = rig.server.seen();
    assert_eq!(seen.contexts, ["s1", "s1", "s1"]);
    assert_eq!(seen.complaints, [] as [&str; 0]);
}

pub async fn many_cancelled_contexts_do_not_pile_up(kind: Kind) {
    let rig = kind.rig([]).await;
    let mut speaking = rig.subject.open().await;
    for sentence in 1..=12 {
        say(&speaking, sentence, &"And so on, and so on. ".repeat(8)).await;
        loop {
            match next(&mut speaking).await.unwrap() {
                SpeakOutput::Audio { sentence: of, .. } if of == sentence => break,
                SpeakOutput::Failed { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
        cancel(&speaking, sentence).await;
    }
    assert_eq!(rig.server.seen().complaints, [] as [&str; 0]);
}

#[tokio::test]
async fn deepgram_is_flushed_no_more_often_than_it_takes() {
    let rig = Deepgram.rig([]).await;
    let mut speaking = rig.subject.open().await;
    for sentence in 1..=25 {
        say(&speaking, sentence, "Yes.").await;
        hear(&mut speaking, sentence).await;
    }
    assert_eq!(rig.server.seen().connections, 2);
}

#[test]
fn keys_do_not_print_and_hosts_are_told() {
    for kind in [ElevenLabs, Cartesia, Deepgram, OpenAi] {
        let settings = kind.settings("https://voices.example.org");
        assert!(!format!("{settings:?}").contains("letters"));
        let info = kind.engine(settings).info();
        let processor = format!("{kind:?} (voices.example.org)").replace("OpenAi", "OpenAI");
        assert_eq!(info.processor, Some(processor));
        let here = kind.engine(kind.settings("http://127.0.0.1:9")).info();
        assert_eq!(here.processor, None);
    }
}
