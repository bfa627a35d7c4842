//! Settings of what engines cost, from which the costs of calls are worked out.

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use super::{llm, stt, tts};
use crate::calls::rates::{Rate, is_currency};
use crate::calls::{Kind, Rates};

static CURRENCY: Setting = Setting::text(
    "rates.currency",
    "USD",
    "The currency of the rates below (ISO 4217), where they do not end in one of their own. There\n\
     are no rates but those that are set: a call without one is on record with its amounts and no\n\
     cost.",
);
static STT: Setting = Setting::list(
    "rates.stt",
    "What recognisers cost per minute of sound that is sent, as [\"ENGINE/MODEL minute=PRICE\"]. An\n\
     entry without a model holds for all that have none of their own, and may end in a currency:\n\
     \"deepgram minute=PRICE EUR\".",
);
static LLM: Setting = Setting::list(
    "rates.llm",
    "What models cost per million tokens read, read from a cache, and written, as\n\
     [\"anthropic/MODEL input=PRICE cached=PRICE output=PRICE\"].",
);
static TTS: Setting = Setting::list(
    "rates.tts",
    "What voices cost per million characters, or per minute of sound that is made, as\n\
     [\"elevenlabs characters=PRICE\", \"openai minute=PRICE\"].",
);

pub(super) static SETTINGS: &[&Setting] = &[&CURRENCY, &STT, &LLM, &TTS];

/// The rates that are set.
pub(super) fn read(values: &Values) -> Result<Rates, ConfigError> {
    let currency: String = values.get(&CURRENCY)?;
    if !is_currency(&currency) {
        let why = format!("`{currency}` is not a currency of three capitals");
        return Err(values.refuse(&CURRENCY, why));
    }
    let mut rates: Vec<Rate> = Vec::new();
    for (kind, setting, known) in [
        (Kind::Stt, &STT, stt::KNOWN),
        (Kind::Llm, &LLM, llm::KNOWN),
        (Kind::Tts, &TTS, tts::KNOWN),
    ] {
        // What `local` stands for is on record by its own name, and sends no bill.
        let known: Vec<&str> = known.split(", ").filter(|name| *name != "local").collect();
        for text in values.list::<String>(setting)? {
            let refused = |why: String| values.refuse(setting, format!("`{text}`: {why}"));
            let rate = Rate::parse(kind, &text, &currency);
            let rate = rate.map_err(|error| refused(error.to_string()))?;
            if !known.contains(&rate.engine.as_str()) {
                let known = known.join(", ");
                return Err(refused(format!("`{}` is none of {known}", rate.engine)));
            }
            let same = |other: &Rate| {
                let of = |rate: &Rate| (rate.kind, rate.engine.clone(), rate.model.clone());
                of(other) == of(&rate)
            };
            if rates.iter().any(same) {
                return Err(refused("it has another rate".to_owned()));
            }
            rates.push(rate);
        }
    }
    Ok(Rates::new(rates))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use super::*;

    #[test]
    fn rates_are_those_that_are_set() {
        assert_eq!(config(&[]).rates, Rates::default());
        let set = config(&[
            ("PRAXILOOM_RATES_CURRENCY", "EUR"),
            (
                "PRAXILOOM_RATES_STT",
                "deepgram/nova-3 minute=0.5, deepgram minute=1 USD",
            ),
            (
                "PRAXILOOM_RATES_LLM",
                "openai/org/small:8b input=1 output=2",
            ),
        ]);
        let rate = |kind, text| Rate::parse(kind, text, "EUR").unwrap();
        let expected = vec![
            rate(Kind::Stt, "deepgram/nova-3 minute=0.5"),
            rate(Kind::Stt, "deepgram minute=1 USD"),
            rate(Kind::Llm, "openai/org/small:8b input=1 output=2"),
        ];
        assert_eq!(expected[2].model.as_deref(), Some("org/small:8b"));
        assert_eq!(set.rates, Rates::new(expected));
    }

    #[test]
    fn what_is_no_rate_is_refused_by_the_name_of_its_setting() {
        for (variable, value, why) in [
            ("CURRENCY", "euro", "`euro` is not a currency"),
            ("STT", "ears minute=1", "`ears minute=1`: `ears` is none of"),
            ("TTS", "cartesia", "`cartesia`: it must be an engine"),
            (
                "LLM",
                "openai input=1, openai output=1",
                "`openai output=1`: it has another rate",
            ),
        ] {
            let variable = format!("PRAXILOOM_RATES_{variable}");
            let error = refused(&[(&variable, value)]);
            assert!(error.starts_with(&format!("{variable}: {why}")), "{error}");
        }
    }
}
