//! The second stage: the recogniser's stream, reopened when it breaks.

mod awaited;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::audio::Transcription;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

use super::opening::Opening;
use crate::providers::ProviderError;
use crate::providers::stt::{ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText};
use awaited::Awaited;

/// How much may wait here, beside the recogniser's own queue, before sound that is in no hurry
/// (sent faster than time passes) is held back.
const ROOM: usize = 64;
/// How much waits here at most: five seconds. Older sound is dropped for newer; marks never are.
const MOST: usize = 256;
/// While nobody speaks, so many frames are handed over at once: each handover wakes another task,
/// and no words are due.
const AT_ONCE: usize = 5;
/// A recogniser that takes nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The recogniser of one session.
pub struct Hearing {
    engine: Arc<dyn SpeechToText>,
    request: ListenRequest,
    stream: Option<Listening>,
    opening: Opening<Listening>,
    /// Sound in which nobody speaks, gathered to be handed over.
    quiet: Vec<ListenInput>,
    /// What could not be handed over yet.
    waiting: VecDeque<ListenInput>,
    /// When something was handed over last, or began to wait.
    progress: Instant,
    /// The recogniser has taken nothing for too long.
    stuck: bool,
    /// Segments whose final words are still to come: they fail if the stream breaks.
    open: VecDeque<u64>,
    /// What is to be told before anything that a stream says.
    outputs: VecDeque<ListenOutput>,
    /// There was a stream before this one, which has said nothing yet.
    is_another: bool,
    awaited: Awaited,
    dropped: u64,
}

/// What a turn of the stage brought.
enum Step {
    Output(ListenOutput),
    HandedOver,
    Opened,
    Broke(Option<ProviderError>),
}

impl Hearing {
    /// A recogniser that opens with the first use.
    #[must_use]
    pub fn new(engine: Arc<dyn SpeechToText>, request: ListenRequest) -> Self {
        let awaited = Awaited::new(request.witness.clone(), engine.info().name);
        Self {
            engine,
            request,
            awaited,
            stream: None,
            opening: Opening::new(),
            quiet: Vec::with_capacity(AT_ONCE),
            waiting: VecDeque::new(),
            progress: Instant::now(),
            stuck: false,
            open: VecDeque::new(),
            outputs: VecDeque::new(),
            is_another: false,
            dropped: 0,
        }
    }

    /// Another language may be spoken from now on.
    pub fn configure(&mut self, transcription: Option<&Transcription>) {
        let language = transcription.and_then(|transcription| transcription.language.clone());
        if language.is_some() && language != self.request.language {
            self.request.language = language;
            self.opening.abandon();
            if self.stream.take().is_some() {
                self.is_another = true;
                self.awaited.give_up();
                self.fail_open(&self.unavailable("another language is spoken now"));
            }
        }
    }

    /// 20 ms of sound.
    pub fn audio(&mut self, at: Position, samples: Box<[i16]>) {
        self.quiet.push(ListenInput::Audio { at, samples });
        if !self.open.is_empty() || self.quiet.len() >= AT_ONCE {
            self.hand_over();
        }
    }

    /// Somebody speaks.
    pub fn begin(&mut self, segment: u64, from: Position) {
        self.open.push_back(segment);
        self.mark(ListenInput::Begin { segment, from });
    }

    /// The final words of a segment are wanted.
    pub fn end(&mut self, segment: u64, to: Position) {
        self.awaited.asked(segment);
        self.mark(ListenInput::End { segment, to });
    }

    /// A segment is of no interest.
    pub fn discard(&mut self, segment: u64) {
        self.open.retain(|open| *open != segment);
        self.awaited.given_up(segment);
        self.mark(ListenInput::Discard { segment });
    }

