//! A voice that fails is replaced by the next, in the middle of a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use praxiloom::calls::{Amount, Subject};
use praxiloom::disclosure::Witness;
use praxiloom::providers::tts::cloud::{CloudSettings, Patience};
use praxiloom::providers::tts::fallback::Fallback;
use praxiloom::providers::tts::standin::{Standin, StandinSettings};
use praxiloom::providers::tts::{
    QUEUE, SpeakInput, SpeakOutput, Speaking, TextToSpeech, Voice, VoiceRequest,
};
use praxiloom::providers::{EngineInfo, ProviderError};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::cloud::Kind::{Cartesia, Deepgram, ElevenLabs};
use crate::cloud::{TEXT, hear_fail, sound_of};
use crate::speakers::Fault;
use crate::voice::{self, hear, next, say};

fn in_order(engines: Vec<Arc<dyn TextToSpeech>>) -> voice::Subject {
    voice::Subject {
        engine: Arc::new(Fallback::new(engines)),
        language: None,
    }
}

async fn subject() -> voice::Subject {
    let broken = ElevenLabs.rig([Fault::Fails(1008, "quota_exceeded")]).await;
    let sound = Cartesia.subject().await;
    std::mem::forget(broken.server);
    in_order(vec![broken.subject.engine, sound.engine])
}

voice_conformance!(subject:
    sentences_come_in_order_and_end_once,
    words_lie_in_the_text_and_in_the_sound,
    chunks_are_short_and_even,
    cancelling_stops_the_sentence,
    a_cancelled_sentence_stays_cancelled,
    nothing_to_read_is_done_at_once,
    pauses_are_silence_in_the_sound,
    dropping_the_input_ends_the_stream,
    dropping_the_output_ends_the_stream,
    many_sessions_share,
);

