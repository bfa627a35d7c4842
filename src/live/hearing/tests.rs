//! The recogniser's stage with recognisers that are slow, break, or hang.

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::providers::EngineInfo;
use crate::providers::stt::Transcript;

/// The far end of a stream that was opened.
type Stream = (
    mpsc::Receiver<ListenInput>,
    mpsc::Sender<ListenOutput>,
    ListenRequest,
);

/// A recogniser whose streams the test plays itself.
struct Played {
    streams: mpsc::UnboundedSender<Stream>,
    queue: usize,
    slow: Duration,
}

impl SpeechToText for Played {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "played".to_owned(),
            processor: None,
            note: "Played by a test.".to_owned(),
        }
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let (input, inputs) = mpsc::channel(self.queue);
        let (outputs, output) = mpsc::channel(8);
        let (streams, slow) = (self.streams.clone(), self.slow);
        Box::pin(async move {
            tokio::time::sleep(slow).await;
            let _ = streams.send((inputs, outputs, request));
            Ok(Listening { input, output })
        })
    }
}

fn stage(queue: usize, slow: u64) -> (Hearing, mpsc::UnboundedReceiver<Stream>) {
    let (streams, opened) = mpsc::unbounded_channel();
    let slow = Duration::from_millis(slow);
    let engine = Arc::new(Played {
        streams,
        queue,
        slow,
    });
    (Hearing::new(engine, ListenRequest::default()), opened)
}

/// Lets the stage run for a while; what it gave.
async fn run(hearing: &mut Hearing, ms: u64) -> Vec<Option<ListenOutput>> {
    let mut out = Vec::new();
    let until = Instant::now() + Duration::from_millis(ms);
    while let Ok(next) = tokio::time::timeout_at(until, hearing.next()).await {
        out.push(next);
    }
    out
}

fn hear(hearing: &mut Hearing, frames: std::ops::Range<u64>) {
    for frame in frames {
        hearing.audio(Position::from_ms(frame * 20), vec![0; 320].into());
    }
}

/// What came to a recogniser: the frames' numbers, and `B`, `E`, `D` with the segment.
fn told(stream: &mut Stream) -> Vec<String> {
    let mut all = Vec::new();
    while let Ok(input) = stream.0.try_recv() {
        all.push(match input {
            ListenInput::Audio { at, .. } => (at.ms() / 20).to_string(),
            ListenInput::Begin { segment, .. } => format!("B{segment}"),
            ListenInput::End { segment, .. } => format!("E{segment}"),
            ListenInput::Discard { segment } => format!("D{segment}"),
        });
    }
    all
}