    /// Whether sound that is in no hurry may come.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.stuck || self.waiting.len() < ROOM
    }

    /// The next words, or `None` when there [is room](Hearing::has_room) again. Waits for ever
    /// while there is neither; reopens a stream that broke.
    pub async fn next(&mut self) -> Option<ListenOutput> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            let had_room = self.has_room();
            let given_up = self.progress + PATIENCE;
            // A timer is made only where it is waited for.
            let patience = async { tokio::time::sleep_until(given_up).await };
            tokio::select! {
                step = self.step() => match step {
                    Step::Output(output) => return Some(self.told(output)),
                    Step::HandedOver => self.progressed(),
                    Step::Opened => {}
                    Step::Broke(error) => self.broke(error),
                },
                () = patience, if !had_room => self.stuck = true,
            }
            if !had_room && self.has_room() {
                return None;
            }
        }
    }

    async fn step(&mut self) -> Step {
        let Some(stream) = &mut self.stream else {
            return self.reopen().await;
        };
        let Listening { input, output } = stream;
        tokio::select! {
            biased;
            received = output.recv() => match received {
                Some(ListenOutput::Lost { error }) => Step::Broke(Some(error)),
                Some(output) => {
                    self.awaited.came(&output);
                    if let ListenOutput::Final { segment, .. }
                    | ListenOutput::Failed { segment, .. } = &output
                    {
                        self.open.retain(|open| open != segment);
                    }
                    Step::Output(output)
                }
                None => Step::Broke(None),
            },
            room = input.reserve(), if !self.waiting.is_empty() => {
                let Ok(room) = room else { return Step::Broke(None) };
                if let Some(next) = self.waiting.pop_front() {
                    room.send(next);
                }
                Step::HandedOver
            }
        }
    }

    async fn reopen(&mut self) -> Step {
        let (engine, request) = (self.engine.clone(), self.request.clone());
        let name = engine.info().name;
        match self
            .opening
            .wait(&name, || async move { engine.open(request).await })
            .await
        {
            Ok(stream) => {
                self.stream = Some(stream);
                self.awaited.listens(name);
                self.progressed();
            }
            Err(error) => self.fail_open(&error),
        }
        Step::Opened
    }

    /// What comes of what the stream says. One that does not begin with another engine is the first
    /// engine's, whichever listened before.
    fn told(&mut self, output: ListenOutput) -> ListenOutput {
        let is_another = std::mem::take(&mut self.is_another);
        match output {
            ListenOutput::StoodIn { .. } | ListenOutput::Back { .. } => output,
            output if is_another => {
                self.outputs.push_back(output);
                let (by, first) = (self.engine.info().name, true);
                ListenOutput::Back { by, first }
            }
            output => output,
        }
    }

    fn progressed(&mut self) {
        self.progress = Instant::now();
        self.stuck = false;
    }

    fn broke(&mut self, error: Option<ProviderError>) {
        self.stream = None;
        self.is_another = true;
        self.opening.broke();
        let error = error.unwrap_or_else(|| self.unavailable("the stream broke off"));
        self.fail_open(&error);
    }

    fn unavailable(&self, message: &str) -> ProviderError {
        let (engine, message) = (self.engine.info().name, message.to_owned());
        ProviderError::Unavailable { engine, message }
    }

    /// Gives up the segments whose words are awaited, and what waits to be told of them.
    fn fail_open(&mut self, error: &ProviderError) {
        self.awaited.failed(error);
        self.waiting
            .retain(|input| matches!(input, ListenInput::Audio { .. }));
        let failed = self.open.drain(..).map(|segment| ListenOutput::Failed {
            segment,
            error: error.clone(),
        });
        self.outputs.extend(failed);
    }

    /// A mark in the sound comes after all sound before it.
    fn mark(&mut self, mark: ListenInput) {
        self.hand_over();
        self.feed(mark);
    }

    fn hand_over(&mut self) {
        let mut quiet = std::mem::take(&mut self.quiet);
        quiet.drain(..).for_each(|frame| self.feed(frame));
        self.quiet = quiet;
    }

    fn feed(&mut self, input: ListenInput) {
        let mut input = input;
        if self.waiting.is_empty() {
            if let Some(stream) = &self.stream {
                match stream.input.try_send(input) {
                    Ok(()) => return,
                    // If it broke, the end of its output tells that, too.
                    Err(TrySendError::Full(unsent) | TrySendError::Closed(unsent)) => {
                        input = unsent;
                    }
                }
            }
            self.progress = Instant::now();
        }
        self.waiting.push_back(input);
        if self.waiting.len() > MOST {
            // A recogniser seconds behind is not made faster by waiting for it.
            let is_audio = |input: &ListenInput| matches!(input, ListenInput::Audio { .. });
            if let Some(oldest) = self.waiting.iter().position(is_audio) {
                self.waiting.remove(oldest);
                if self.dropped.is_multiple_of(500) {
                    tracing::warn!(dropped = self.dropped, "the recogniser does not keep up");
                }
                self.dropped += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
