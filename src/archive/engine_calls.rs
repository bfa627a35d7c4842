//! Calls to engines as they stand on record, and what they come to in a session.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Entry, Event};
use crate::calls::{Amount, Cost, Kind};

/// A call to an engine that is over. Times are milliseconds after `from_ms`, to the microsecond.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EngineCall {
    /// What kind of engine.
    pub kind: Kind,
    /// What it was asked for.
    pub task: Task,
    /// Which engine.
    pub engine: String,
    /// Which of its models, if it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// When it began.
    pub from_ms: f64,
    /// Until a connection stood, or the engine took the request, if that was waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_ms: Option<f64>,
    /// Until the first of the answer came: the words of a segment, a token, sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<f64>,
    /// Until it was over.
    pub total_ms: f64,
    /// How much it was given, and gave.
    pub amount: Amount,
    /// `completed`, `cancelled`, or why it failed: `unusable`, `rejected`, `limited`,
    /// `unavailable`, `timed_out`.
    pub outcome: String,
    /// The engine that was asked for the same before, and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// The coach's item whose words these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// The response that it is part of. One begun before the turn was over may never have been
    /// announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
    /// What it cost, if there is a rate for it and its amounts are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// What an engine is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EngineTask)]
pub enum Task {
    /// To be there: a connection that is kept for the session. A recogniser's lasts until it breaks
    /// or the session ends, and has the sound that was sent.
    Connection,
    /// The final words of a segment of speech.
    Segment,
    /// What the client says.
    Answer,
    /// Notes for the client's memory of a long session.
    Notes,
    /// To speak a sentence.
    Sentence,
}

/// What the engines of a session were asked for and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EngineCalls {
    /// Which session.
    pub session_id: String,
    /// Each engine that was called: who listened, who thought, who spoke.
    pub engines: Vec<EngineSum>,
    /// What all of it cost, in each currency. Calls without a known cost are not in it.
    pub cost: BTreeMap<String, f64>,
}

/// The calls to one engine in a session.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EngineSum {
    /// What kind of engine.
    pub kind: Kind,
    /// Which engine.
    pub engine: String,
    /// Which of its models were asked.
    pub models: BTreeSet<String>,
    /// Calls in all.
    pub calls: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// Those that were given up.
    pub cancelled: u64,
    /// Those that took the place of another engine's that failed.
    pub instead: u64,
    /// How long the first of an answer took, where somebody waited for it.
    #[schema(required)]
    pub first: Option<Spread>,
    /// How much.
    pub amount: Amount,
    /// What it cost, in each currency.
    pub cost: BTreeMap<String, f64>,
    /// Calls with an amount and without a cost: there is no rate for them, or not all is known that
    /// has a price.
    pub without_cost: u64,
}

/// How times spread, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Spread {
    /// Half of them are no longer.
    pub p50_ms: f64,
    /// Nineteen in twenty are no longer.
    pub p95_ms: f64,
}

/// Adds up the calls of a session.
#[derive(Debug, Default)]
pub(super) struct Adder(BTreeMap<(Kind, String), (Vec<f64>, Option<EngineSum>)>);

impl Adder {
    pub fn entry(&mut self, entry: Entry) {
        let Event::EngineCall(call) = entry.event else {
            return;
        };
        let (times, sum) = self.0.entry((call.kind, call.engine.clone())).or_default();
        let sum = sum.get_or_insert_with(|| EngineSum::of(call.kind, &call.engine));
        let awaited = !matches!(call.task, Task::Connection | Task::Notes);
        times.extend(call.first_ms.filter(|_| awaited));
        sum.add(*call);
    }

    pub fn finish(self, session_id: &str) -> EngineCalls {
        let mut cost = BTreeMap::new();
        let engines = self.0.into_values().filter_map(|(times, sum)| {
            let mut sum = sum?;
            sum.first = Spread::of(times);
            for (currency, amount) in &sum.cost {
                charge(&mut cost, currency, *amount);
            }
            Some(sum)
        });
        EngineCalls {
            session_id: session_id.to_owned(),
            engines: engines.collect(),
            cost,
        }
    }
}

impl EngineSum {
    fn of(kind: Kind, engine: &str) -> Self {
        Self {
            kind,
            engine: engine.to_owned(),
            models: BTreeSet::new(),
            calls: 0,
            failed: 0,
            cancelled: 0,
            instead: 0,
            first: None,
            amount: Amount::default(),
            cost: BTreeMap::new(),
            without_cost: 0,
        }
    }

