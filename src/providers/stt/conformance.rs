//! What every recogniser promises, as tests that each adapter runs on itself.

use std::time::Duration;

use futures::future::join_all;
use media::{FRAME, Position};
use tokio::time::timeout;

use super::{ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText, Transcript};

/// Samples of a frame at 16 kHz.
const SAMPLES: usize = 320;
/// A recogniser that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came out of a recogniser for one segment.
pub struct Heard {
    /// The segment that the final belongs to.
    pub segment: u64,
    /// What came before the final.
    pub partials: Vec<Transcript>,
    /// The final.
    pub last: Transcript,
}

/// Every promise, one after the other.
pub async fn all(engine: &dyn SpeechToText) {
    let speech = spoken("begin");
    answers_every_segment_once(engine, &speech).await;
    forgets_what_is_discarded(engine, &speech).await;
    understands_nothing_in_silence(engine).await;
    bears_segments_without_sound(engine).await;
    bears_sound_of_any_size(engine, &speech).await;
    hears_what_was_said_before_the_marker(engine, &speech).await;
    ends_with_its_input(engine, &speech).await;
    serves_many_at_once(engine, &speech).await;
    let info = engine.info();
    assert!(!info.name.is_empty() && !info.note.is_empty());
}

/// A fixture: 16 kHz mono.
pub fn spoken(name: &str) -> Vec<i16> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/speech");
    let mut wave = hound::WavReader::open(format!("{folder}/{name}.wav")).unwrap();
    assert_eq!(wave.spec().sample_rate, 16_000);
    wave.samples().map(Result::unwrap).collect()
}

/// Feeds sound in frames; the position after it.
pub async fn hear(stream: &Listening, mut at: Position, samples: &[i16]) -> Position {
    for frame in samples.chunks(SAMPLES) {
        stream
            .input
            .send(ListenInput::Audio {
                at,
                samples: frame.into(),
            })
            .await
            .unwrap();
        at += FRAME;
    }
    at
}

/// Feeds a whole segment; the position after it.
pub async fn say(stream: &Listening, segment: u64, from: Position, samples: &[i16]) -> Position {
    stream
        .input
        .send(ListenInput::Begin { segment, from })
        .await
        .unwrap();
    let to = hear(stream, from, samples).await;
    stream
        .input
        .send(ListenInput::End { segment, to })
        .await
        .unwrap();
    to
}

/// Waits for a final and checks what came with it.
pub async fn until_final(stream: &mut Listening) -> Heard {
    let mut partials: Vec<Transcript> = Vec::new();
    loop {
        let output = timeout(PATIENCE, stream.output.recv())
            .await
            .expect("no answer");
        match output.expect("the stream ended without an answer") {
            ListenOutput::Partial { transcript, .. } => {
                if let Some(before) = partials.last() {
                    let settled = &before.words[..before.stable];
                    assert!(transcript.stable >= before.stable, "fewer words are stable");
                    assert_eq!(
                        &transcript.words[..before.stable],
                        settled,
                        "a stable word changed"
                    );
                }
                assert!(transcript.stable <= transcript.words.len());
                partials.push(transcript);
            }
            ListenOutput::Final {
                segment,
                transcript,
            } => {
                assert_eq!(transcript.stable, transcript.words.len());
                return Heard {
                    segment,
                    partials,
                    last: transcript,
                };
            }
            ListenOutput::EndOfTurn { confidence, .. } => {
                assert!((0.0..=1.0).contains(&confidence), "{confidence}");
            }
            ListenOutput::Failed { error, .. }
            | ListenOutput::StoodIn { error, .. }
            | ListenOutput::Lost { error } => panic!("failed: {error}"),
            ListenOutput::Back { by, .. } => panic!("{by} was never away"),
        }
    }
}

async fn open(engine: &dyn SpeechToText) -> Listening {
    engine.open(ListenRequest::default()).await.unwrap()
}

