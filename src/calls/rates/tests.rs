//! Rates as they are written, and what they make of calls.

use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::calls::{Outcome, Subject};

fn call(kind: Kind, engine: &str, model: Option<&str>, amount: Amount) -> Call {
    Call {
        kind,
        engine: engine.to_owned(),
        model: model.map(str::to_owned),
        subject: Subject::Session,
        began: Instant::now(),
        connected: None,
        answered: None,
        lasted: Duration::ZERO,
        amount,
        outcome: Outcome::Completed,
    }
}

fn rates(rates: &[(Kind, &str)]) -> Rates {
    let rate = |(kind, text): &(Kind, &str)| Rate::parse(*kind, text, "USD").unwrap();
    Rates::new(rates.iter().map(rate).collect())
}

#[test]
fn a_call_costs_what_its_rate_says() {
    let rates = rates(&[
        (Kind::Stt, "ears minute=0.6"),
        (Kind::Tts, "mouth characters=50 EUR"),
        (Kind::Llm, "mind/small input=1 cached=0.1 output=4"),
        (Kind::Llm, "mind input=2 output=8"),
    ]);
    let heard = Amount {
        audio_ms: Some(90_000),
        ..Amount::default()
    };
    let cost = rates
        .cost(&call(Kind::Stt, "ears", Some("x"), heard))
        .unwrap();
    assert_eq!((cost.amount, cost.currency.as_str()), (0.9, "USD"));
    let spoken = Amount {
        audio_ms: Some(3000),
        characters: Some(40),
        ..Amount::default()
    };
    let cost = rates.cost(&call(Kind::Tts, "mouth", None, spoken)).unwrap();
    assert_eq!((cost.amount, cost.currency.as_str()), (0.002, "EUR"));
    assert_eq!(cost.rate.characters, Some(50.0));
    let asked = Amount {
        input_tokens: Some(1000),
        cached_tokens: Some(400),
        output_tokens: Some(100),
        ..Amount::default()
    };
    let cost = |model| {
        rates
            .cost(&call(Kind::Llm, "mind", model, asked))
            .unwrap()
            .amount
    };
    assert_eq!(cost(Some("small")), 0.001_04);
    assert_eq!(
        cost(Some("large")),
        0.002_8,
        "cached as read, where nothing is said of it"
    );
}

#[test]
fn without_a_rate_or_an_amount_there_is_no_cost() {
    let rates = rates(&[(Kind::Llm, "mind/small input=1 output=4")]);
    let nothing = Amount::default();
    let asked = Amount {
        input_tokens: Some(10),
        output_tokens: Some(1),
        ..nothing
    };
    assert!(
        rates
            .cost(&call(Kind::Llm, "mind", Some("small"), asked))
            .is_some()
    );
    for call in [
        call(Kind::Llm, "mind", Some("small"), nothing),
        call(Kind::Llm, "mind", Some("large"), asked),
        call(Kind::Llm, "mind", None, asked),
        call(Kind::Llm, "other", Some("small"), asked),
        call(Kind::Stt, "mind", Some("small"), asked),
    ] {
        assert_eq!(rates.cost(&call), None, "{call:?}");
    }
    assert_eq!(
        Rates::default().cost(&call(Kind::Llm, "mind", None, asked)),
        None
    );
}

#[test]
fn what_is_no_rate_is_refused_with_the_reason() {
    for (kind, text, why) in [
        (Kind::Stt, "", "it must be an engine"),
        (Kind::Stt, "ears", "it must be an engine"),
        (Kind::Stt, "minute=1", "it must be an engine"),
        (Kind::Stt, "ears/ minute=1", "it must be an engine"),
        (Kind::Stt, "ears USD", "it must be an engine"),
        (
            Kind::Stt,
            "ears input=1",
            "`input` is no unit of stt: minute",
        ),
        (
            Kind::Llm,
            "mind minute=1",
            "`minute` is no unit of llm: input, cached, output",
        ),
        (Kind::Llm, "mind input=-1", "`-1` is no price"),
        (Kind::Llm, "mind input=NaN", "`NaN` is no price"),
        (Kind::Llm, "mind input=1 input=2", "`input` has two prices"),
        (Kind::Llm, "mind usd input=1", "`usd` is neither a price"),
        (Kind::Llm, "mind EUR input=1", "`EUR` is neither a price"),
    ] {
        let error = Rate::parse(kind, text, "USD").unwrap_err().to_string();
        assert!(error.starts_with(why), "{text}: {error}");
    }
}
