//! A vendor's stand-in with an adapter for it that is in no hurry to keep real time.

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use tokio::time::timeout;

use super::super::wire::{Habits, Vendor, Wire};
use super::super::{Cloud, CloudSettings, Kind};
use crate::private::Private;
use crate::providers::socket::Dial;
use crate::providers::stt::conformance::hear;
use crate::providers::stt::{
    ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText as _, Transcript,
};
use crate::providers::{EngineInfo, ProviderError};
use listeners::{KEY, Listener};

#[path = "../../../../../tests/support/listeners/mod.rs"]
pub mod listeners;

/// All of them.
pub const KINDS: [Kind; 5] = [
    Kind::AssemblyAi,
    Kind::Deepgram,
    Kind::DeepgramFlux,
    Kind::ElevenLabs,
    Kind::OpenAi,
];

/// A stand-in and how it is reached.
pub struct Vendors {
    pub kind: Kind,
    pub listener: Listener,
    /// How patient its adapter is.
    pub patience: Patience,
}

/// How long an adapter waits for words that do not come.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Where some came; the adapter's own, and not too little, if there is none.
    pub quiet: Option<Duration>,
    /// Where nothing came.
    pub late: Duration,
}

impl Vendors {
    /// One whose adapter does not wait long for words that do not come.
    pub async fn impatient(kind: Kind) -> Self {
        let late = Duration::from_secs(2);
        Self::patient(kind, Duration::from_secs(1), late).await
    }

    /// One whose adapter waits for so long where words came, and where none did.
    pub async fn patient(kind: Kind, quiet: Duration, late: Duration) -> Self {
        let quiet = Some(quiet);
        Self {
            patience: Patience { quiet, late },
            ..Self::start(kind).await
        }
    }

    pub async fn start(kind: Kind) -> Self {
        let vendor = match kind {
            Kind::AssemblyAi => listeners::Vendor::AssemblyAi,
            Kind::Deepgram => listeners::Vendor::Deepgram,
            Kind::DeepgramFlux => listeners::Vendor::Flux,
            Kind::ElevenLabs => listeners::Vendor::ElevenLabs,
            Kind::OpenAi => listeners::Vendor::OpenAi,
        };
        let listener = Listener::start(vendor).await;
        Self {
            kind,
            listener,
            // A busy machine is not to be taken for a vendor with nothing to say.
            patience: Patience {
                quiet: None,
                late: Duration::from_secs(10),
            },
        }
    }

    /// Its adapter.
    pub fn engine(&self) -> Cloud {
        self.engine_with(KEY)
    }

    /// The same with another key.
    pub fn engine_with(&self, key: &str) -> Cloud {
        let settings = CloudSettings {
            key: Private::new(key.to_owned()),
            base_url: self.listener.base_url(),
            model: None,
            processor: None,
        };
        let vendor = Hurried(Cloud::new(self.kind, settings).vendor, self.patience);
        Cloud::of(Arc::new(vendor))
    }

    pub async fn open(&self) -> Listening {
        let opened = self.engine().open(ListenRequest::default()).await;
        opened.unwrap()
    }
}

/// A vendor that takes sound as fast as it comes, and is less patient.
struct Hurried(Arc<dyn Vendor>, Patience);

impl Vendor for Hurried {
    fn info(&self) -> EngineInfo {
        self.0.info()
    }

    fn model(&self, request: &ListenRequest) -> String {
        self.0.model(request)
    }

    fn habits(&self) -> Habits {
        let habits = self.0.habits();
        Habits {
            pace: 10_000.0,
            quiet: self
                .1
                .quiet
                .unwrap_or(habits.quiet.max(Duration::from_secs(3))),
            late: self.1.late,
            // A busy machine is not to be taken for a vendor that is gone.
            alive: self
                .1
                .quiet
                .unwrap_or(Duration::from_secs(3))
                .max(Duration::from_secs(1)),
            ..habits
        }
    }

    fn dial(&self, request: &ListenRequest) -> Dial {
        let within = Duration::from_millis(1500);
        Dial {
            within,
            ..self.0.dial(request)
        }
    }

    fn wire(&self, request: &ListenRequest) -> Result<Box<dyn Wire>, ProviderError> {
        self.0.wire(request)
    }
}

/// How loud the words are that stand for a number.
fn amplitude(number: usize) -> f64 {
    1000.0 * (number + 2) as f64
}

/// The number that a word stands for.
pub fn number(word: &str) -> usize {
    let loud: f64 = word.to_lowercase().trim_start_matches('w').parse().unwrap();
    (loud / 10.0).round() as usize - 2
}

/// Sound in which these numbers are said, 200 ms each: a tone of 150 ms, then silence.
pub fn numbers(numbers: impl Iterator<Item = usize>) -> Vec<i16> {
    let mut samples = Vec::new();
    for number in numbers {
        for index in 0..2400 {
            let time = f64::from(index) / 16_000.0;
            let rise = (f64::from(index.min(2399 - index)) / 160.0).min(1.0);
            let tone = (time * 400.0 * std::f64::consts::TAU).sin();
            samples.push((tone * rise * amplitude(number)) as i16);
        }
        samples.extend([0; 800]);
    }
    samples
}

/// The next thing that comes.
pub async fn next(stream: &mut Listening) -> ListenOutput {
    let next = timeout(Duration::from_secs(20), stream.output.recv()).await;
    next.expect("nothing comes").expect("the stream ended")
}

/// The final of a segment, and the partials before it.
pub async fn until_final(stream: &mut Listening) -> (Transcript, Vec<Transcript>) {
    let mut partials = Vec::new();
    loop {
        match next(stream).await {
            ListenOutput::Partial { transcript, .. } => partials.push(transcript),
            ListenOutput::Final { transcript, .. } => return (transcript, partials),
            ListenOutput::EndOfTurn { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

pub async fn tell(stream: &Listening, input: ListenInput) {
    stream.input.send(input).await.unwrap();
}

/// Begins a segment with this sound; the position after it.
pub async fn begin(stream: &Listening, segment: u64, from: Position, samples: &[i16]) -> Position {
    tell(stream, ListenInput::Begin { segment, from }).await;
    hear(stream, from, samples).await
}

/// Ends a segment there; the microphone goes on, silent. The position after that.
pub async fn end(stream: &Listening, segment: u64, to: Position) -> Position {
    tell(stream, ListenInput::End { segment, to }).await;
    hear(stream, to, &[0; 9600]).await
}

/// Sound for a stream that may be over.
pub async fn offer(stream: &Listening, segment: u64, samples: &[i16]) {
    let (mut at, from) = (Position::ZERO, Position::ZERO);
    let _ = stream
        .input
        .send(ListenInput::Begin { segment, from })
        .await;
    for samples in samples.chunks(320) {
        let samples = samples.into();
        let _ = stream.input.send(ListenInput::Audio { at, samples }).await;
        at += media::FRAME;
    }
}
