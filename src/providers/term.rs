//! What a vendor says of a failure, as far as it is its own term: its sentences, and what only
//! looks like a term, may quote the key or what was said.

use heck::ToSnakeCase as _;

/// Longest term that is passed on.
const LONGEST: usize = 64;

/// Shortest run of letters and digits, both in it, that a term does not have.
const MIXED: usize = 6;

/// The same for the names of models in a sentence, which have longer ones.
const MIXED_IN_NAMES: usize = 12;

/// Shortest run of letters, or of digits, that is taken for a key.
const RUN: usize = 24;

/// How vendors' keys begin.
const KEYS: [&str; 4] = ["sk-", "sk_", "pk-", "pk_"];

/// The term that something said begins with, if it begins with one that can hold no key; else
/// nothing.
pub(super) fn term(said: &str) -> &str {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let end = said.find(|c| !fits(c)).unwrap_or(said.len());
    let term = &said[..end];
    match term.len() <= LONGEST && !holds_key(term, MIXED) {
        true => term,
        false => "",
    }
}

/// The same as the message of an error, which says so where nothing can be passed on.
pub(super) fn reason(said: &str) -> &str {
    match term(said) {
        "" => "it gave no reason",
        term => term,
    }
}

/// The words of a name or a sentence in lower case, with a mark before and after each: where one
/// begins, and where it ends, can be looked for.
pub(super) fn marked(said: &str) -> String {
    format!("_{}_", said.to_snake_case())
}

/// Whether a sentence that names an address or a model may hold a key.
pub(super) fn may_quote_key(sentence: &str) -> bool {
    holds_key(sentence, MIXED_IN_NAMES)
}

fn holds_key(text: &str, mixed: usize) -> bool {
    let begins = KEYS.iter().any(|key| {
        let before = |at: usize| text[..at].chars().next_back();
        let mut places = text.match_indices(key);
        places.any(|(at, _)| before(at).is_none_or(|c| !c.is_ascii_alphanumeric()))
    });
    let is_key = |run: &str| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= RUN || (run.len() >= mixed && digits > 0 && digits < run.len())
    };
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    begins || { runs }.any(is_key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_pass_and_keys_do_not() {
        for known in [
            "insufficient_quota",
            "INVALID_AUTH",
            "NET-0000",
            "ASR_PAYMENT_REQUIRED",
            "billing_hard_limit_reached",
            "DeploymentNotFound",
            "messages.0.content",
            "3005",
            "",
        ] {
            assert_eq!(term(known), known);
        }
        assert_eq!(term("NET-0001: no audio for 10 s"), "NET-0001");
        assert_eq!(term("bad sk-secret-letters"), "bad");
        for key in [
            "sk-secret-ABCDEF123456",
            "sk_car_letters",
            "bad-sk-letters",
            "key.XYZ987",
            "0f3b9c1d2e4a5b6c7d8e9f0a1b2c3d4e5f607182",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "7d8e9f0a: not known",
            "{\"key\":\"letters\"}",
        ] {
            assert_eq!(term(key), "", "{key}");
        }
        assert_eq!(term(&"a_".repeat(40)), "");
    }

    #[test]
    fn a_reason_is_never_empty() {
        assert_eq!(reason("INVALID_AUTH: no"), "INVALID_AUTH");
        for nothing in ["", "sk-letters", "«no»"] {
            assert_eq!(reason(nothing), "it gave no reason");
        }
    }

    #[test]
    fn words_are_marked_however_they_are_joined() {
        for (said, expected) in [
            ("", "__"),
            ("INVALID_AUTH", "_invalid_auth_"),
            ("InsufficientQuota", "_insufficient_quota_"),
            ("InvalidAPIKey", "_invalid_api_key_"),
            ("DATA-0001: too long.", "_data_0001_too_long_"),
            (" Not  Found", "_not_found_"),
        ] {
            assert_eq!(marked(said), expected, "{said}");
        }
    }

    #[test]
    fn a_model_may_be_named_and_a_key_not() {
        for named in [
            "model 'qwen2.5:7b-instruct-q4_K_M' not found, try pulling it first",
            "The model `claude-3-5-sonnet-20241022` does not exist",
        ] {
            assert!(!may_quote_key(named), "{named}");
        }
        for quoted in ["no model for sk-letters", "key 0f3b9c1d2e4a5b is unknown"] {
            assert!(may_quote_key(quoted), "{quoted}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_a_beginning_of_what_was_said(said in ".{0,80}") {
            prop_assert!(said.starts_with(term(&said)));
            may_quote_key(&said);
        }

        #[test]
        fn no_random_key_passes(key in "[a-z0-9]{24,64}") {
            prop_assert_eq!(term(&key), "");
        }
    }
}
