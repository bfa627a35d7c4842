//! `GET /api/engines`: who listens, thinks and speaks, and where the words go.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::providers::EngineInfo;

/// The three engines.
#[derive(Debug, Serialize)]
pub struct Engines {
    stt: Engine,
    llm: Engine,
    tts: Engine,
}

/// What a coach is told of an engine.
#[derive(Debug, Serialize)]
struct Engine {
    name: String,
    note: String,
    /// Who receives the words; `null` if they stay on this machine.
    processor: Option<String>,
}

impl From<EngineInfo> for Engine {
    fn from(info: EngineInfo) -> Self {
        Self {
            name: info.name,
            note: info.note,
            processor: info.processor,
        }
    }
}

/// What they are.
pub async fn engines(State(app): State<Arc<App>>) -> Json<Engines> {
    let (stt, llm, tts) = app.engines.info();
    Json(Engines {
        stt: stt.into(),
        llm: llm.into(),
        tts: tts.into(),
    })
}