/// Closes the stream; nothing more may come out of it but a hint that was on its way.
async fn close(stream: Listening) {
    let Listening { input, mut output } = stream;
    drop(input);
    let ended = timeout(PATIENCE, async {
        while let Some(rest) = output.recv().await {
            assert!(
                matches!(rest, ListenOutput::EndOfTurn { .. }),
                "something came after the last final: {rest:?}"
            );
        }
    });
    ended.await.expect("the stream does not end");
}

fn check_times(transcript: &Transcript, from: Position, to: Position) {
    let mut before = from;
    for word in &transcript.words {
        assert!(word.start >= before, "{word:?} begins before {before}");
        assert!(
            word.end > word.start && word.end <= to,
            "{word:?} is not within {from} to {to}"
        );
        assert!((0.0..=1.0).contains(&word.confidence), "{word:?}");
        before = word.start;
    }
}

async fn answers_every_segment_once(engine: &dyn SpeechToText, speech: &[i16]) {
    let mut stream = open(engine).await;
    let mut at = Position::from_ms(5000);
    for segment in [1, 2, 7] {
        let from = hear(&stream, at, &[0; 8000]).await;
        at = say(&stream, segment, from, speech).await;
        let heard = until_final(&mut stream).await;
        assert_eq!(heard.segment, segment);
        assert!(!heard.last.words.is_empty(), "nothing was understood");
        check_times(&heard.last, from, at);
        // An end that comes twice is answered once.
        stream
            .input
            .send(ListenInput::End { segment, to: at })
            .await
            .unwrap();
    }
    close(stream).await;
}

async fn forgets_what_is_discarded(engine: &dyn SpeechToText, speech: &[i16]) {
    let mut stream = open(engine).await;
    let from = Position::ZERO;
    stream
        .input
        .send(ListenInput::Begin { segment: 1, from })
        .await
        .unwrap();
    let at = hear(&stream, from, &speech[..speech.len() / 2]).await;
    stream
        .input
        .send(ListenInput::Discard { segment: 1 })
        .await
        .unwrap();
    stream
        .input
        .send(ListenInput::Discard { segment: 1 })
        .await
        .unwrap();
    say(&stream, 2, at, speech).await;
    loop {
        let output = timeout(PATIENCE, stream.output.recv())
            .await
            .expect("no answer")
            .unwrap();
        match output {
            ListenOutput::Final {
                segment,
                transcript,
            } => {
                assert_eq!(segment, 2, "a discarded segment was answered");
                assert!(!transcript.words.is_empty());
                break;
            }
            ListenOutput::Partial { .. } | ListenOutput::EndOfTurn { .. } => {}
            ListenOutput::Back { by, .. } => panic!("{by} was never away"),
            ListenOutput::Failed { error, .. }
            | ListenOutput::StoodIn { error, .. }
            | ListenOutput::Lost { error } => panic!("failed: {error}"),
        }
    }
    close(stream).await;
}

async fn understands_nothing_in_silence(engine: &dyn SpeechToText) {
    let mut stream = open(engine).await;
    say(&stream, 1, Position::ZERO, &[0; 24_000]).await;
    assert_eq!(until_final(&mut stream).await.last.words, []);
    close(stream).await;
}

async fn bears_segments_without_sound(engine: &dyn SpeechToText) {
    let mut stream = open(engine).await;
    let at = Position::from_ms(300);
    stream
        .input
        .send(ListenInput::Begin {
            segment: 1,
            from: at,
        })
        .await
        .unwrap();
    stream
        .input
        .send(ListenInput::End { segment: 1, to: at })
        .await
        .unwrap();
    assert_eq!(until_final(&mut stream).await.last.words, []);
    // One whose beginning was never told.
    stream
        .input
        .send(ListenInput::End { segment: 2, to: at })
        .await
        .unwrap();
    assert_eq!(until_final(&mut stream).await.last.words, []);
    // One that lies in the future, and ends before it begins.
    let from = Position::from_ms(9000);
    stream
        .input
        .send(ListenInput::Begin { segment: 3, from })
        .await
        .unwrap();
    stream
        .input
        .send(ListenInput::End { segment: 3, to: at })
        .await
        .unwrap();
    assert_eq!(until_final(&mut stream).await.last.words, []);
    close(stream).await;
}

