//! The way back to the first engine once it has rested.

use std::sync::Mutex;

use tokio::time::sleep;

use super::*;

/// Engines rest for so long after their first failure.
const REST: Duration = Duration::from_secs(15);

/// An engine whose streams have these fates in turn, and work after the last.
struct Moody {
    fates: Mutex<Vec<Fate>>,
    works: Standin,
    opens_after: Duration,
    opened: Arc<AtomicUsize>,
    /// Where the sound began that each working stream was told.
    told: Arc<Mutex<Vec<Position>>>,
}

impl SpeechToText for Moody {
    fn info(&self) -> EngineInfo {
        failing(Fate::Refuses).0.info()
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let fate = self.fates.lock().unwrap().pop();
        let opened = async move {
            sleep(self.opens_after).await;
            match fate {
                Some(fate) => failing(fate).0.open(request).await,
                None => {
                    let told = self.told.clone();
                    Ok(watched(self.works.open(request).await?, told))
                }
            }
        };
        opened.boxed()
    }
}

/// The same stream, on whose way it is written down where its sound begins.
fn watched(stream: Listening, told: Arc<Mutex<Vec<Position>>>) -> Listening {
    let Listening {
        input: onward,
        output,
    } = stream;
    let (input, mut inputs) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut first = true;
        while let Some(input) = inputs.recv().await {
            if let ListenInput::Audio { at, .. } = &input
                && std::mem::take(&mut first)
            {
                told.lock().unwrap().push(*at);
            }
            let _ = onward.send(input).await;
        }
    });
    Listening { input, output }
}

/// A session of an engine like that with one that works standing in for it.
struct House {
    stream: Listening,
    opened: Arc<AtomicUsize>,
    told: Arc<Mutex<Vec<Position>>>,
    at: Position,
    /// Where somebody said something last.
    said_to: Position,
    segment: u64,
    /// Who was said to listen, and what was understood, in turn.
    heard: Vec<String>,
}

/// An engine that understands the same whatever is said.
fn says(line: &str) -> Standin {
    Standin::new(Settings {
        lines: vec![line.to_owned()],
        ..Settings::default()
    })
}

