//! What it means for a session that a vendor refuses with an HTTP status: the same for every kind
//! of engine.

use std::time::Duration;

use super::ProviderError;
use super::socket::{rejected, unavailable, unusable};

/// The error of an engine that answered with this status, which is no success, and asked to be left
/// alone for so long; `message` says what it said.
pub(super) fn judge(
    engine: &str,
    status: u16,
    retry_after: Option<Duration>,
    message: String,
) -> ProviderError {
    match status {
        429 | 529 => ProviderError::Limited {
            engine: engine.to_owned(),
            retry_after,
        },
        408 | 409 | 425 | 500.. => unavailable(engine, message),
        // The parameters, the length or the words of this request.
        400 | 405..500 => rejected(engine, message),
        // Key, money, rights, address or model; or it is somewhere else.
        _ => unusable(engine, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_request_is_told_from_what_is_wrong_with_all() {
        for (status, kind) in [
            (307, "unusable"),
            (400, "rejected"),
            (401, "unusable"),
            (402, "unusable"),
            (403, "unusable"),
            (404, "unusable"),
            (408, "unavailable"),
            (413, "rejected"),
            (422, "rejected"),
            (429, "limited"),
            (500, "unavailable"),
            (503, "unavailable"),
            (529, "limited"),
        ] {
            let error = judge("e", status, None, String::new());
            assert_eq!(error.kind(), kind, "{status}");
        }
    }
}
