//! What a vendor's wire is to the connection that carries it: frames out, frames in, no clock and
//! no socket of its own.

use serde_json::Value;
use tokio::time::Instant;

use crate::providers::term::{reason, term};
use crate::providers::tts::RATE;
use crate::providers::{ProviderError, named};

/// A vendor's wire, in the voice of one session. One piece of text is under way at a time.
pub(super) trait Wire: Send + 'static {
    /// The vendor's name, for errors.
    fn engine(&self) -> &'static str;

    /// A connection was opened; what was known of the one before is void.
    fn opened(&mut self);

    /// Whether the connection can take a piece.
    fn fitness(&self, now: Instant) -> Fitness;

    /// Has a piece spoken at once.
    fn say(&mut self, text: &str, now: Instant) -> Vec<String>;

    /// Gives the piece up: nothing more of it is to be made.
    fn cancel(&mut self) -> Vec<String>;

    /// Asks for the end of the piece, whose text is complete.
    fn finish(&mut self) -> Vec<String>;

    /// Nothing was said for a while.
    fn idle(&mut self, now: Instant) -> Vec<String>;

    /// Reads a frame. What does not belong to the piece under way gives nothing.
    fn receive(&mut self, frame: Frame<'_>, now: Instant) -> Vec<Heard>;

    /// Whether a piece is over once its last word is, because no mark of its end comes unasked.
    fn ends_with_its_words(&self) -> bool;
}

/// Whether a connection can take a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fitness {
    /// It can.
    Ready,
    /// Soon: what was cancelled is not cleared away yet.
    Busy,
    /// No more: the vendor's rules ask for a new connection.
    Spent,
}

/// A frame as it came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// When a character or a word is spoken, in samples from the beginning of the piece.
    Said { text: String, start: u64, end: u64 },
    /// 16-bit samples at 24 kHz, low byte first, cut anywhere.
    Sound(Vec<u8>),
    /// The piece is complete.
    End,
    /// It failed.
    Failed(ProviderError),
}

/// Seconds in samples. Beyond an hour no sentence goes; what a vendor says beyond it is no time.
pub(super) fn samples(seconds: f64) -> u64 {
    (seconds.clamp(0.0, 3600.0) * f64::from(RATE)) as u64
}

/// What a failure means that a vendor gives as a number (an HTTP status or a close code) or a name,
/// or as both. Its sentences are not passed on: they may quote what was said.
pub(super) fn fault(engine: &'static str, number: Option<u64>, name: &str) -> ProviderError {
    let message = match (number, term(name)) {
        (Some(number), "") => number.to_string(),
        (Some(number), name) => format!("{number}, {name}"),
        (None, _) => reason(name).to_owned(),
    };
    let number = number.and_then(|number| u16::try_from(number).ok());
    named::judge(engine, number, &[name], None, message)
}

/// The name of a failure in a vendor's JSON, wherever vendors put it.
pub(super) fn fault_name(body: &Value) -> &str {
    let places = [
        "/detail/status",
        "/detail/code",
        "/error/code",
        "/error/type",
        "/err_code",
        "/error_code",
        "/category",
        "/code",
        "/error",
    ];
    let named = places
        .iter()
        .find_map(|place| body.pointer(place)?.as_str());
    named.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_are_not_passed_on() {
        let body = json!({"error": {"message": "key sk-letters", "code": "invalid_api_key"}});
        let error = fault("vendor", Some(401), fault_name(&body)).to_string();
        assert_eq!(error, "vendor cannot be used: 401, invalid_api_key");
        assert_eq!(fault_name(&json!(["x"])), "");
        assert_eq!(fault_name(&json!({"detail": [{"loc": 1}]})), "");
    }
}
