//! What is asked of each engine, in the metrics: how long it takes, how much it is given, how it
//! fails.

use std::time::Duration;

use metrics::Recorder as _;
use metrics::{Counter, Histogram, Key, Label};

use super::metrics::{METADATA, Metrics};

pub(super) const OPENING: &str = "praxiloom_engine_open_seconds";
pub(super) const ANSWER: &str = "praxiloom_engine_answer_seconds";
pub(super) const FAILURES: &str = "praxiloom_engine_failures_total";
pub(super) const AMOUNT: &str = "praxiloom_engine_amount_total";

/// The calls to one engine.
pub struct Calls {
    metrics: Metrics,
    kind: &'static str,
    engine: String,
    opening: Histogram,
    answer: Histogram,
    amount: Counter,
}

impl Metrics {
    /// The calls to an engine of a kind (`stt`, `llm`, `tts`), whose amount is counted in this unit: what
    /// vendors charge for.
    #[must_use]
    pub fn calls(&self, kind: &'static str, engine: &str, unit: &'static str) -> Calls {
        let labels = || labels(kind, engine);
        let recorder = self.recorder();
        let histogram =
            |name| recorder.register_histogram(&Key::from_parts(name, labels()), &METADATA);
        let mut counted = labels();
        counted.push(Label::new("unit", unit));
        Calls {
            opening: histogram(OPENING),
            answer: histogram(ANSWER),
            amount: recorder.register_counter(&Key::from_parts(AMOUNT, counted), &METADATA),
            metrics: self.clone(),
            kind,
            engine: engine.to_owned(),
        }
    }
}

impl Calls {
    /// A stream was opened.
    pub fn opened(&self, took: Duration) {
        self.opening.record(took.as_secs_f64());
    }

    /// An answer came: the final words of a segment, the first token, the first sound of a sentence.
    pub fn answered(&self, took: Duration) {
        self.answer.record(took.as_secs_f64());
    }

    /// It was given so much to do.
    pub fn used(&self, amount: u64) {
        self.amount.increment(amount);
    }

    /// It failed, for a reason of this kind.
    pub fn failed(&self, reason: &'static str) {
        let mut labels = labels(self.kind, &self.engine);
        labels.push(Label::new("reason", reason));
        let key = Key::from_parts(FAILURES, labels);
        let counter = self.metrics.recorder().register_counter(&key, &METADATA);
        counter.increment(1);
    }
}

fn labels(kind: &'static str, engine: &str) -> Vec<Label> {
    vec![
        Label::new("kind", kind),
        Label::new("engine", engine.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_on_the_page_under_its_engine() {
        let metrics = Metrics::new();
        let calls = metrics.calls("tts", "deepgram", "characters");
        calls.opened(Duration::from_millis(40));
        calls.answered(Duration::from_millis(90));
        calls.used(17);
        calls.failed("limited");
        let text = metrics.render();
        for line in [
            "praxiloom_engine_open_seconds_bucket{kind=\"tts\",engine=\"deepgram\",le=\"0.05\"} 1",
            "praxiloom_engine_answer_seconds_count{kind=\"tts\",engine=\"deepgram\"} 1",
            "praxiloom_engine_amount_total{kind=\"tts\",engine=\"deepgram\",unit=\"characters\"} 17",
            "praxiloom_engine_failures_total{kind=\"tts\",engine=\"deepgram\",reason=\"limited\"} 1",
            "# HELP praxiloom_engine_failures_total ",
        ] {
            assert!(text.contains(line), "no `{line}` in:\n{text}");
        }
    }
}
