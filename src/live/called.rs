//! Calls to engines on their way on record: what each belongs to, instead of which engine it was
//! made, what it cost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::Position;
use tokio::sync::mpsc;

use crate::archive::engine_calls::{EngineCall, Task};
use crate::calls::{Call, Kind, Outcome, QUEUE, Rates, Subject};
use crate::disclosure::Witness;
use crate::telemetry::Metrics;

/// So many subjects are remembered by name; a call is seldom more than a few behind.
const NAMED: usize = 256;

/// The calls of one session.
#[derive(Debug)]
pub struct Called {
    calls: mpsc::Receiver<Call>,
    /// Held as long as calls may begin.
    open: Option<mpsc::Sender<Call>>,
    rates: Arc<Rates>,
    metrics: Metrics,
    names: VecDeque<(Subject, String)>,
    /// What failed last and was not done by another engine yet, and which engine it was.
    failed: VecDeque<(Kind, Subject, String)>,
}

impl Called {
    /// None yet.
    #[must_use]
    pub fn new(rates: Arc<Rates>, metrics: Metrics) -> Self {
        let (open, calls) = mpsc::channel(QUEUE);
        Self {
            calls,
            open: Some(open),
            rates,
            metrics,
            names: VecDeque::new(),
            failed: VecDeque::new(),
        }
    }

    /// The same witness, telling of calls here.
    #[must_use]
    pub fn witness(&self, witness: Witness) -> Witness {
        match &self.open {
            Some(open) => witness.with_calls(open),
            None => witness,
        }
    }

    /// What calls about something belong to.
    pub fn name(&mut self, subject: Subject, id: Option<&str>) {
        if let Some(id) = id {
            self.names.push_back((subject, id.to_owned()));
            if self.names.len() > NAMED {
                self.names.pop_front();
            }
        }
    }

    /// No call begins any more. Those under way end.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// The next call that is over; `None` once [closed](Self::close) and all of them are.
    pub async fn next(&mut self) -> Option<Call> {
        self.calls.recv().await
    }

    /// Counts a call that began at `from`, and makes of it what goes on record.
    pub fn record(&mut self, call: Call, from: Position) -> EngineCall {
        // A question or a sentence that was refused is charged for by nobody.
        let refused = matches!(call.outcome, Outcome::Failed(_)) && call.answered.is_none();
        let is_free = refused && call.kind != Kind::Stt;
        let cost = self.rates.cost(&call).filter(|_| !is_free);
        self.metrics.called(&call, cost.as_ref());
        let instead_of = self.instead_of(&call);
        let named = self.names.iter().rev();
        let mut named = named.filter(|(subject, _)| *subject == call.subject);
        let name = named.next().map(|(_, id)| id.clone());
        let (task, item_id, response_id) = match call.subject {
            Subject::Session => (Task::Connection, None, None),
            Subject::Segment(_) => (Task::Segment, name, None),
            Subject::Answer(_) => (Task::Answer, None, name),
            Subject::Notes => (Task::Notes, None, None),
            Subject::Sentence(_) => (Task::Sentence, None, name),
        };
        EngineCall {
            kind: call.kind,
            task,
            engine: call.engine,
            model: call.model,
            from_ms: from.samples() as f64 / 48.0,
            connected_ms: call.connected.map(ms),
            first_ms: call.answered.map(ms),
            total_ms: ms(call.lasted),
            amount: call.amount,
            outcome: call.outcome.name().to_owned(),
            instead_of,
            item_id,
            response_id,
            cost,
        }
    }

    /// Which other engine failed at the same just before.
    fn instead_of(&mut self, call: &Call) -> Option<String> {
        let mut failed = self.failed.iter();
        let at = failed.rposition(|(kind, of, _)| (*kind, *of) == (call.kind, call.subject));
        let before = at.and_then(|at| self.failed.remove(at));
        if let Outcome::Failed(_) = call.outcome {
            let failed = (call.kind, call.subject, call.engine.clone());
            self.failed.push_back(failed);
            if self.failed.len() > NAMED {
                self.failed.pop_front();
            }
        }
        let before = before.map(|(_, _, engine)| engine);
        before.filter(|engine| *engine != call.engine)
    }
}

/// Milliseconds, to the microsecond.
fn ms(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::calls::rates::Rate;
    use crate::calls::{Amount, OpenCall};

    fn call(subject: Subject, engine: &str, outcome: Outcome) -> Call {
        Call {
            kind: Kind::Tts,
            engine: engine.to_owned(),
            model: None,
            subject,
            began: Instant::now(),
            connected: None,
            answered: Some(Duration::from_micros(1250)),
            lasted: Duration::from_millis(3),
            amount: Amount {
                characters: Some(100),
                ..Amount::default()
            },
            outcome,
        }
    }

    fn called() -> Called {
        let rate = Rate::parse(Kind::Tts, "second characters=30", "EUR").unwrap();
        Called::new(Arc::new(Rates::new(vec![rate])), Metrics::new())
    }

    #[test]
    fn a_call_is_recorded_with_its_name_its_cost_and_whose_place_it_took() {
        let mut called = called();
        called.name(Subject::Sentence(4), Some("resp_1"));
        let failed = Outcome::Failed("timed_out");
        let from = Position::new(72);
        let first = called.record(call(Subject::Sentence(4), "first", failed), from);
        assert_eq!(first.outcome, "timed_out");
        assert_eq!((first.from_ms, first.first_ms), (1.5, Some(1.25)));
        assert_eq!((first.cost, first.instead_of), (None, None));
        let other = call(Subject::Sentence(3), "second", Outcome::Cancelled);
        let other = called.record(other, from);
        assert_eq!((other.instead_of, other.response_id), (None, None));
        let second = call(Subject::Sentence(4), "second", Outcome::Completed);
        let second = called.record(second, from);
        assert_eq!(second.instead_of.as_deref(), Some("first"));
        assert_eq!(second.response_id.as_deref(), Some("resp_1"));
        assert_eq!(second.cost.unwrap().amount, 0.003);
        let next = call(Subject::Sentence(5), "second", Outcome::Completed);
        assert_eq!(called.record(next, from).instead_of, None);
        // Two that fail together are two that another stands in for.
        for sentence in [6, 7] {
            let failed = Call {
                answered: None,
                ..call(Subject::Sentence(sentence), "second", failed)
            };
            assert_eq!(
                called.record(failed, from).cost,
                None,
                "nobody charges for it"
            );
        }
        for sentence in [6, 7] {
            let done = call(Subject::Sentence(sentence), "first", Outcome::Completed);
            let done = called.record(done, from);
            assert_eq!(done.instead_of.as_deref(), Some("second"));
        }
    }

    #[tokio::test]
    async fn once_closed_calls_under_way_are_waited_for_and_none_begins_after_them() {
        let mut called = called();
        let witness = called.witness(Witness::default());
        let under_way: OpenCall = witness.call(Kind::Stt, "first", None);
        called.close();
        under_way.complete();
        witness.call(Kind::Stt, "late", None).complete();
        assert_eq!(called.next().await.unwrap().engine, "first");
        assert!(called.next().await.is_none());
    }
}