async fn bears_sound_of_any_size(engine: &dyn SpeechToText, speech: &[i16]) {
    let mut stream = open(engine).await;
    let begin = ListenInput::Begin {
        segment: 1,
        from: Position::ZERO,
    };
    stream.input.send(begin).await.unwrap();
    let sizes = [0, 1, 319, 321, 7, 0, 100_000];
    let (mut rest, mut at) = (speech, Position::ZERO);
    for size in sizes {
        let (now, later) = rest.split_at(size.min(rest.len()));
        stream
            .input
            .send(ListenInput::Audio {
                at,
                samples: now.into(),
            })
            .await
            .unwrap();
        at = Position::from_samples(at.samples_at(16_000) + now.len() as u64, 16_000);
        rest = later;
    }
    // Sound from before, from far ahead, and at the loudest.
    for at in [
        Position::ZERO,
        Position::from_ms(3_600_000),
        Position::from_ms(1),
    ] {
        let samples = [i16::MIN; 640].into();
        stream
            .input
            .send(ListenInput::Audio { at, samples })
            .await
            .unwrap();
    }
    let to = Position::from_ms(3_600_040);
    stream
        .input
        .send(ListenInput::End { segment: 1, to })
        .await
        .unwrap();
    let heard = until_final(&mut stream).await;
    check_times(&heard.last, Position::ZERO, to);
    assert!(!heard.last.words.is_empty());
    close(stream).await;
}

async fn hears_what_was_said_before_the_marker(engine: &dyn SpeechToText, speech: &[i16]) {
    let mut stream = open(engine).await;
    let from = hear(&stream, Position::ZERO, &[0; 16_000]).await;
    let (before, after) = speech.split_at(16_000 / SAMPLES * SAMPLES);
    let at = hear(&stream, from, before).await;
    stream
        .input
        .send(ListenInput::Begin { segment: 1, from })
        .await
        .unwrap();
    let to = hear(&stream, at, after).await;
    stream
        .input
        .send(ListenInput::End { segment: 1, to })
        .await
        .unwrap();
    let heard = until_final(&mut stream).await;
    check_times(&heard.last, from, to);
    let first = heard.last.words.first().expect("nothing was understood");
    assert!(
        first.start < at,
        "{first:?}: what came before the marker was lost"
    );
    close(stream).await;
}

async fn ends_with_its_input(engine: &dyn SpeechToText, speech: &[i16]) {
    let stream = open(engine).await;
    let from = Position::ZERO;
    stream
        .input
        .send(ListenInput::Begin { segment: 1, from })
        .await
        .unwrap();
    hear(&stream, from, speech).await;
    let Listening { input, mut output } = stream;
    drop(input);
    let ended = timeout(PATIENCE, async {
        while let Some(output) = output.recv().await {
            let so_far = matches!(
                output,
                ListenOutput::Partial { .. } | ListenOutput::EndOfTurn { .. }
            );
            assert!(so_far, "{output:?}");
        }
    });
    ended.await.expect("the stream outlives its input");
}

async fn serves_many_at_once(engine: &dyn SpeechToText, speech: &[i16]) {
    let sessions = (0..6_u64).map(|session| async move {
        let mut stream = open(engine).await;
        let from = Position::from_ms(session * 700);
        let to = say(&stream, session, from, speech).await;
        let heard = until_final(&mut stream).await;
        assert_eq!(heard.segment, session);
        check_times(&heard.last, from, to);
        close(stream).await;
        heard.last.text()
    });
    let texts = join_all(sessions).await;
    assert!(
        texts.iter().all(|text| *text == texts[0]),
        "sessions mix: {texts:?}"
    );
}
