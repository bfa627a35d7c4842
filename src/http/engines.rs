//! `GET /api/engines`: who listens, thinks and speaks, and where the words go.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use signaling::event::own;
use utoipa::ToSchema;

use crate::app::App;

/// Who does the work, as `praxiloom.engines` says it in a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct Engines {
    /// Speech to text.
    stt: Engine,
    /// Language model.
    llm: Engine,
    /// Text to speech.
    tts: Engine,
}

/// An engine.
#[derive(Debug, Serialize, ToSchema)]
struct Engine {
    /// Its short name.
    name: String,
    /// One sentence on what it does and how well.
    note: String,
    /// The host that receives the words; `null` if they stay on the server's machine.
    #[schema(required)]
    processor: Option<String>,
}

impl From<own::Engine> for Engine {
    fn from(engine: own::Engine) -> Self {
        Self {
            name: engine.name,
            note: engine.note,
            processor: engine.processor,
        }
    }
}

/// What they are.
#[utoipa::path(
    get,
    path = "/api/engines",
    tag = "practice",
    security(()),
    responses((status = 200, description = "Who listens, thinks and speaks", body = Engines))
)]
pub async fn engines(State(app): State<Arc<App>>) -> Json<Engines> {
    let engines = app.engines.lines();
    Json(Engines {
        stt: engines.stt.into(),
        llm: engines.llm.into(),
        tts: engines.tts.into(),
    })
}
