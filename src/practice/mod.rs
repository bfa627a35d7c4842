//! Who you talk to: the AI clients, what they bring, and what they say next.

/// One message of the session as it was heard: the only thing that a client remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The coach said this, as the recogniser understood it.
    Coach(String),
    /// The client was heard to say this; cut short where the coach interrupted.
    Client(String),
}