impl House {
    /// The fates stand in the order of the streams.
    async fn new(fates: &[Fate], opens_after: Duration) -> Self {
        let (opened, told) = (Arc::default(), Arc::default());
        let first = Moody {
            fates: Mutex::new(fates.iter().rev().copied().collect()),
            works: says("first"),
            opens_after,
            opened: Arc::clone(&opened),
            told: Arc::clone(&told),
        };
        let engine = Fallback::new([Arc::new(first) as _, Arc::new(says("second")) as _]);
        Self {
            stream: open(&engine).await,
            opened,
            told,
            at: Position::ZERO,
            said_to: Position::ZERO,
            segment: 0,
            heard: Vec::new(),
        }
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Nobody says anything for so long, while time goes by.
    async fn silence(&mut self, length: Duration) {
        for _ in 0..length.as_millis() / 20 {
            self.at = hear(&self.stream, self.at, &[0; 320]).await;
            sleep(media::FRAME).await;
        }
    }

    async fn begin(&mut self) {
        self.segment += 1;
        let (segment, from) = (self.segment, self.at);
        let begin = ListenInput::Begin { segment, from };
        self.stream.input.send(begin).await.unwrap();
        for _ in 0..50 {
            self.at = hear(&self.stream, self.at, &[3000; 320]).await;
            sleep(media::FRAME).await;
        }
        self.said_to = self.at;
    }

    /// What is understood of it, which lies where it was said.
    async fn end(&mut self) -> String {
        let (segment, to) = (self.segment, self.at);
        let end = ListenInput::End { segment, to };
        self.stream.input.send(end).await.unwrap();
        loop {
            match next(&mut self.stream).await.unwrap() {
                ListenOutput::Final {
                    segment,
                    transcript,
                } => {
                    assert_eq!(segment, self.segment, "each is answered once, in order");
                    assert_eq!(transcript.words.last().unwrap().end, self.said_to);
                    self.heard.push(transcript.text());
                    return transcript.text();
                }
                ListenOutput::Partial { transcript, .. } => self.heard.push(transcript.text()),
                ListenOutput::StoodIn { by, .. } => self.heard.push(format!("instead: {by}")),
                ListenOutput::Back { by, .. } => self.heard.push(format!("back: {by}")),
                other => panic!("{other:?}"),
            }
        }
    }

    async fn say(&mut self) -> String {
        self.begin().await;
        self.end().await
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_engine_listens_again_once_it_has_rested() {
    for fate in [Fate::Refuses, Fate::Breaks(30), Fate::Fails] {
        let mut house = House::new(&[fate], Duration::ZERO).await;
        assert_eq!(house.say().await, "second");
        assert_eq!(house.say().await, "second");
        let done = house.at;
        house.silence(REST).await;
        assert_eq!(house.opened(), 2, "and no more often");
        assert_eq!(house.say().await, "first");
        // What was understood already is not heard again.
        let told = house.told.lock().unwrap().clone();
        assert!(told.len() == 1 && told[0] >= done, "{told:?}, {done:?}");
        house.silence(REST).await;
        assert_eq!((house.say().await.as_str(), house.opened()), ("first", 2));
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_changed_over_between_utterances_alone() {
    let mut house = House::new(&[Fate::Refuses], Duration::ZERO).await;
    // However long it takes: nobody stops talking for two seconds.
    for _ in 0..40 {
        assert_eq!(house.say().await, "second");
        house.silence(Duration::from_millis(1500)).await;
    }
    assert_eq!(house.opened(), 1);
    house.silence(Duration::from_secs(1)).await;
    assert_eq!((house.opened(), house.say().await.as_str()), (2, "first"));
}

#[tokio::test(start_paused = true)]
async fn what_is_said_while_it_is_opened_is_understood_where_it_began() {
    let mut house = House::new(&[Fate::Refuses], Duration::from_secs(1)).await;
    assert_eq!(house.say().await, "second");
    house.silence(REST - Duration::from_millis(500)).await;
    assert_eq!(house.opened(), 2, "it is being opened");
    house.begin().await;
    house.silence(Duration::from_secs(3)).await;
    assert_eq!(house.end().await, "second");
    house.silence(Duration::from_secs(3)).await;
    assert_eq!((house.say().await.as_str(), house.opened()), ("first", 2));
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_again_loses_nothing_and_rests_for_longer() {
    let fates = [Fate::Refuses, Fate::Breaks(10), Fate::Refuses];
    let mut house = House::new(&fates, Duration::ZERO).await;
    house.silence(REST + Duration::from_secs(1)).await;
    assert_eq!(house.opened(), 2);
    // It breaks in the middle of this, or did before.
    assert_eq!(house.say().await, "second");
    house.silence(REST).await;
    assert_eq!((house.say().await.as_str(), house.opened()), ("second", 2));
    house.silence(REST * 2).await;
    assert_eq!((house.say().await.as_str(), house.opened()), ("second", 3));
    house.silence(REST * 5).await;
    assert_eq!((house.say().await.as_str(), house.opened()), ("first", 4));
}

#[tokio::test(start_paused = true)]
async fn what_failed_before_it_went_home_is_not_held_against_the_others() {
    let mut house = House::new(&[Fate::Breaks(10), Fate::Fails], Duration::ZERO).await;
    // It breaks while nobody speaks, and is gone back to before anybody does.
    house.silence(REST + Duration::from_secs(3)).await;
    assert_eq!(house.opened(), 2);
    assert_eq!(house.say().await, "second");
}

#[tokio::test(start_paused = true)]
async fn it_is_said_to_be_back_at_its_first_words() {
    // The first time it is gone back to it breaks off before it has understood anything.
    let fates = [Fate::Refuses, Fate::Breaks(10)];
    let mut house = House::new(&fates, Duration::ZERO).await;
    house.silence(REST + Duration::from_secs(1)).await;
    assert_eq!(house.say().await, "second");
    house.silence(REST * 3).await;
    assert_eq!(house.opened(), 3, "it listens");
    assert_eq!(house.say().await, "first");
    assert_eq!(house.say().await, "first");
    house
        .heard
        .retain(|heard| heard.contains(':') || heard == "first" || heard == "second");
    house.heard.dedup();
    let heard: Vec<&str> = house.heard.iter().map(String::as_str).collect();
    let expected = ["instead: standin", "second", "back: failing", "first"];
    assert_eq!(heard, expected);
}
