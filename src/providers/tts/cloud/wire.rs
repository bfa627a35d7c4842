//! What a vendor's wire is to the connection that carries it: frames out, frames in, no clock and
//! no socket of its own.

use serde_json::Value;
use tokio::time::Instant;

use crate::providers::ProviderError;
use crate::providers::socket::{rejected, unavailable, unusable};
use crate::providers::status::judge;
use crate::providers::term::{AUTH, marked, names, reason, term};
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

/// How words begin, as [`marked`], in the names that vendors give to what is in the way of whatever
/// they are asked, beside [`AUTH`].
const USELESS: &[&str] = &[
    "_payment",
    "_billing",
    "_credit",
    "_model_not_found",
    "_unusual_activity",
];

/// The same for what is wrong with a request: its text, its voice, its language.
const REJECTING: &[&str] = &[
    "_invalid",
    "_not_found",
    "_unsupported",
    "_max_character",
    "_message_0",
    "_data_0",
    "_big_0",
];

/// The same for being asked too often.
const LIMITING: &[&str] = &[
    "_too_many",
    "_rate_limit",
    "_concurren",
    "_busy",
    "_max_active",
    "_overload",
];

/// What a failure means that a vendor gives as a number (an HTTP status or a close code) or a name,
/// or as both. Its sentences are not passed on: they may quote what was said.
pub(super) fn fault(engine: &'static str, number: Option<u64>, name: &str) -> ProviderError {
    let known = marked(name);
    // Beside an HTTP status a name says more than it does; a sentence only repeats it.
    let named = match number {
        Some(300..600) => marked(term(name)),
        _ => known.clone(),
    };
    let message = match (number, term(name)) {
        (Some(number), "") => number.to_string(),
        (Some(number), name) => format!("{number}, {name}"),
        (None, _) => reason(name).to_owned(),
    };
    let number = number.and_then(|number| u16::try_from(number).ok());
    match number {
        _ if known.contains("_quota") => unusable(engine, message),
        _ if names(&named, LIMITING) => ProviderError::Limited {
            engine: engine.to_owned(),
            retry_after: None,
        },
        _ if names(&known, AUTH) || names(&known, USELESS) => unusable(engine, message),
        Some(401..=403) => unusable(engine, message),
        // An address that is none, or a vendor that fails; but another voice may be there.
        Some(status @ (404 | 500..600)) if !named.contains("_voice_not_found") => {
            judge(engine, status, None, message)
        }
        _ if names(&named, REJECTING) => rejected(engine, message),
        Some(status @ 300..600) => judge(engine, status, None, message),
        Some(1008) => unusable(engine, message),
        Some(1003 | 1009) => rejected(engine, message),
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
            (404, "voice_not_found", "rejected"),
            (404, "Not Found", "unusable"),
            (404, "not_found", "unusable"),
            (400, "Too many characters", "rejected"),
            (502, "upstream not found", "unavailable"),
            (429, "InsufficientQuota", "unusable"),
            (400, "InsufficientCredits", "unusable"),
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
    fn a_word_is_not_taken_for_another_that_it_contains() {
        let kind = |name: &str| fault("vendor", None, name).kind();
        for sentence in [
            "The text names its author.",
            "discredited",
            "An authority spoke of autobusys",
        ] {
            assert_eq!(kind(sentence), "unavailable", "{sentence}");
        }
        for (name, expected) in [
            ("INVALID_AUTH", "unusable"),
            ("authentication_error", "unusable"),
            ("Unauthorized", "unusable"),
            ("not authorized", "unusable"),
            ("Your API key is wrong.", "unusable"),
            ("out of credits", "unusable"),
            ("quota_exceeded", "unusable"),
            ("system_busy", "limited"),
            ("Too many requests", "limited"),
            ("DATA-0001: too long", "rejected"),
        ] {
            assert_eq!(kind(name), expected, "{name}");
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
