//! The silences of an AI client, and what the coach made of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A silence that was the client's: it was thinking, or had said all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Silence {
    /// The client's item that it belongs to.
    pub item_id: String,
    /// Where it stands.
    pub place: Place,
    /// What became of it.
    pub outcome: Outcome,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends, or the coach stepped in.
    pub to_ms: u64,
}

/// Where a silence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The client thought before it spoke.
    Before,
    /// It stopped in the middle of a thought.
    Within,
    /// It had said all, and the coach did not speak at once.
    After,
}

/// What became of a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The coach waited.
    Held,
    /// The coach stepped in.
    Broken,
}
