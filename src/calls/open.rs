//! A call under way: it is timed from its beginning to its end, whichever that is.

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Amount, Call, Kind, Outcome, Subject};

/// A call that goes on. Dropped, it was given up.
#[derive(Debug)]
#[must_use = "a call that is dropped was given up"]
pub struct OpenCall(Option<Box<Open>>);

#[derive(Debug)]
struct Open {
    call: Call,
    told: mpsc::Sender<Call>,
}

impl OpenCall {
    /// One that nobody learns of.
    pub const fn untold() -> Self {
        Self(None)
    }

    /// One that begins now and is told when it is over.
    pub fn begin(
        told: mpsc::Sender<Call>,
        subject: Subject,
        kind: Kind,
        engine: &str,
        model: Option<&str>,
    ) -> Self {
        let call = Call {
            kind,
            engine: engine.to_owned(),
            model: model.map(str::to_owned),
            subject,
            began: Instant::now(),
            connected: None,
            answered: None,
            lasted: std::time::Duration::ZERO,
            amount: Amount::default(),
            outcome: Outcome::Cancelled,
        };
        Self(Some(Box::new(Open { call, told })))
    }

    /// The connection stands, or the engine took the request. The first time counts.
    pub fn connected(&mut self) {
        if let Some(Open { call, .. }) = self.0.as_deref_mut() {
            call.connected.get_or_insert_with(|| call.began.elapsed());
        }
    }

    /// The first of the answer came. The first time counts.
    pub fn answered(&mut self) {
        if let Some(Open { call, .. }) = self.0.as_deref_mut() {
            call.answered.get_or_insert_with(|| call.began.elapsed());
        }
    }

    /// It was given so much more.
    pub fn used(&mut self, more: Amount) {
        if let Some(Open { call, .. }) = self.0.as_deref_mut() {
            call.amount = call.amount.and(more);
        }
    }

    /// It did what was asked.
    pub fn complete(self) {
        self.end(Outcome::Completed);
    }

    /// It failed, for a reason of this kind.
    pub fn fail(self, reason: &'static str) {
        self.end(Outcome::Failed(reason));
    }

    fn end(mut self, outcome: Outcome) {
        if let Some(Open { call, .. }) = self.0.as_deref_mut() {
            call.outcome = outcome;
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let Open { mut call, told } = *open;
            call.lasted = call.began.elapsed();
            // The session reads far faster than calls end; what it does not take, it is beyond.
            let _ = told.try_send(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_is_timed_and_told_once_however_it_ends() {
        let (told, mut calls) = mpsc::channel(8);
        let begin = || OpenCall::begin(told.clone(), Subject::Notes, Kind::Llm, "vendor", None);
        let mut first = begin();
        tokio::time::advance(Duration::from_millis(30)).await;
        first.connected();
        tokio::time::advance(Duration::from_millis(20)).await;
        first.connected();
        first.answered();
        let some = Amount {
            output_tokens: Some(4),
            ..Amount::default()
        };
        first.used(some);
        first.used(some);
        tokio::time::advance(Duration::from_millis(50)).await;
        first.complete();
        begin().fail("limited");
        drop(begin());
        OpenCall::untold().complete();
        drop(told);
        let call = calls.recv().await.unwrap();
        let took = [call.connected, call.answered, Some(call.lasted)];
        assert_eq!(
            took.map(|took| took.unwrap().as_millis()),
            [30, 50, 100],
            "{call:?}"
        );
        assert_eq!(call.amount.output_tokens, Some(8));
        assert_eq!(call.outcome, Outcome::Completed);
        assert_eq!(calls.recv().await.unwrap().outcome.name(), "limited");
        assert_eq!(calls.recv().await.unwrap().outcome, Outcome::Cancelled);
        assert!(calls.recv().await.is_none());
    }
}