#[tokio::test]
async fn a_sentence_that_nobody_heard_is_said_by_the_next_voice() {
    let first = ElevenLabs.rig([Fault::Fails(1008, "quota_exceeded")]).await;
    let second = Deepgram.rig([]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let mut speaking = both.open().await;
    for sentence in 1..=3 {
        say(&speaking, sentence, TEXT).await;
    }
    let heard = hear(&mut speaking, 1).await;
    assert_eq!(heard.audio, sound_of(TEXT));
    let told = heard.stood_in[0].to_string();
    assert!(
        told.contains("elevenlabs") && told.contains("quota"),
        "{told}"
    );
    for sentence in 2..=3 {
        let heard = hear(&mut speaking, sentence).await;
        assert_eq!(heard.audio, sound_of(TEXT));
        assert!(heard.stood_in.is_empty());
    }
    assert_eq!(second.server.seen().texts, [TEXT; 3]);
    // The next session leaves the first alone, and is told why.
    let before = first.server.seen().connections;
    let heard = both.speak(TEXT).await;
    assert_eq!((heard.audio, heard.stood_in.len()), (sound_of(TEXT), 1));
    assert_eq!(first.server.seen().connections, before);
}

#[tokio::test]
async fn what_is_asked_of_each_voice_is_told() {
    let first = ElevenLabs.rig([Fault::Fails(1008, "quota_exceeded")]).await;
    let second = Deepgram.rig([]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let (told, mut calls) = mpsc::channel(QUEUE);
    let witness = Witness::default().with_calls(&told);
    let mut speaking = both.open_told(witness).await;
    say(&speaking, 1, "Zoë, you?").await;
    let sound = hear(&mut speaking, 1).await.audio.len() as u64 / 24;
    drop((speaking, told));
    let mut seen = Vec::new();
    while let Some(call) = calls.recv().await {
        let about = (call.engine, call.subject, call.outcome.name());
        seen.push((
            about,
            call.connected.is_some(),
            call.answered.is_some(),
            call.amount,
        ));
    }
    let of = |engine: &str, subject, outcome| (engine.to_owned(), subject, outcome);
    let amount = |audio_ms| Amount {
        characters: Some(9),
        audio_ms,
        ..Amount::default()
    };
    let (line, sentence) = (Subject::Session, Subject::Sentence(1));
    let none = Amount::default();
    let expected = [
        (of("elevenlabs", line, "completed"), true, false, none),
        (
            of("elevenlabs", sentence, "unusable"),
            false,
            false,
            amount(None),
        ),
        (of("deepgram", line, "completed"), true, false, none),
        (
            of("deepgram", sentence, "completed"),
            false,
            true,
            amount(Some(sound)),
        ),
    ];
    assert_eq!(seen, expected);
}

/// How long a sentence's first sound takes if its voice fails like this, and what is told of it.
async fn first_sound_after(fault: Fault, patience: Patience) -> (Duration, Option<ProviderError>) {
    let patience = |settings: &mut CloudSettings| settings.patience = patience;
    let first = Cartesia.rig_with([fault], patience).await;
    let second = Deepgram.rig_with([], patience).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let began = Instant::now();
    let mut speaking = both.open().await;
    say(&speaking, 1, TEXT).await;
    let mut told = None;
    loop {
        match next(&mut speaking).await.unwrap() {
            SpeakOutput::Audio { .. } => break (began.elapsed(), told),
            SpeakOutput::StoodIn { error, .. } => told = Some(error),
            SpeakOutput::Failed { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}

/// Where a vendor is not silent, no deadline is waited for: with deadlines of an hour, the sound
/// would not come.
#[tokio::test]
async fn another_voice_is_heard_within_the_turn() {
    let hour = Duration::from_secs(3600);
    let endless = Patience {
        connect: hour,
        first_sound: hour,
        stall: hour,
        hush: hour,
        ..Patience::default()
    };
    for (fault, kind) in [
        (Fault::None, None),
        (Fault::Refuses(401, "INVALID_AUTH"), Some("unusable")),
        (Fault::Refuses(400, "INVALID_LANGUAGE"), Some("rejected")),
        (Fault::Refuses(429, "TOO_MANY_REQUESTS"), Some("limited")),
        (Fault::Fails(1008, "quota_exceeded"), Some("unusable")),
        (Fault::Fails(500, "oops"), Some("unavailable")),
        (Fault::Cuts(0), Some("unavailable")),
    ] {
        let heard = timeout(Duration::from_secs(60), first_sound_after(fault, endless)).await;
        let (took, told) = heard.unwrap_or_else(|_| panic!("{fault:?}: a deadline is waited for"));
        println!("{fault:?}: first sound after {} ms", took.as_millis());
        let told = told.as_ref().map(ProviderError::kind);
        assert_eq!(told, kind, "{fault:?}");
    }
}

/// Where it is, nothing but its own deadline is.
#[tokio::test]
async fn a_voice_that_keeps_silent_has_its_time_and_another_is_heard_within_the_turn() {
    let patience = Patience::default();
    let (took, told) = first_sound_after(Fault::Stalls(0), patience).await;
    println!("silence: first sound after {} ms", took.as_millis());
    let told = told.as_ref().map(ProviderError::kind);
    assert_eq!(told, Some("timed_out"));
    assert!(took >= patience.first_sound, "{took:?}");
}

#[tokio::test]
async fn a_sentence_that_broke_off_is_not_repeated() {
    let first = Cartesia.rig([Fault::Cuts(3), Fault::None]).await;
    let second = Deepgram.rig([]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let mut speaking = both.open().await;
    say(&speaking, 1, TEXT).await;
    say(&speaking, 2, "And then?").await;
    let (samples, _) = hear_fail(&mut speaking, 1).await;
    assert!(samples > 0 && samples < sound_of(TEXT).len());
    let heard = hear(&mut speaking, 2).await;
    assert_eq!(heard.audio, sound_of("And then?"));
    assert_eq!(heard.stood_in.len(), 1);
    assert_eq!(second.server.seen().texts, ["And then?"]);
}

#[tokio::test]
async fn a_pause_before_the_failure_is_not_repeated() {
    let text = "[pause 300] Well.";
    let first = ElevenLabs.rig([Fault::Fails(1011, "busy")]).await;
    let second = Deepgram.rig([]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let heard = both.speak(text).await;
    let (pause, sound) = heard.audio.split_at(7200);
    assert!(pause.iter().all(|sample| *sample == 0));
    assert_eq!(sound, sound_of("Well."));
    assert_eq!(heard.words[0].text, 12..17);
    assert!(heard.words[0].start >= 7200);
}

#[tokio::test]
async fn a_voice_that_cannot_be_reached_is_stepped_over_from_the_start() {
    let first = Cartesia.rig([Fault::Refuses(401, "INVALID_AUTH")]).await;
    let second = Deepgram.rig([]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let info = both.engine.info();
    assert_eq!(info.name, "cartesia");
    assert!(
        info.note.ends_with("If it fails: deepgram."),
        "{}",
        info.note
    );
    let heard = both.speak(TEXT).await;
    assert_eq!(heard.audio, sound_of(TEXT));
    assert!(heard.stood_in[0].to_string().contains("401"));
}

#[tokio::test]
async fn where_every_voice_fails_each_sentence_says_so_and_the_next_is_tried() {
    let first = Cartesia
        .rig([
            Fault::Fails(500, "oops"),
            Fault::Fails(500, "oops"),
            Fault::None,
        ])
        .await;
    let second = Deepgram.rig([Fault::Refuses(503, "DOWN")]).await;
    let both = in_order(vec![first.subject.engine, second.subject.engine]);
    let mut speaking = both.open().await;
    say(&speaking, 1, TEXT).await;
    let (samples, error) = hear_fail(&mut speaking, 1).await;
    assert_eq!(samples, 0);
    assert!(error.to_string().contains("cartesia"), "{error}");
    say(&speaking, 2, TEXT).await;
    assert_eq!(hear(&mut speaking, 2).await.audio, sound_of(TEXT));
}

/// A tone that fails while it is told to.
struct Flaky {
    fails: Arc<AtomicBool>,
    opened: Arc<AtomicUsize>,
}

impl TextToSpeech for Flaky {
    fn info(&self) -> EngineInfo {
        Standin::default().info()
    }

    fn voices(&self) -> Vec<Voice> {
        Standin::default().voices()
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let fails = self.fails.clone();
        Box::pin(async move {
            let (input, mut inbox) = mpsc::channel::<SpeakInput>(QUEUE);
            let (outbox, output) = mpsc::channel(QUEUE);
            let inner = Standin::default().open(request).await?;
            tokio::spawn(async move {
                let Speaking {
                    input,
                    output: mut sound,
                } = inner;
                loop {
                    tokio::select! {
                        said = inbox.recv() => match said {
                            Some(SpeakInput::Say { sentence, .. }) if fails.load(Ordering::SeqCst) => {
                                let error = ProviderError::Unavailable {
                                    engine: "flaky".to_owned(),
                                    message: "told to".to_owned(),
                                };
                                let _ = outbox.send(SpeakOutput::Failed { sentence, error }).await;
                            }
                            Some(said) => { let _ = input.send(said).await; }
                            None => return,
                        },
                        Some(output) = sound.recv() => { let _ = outbox.send(output).await; }
                    }
                }
            });
            Ok(Speaking { input, output })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn each_voice_that_takes_over_is_told_once() {
    let flaky = |fails: &Arc<AtomicBool>| {
        Arc::new(Flaky {
            fails: fails.clone(),
            opened: Arc::default(),
        })
    };
    let second_fails = Arc::new(AtomicBool::new(false));
    let mut speaking = in_order(vec![
        flaky(&Arc::new(AtomicBool::new(true))),
        flaky(&second_fails),
        Arc::new(Standin::default()),
    ])
    .open()
    .await;
    let mut told = Vec::new();
    for sentence in 1..=4 {
        second_fails.store(sentence > 2, Ordering::SeqCst);
        say(&speaking, sentence, "four").await;
        told.push(hear(&mut speaking, sentence).await.stood_in.len());
    }
    assert_eq!(told, [1, 0, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_first_voice_comes_back_after_a_rest_and_in_silence() {
    let (fails, opened) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let flaky = Flaky {
        fails: fails.clone(),
        opened: opened.clone(),
    };
    let other = Standin::new(StandinSettings {
        per_character: Duration::from_millis(10),
        ..StandinSettings::default()
    });
    let mut speaking = in_order(vec![Arc::new(flaky), Arc::new(other)])
        .open()
        .await;
    // Ten milliseconds a character is the other voice, sixty the first.
    let length = |heard: &crate::voice::Heard| heard.audio.len() / 24;
    say(&speaking, 1, "four").await;
    let heard = hear(&mut speaking, 1).await;
    assert_eq!((length(&heard), heard.stood_in.len()), (40, 1));
    sleep(Duration::from_secs(14)).await;
    say(&speaking, 2, "four").await;
    assert_eq!(length(&hear(&mut speaking, 2).await), 40);
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    // It is asked again, fails again, and nobody is told twice.
    sleep(Duration::from_secs(2)).await;
    say(&speaking, 3, "four").await;
    let heard = hear(&mut speaking, 3).await;
    assert_eq!(
        (length(&heard), heard.stood_in.len(), heard.back),
        (40, 0, 0)
    );
    assert_eq!(opened.load(Ordering::SeqCst), 2);
    fails.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(31)).await;
    say(&speaking, 4, "four").await;
    let heard = hear(&mut speaking, 4).await;
    assert_eq!((length(&heard), heard.back), (240, 1));
    say(&speaking, 5, "four").await;
    let heard = hear(&mut speaking, 5).await;
    assert_eq!((length(&heard), heard.back), (240, 0), "told once");
}

#[tokio::test(start_paused = true)]
async fn a_sentence_that_no_voice_can_speak_is_asked_of_each_once() {
    let (fails, opened) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let flaky = || {
        let (fails, opened) = (fails.clone(), opened.clone());
        Arc::new(Flaky { fails, opened }) as Arc<dyn TextToSpeech>
    };
    let mut speaking = in_order(vec![flaky(), flaky(), flaky()]).open().await;
    for sentence in 1..=2 {
        say(&speaking, sentence, "four").await;
        let (samples, error) = hear_fail(&mut speaking, sentence).await;
        assert_eq!(samples, 0);
        assert!(error.to_string().contains("told to"), "{error}");
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1 + 3 + 3);
    fails.store(false, Ordering::SeqCst);
    say(&speaking, 3, "four").await;
    assert_eq!(hear(&mut speaking, 3).await.audio.len() / 24, 240);
}

#[tokio::test(start_paused = true)]
async fn what_was_cancelled_is_not_said_by_the_next_voice() {
    let flaky = Flaky {
        fails: Arc::new(AtomicBool::new(true)),
        opened: Arc::default(),
    };
    let mut speaking = in_order(vec![Arc::new(flaky), Arc::new(Standin::default())])
        .open()
        .await;
    say(&speaking, 1, "Never.").await;
    say(&speaking, 2, "Never.").await;
    let cancel = SpeakInput::Cancel { through: 2 };
    speaking.input.send(cancel).await.unwrap();
    say(&speaking, 3, "Yes.").await;
    loop {
        match next(&mut speaking).await.unwrap() {
            SpeakOutput::Done { sentence } => break assert_eq!(sentence, 3),
            SpeakOutput::Failed { error, .. } => panic!("{error}"),
            _ => {}
        }
    }
}
