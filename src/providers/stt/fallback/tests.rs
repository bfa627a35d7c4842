//! Recognisers that refuse, break off or fail at a segment, and one that works.

mod homing;
mod long;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use media::Position;
use tokio::time::timeout;

use super::*;
use crate::providers::stt::conformance::{self, hear, say, until_final};
use crate::providers::stt::standin::{Settings, Standin};
use crate::providers::stt::{ListenInput, ListenOutput, Transcript};

/// What becomes of each stream of an engine.
#[derive(Clone, Copy)]
enum Fate {
    Refuses,
    /// Breaks off after so much sound, in frames.
    Breaks(usize),
    /// Says that it cannot go on, after so much sound.
    IsLost(usize),
    /// Fails at every segment.
    Fails,
    /// Hears nothing in a segment, and says then that it cannot go on.
    IsDeaf,
    /// Finds no words in any segment, and gives up at the first.
    IsMute,
}

/// An engine that fails.
struct Failing {
    fate: Fate,
    opened: Arc<AtomicUsize>,
}

fn trouble() -> ProviderError {
    ProviderError::Unavailable {
        engine: "failing".to_owned(),
        message: "gone".to_owned(),
    }
}

impl SpeechToText for Failing {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "failing".to_owned(),
            processor: Some("Somebody (far.away)".to_owned()),
            note: "It fails.".to_owned(),
        }
    }

    fn open(&self, _: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let fate = self.fate;
        if matches!(fate, Fate::Refuses) {
            return async { Err(trouble()) }.boxed();
        }
        let (input, mut inputs) = mpsc::channel(QUEUE);
        let (outputs, output) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let mut frames = 0;
            while let Some(input) = inputs.recv().await {
                match (input, fate) {
                    (ListenInput::Audio { .. }, Fate::Breaks(most) | Fate::IsLost(most)) => {
                        frames += 1;
                        if frames < most {
                            continue;
                        }
                        if matches!(fate, Fate::IsLost(_)) {
                            let error = trouble();
                            let _ = outputs.send(ListenOutput::Lost { error }).await;
                        }
                        return;
                    }
                    (ListenInput::End { segment, .. }, Fate::Fails) => {
                        let error = trouble();
                        let failed = ListenOutput::Failed { segment, error };
                        let _ = outputs.send(failed).await;
                    }
                    (ListenInput::End { .. }, Fate::IsMute) => {
                        let error = ProviderError::Rejected {
                            engine: "failing".to_owned(),
                            message: "no words".to_owned(),
                        };
                        let _ = outputs.send(ListenOutput::Lost { error }).await;
                        return;
                    }
                    (ListenInput::End { segment, .. }, Fate::IsDeaf) => {
                        let (transcript, error) = (Transcript::default(), trouble());
                        let last = ListenOutput::Final {
                            segment,
                            transcript,
                        };
                        let _ = outputs.send(last).await;
                        let _ = outputs.send(ListenOutput::Lost { error }).await;
                        return;
                    }
                    _ => {}
                }
            }
        });
        async move { Ok(Listening { input, output }) }.boxed()
    }
}

/// One that takes its time to open.
struct Slow(Arc<dyn SpeechToText>, Duration);

impl SpeechToText for Slow {
    fn info(&self) -> EngineInfo {
        self.0.info()
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        async move {
            tokio::time::sleep(self.1).await;
            self.0.open(request).await
        }
        .boxed()
    }
}

/// A failing engine and how often it was opened.
fn failing(fate: Fate) -> (Arc<dyn SpeechToText>, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let engine = Failing {
        fate,
        opened: opened.clone(),
    };
    (Arc::new(engine), opened)
}

fn working() -> Arc<dyn SpeechToText> {
    Arc::new(Standin::default())
}

async fn next(stream: &mut Listening) -> Option<ListenOutput> {
    let next = timeout(Duration::from_secs(10), stream.output.recv());
    next.await.expect("nothing comes")
}

async fn open(engine: &Fallback) -> Listening {
    engine.open(ListenRequest::default()).await.unwrap()
}

async fn until_stood_in(stream: &mut Listening) {
    loop {
        if let Some(ListenOutput::StoodIn { error, by }) = next(stream).await {
            assert!(error.to_string().starts_with("failing is unavailable"));
            assert_eq!(by, "standin");
            return;
        }
    }
}