    fn add(&mut self, call: EngineCall) {
        self.models.extend(call.model);
        self.calls += 1;
        match call.outcome.as_str() {
            "completed" => {}
            "cancelled" => self.cancelled += 1,
            _ => self.failed += 1,
        }
        self.instead += u64::from(call.instead_of.is_some());
        self.amount = self.amount.and(call.amount);
        match call.cost {
            Some(cost) => charge(&mut self.cost, &cost.currency, cost.amount),
            None => self.without_cost += u64::from(call.amount != Amount::default()),
        }
    }
}

/// Adds to a sum, to a billionth: what is below is an error of arithmetic.
fn charge(sums: &mut BTreeMap<String, f64>, currency: &str, amount: f64) {
    let sum = sums.entry(currency.to_owned()).or_default();
    *sum = ((*sum + amount) * 1e9).round() / 1e9;
}

impl Spread {
    /// Of these; `None` if there are none. The nearest-rank method.
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            times.get(rank.saturating_sub(1)).copied()
        };
        Some(Self {
            p50_ms: at(50)?,
            p95_ms: at(95)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::rates::Prices;

    fn call(kind: Kind, task: Task, first_ms: Option<f64>) -> EngineCall {
        EngineCall {
            kind,
            task,
            engine: "vendor".to_owned(),
            model: Some("small".to_owned()),
            from_ms: 1.5,
            connected_ms: None,
            first_ms,
            total_ms: 900.0,
            amount: Amount::default(),
            outcome: "completed".to_owned(),
            instead_of: None,
            item_id: None,
            response_id: None,
            cost: None,
        }
    }

    fn sum(calls: Vec<EngineCall>) -> EngineCalls {
        let mut adder = Adder::default();
        for call in calls {
            let event = Event::EngineCall(Box::new(call));
            adder.entry(Entry { at_ms: 0, event });
        }
        adder.finish("sess_1")
    }

    #[test]
    fn calls_are_added_up_by_engine() {
        let mut calls: Vec<EngineCall> = (1..=20)
            .map(|n| call(Kind::Tts, Task::Sentence, Some(f64::from(n))))
            .collect();
        let cost = |amount| Cost {
            amount,
            currency: "EUR".to_owned(),
            rate: Prices::default(),
        };
        for call in &mut calls {
            call.amount.characters = Some(10);
        }
        calls[0].cost = Some(cost(0.1));
        calls[1].cost = Some(cost(0.2));
        calls[2].outcome = "cancelled".to_owned();
        calls[3].outcome = "limited".to_owned();
        calls[4].instead_of = Some("other".to_owned());
        calls.push(call(Kind::Tts, Task::Connection, Some(5000.0)));
        calls.push(call(Kind::Llm, Task::Notes, Some(5000.0)));
        let EngineCalls { engines, cost, .. } = sum(calls);
        let [thinks, speaks] = &engines[..] else {
            panic!("{engines:?}")
        };
        assert_eq!((thinks.kind, thinks.first), (Kind::Llm, None));
        let spread = Spread {
            p50_ms: 10.0,
            p95_ms: 19.0,
        };
        assert_eq!(speaks.first, Some(spread));
        assert_eq!((speaks.calls, speaks.failed, speaks.cancelled), (21, 1, 1));
        assert_eq!((speaks.instead, speaks.without_cost), (1, 18));
        assert_eq!(speaks.amount.characters, Some(200));
        assert_eq!(cost, BTreeMap::from([("EUR".to_owned(), 0.3)]));
        assert_eq!(speaks.cost, cost);
    }

    #[test]
    fn a_call_on_record_is_one_flat_entry() {
        let event = Event::EngineCall(Box::new(call(Kind::Llm, Task::Answer, Some(12.25))));
        let line = serde_json::to_string(&Entry { at_ms: 9, event }).unwrap();
        let expected = r#"{"at_ms":9,"type":"engine_call","kind":"llm","task":"answer","engine":"vendor","model":"small","from_ms":1.5,"first_ms":12.25,"total_ms":900.0,"amount":{},"outcome":"completed"}"#;
        assert_eq!(line, expected);
        let entry: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    }
}
