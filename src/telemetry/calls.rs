//! What is asked of each engine, in the metrics: how long it takes, how much it is given, how it
//! fails, what it costs.

use metrics::Recorder as _;
use metrics::{Key, Label};

use super::metrics::{METADATA, Metrics};
use crate::calls::{Call, Cost, Outcome, Subject};

pub(super) const OPENING: &str = "praxiloom_engine_open_seconds";
pub(super) const ANSWER: &str = "praxiloom_engine_answer_seconds";
pub(super) const WHOLE: &str = "praxiloom_engine_call_seconds";
pub(super) const FAILURES: &str = "praxiloom_engine_failures_total";
pub(super) const AMOUNT: &str = "praxiloom_engine_amount_total";
pub(super) const COST: &str = "praxiloom_engine_cost_millionths_total";

impl Metrics {
    /// A call to an engine is over, and cost so much, if that is known.
    pub fn called(&self, call: &Call, cost: Option<&Cost>) {
        let took = [
            (OPENING, call.connected),
            (ANSWER, call.answered.filter(|_| call.subject.is_awaited())),
            // A connection lasts as long as its session, which says nothing of the engine.
            (
                WHOLE,
                Some(call.lasted).filter(|_| call.subject != Subject::Session),
            ),
        ];
        for (name, took) in took {
            if let Some(took) = took {
                let key = Key::from_parts(name, labels(call, None));
                let histogram = self.recorder().register_histogram(&key, &METADATA);
                histogram.record(took.as_secs_f64());
            }
        }
        if let Outcome::Failed(reason) = call.outcome {
            self.add(FAILURES, labels(call, Some(("reason", reason))), 1);
        }
        for (unit, amount) in call.amount.parts() {
            if let Some(amount) = amount {
                self.add(AMOUNT, labels(call, Some(("unit", unit))), amount);
            }
        }
        if let Some(cost) = cost {
            let labels = labels(call, Some(("currency", &cost.currency)));
            self.add(COST, labels, (cost.amount * 1e6).round() as u64);
        }
    }

    fn add(&self, name: &'static str, labels: Vec<Label>, more: u64) {
        let key = Key::from_parts(name, labels);
        let counter = self.recorder().register_counter(&key, &METADATA);
        counter.increment(more);
    }
}

fn labels(call: &Call, more: Option<(&'static str, &str)>) -> Vec<Label> {
    let mut labels = vec![
        Label::new("kind", call.kind.name()),
        Label::new("engine", call.engine.clone()),
    ];
    labels.extend(more.map(|(name, value)| Label::new(name, value.to_owned())));
    labels
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::calls::rates::Prices;
    use crate::calls::{Amount, Kind};

    #[test]
    fn a_call_is_on_the_page_under_its_engine() {
        let metrics = Metrics::new();
        let ms = |ms| Some(Duration::from_millis(ms));
        let mut call = Call {
            kind: Kind::Tts,
            engine: "deepgram".to_owned(),
            model: Some("aura".to_owned()),
            subject: Subject::Sentence(1),
            began: Instant::now(),
            connected: ms(40),
            answered: ms(90),
            lasted: Duration::from_millis(700),
            amount: Amount {
                characters: Some(17),
                audio_ms: Some(1500),
                ..Amount::default()
            },
            outcome: Outcome::Failed("limited"),
        };
        let cost = Cost {
            amount: 0.001_7,
            currency: "EUR".to_owned(),
            rate: Prices::default(),
        };
        metrics.called(&call, Some(&cost));
        call.subject = Subject::Session;
        metrics.called(&call, None);
        let text = metrics.render();
        for line in [
            "praxiloom_engine_open_seconds_bucket{kind=\"tts\",engine=\"deepgram\",le=\"0.05\"} 2",
            "praxiloom_engine_answer_seconds_count{kind=\"tts\",engine=\"deepgram\"} 1",
            "praxiloom_engine_call_seconds_bucket{kind=\"tts\",engine=\"deepgram\",le=\"0.75\"} 1",
            "praxiloom_engine_call_seconds_count{kind=\"tts\",engine=\"deepgram\"} 1",
            "praxiloom_engine_amount_total{kind=\"tts\",engine=\"deepgram\",unit=\"characters\"} 34",
            "praxiloom_engine_amount_total{kind=\"tts\",engine=\"deepgram\",unit=\"milliseconds\"} 3000",
            "praxiloom_engine_failures_total{kind=\"tts\",engine=\"deepgram\",reason=\"limited\"} 2",
            "praxiloom_engine_cost_millionths_total{kind=\"tts\",engine=\"deepgram\",currency=\"EUR\"} 1700",
            "# HELP praxiloom_engine_failures_total ",
            "# HELP praxiloom_engine_cost_millionths_total ",
        ] {
            assert!(text.contains(line), "no `{line}` in:\n{text}");
        }
    }
}
