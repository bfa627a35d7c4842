//! The second stage: the recogniser's stream, reopened when it breaks.

use std::collections::VecDeque;
use std::sync::Arc;

use media::Position;
use signaling::event::audio::Transcription;
use tokio::sync::mpsc::error::TrySendError;

use super::opening::Opening;
use crate::providers::ProviderError;
use crate::providers::stt::{ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText};

/// The recogniser of one session.
pub struct Hearing {
    engine: Arc<dyn SpeechToText>,
    request: ListenRequest,
    stream: Option<Listening>,
    opening: Opening<Listening>,
    /// Segments whose final words are still to come: they fail if the stream breaks.
    open: VecDeque<u64>,
    failed: VecDeque<ListenOutput>,
    dropped: u64,
}

impl Hearing {
    /// A recogniser that opens with the first use.
    #[must_use]
    pub fn new(engine: Arc<dyn SpeechToText>, request: ListenRequest) -> Self {
        let (opening, open, failed) = (Opening::new(), VecDeque::new(), VecDeque::new());
        Self {
            engine,
            request,
            stream: None,
            opening,
            open,
            failed,
            dropped: 0,
        }
    }

    /// Another language may be spoken from now on.
    pub fn configure(&mut self, transcription: Option<&Transcription>) {
        let language = transcription.and_then(|transcription| transcription.language.clone());
        if language.is_some() && language != self.request.language {
            self.request.language = language;
            self.stream = None;
        }
    }

    /// 20 ms of sound.
    pub fn audio(&mut self, at: Position, samples: Box<[i16]>) {
        self.feed(ListenInput::Audio { at, samples });
    }

    /// Somebody speaks.
    pub fn begin(&mut self, segment: u64, from: Position) {
        self.open.push_back(segment);
        self.feed(ListenInput::Begin { segment, from });
    }

    /// The final words of a segment are wanted.
    pub fn end(&mut self, segment: u64, to: Position) {
        self.feed(ListenInput::End { segment, to });
    }

    /// A segment is of no interest.
    pub fn discard(&mut self, segment: u64) {
        self.open.retain(|open| *open != segment);
        self.feed(ListenInput::Discard { segment });
    }

    /// The next words. Waits for ever while there are none; reopens a stream that broke.
    pub async fn next(&mut self) -> ListenOutput {
        loop {
            if let Some(failed) = self.failed.pop_front() {
                return failed;
            }
            let Some(stream) = &mut self.stream else {
                self.reopen().await;
                continue;
            };
            match stream.output.recv().await {
                Some(output) => {
                    if let ListenOutput::Final { segment, .. }
                    | ListenOutput::Failed { segment, .. } = &output
                    {
                        self.open.retain(|open| open != segment);
                    }
                    return output;
                }
                None => self.stream = None,
            }
            let message = "the stream broke off".to_owned();
            let engine = self.engine.info().name;
            self.fail_open(&ProviderError::Unavailable { engine, message });
        }
    }

    async fn reopen(&mut self) {
        let (engine, request) = (self.engine.clone(), self.request.clone());
        let name = engine.info().name;
        match self
            .opening
            .wait(&name, || async move { engine.open(request).await })
            .await
        {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => self.fail_open(&error),
        }
    }

    fn fail_open(&mut self, error: &ProviderError) {
        let failed = self.open.drain(..).map(|segment| ListenOutput::Failed {
            segment,
            error: error.clone(),
        });
        self.failed.extend(failed);
    }

    fn feed(&mut self, input: ListenInput) {
        let Some(stream) = &self.stream else { return };
        match stream.input.try_send(input) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                // A recogniser ten seconds behind is not made faster by waiting for it.
                if self.dropped.is_multiple_of(500) {
                    tracing::warn!(dropped = self.dropped, "the recogniser does not keep up");
                }
                self.dropped += 1;
            }
            Err(TrySendError::Closed(_)) => self.stream = None,
        }
    }
}
