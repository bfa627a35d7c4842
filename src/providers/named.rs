//! What it means for a session that a vendor gives a failure a name: one table for every kind of
//! engine, so that a vendor is understood the same whatever it is asked for.

use std::time::Duration;

use super::ProviderError;
use super::socket::{rejected, unavailable, unusable};
use super::status;
use super::term::{marked, term};

/// What a name says of a failure.
#[derive(Clone, Copy)]
enum Says {
    /// Whatever it is asked, it does nothing for us until a person has seen to it.
    Unusable,
    /// It does not do what this request asks for.
    Rejected,
    /// It is asked too often.
    Limited,
}

/// How words begin, as [`marked`], in the names of failures. The first line that fits counts.
type Names = &'static [(Says, &'static [&'static str])];

/// Names that say more than the HTTP status they come with.
const TELLING: Names = &[
    // Money that ran out is no limit that passes.
    (
        Says::Unusable,
        &["_quota", "_payment", "_billing", "_credit", "_spend_limit"],
    ),
    (
        Says::Limited,
        &[
            "_rate_limit",
            "_too_many_requests",
            "_concurren",
            "_busy",
            "_max_active",
            "_overload",
        ],
    ),
    // A key or rights, or a model that the configuration names.
    (
        Says::Unusable,
        &[
            "_auth_",
            "_authentic",
            "_authoris",
            "_authoriz",
            "_unauth",
            "_api_key",
            "_permission",
            "_unusual_activity",
            "_unaccepted_terms",
            "_model_not_found",
        ],
    ),
    // The next session may have another voice.
    (Says::Rejected, &["_voice_not_found"]),
];

/// Names that say no more than an HTTP status does, where there is none.
const REPEATING: Names = &[
    (Says::Unusable, &["_not_found"]),
    (
        Says::Rejected,
        &[
            "_invalid",
            "_unsupported",
            "_input_error",
            "_max_character",
            "_chunk_size",
            "_context_length",
            "_content_filter",
            "_policy",
            // Deepgram's, for what it was sent.
            "_message_0",
            "_data_0",
            "_big_0",
        ],
    ),
];

/// The error of an engine that gave a failure these names, and a number: an HTTP status or a code
/// with which it closed. `message` says what it said, without any private words.
pub(super) fn judge(
    engine: &str,
    number: Option<u16>,
    said: &[&str],
    retry_after: Option<Duration>,
    message: String,
) -> ProviderError {
    let status = number.filter(|number| (300..600).contains(number));
    // Beside a status, a sentence only repeats it.
    let named = said.iter().map(|said| match status {
        Some(_) => marked(term(said)),
        None => marked(said),
    });
    let named: Vec<String> = named.collect();
    let repeating = REPEATING.iter().filter(|_| status.is_none());
    let mut known = TELLING.iter().chain(repeating);
    let fits = |parts: &[&str]| {
        parts
            .iter()
            .any(|part| named.iter().any(|n| n.contains(part)))
    };
    match (known.find(|(_, parts)| fits(parts)), number) {
        (Some((Says::Unusable, _)), _) | (None, Some(1008 | 3000 | 3003)) => {
            unusable(engine, message)
        }
        (Some((Says::Rejected, _)), _) | (None, Some(1003 | 1009)) => rejected(engine, message),
        (Some((Says::Limited, _)), _) => ProviderError::Limited {
            engine: engine.to_owned(),
            retry_after,
        },
        (None, _) => match status {
            Some(status) => status::judge(engine, status, retry_after, message),
            None => unavailable(engine, message),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(number: Option<u16>, said: &[&str]) -> &'static str {
        judge("vendor", number, said, None, String::new()).kind()
    }

    #[test]
    fn failures_are_told_apart_by_name_and_number() {
        for (number, name, expected) in [
            (401, "quota_exceeded", "unusable"),
            (429, "insufficient_quota", "unusable"),
            (429, "InsufficientQuota", "unusable"),
            (400, "InsufficientCredits", "unusable"),
            (429, "too_many_concurrent_requests", "limited"),
            (503, "overloaded_error", "limited"),
            (1008, "max_active_conversations", "limited"),
            (1008, "voice_not_found", "rejected"),
            (404, "voice_not_found", "rejected"),
            (404, "model_not_found", "unusable"),
            (404, "Not Found", "unusable"),
            (404, "not_found", "unusable"),
            (400, "invalid_api_key", "unusable"),
            (400, "InvalidAPIKey", "unusable"),
            (422, "invalid_language", "rejected"),
            (400, "context_length_exceeded", "rejected"),
            (400, "Too many characters", "rejected"),
            (502, "upstream not found", "unavailable"),
            (500, "invalid_request_error", "unavailable"),
            (429, "invalid_request_error", "limited"),
            (429, "", "limited"),
            (401, "", "unusable"),
            (400, "", "rejected"),
            (500, "", "unavailable"),
            (1011, "NET-0000", "unavailable"),
            (1008, "DATA-0001", "rejected"),
            (1008, "", "unusable"),
            (1008, "Too many concurrent sessions", "limited"),
            (3000, "", "unusable"),
            (1003, "", "rejected"),
            (1006, "", "unavailable"),
            (1000, "", "unavailable"),
        ] {
            assert_eq!(kind(Some(number), &[name]), expected, "{number} {name}");
        }
    }

    #[test]
    fn names_alone_are_understood() {
        for (name, expected) in [
            ("INVALID_AUTH", "unusable"),
            ("authentication_error", "unusable"),
            ("AuthenticationError", "unusable"),
            ("Unauthorized", "unusable"),
            ("not authorized", "unusable"),
            ("Your API key is wrong.", "unusable"),
            ("out of credits", "unusable"),
            ("billing_hard_limit_reached", "unusable"),
            ("not_found_error", "unusable"),
            ("unaccepted_terms", "unusable"),
            ("rate_limited", "limited"),
            ("system_busy", "limited"),
            ("Too many requests", "limited"),
            ("invalid_prompt", "rejected"),
            ("content_policy_violation", "rejected"),
            ("input_error", "rejected"),
            ("chunk_size_exceeded", "rejected"),
            ("DATA-0001: too long", "rejected"),
            ("server_error", "unavailable"),
            ("", "unavailable"),
        ] {
            assert_eq!(kind(None, &[name]), expected, "{name}");
        }
    }

    #[test]
    fn of_two_names_the_graver_counts() {
        for (names, expected) in [
            (["invalid_request_error", "invalid_api_key"], "unusable"),
            (
                ["rate_limit_error", "enforced_spend_limit_reached"],
                "unusable",
            ),
            (["invalid_request_error", "rate_limit_exceeded"], "limited"),
        ] {
            let [one, other] = names;
            assert_eq!(kind(None, &[one, other]), expected, "{names:?}");
            assert_eq!(kind(Some(429), &[other, one]), expected, "{names:?}");
        }
    }

    #[test]
    fn a_word_is_not_taken_for_another_that_it_contains() {
        for sentence in [
            "The text names its author.",
            "discredited",
            "An authority spoke of autobusys",
        ] {
            assert_eq!(kind(None, &[sentence]), "unavailable", "{sentence}");
        }
    }
}