#[tokio::test]
async fn is_a_recogniser_like_every_other() {
    conformance::all(&Fallback::new([working()])).await;
    conformance::all(&Fallback::new([working(), failing(Fate::Refuses).0])).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_cannot_be_opened_is_stood_in_for_and_left_alone_for_a_while() {
    let (first, opened) = failing(Fate::Refuses);
    let engine = Fallback::new([first, working()]);
    for _ in 0..3 {
        let mut stream = open(&engine).await;
        until_stood_in(&mut stream).await;
        say(&stream, 1, Position::ZERO, &[3000; 16_000]).await;
        assert!(!until_final(&mut stream).await.last.words.is_empty());
    }
    assert_eq!(opened.load(Ordering::Relaxed), 1);
    tokio::time::advance(Duration::from_secs(3600)).await;
    open(&engine).await;
    assert_eq!(opened.load(Ordering::Relaxed), 2);
    let info = engine.info();
    assert_eq!(info.name, "failing");
    assert_eq!(info.processor.as_deref(), Some("Somebody (far.away)"));
    assert!(
        info.note.ends_with("If it fails: standin."),
        "{}",
        info.note
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_an_engine_broke_is_not_lost() {
    for fate in [Fate::Breaks(30), Fate::IsLost(30), Fate::Fails] {
        let engine = Fallback::new([failing(fate).0, working()]);
        let mut stream = open(&engine).await;
        let from = hear(&stream, Position::from_ms(5000), &[0; 3200]).await;
        let to = say(&stream, 4, from, &[3000; 16_000]).await;
        if !matches!(fate, Fate::Fails) {
            until_stood_in(&mut stream).await;
        }
        let heard = loop {
            match next(&mut stream).await.unwrap() {
                ListenOutput::Final {
                    segment,
                    transcript,
                } => break (segment, transcript),
                ListenOutput::Partial { .. } | ListenOutput::StoodIn { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(heard.0, 4);
        let (first, last) = (
            heard.1.words.first().unwrap(),
            heard.1.words.last().unwrap(),
        );
        assert_eq!((first.start, last.end), (from, to));
        // For now the session stays with the one that works.
        say(&stream, 5, to, &[3000; 16_000]).await;
        assert_eq!(until_final(&mut stream).await.segment, 5);
    }
}

#[tokio::test(start_paused = true)]
async fn last_words_are_not_lost_with_an_engine_that_fails_at_the_end() {
    for fate in [
        Fate::Breaks(30),
        Fate::IsLost(30),
        Fate::IsLost(1),
        Fate::Fails,
    ] {
        for opens_after in [0, 500] {
            let opens_after = Duration::from_millis(opens_after);
            let slow = Arc::new(Slow(working(), opens_after));
            let engine = Fallback::new([failing(fate).0, slow]);
            let mut stream = open(&engine).await;
            say(&stream, 1, Position::ZERO, &[3000; 16_000]).await;
            let (input, _) = mpsc::channel(1);
            stream.input = input;
            until_stood_in(&mut stream).await;
            let heard = until_final(&mut stream).await;
            assert_eq!(heard.segment, 1);
            assert!(!heard.last.words.is_empty());
            assert!(next(&mut stream).await.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_engine_that_does_not_open_when_all_is_over() {
    let never = Duration::from_secs(3600);
    let slow = Arc::new(Slow(working(), never));
    let engine = Fallback::new([failing(Fate::IsLost(1)).0, slow]);
    let mut stream = open(&engine).await;
    say(&stream, 1, Position::ZERO, &[3000; 640]).await;
    let (input, _) = mpsc::channel(1);
    stream.input = input;
    while !matches!(next(&mut stream).await, Some(ListenOutput::Lost { .. })) {}
    assert!(next(&mut stream).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn with_none_left_it_is_told_and_nothing_goes_round_for_ever() {
    let engine = Fallback::new([failing(Fate::Refuses).0, failing(Fate::Refuses).0]);
    assert_eq!(
        engine.open(ListenRequest::default()).await.unwrap_err(),
        trouble()
    );
    let (broken, opened) = failing(Fate::IsLost(1));
    let engine = Fallback::new([broken, failing(Fate::IsLost(1)).0]);
    let mut stream = open(&engine).await;
    let _ = stream
        .input
        .send(ListenInput::Begin {
            segment: 1,
            from: Position::ZERO,
        })
        .await;
    hear(&stream, Position::ZERO, &[0; 640]).await;
    while !matches!(next(&mut stream).await, Some(ListenOutput::Lost { .. })) {}
    assert!(next(&mut stream).await.is_none());
    assert!(opened.load(Ordering::Relaxed) < 5);
    // A segment that all fail at is told as that.
    let engine = Fallback::new([failing(Fate::Fails).0, failing(Fate::Fails).0]);
    let mut stream = open(&engine).await;
    say(&stream, 1, Position::ZERO, &[3000; 3200]).await;
    while !matches!(
        next(&mut stream).await,
        Some(ListenOutput::Failed { segment: 1, .. })
    ) {}
}

#[tokio::test(start_paused = true)]
async fn to_hear_nothing_is_no_proof_that_an_engine_works() {
    let (first, second) = (failing(Fate::IsDeaf).0, failing(Fate::IsDeaf).0);
    let mut stream = open(&Fallback::new([first, second])).await;
    let mut at = Position::ZERO;
    for segment in 1..20 {
        at = say(&stream, segment, at, &[3000; 640]).await;
        loop {
            match next(&mut stream).await {
                Some(ListenOutput::Lost { .. }) => return,
                Some(ListenOutput::StoodIn { .. }) => break,
                _ => {}
            }
        }
    }
    panic!("it goes round for ever");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_mute_where_another_understands_is_left_alone_by_all() {
    for (line, times) in [("words", 1), ("", 2)] {
        let (mute, opened) = failing(Fate::IsMute);
        let other = Standin::new(Settings {
            lines: vec![line.to_owned()],
            ..Settings::default()
        });
        let engine = Fallback::new([mute, Arc::new(other)]);
        let mut stream = open(&engine).await;
        say(&stream, 1, Position::ZERO, &[3000; 16_000]).await;
        let understood = loop {
            match next(&mut stream).await {
                Some(ListenOutput::Final { transcript, .. }) => break transcript.text(),
                Some(ListenOutput::StoodIn { .. } | ListenOutput::Partial { .. }) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(understood, line);
        let _next = open(&engine).await;
        assert_eq!(opened.load(Ordering::Relaxed), times, "`{line}`");
    }
}
