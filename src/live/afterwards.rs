//! What the coach said last before a server was killed, heard afterwards: of a part that was cut off the
//! conversation is brought back as it was, and left as if its connection had ended, with its words put to
//! the recogniser.
//!
//! One part after another, beside everything live, and within bounds. What comes of it is on record as
//! what was heard afterwards; a session that goes on meanwhile has the words on record all the same.

mod unfinished;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use media::{FRAME, Position};
use tokio::time::timeout;

use super::called::Called;
use super::conversation::Input;
use super::hearing::Hearing;
use super::{Live, language};
use crate::archive::event::{Entry, Event};
use crate::archive::{Archive, CutOff, Left, RecoveryError};
use crate::calls::{Rates, Subject};
use crate::clock::Clock;
use crate::disclosure::Witness;
use crate::providers::ProviderError;
use crate::providers::stt::{ListenOutput, ListenRequest, SpeechToText};
use crate::telemetry::Metrics;
use unfinished::{Segment, Unfinished};

/// The recogniser hears so much sound of a part at most: the last of it.
const MOST: Duration = Duration::from_secs(120);
/// It has so long for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Later than any segment ends.
const FAR: Position = Position::from_ms(u64::MAX / 48);
/// How long calls that end with it are waited for.
const LAST_CALLS: Duration = Duration::from_millis(500);

/// Completes parts that were cut off.
pub struct Afterwards {
    archive: Archive,
    stt: Arc<dyn SpeechToText>,
    request: ListenRequest,
    rates: Arc<Rates>,
    metrics: Metrics,
    clock: Clock,
}

impl Live {
    /// Whoever hears what was said last in parts that were cut off.
    #[must_use]
    pub fn afterwards(&self) -> Afterwards {
        Afterwards {
            archive: self.archive.clone(),
            stt: self.stt.clone(),
            request: self.listen_request(None, Witness::default()),
            rates: self.rates.clone(),
            metrics: self.metrics.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl Afterwards {
    /// Completes one after another, for ever.
    pub async fn run(self) {
        loop {
            let part = self.archive.cut_off().await;
            let id = part.id().to_owned();
            if let Err(error) = self.complete(part).await {
                tracing::error!(%error, session.id = %id, "what was said last cannot be heard");
                self.metrics.error("archive");
            }
        }
    }

    async fn complete(&self, part: CutOff) -> Result<(), RecoveryError> {
        let Some(left) = part.read().await? else {
            part.leave().await;
            return Ok(());
        };
        // An hour of it takes a second of the processor.
        let replayed = tokio::task::spawn_blocking(move || (Unfinished::of(&left), left));
        let (unfinished, left) = replayed.await.map_err(std::io::Error::other)?;
        let unfinished = unfinished.unwrap_or_else(|error| {
            tracing::warn!(%error, session.id = %part.id(), "what was said last cannot be heard");
            None
        });
        match unfinished {
            None => part.leave().await,
            Some(unfinished) => self.hear(part, left, unfinished).await?,
        }
        Ok(())
    }

    async fn hear(
        &self,
        part: CutOff,
        left: Left,
        mut unfinished: Unfinished,
    ) -> Result<(), RecoveryError> {
        let segments = unfinished.segments();
        let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
            part.leave().await;
            return Ok(());
        };
        let (from, to) = (first.from.max(last.to.back(MOST)), last.to);
        let voice = match part.voice(left.from, from).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // It was deleted meanwhile.
                part.leave().await;
                return Ok(());
            }
            voice => voice?,
        };
        let mut called = Called::new(self.rates.clone(), self.metrics.clone());
        let mut request = self.request.clone();
        request.witness = called.witness(part.witness());
        request.language = language(unfinished.conversation().session());
        let name = |segment: &Segment| {
            let subject = Subject::Segment(segment.id);
            (
                subject,
                unfinished
                    .conversation()
                    .name_of(subject)
                    .map(str::to_owned),
            )
        };
        for (subject, item) in segments.iter().map(name) {
            called.name(subject, item.as_deref());
        }
        let mut hearing = Hearing::new(self.stt.clone(), request);
        let listen = listen(&mut hearing, voice, from, &segments, &mut unfinished);
        if timeout(PATIENCE, listen).await.is_err() {
            for segment in unfinished.segments() {
                let (engine, after) = (self.stt.info().name, PATIENCE);
                let error = ProviderError::TimedOut { engine, after };
                let segment = segment.id;
                unfinished.handle(Input::TranscriptFailed { segment, error });
            }
        }
        drop(hearing);
        called.close();
        let at = unfinished.now();
        let mut more = unfinished.addition((from, to), self.clock.now().0);
        while let Ok(Some(call)) = timeout(LAST_CALLS, called.next()).await {
            let (at_ms, call) = (at.ms(), called.record(call, at));
            let event = Event::EngineCall(Box::new(call));
            more.entries.push(Entry { at_ms, event });
        }
        tracing::info!(session.id = %part.id(), "what was said last in a session was heard afterwards");
        part.complete(left, more).await
    }
}

/// Puts the voice from `from` on to the recogniser, until no words are still to come.
async fn listen(
    hearing: &mut Hearing,
    voice: Vec<Box<[i16]>>,
    from: Position,
    segments: &[Segment],
    unfinished: &mut Unfinished,
) {
    let marks = |one: &Segment| [(one.from.max(from), one.id, true), (one.to, one.id, false)];
    // A segment begins where the one before has ended, or later.
    let mut marks = segments.iter().flat_map(marks).peekable();
    let mut mark = |hearing: &mut Hearing, to: Position| {
        while let Some((at, segment, begins)) = marks.next_if(|(at, ..)| *at <= to) {
            match begins {
                true => hearing.begin(segment, at),
                false => hearing.end(segment, at),
            }
        }
    };
    let mut at = from;
    for samples in voice {
        while !hearing.has_room() {
            if let Some(heard) = hearing.next().await {
                understood(heard, unfinished);
            }
        }
        hearing.audio(at, samples);
        at += FRAME;
        mark(hearing, at);
    }
    mark(hearing, FAR);
    while !unfinished.segments().is_empty() {
        if let Some(heard) = hearing.next().await {
            understood(heard, unfinished);
        }
    }
}

fn understood(heard: ListenOutput, unfinished: &mut Unfinished) {
    match heard {
        ListenOutput::Final {
            segment,
            transcript,
        } => unfinished.handle(Input::Final {
            segment,
            transcript,
        }),
        ListenOutput::Failed { segment, error } => {
            unfinished.handle(Input::TranscriptFailed { segment, error });
        }
        _ => {}
    }
}
