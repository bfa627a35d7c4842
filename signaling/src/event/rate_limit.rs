//! What the client may still ask for, as `rate_limits.updated` says it.

use serde::{Deserialize, Serialize};

/// What the client may still ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    /// `requests` or `tokens`.
    pub name: RateLimitName,
    /// How many in all.
    pub limit: u64,
    /// How many are left.
    pub remaining: u64,
    /// When all are back.
    pub reset_seconds: f64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimitName {
    /// Responses.
    Requests,
    /// Tokens.
    Tokens,
}
