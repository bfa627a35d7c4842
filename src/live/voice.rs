//! The fourth stage: the voice's stream, opened in the voice of the session.

use std::collections::VecDeque;
use std::sync::Arc;

use signaling::event::audio::OutputAudio;
use tokio::sync::mpsc::error::TrySendError;

use super::opening::Opening;
use crate::providers::ProviderError;
use crate::providers::tts::{SpeakInput, SpeakOutput, Speaking, TextToSpeech, VoiceRequest};

/// The voice of one session.
pub struct VoiceStage {
    engine: Arc<dyn TextToSpeech>,
    wanted: VoiceRequest,
    /// The stream and the voice it was opened with.
    stream: Option<(Speaking, VoiceRequest)>,
    opening: Opening<(Speaking, VoiceRequest)>,
    /// What could not be handed over yet.
    waiting: VecDeque<SpeakInput>,
    /// Sentences that are being spoken, with the samples produced of each.
    open: VecDeque<(u64, u64)>,
    failed: VecDeque<SpeakOutput>,
}

impl VoiceStage {
    /// A voice that opens with the first use.
    #[must_use]
    pub fn new(engine: Arc<dyn TextToSpeech>, wanted: VoiceRequest) -> Self {
        let (waiting, open, failed) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self {
            engine,
            wanted,
            stream: None,
            opening: Opening::new(),
            waiting,
            open,
            failed,
        }
    }

    /// Speaks differently from the next sentence on.
    pub fn configure(&mut self, output: &OutputAudio, speaks: bool) {
        if speaks {
            output.voice.name().clone_into(&mut self.wanted.voice);
            self.wanted.speed = output.speed as f32;
        }
    }

    /// Speaks a sentence.
    pub fn say(&mut self, sentence: u64, text: String) {
        let stale = self
            .stream
            .as_ref()
            .is_some_and(|(_, voice)| !same(voice, &self.wanted));
        if stale && self.open.is_empty() {
            self.stream = None;
        }
        self.open.push_back((sentence, 0));
        self.waiting.push_back(SpeakInput::Say { sentence, text });
        self.feed();
    }

    /// Drops all sentences up to this one.
    pub fn cancel(&mut self, through: u64) {
        self.open.retain(|(sentence, _)| *sentence > through);
        self.waiting.retain(
            |input| matches!(input, SpeakInput::Say { sentence, .. } if *sentence > through),
        );
        self.waiting.push_front(SpeakInput::Cancel { through });
        self.feed();
    }

    /// Counts sound of a sentence. How much of it came before; `None` if it was cancelled.
    pub fn produced(&mut self, sentence: u64, samples: u64) -> Option<u64> {
        let (_, produced) = self.open.iter_mut().find(|(open, _)| *open == sentence)?;
        let before = *produced;
        *produced += samples;
        Some(before)
    }

    /// What the voice gives next. Waits for ever while there is nothing; reopens a stream that
    /// broke.
    pub async fn next(&mut self) -> SpeakOutput {
        loop {
            if let Some(failed) = self.failed.pop_front() {
                return failed;
            }
            if self.stream.is_none() {
                self.reopen().await;
                continue;
            }
            self.feed();
            let Some((stream, _)) = &mut self.stream else {
                continue;
            };
            let Speaking { input, output } = stream;
            // If the voice's queue is full, the rest is handed over as soon as there is room.
            let received = tokio::select! {
                biased;
                received = output.recv() => received,
                room = input.reserve(), if !self.waiting.is_empty() => {
                    if let (Ok(room), Some(next)) = (room, self.waiting.pop_front()) {
                        room.send(next);
                    }
                    continue;
                }
            };
            match received {
                Some(output) => {
                    if let SpeakOutput::Done { sentence } | SpeakOutput::Failed { sentence, .. } =
                        &output
                    {
                        self.open.retain(|(open, _)| open != sentence);
                    }
                    return output;
                }
                None => self.fail_open(),
            }
        }
    }

    async fn reopen(&mut self) {
        let (engine, wanted) = (self.engine.clone(), self.wanted.clone());
        let name = engine.info().name;
        let open = || async move { Ok((engine.open(wanted.clone()).await?, wanted)) };
        match self.opening.wait(&name, open).await {
            // Another voice may have been asked for meanwhile; nothing was said in this one yet.
            Ok((_, voice)) if !same(&voice, &self.wanted) => {}
            Ok(stream) => self.stream = Some(stream),
            Err(error) => self.fail_with(&error),
        }
    }

    fn feed(&mut self) {
        let Some((stream, _)) = &self.stream else {
            return;
        };
        while let Some(input) = self.waiting.pop_front() {
            match stream.input.try_send(input) {
                Ok(()) => {}
                Err(TrySendError::Full(input)) => {
                    self.waiting.push_front(input);
                    return;
                }
                Err(TrySendError::Closed(_)) => {
                    self.fail_open();
                    return;
                }
            }
        }
    }

    /// The stream broke: what was being said is lost.
    fn fail_open(&mut self) {
        let (engine, message) = (self.engine.info().name, "the stream broke off".to_owned());
        self.fail_with(&ProviderError::Unavailable { engine, message });
        self.stream = None;
        self.opening.broke();
    }

    fn fail_with(&mut self, error: &ProviderError) {
        let failed = self
            .open
            .drain(..)
            .map(|(sentence, _)| SpeakOutput::Failed {
                sentence,
                error: error.clone(),
            });
        self.failed.extend(failed);
        self.waiting.clear();
    }
}

fn same(one: &VoiceRequest, other: &VoiceRequest) -> bool {
    one.voice == other.voice
        && one.language == other.language
        && one.speed.to_bits() == other.speed.to_bits()
}
