//! What a vendor's wire is to the connection that carries it: frames out, frames in, no clock and
//! no socket of its own.

use serde_json::Value;
use tokio::time::Instant;

use crate::providers::ProviderError;
use crate::providers::socket::{code, rejected, unavailable, unusable};
use crate::providers::tts::RATE;

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

/// Parts of the names that vendors give to what is in the way of whatever they are asked.
const USELESS: &[&str] = &[
    "payment",
    "billing",
    "credit",
    "auth",
    "api_key",
    "permission",
    "model_not_found",
    "unusual_activity",
];

/// Parts of the names that vendors give to what is wrong with a request: its text, its voice, its
/// language.
const REJECTING: &[&str] = &[
    "invalid",
    "not_found",
    "unsupported",
    "max_character",
    "message-0",
    "data-0",
    "big-0",
];

/// Parts of the names that vendors give to being asked too often.
const LIMITING: &[&str] = &[
    "too_many",
    "rate_limit",
    "concurren",
    "busy",
    "max_active",
    "overload",
];

/// What a failure means that a vendor gives as a number (an HTTP status or a close code) or a name,
/// or as both. Its sentences are not passed on: they may quote what was said.
pub(super) fn fault(engine: &'static str, number: Option<u64>, name: &str) -> ProviderError {
    let name = code(name);
    let known = name.to_ascii_lowercase();
    let message = match (number, name.as_str()) {
        (Some(number), "") => number.to_string(),
        (Some(number), name) => format!("{number}, {name}"),
        (None, "") => "it gave no reason".to_owned(),
        (None, name) => name.to_owned(),
    };
    let has = |parts: &[&str]| parts.iter().any(|part| known.contains(part));
    let limited = || ProviderError::Limited {
        engine: engine.to_owned(),
        retry_after: None,
    };
    match number {
        _ if known.contains("quota") => unusable(engine, message),
        _ if has(LIMITING) => limited(),
        _ if has(USELESS) => unusable(engine, message),
        Some(401..=403) => unusable(engine, message),
        _ if has(REJECTING) => rejected(engine, message),
        Some(429 | 529) => limited(),
        Some(408 | 409 | 425) => unavailable(engine, message),
        Some(404 | 1008) => unusable(engine, message),
        Some(400..500 | 1003 | 1009) => rejected(engine, message),
        _ => unavailable(engine, message),
    }
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
    fn failures_are_told_apart_by_name_and_number() {
        let kind = |number: u64, name: &str| fault("vendor", Some(number), name).kind();
        for (number, name, expected) in [
            (401, "quota_exceeded", "unusable"),
            (429, "insufficient_quota", "unusable"),
            (429, "too_many_concurrent_requests", "limited"),
            (1008, "max_active_conversations", "limited"),
            (1008, "voice_not_found", "rejected"),
            (429, "", "limited"),
            (401, "", "unusable"),
            (400, "", "rejected"),
            (422, "invalid_language", "rejected"),
            (400, "invalid_api_key", "unusable"),
            (404, "model_not_found", "unusable"),
            (1008, "", "unusable"),
            (500, "", "unavailable"),
            (1011, "NET-0000", "unavailable"),
            (1008, "DATA-0001", "rejected"),
            (1006, "", "unavailable"),
            (1000, "", "unavailable"),
        ] {
            assert_eq!(kind(number, name), expected, "{number} {name}");
        }
    }

    #[test]
    fn sentences_are_not_passed_on() {
        let body = json!({"error": {"message": "key sk-letters", "code": "invalid_api_key"}});
        let error = fault("vendor", Some(401), fault_name(&body)).to_string();
        assert_eq!(error, "vendor cannot be used: 401, invalid_api_key");
        assert_eq!(fault_name(&json!(["x"])), "");
        assert_eq!(fault_name(&json!({"detail": [{"loc": 1}]})), "");
    }
}
