//! The shapes in which sessions are told. Times are whole milliseconds: those of a session's
//! timeline count from its beginning, those of the clock from 1970.

use serde::de::DeserializeOwned;
use serde::de::value::{Error as Unnamed, StrDeserializer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::archive::sessions::SessionRow;
use crate::archive::shapes::PartInfo;
use crate::archive::{EndReason, Standing};
use crate::clock::Micros;
use crate::db::DbError;
use crate::http::error::HttpError;

/// One page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionPage {
    /// Latest first.
    pub sessions: Vec<Session>,
    /// What to ask for the next page with (`before`); `null` on the last.
    #[schema(required)]
    pub next: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// With which AI client; `null` if the caller brought instructions of their own.
    #[schema(required)]
    pub client_id: Option<String>,
    /// Their name, if they are in the gallery.
    #[schema(required)]
    pub client_name: Option<String>,
    /// What carried it last.
    pub transport: Transport,
    /// Which engines serve it, by name.
    pub engines: EngineNames,
    /// When it began, by the clock.
    pub started_at_ms: i64,
    /// When it ended, by the clock; `null` while it goes on, or is not finished.
    #[schema(required)]
    pub ended_at_ms: Option<i64>,
    /// How it stands.
    pub status: SessionStatus,
    /// Why it ended.
    #[schema(required)]
    pub end_reason: Option<EndReason>,
    /// Whether it ended against everybody's will: the record is complete up to the cut.
    pub cut_off: bool,
    /// Until when it can be resumed, by the clock; `null` if it cannot.
    #[schema(required)]
    pub resumable_until_ms: Option<i64>,
    /// How long it is.
    pub length_ms: u64,
    /// How many turns the coach took.
    pub turns: u32,
    /// How often the coach interrupted the client.
    pub interruptions: u32,
    /// Its connections, in order. The list leaves them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parts: Option<Vec<Part>>,
    /// What there is of it.
    pub recording: Recording,
}

impl Session {
    /// The session of a row.
    pub fn of(row: SessionRow, standing: Standing, app: &App) -> Result<Self, HttpError> {
        let unreadable = |what: &str| DbError::Stored(format!("sessions.{what}"));
        let reason = |name| named(name).ok_or_else(|| unreadable("end_reason"));
        let end_reason: Option<EndReason> = row.end_reason.as_deref().map(reason).transpose()?;
        let now = app.clock.now();
        let is_over = standing != Standing::Ended || end_reason.is_some_and(EndReason::is_final);
        let resumable_until = row
            .ended_at
            .map(|at| Micros(at).plus(app.config.live.resume_within))
            .filter(|until| *until > now && !is_over);
        let length_ms = match standing {
            Standing::Live => (now.0 - row.started_at).div_euclid(1000).max(row.length_ms),
            _ => row.length_ms,
        };
        let client = row.client_id.as_deref().and_then(|id| app.gallery.get(id));
        Ok(Self {
            client_name: client.map(|client| client.name.clone()),
            client_id: row.client_id,
            transport: named(&row.transport).ok_or_else(|| unreadable("transport"))?,
            engines: serde_json::from_str(&row.engines).map_err(|_| unreadable("engines"))?,
            started_at_ms: row.started_at.div_euclid(1000),
            ended_at_ms: row.ended_at.map(|at| at.div_euclid(1000)),
            status: standing.into(),
            cut_off: standing == Standing::Finishing || end_reason.is_some_and(EndReason::cuts_off),
            end_reason,
            resumable_until_ms: resumable_until.map(|until| until.0.div_euclid(1000)),
            length_ms: length_ms.try_into().unwrap_or(0),
            turns: row.turns.try_into().unwrap_or(0),
            interruptions: row.interruptions.try_into().unwrap_or(0),
            parts: None,
            recording: Recording {
                state: named(&row.recording).ok_or_else(|| unreadable("recording"))?,
                stopped_at_ms: row.stopped_at_ms.and_then(|at| at.try_into().ok()),
                reason: row.stopped_reason,
            },
            id: row.id,
        })
    }
}

impl Session {
    /// The same with its parts, which know how long it is while it goes on.
    pub fn with(mut self, parts: Vec<PartInfo>) -> Result<Self, HttpError> {
        let end = parts.iter().map(|part| part.to_ms).max();
        self.length_ms = self.length_ms.max(end.unwrap_or(0));
        self.parts = Some(parts.into_iter().map(Part::of).collect::<Result<_, _>>()?);
        Ok(self)
    }
}

/// What a name stands for, by serde's names.
fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Unnamed>::new(name)).ok()
}

/// What carries a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// A WebSocket.
    WebSocket,
    /// WebRTC.
    WebRtc,
}

/// Which engines serve a session, by name.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct EngineNames {
    /// Speech to text.
    #[serde(default)]
    #[schema(required)]
    pub stt: Option<String>,
    /// Language model.
    #[serde(default)]
    #[schema(required)]
    pub llm: Option<String>,
    /// Text to speech.
    #[serde(default)]
    #[schema(required)]
    pub tts: Option<String>,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// It goes on.
    Live,
    /// Its server was killed: it was cut off, and what there is of it is still being finished, such as
    /// on a disk that was full.
    Finishing,
    /// It ended, or was cut off.
    Ended,
    /// It was deleted, and its files could not be removed yet: that is tried again until it is done.
    /// Nothing of it can be read any more.
    Deleting,
}

impl From<Standing> for SessionStatus {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Live => Self::Live,
            Standing::Finishing => Self::Finishing,
            Standing::Ended => Self::Ended,
            Standing::Deleting => Self::Deleting,
        }
    }
}

impl Part {
    fn of(part: PartInfo) -> Result<Self, HttpError> {
        let unreadable = || HttpError::Internal("an event log names what there is not");
        let reason = |name| named(name).ok_or_else(unreadable);
        let state = match part.stopped {
            None => RecordingState::Whole,
            Some((at, _)) if at > part.from_ms => RecordingState::Stopped,
            Some(_) => RecordingState::None,
        };
        let (stopped_at_ms, why) = part.stopped.unzip();
        Ok(Self {
            number: part.number,
            from_ms: part.from_ms,
            to_ms: part.to_ms,
            transport: named(&part.transport).ok_or_else(unreadable)?,
            end_reason: part.end_reason.as_deref().map(reason).transpose()?,
            recording: Recording {
                state,
                stopped_at_ms,
                reason: why.flatten(),
            },
        })
    }
}

/// One connection of a session: from when the coach came until they were gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// Where it begins on the timeline.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// What carried it.
    pub transport: Transport,
    /// Why it ended; `null` while it goes on.
    #[schema(required)]
    pub end_reason: Option<EndReason>,
    /// What there is of it.
    pub recording: Recording,
}

/// What there is of a session, or a part of it: its sound, and what happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recording {
    /// How much of it.
    pub state: RecordingState,
    /// Where on the timeline it stopped first, if it did before what was recorded was over.
    #[schema(required)]
    pub stopped_at_ms: Option<u64>,
    /// Why it stopped: `disk_full`, `read_only`, `disk_too_slow`, `disk_failed`, `taken_over`.
    #[schema(required)]
    pub reason: Option<String>,
}

/// How much is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// All of it.
    Whole,
    /// Its beginning: the disk was full, or too slow.
    Stopped,
    /// It stopped, and a later connection was recorded again: the parts say what is missing.
    Interrupted,
    /// Nothing.
    None,
}
