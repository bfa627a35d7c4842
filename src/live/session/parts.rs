//! What a session is made of when it begins.

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::own;
use signaling::link::Link;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::live::called::Called;
use crate::live::conversation::Conversation;
use crate::live::hearing::Hearing;
use crate::live::llm::Mind;
use crate::live::registry::Orders;
use crate::live::strain::Strain;
use crate::live::tape::Tape;
use crate::live::voice::VoiceStage;
use crate::telemetry::Metrics;

/// Everything one session is made of.
pub struct Parts {
    /// The connection.
    pub link: Link,
    /// The state machine, new.
    pub conversation: Conversation,
    /// Where on the session's timeline the connection begins.
    pub from: Position,
    /// Records it.
    pub tape: Tape,
    /// The recogniser's stage.
    pub hearing: Hearing,
    /// The model's stage.
    pub mind: Mind,
    /// The voice's stage.
    pub voice: VoiceStage,
    /// The calls to them.
    pub called: Called,
    /// What the coach is told of the engines.
    pub engines: own::Engines,
    /// How far ahead sound is sent over WebSocket.
    pub lead: Duration,
    /// Whether the machine keeps pace.
    pub strain: Arc<Strain>,
    /// Where latencies are counted.
    pub metrics: Metrics,
    /// What it is told from outside.
    pub told: Told,
}

/// What a session is told from outside.
#[derive(Clone, Debug)]
pub struct Told {
    /// To end soon: the client is told.
    pub stopping: CancellationToken,
    /// The server stops now.
    pub now: CancellationToken,
    /// To end.
    pub orders: Orders,
    /// Whether the database takes nothing.
    pub behind: watch::Receiver<bool>,
}
