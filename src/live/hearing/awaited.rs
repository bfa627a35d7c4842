//! The segments whose final words are awaited, each as a call to the engine that listens.

use crate::calls::{Kind, OpenCall, Subject};
use crate::disclosure::Witness;
use crate::providers::ProviderError;
use crate::providers::stt::ListenOutput;

/// The calls under way.
#[derive(Debug)]
pub(super) struct Awaited {
    witness: Witness,
    /// Who listens.
    engine: String,
    calls: Vec<(u64, OpenCall)>,
}

impl Awaited {
    /// None yet, of this engine.
    pub fn new(witness: Witness, engine: String) -> Self {
        Self {
            witness,
            engine,
            calls: Vec::new(),
        }
    }

    /// A stream begins, in which this engine listens unless another is said to.
    pub fn listens(&mut self, engine: String) {
        self.engine = engine;
    }

    /// The final words of a segment are wanted.
    pub fn asked(&mut self, segment: u64) {
        let call = self.call(segment);
        self.calls.push((segment, call));
    }

    /// Nobody needs them any more.
    pub fn given_up(&mut self, segment: u64) {
        self.calls.retain(|(asked, _)| *asked != segment);
    }

    /// None of them is needed any more.
    pub fn give_up(&mut self) {
        self.calls.clear();
    }

    /// The engine gave this.
    pub fn came(&mut self, output: &ListenOutput) {
        match output {
            ListenOutput::Final { segment, .. } => {
                if let Some(mut call) = self.take(*segment) {
                    call.answered();
                    call.complete();
                }
            }
            ListenOutput::Failed { segment, error } => {
                if let Some(call) = self.take(*segment) {
                    call.fail(error.kind());
                }
            }
            ListenOutput::StoodIn { error, by } => {
                self.engine.clone_from(by);
                let segments: Vec<u64> = self.calls.iter().map(|(segment, _)| *segment).collect();
                self.failed(error);
                // They are told again to who listens now.
                segments.into_iter().for_each(|segment| self.asked(segment));
            }
            ListenOutput::Back { by, .. } => self.engine.clone_from(by),
            _ => {}
        }
    }

    /// None of them will come.
    pub fn failed(&mut self, error: &ProviderError) {
        for (_, call) in self.calls.drain(..) {
            call.fail(error.kind());
        }
    }

    fn call(&self, segment: u64) -> OpenCall {
        let witness = self.witness.about(Subject::Segment(segment));
        witness.call(Kind::Stt, &self.engine, None)
    }

    fn take(&mut self, segment: u64) -> Option<OpenCall> {
        let at = self.calls.iter().position(|(asked, _)| *asked == segment)?;
        Some(self.calls.swap_remove(at).1)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::providers::stt::Transcript;

    #[tokio::test]
    async fn a_segment_is_a_call_of_whoever_was_asked_for_its_words() {
        let (told, mut calls) = mpsc::channel(8);
        let witness = Witness::default().with_calls(&told);
        let mut awaited = Awaited::new(witness, "first".to_owned());
        let words = |segment| ListenOutput::Final {
            segment,
            transcript: Transcript::default(),
        };
        let gone = || ProviderError::Unavailable {
            engine: "first".to_owned(),
            message: "gone".to_owned(),
        };
        for segment in 1..=3 {
            awaited.asked(segment);
        }
        awaited.came(&words(1));
        awaited.given_up(2);
        awaited.came(&ListenOutput::StoodIn {
            error: gone(),
            by: "second".to_owned(),
        });
        awaited.came(&words(3));
        awaited.came(&words(4));
        awaited.asked(5);
        awaited.failed(&gone());
        awaited.came(&ListenOutput::Back {
            by: "first".to_owned(),
            first: true,
        });
        awaited.asked(6);
        awaited.came(&words(6));
        drop((awaited, told));
        let mut seen = Vec::new();
        while let Some(call) = calls.recv().await {
            seen.push((call.engine, call.subject, call.outcome.name()));
        }
        let expected = [
            ("first", 1, "completed"),
            ("first", 2, "cancelled"),
            ("first", 3, "unavailable"),
            ("second", 3, "completed"),
            ("second", 5, "unavailable"),
            ("first", 6, "completed"),
        ];
        let expected = expected.map(|(engine, segment, outcome)| {
            (engine.to_owned(), Subject::Segment(segment), outcome)
        });
        assert_eq!(seen, expected);
    }
}
