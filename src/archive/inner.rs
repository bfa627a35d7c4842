//! What moved inside an AI client: the steps of its state, for the curve of trust and openness.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a turn of the coach changed inside the client, and why. A later one for the same turn
/// replaces it, and all of later turns with it: the coach went on, or what was said was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Inner {
    /// Which turn of the coach, from 0.
    pub turn: u32,
    /// What the turn was taken for: the move that is answered, then the others; empty if the coach was silent.
    pub moves: Vec<String>,
    /// What it was about, if that could be made out.
    #[schema(required)]
    pub topic: Option<String>,
    /// The steps, in the order in which they were taken.
    pub steps: Vec<InnerStep>,
    /// Where the client stands after them.
    pub state: InnerState,
    /// How deep it goes now: disclosure level 1 (guarded) to 4.
    pub level: u8,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InnerStep {
    /// Why: a move of the coach, `missed`, `interruption`, `stepped_in`, `silence_held` or `trigger`.
    pub cause: String,
    /// Of a trigger, when it goes off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// `trust`, `openness`, `energy`, `insight` or `resistance`.
    pub dimension: String,
    /// By how much.
    pub by: i16,
    /// Where it stands then.
    pub now: i16,
}

/// Where a client stands inside, each 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InnerState {
    /// Whether the coach is safe.
    pub trust: i16,
    /// How much it is ready to show.
    pub openness: i16,
    /// How alive it is in the conversation.
    pub energy: i16,
    /// How much it has seen about itself.
    pub insight: i16,
    /// How much it pushes back.
    pub resistance: i16,
}