fn failed(out: &[Option<ListenOutput>]) -> Vec<u64> {
    out.iter()
        .filter_map(|output| match output {
            Some(ListenOutput::Failed { segment, .. }) => Some(*segment),
            _ => None,
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_said_while_the_stream_opens_is_heard() {
    let (mut hearing, mut opened) = stage(512, 400);
    hear(&mut hearing, 0..5);
    hearing.begin(1, Position::from_ms(40));
    hear(&mut hearing, 5..8);
    hearing.end(1, Position::from_ms(160));
    run(&mut hearing, 500).await;
    let mut stream = opened.try_recv().unwrap();
    let expected = ["0", "1", "2", "3", "4", "B1", "5", "6", "7", "E1"];
    assert_eq!(told(&mut stream), expected);
}

#[tokio::test(start_paused = true)]
async fn sound_is_handed_over_at_once_only_while_somebody_speaks() {
    let (mut hearing, mut opened) = stage(512, 0);
    run(&mut hearing, 10).await;
    let mut stream = opened.try_recv().unwrap();
    hear(&mut hearing, 0..4);
    assert!(told(&mut stream).is_empty());
    hear(&mut hearing, 4..7);
    assert_eq!(told(&mut stream), ["0", "1", "2", "3", "4"]);
    hearing.begin(1, Position::from_ms(120));
    assert_eq!(told(&mut stream), ["5", "6", "B1"]);
    hear(&mut hearing, 7..8);
    assert_eq!(told(&mut stream), ["7"]);
    hearing.end(1, Position::from_ms(160));
    hear(&mut hearing, 8..9);
    assert_eq!(told(&mut stream), ["E1", "8"]);
    hearing.discard(1);
    hear(&mut hearing, 9..10);
    assert_eq!(told(&mut stream), ["D1"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_fails_what_was_awaited_and_is_opened_again() {
    let (mut hearing, mut opened) = stage(512, 0);
    hearing.begin(1, Position::ZERO);
    hearing.begin(2, Position::ZERO);
    run(&mut hearing, 10).await;
    let (inputs, outputs, _) = opened.try_recv().unwrap();
    let transcript = Transcript::default();
    let last = ListenOutput::Final {
        segment: 1,
        transcript,
    };
    outputs.send(last).await.unwrap();
    assert_eq!(run(&mut hearing, 10).await.len(), 1);
    drop((inputs, outputs));
    let out = run(&mut hearing, 10).await;
    assert_eq!(failed(&out), [2]);
    hearing.begin(3, Position::ZERO);
    run(&mut hearing, 1000).await;
    let mut again = opened.try_recv().unwrap();
    assert_eq!(told(&mut again), ["B3"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_lost_says_why() {
    let (mut hearing, mut opened) = stage(512, 0);
    hearing.begin(1, Position::ZERO);
    run(&mut hearing, 10).await;
    let (_inputs, outputs, _) = opened.try_recv().unwrap();
    let error = ProviderError::Rejected {
        engine: "played".to_owned(),
        message: "402".to_owned(),
    };
    let lost = ListenOutput::Lost {
        error: error.clone(),
    };
    outputs.send(lost).await.unwrap();
    let out = run(&mut hearing, 1000).await;
    assert!(
        matches!(&out[..], [Some(ListenOutput::Failed { segment: 1, error: why })] if *why == error)
    );
    assert!(opened.try_recv().is_ok(), "it is opened again");
}

#[tokio::test(start_paused = true)]
async fn streams_that_break_at_once_do_not_spin() {
    let (mut hearing, mut opened) = stage(512, 0);
    let mut count = 0;
    let _ = timeout(Duration::from_secs(60), async {
        loop {
            tokio::select! {
                _ = hearing.next() => {}
                stream = opened.recv() => { drop(stream); count += 1; }
            }
        }
    })
    .await;
    assert!((8..15).contains(&count), "{count} times in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_lags_loses_sound_and_never_a_mark() {
    let (mut hearing, mut opened) = stage(4, 0);
    run(&mut hearing, 10).await;
    let mut stream = opened.try_recv().unwrap();
    for segment in 0..20 {
        hearing.begin(segment, Position::ZERO);
        hear(&mut hearing, segment * 100..(segment + 1) * 100);
        hearing.end(segment, Position::ZERO);
        assert!(hearing.waiting.len() <= MOST);
    }
    let mut all = Vec::new();
    for _ in 0..1000 {
        run(&mut hearing, 1).await;
        all.extend(told(&mut stream));
    }
    let marks: Vec<_> = all
        .iter()
        .filter(|what| what.starts_with(['B', 'E']))
        .collect();
    let expected: Vec<_> = (0..20)
        .flat_map(|n| [format!("B{n}"), format!("E{n}")])
        .collect();
    assert_eq!(marks, expected.iter().collect::<Vec<_>>());
    assert!(hearing.dropped > 1000 && all.last().unwrap() == "E19");
}

#[tokio::test(start_paused = true)]
async fn sound_in_no_hurry_waits_for_room_but_not_for_ever() {
    let (mut hearing, mut opened) = stage(4, 0);
    run(&mut hearing, 10).await;
    let mut stream = opened.try_recv().unwrap();
    hear(&mut hearing, 0..100);
    assert!(!hearing.has_room());
    // It takes some: there is room, and that is told.
    for _ in 0..20 {
        told(&mut stream);
        run(&mut hearing, 1).await;
    }
    assert!(hearing.has_room());
    hear(&mut hearing, 100..200);
    assert!(!hearing.has_room());
    // It hangs.
    let began = Instant::now();
    assert!(hearing.next().await.is_none());
    assert!(hearing.has_room());
    assert!(began.elapsed() <= PATIENCE);
}

#[tokio::test(start_paused = true)]
async fn another_language_is_another_stream() {
    let (mut hearing, mut opened) = stage(512, 100);
    let german = Transcription {
        language: Some("de".to_owned()),
        ..Transcription::default()
    };
    // While the first is being opened …
    run(&mut hearing, 50).await;
    hearing.configure(Some(&german));
    run(&mut hearing, 200).await;
    let (_, _, request) = opened.try_recv().unwrap();
    assert_eq!(request.language.as_deref(), Some("de"));
    // … and in the middle of a segment.
    hearing.begin(1, Position::ZERO);
    let french = Transcription {
        language: Some("fr".to_owned()),
        ..Transcription::default()
    };
    hearing.configure(Some(&french));
    let out = run(&mut hearing, 200).await;
    assert_eq!(failed(&out), [1]);
    let (_, _, request) = opened.try_recv().unwrap();
    assert_eq!(request.language.as_deref(), Some("fr"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_the_first_engine_after_one_of_another_is_told_of() {
    let (mut hearing, mut opened) = stage(512, 0);
    run(&mut hearing, 10).await;
    let (inputs, outputs, _) = opened.try_recv().unwrap();
    let (error, by) = (hearing.unavailable("gone"), "other".to_owned());
    outputs
        .send(ListenOutput::StoodIn { error, by })
        .await
        .unwrap();
    assert_eq!(run(&mut hearing, 10).await.len(), 1);
    drop((inputs, outputs));
    run(&mut hearing, 1000).await;
    let (_inputs, outputs, _) = opened.try_recv().unwrap();
    for segment in 1..3 {
        let transcript = Transcript::default();
        let last = ListenOutput::Final {
            segment,
            transcript,
        };
        outputs.send(last).await.unwrap();
    }
    let out = run(&mut hearing, 10).await;
    assert!(
        matches!(
            out[..],
            [
                Some(ListenOutput::Back { first: true, .. }),
                Some(ListenOutput::Final { segment: 1, .. }),
                Some(ListenOutput::Final { segment: 2, .. }),
            ]
        ),
        "{out:?}"
    );
}
