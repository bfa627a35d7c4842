//! What calls cost, by rates that whoever runs the server has set.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Amount, Call, Kind};

/// The prices of an engine's units. Each is that of so many: what vendors list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Prices {
    /// Of a minute of sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute: Option<f64>,
    /// Of a million characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<f64>,
    /// Of a million tokens read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<f64>,
    /// Of a million tokens that came from a cache; those of `input` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Of a million tokens written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<f64>,
}

/// What one engine, or one of its models, costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// What kind of engine.
    pub kind: Kind,
    /// Which.
    pub engine: String,
    /// Which of its models; all that have no rate of their own, if none is named.
    pub model: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// How much.
    pub prices: Prices,
}

/// What a call cost, with the rate by which it was worked out: later prices change nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EngineCost)]
pub struct Cost {
    /// In units of the currency.
    pub amount: f64,
    /// ISO 4217.
    pub currency: String,
    /// The prices at the time.
    pub rate: Prices,
}

/// Why a rate cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// No engine, or no price.
    #[error("it must be an engine (or engine/model) and its prices, as `deepgram/nova-3 minute=1`")]
    Incomplete,
    /// Not of the form `unit=price`.
    #[error("`{0}` is neither a price (`unit=price`) nor a currency of three capitals at the end")]
    Malformed(String),
    /// There is no such unit for this kind.
    #[error("`{0}` is no unit of {1}: {2}")]
    Unit(String, &'static str, &'static str),
    /// The price is not a number of at least nothing.
    #[error("`{0}` is no price")]
    Price(String),
    /// A unit has two prices.
    #[error("`{0}` has two prices")]
    Twice(String),
}

impl Rate {
    /// Reads `ENGINE[/MODEL] UNIT=PRICE… [CURRENCY]`; without a currency it is that of all.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(kind: Kind, text: &str, currency: &str) -> Result<Self, RateError> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let own = words.pop_if(|word| is_currency(word));
        let mut words = words.into_iter();
        let (engine, model) = match words.next().ok_or(RateError::Incomplete)?.split_once('/') {
            Some((engine, model)) => (engine, Some(model.to_owned())),
            None => (text.split_whitespace().next().unwrap_or_default(), None),
        };
        let mut prices = Prices::default();
        for word in words {
            let malformed = || RateError::Malformed(word.to_owned());
            let (unit, price) = word.split_once('=').ok_or_else(malformed)?;
            let place = prices.place(kind, unit)?;
            let price: f64 = price
                .parse()
                .ok()
                .filter(|price: &f64| price.is_finite() && *price >= 0.0)
                .ok_or_else(|| RateError::Price(price.to_owned()))?;
            if place.replace(price).is_some() {
                return Err(RateError::Twice(unit.to_owned()));
            }
        }
        let named = !engine.is_empty() && !engine.contains('=');
        if !named || model.as_deref() == Some("") || prices == Prices::default() {
            return Err(RateError::Incomplete);
        }
        Ok(Self {
            kind,
            engine: engine.to_owned(),
            model,
            currency: own.unwrap_or(currency).to_owned(),
            prices,
        })
    }

    fn fits(&self, call: &Call) -> bool {
        let model = self.model.is_none() || self.model == call.model;
        self.kind == call.kind && self.engine == call.engine && model
    }
}

/// Whether it could be the name of a currency.
#[must_use]
pub fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl Prices {
    fn place(&mut self, kind: Kind, unit: &str) -> Result<&mut Option<f64>, RateError> {
        let units = match kind {
            Kind::Stt => "minute",
            Kind::Tts => "characters, minute",
            Kind::Llm => "input, cached, output",
        };
        let known = units.split(", ").any(|known| known == unit);
        match unit {
            "minute" if known => Ok(&mut self.minute),
            "characters" if known => Ok(&mut self.characters),
            "input" if known => Ok(&mut self.input),
            "cached" if known => Ok(&mut self.cached),
            "output" if known => Ok(&mut self.output),
            _ => Err(RateError::Unit(unit.to_owned(), kind.name(), units)),
        }
    }

    /// What so much costs; `None` if what has a price is not known.
    fn of(&self, amount: &Amount) -> Option<f64> {
        // A vendor that says nothing of a cache read all of it anew.
        let cached = amount.cached_tokens.unwrap_or(0);
        let fresh = amount.input_tokens.map(|all| all.saturating_sub(cached));
        let cached = amount.input_tokens.map(|all| all.min(cached));
        let parts = [
            (self.minute, amount.audio_ms, 60_000.0),
            (self.characters, amount.characters, 1e6),
            (self.input, fresh, 1e6),
            (self.cached.or(self.input), cached, 1e6),
            (self.output, amount.output_tokens, 1e6),
        ];
        let priced = parts.into_iter().filter_map(|(price, amount, of)| {
            let price = price?;
            Some(amount.map(|amount| amount as f64 * price / of))
        });
        priced.sum()
    }
}

/// Every rate that is set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(Vec<Rate>);

impl Rates {
    /// These.
    #[must_use]
    pub fn new(mut rates: Vec<Rate>) -> Self {
        // A model's own rate goes before that of its engine.
        rates.sort_by_key(|rate| rate.model.is_none());
        Self(rates)
    }

    /// What a call cost; `None` if there is no rate for it, or its amounts are not known.
    #[must_use]
    pub fn cost(&self, call: &Call) -> Option<Cost> {
        let rate = self.0.iter().find(|rate| rate.fits(call))?;
        let amount = rate.prices.of(&call.amount)?;
        Some(Cost {
            // To a billionth: what is below is an error of arithmetic.
            amount: (amount * 1e9).round() / 1e9,
            currency: rate.currency.clone(),
            rate: rate.prices,
        })
    }
}

#[cfg(test)]
mod tests;
