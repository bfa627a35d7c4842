//! How a session gets its place: a new one, or one that goes on after its connection ended.

use media::Position;
use signaling::event::{ErrorBody, Session, SessionUpdate};
use signaling::link::Carrier;
use signaling::webrtc::CallHandle;

use super::conversation::{Past, casting};
use super::registry::{Place, TakeOverError};
use super::{Live, MODEL};
use crate::accounts::seal::Seal;
use crate::archive::{Claim, RecoveryError, ReopenError, Reopened};
use crate::db::{AccountId, DbError};

/// Why a session could not begin, or go on.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// There is no room.
    #[error("all places are taken")]
    Full,
    /// Its configuration is wrong.
    #[error(transparent)]
    Session(#[from] ErrorBody),
    /// There is no such session, or it is somebody else's.
    #[error("there is no such session")]
    NotFound,
    /// It cannot be resumed; why.
    #[error("{0}")]
    NotResumable(String),
    /// The database failed.
    #[error(transparent)]
    Database(DbError),
    /// The disk failed.
    #[error("the recording cannot be read: {0}")]
    Disk(std::io::Error),
}

impl From<ReopenError> for BeginError {
    fn from(error: ReopenError) -> Self {
        use ReopenError::{Database, Disk, NotFound, Recovery};
        match error {
            NotFound => Self::NotFound,
            Database(error) | Recovery(RecoveryError::Database(error)) => Self::Database(error),
            Disk(error) | Recovery(RecoveryError::Disk(error)) => Self::Disk(error),
            error => Self::NotResumable(error.to_string()),
        }
    }
}

impl From<TakeOverError> for BeginError {
    fn from(error: TakeOverError) -> Self {
        match error {
            TakeOverError::Full => Self::Full,
            TakeOverError::NotFound => Self::NotFound,
            TakeOverError::HungUp | TakeOverError::Displaced | TakeOverError::Busy => {
                Self::NotResumable(error.to_string())
            }
        }
    }
}

/// Who begins a session, and how.
#[derive(Debug)]
pub struct Opening {
    /// Whose session it is.
    pub account: AccountId,
    /// What its id ends with, if a client secret begins it.
    pub seal: Option<Seal>,
    /// What carries it.
    pub carrier: Carrier,
    /// The model that the client asked for.
    pub model: Option<String>,
    /// The configuration that came with it, in the order in which it is merged.
    pub updates: Vec<SessionUpdate>,
}

/// A session that has its place but no connection yet.
#[derive(Debug)]
pub struct Begun {
    pub(super) id: String,
    pub(super) account: AccountId,
    pub(super) session: Session,
    pub(super) place: Place,
    pub(super) past: Option<Resumption>,
}

/// What a session goes on from.
#[derive(Debug)]
pub(super) struct Resumption {
    /// Where on its timeline.
    pub(super) from: Position,
    /// What there was.
    pub(super) past: Past,
    /// That it is this node's.
    pub(super) claim: Claim,
}

impl Begun {
    /// Names the session: `sess_…`, or `rtc_…` for one that began as a call.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The call that will carry the session, so that it can be negotiated again.
    pub fn carried_by(&self, call: CallHandle) {
        self.place.carried_by(call);
    }
}

impl Live {
    /// Takes a place for a new session and settles its configuration.
    ///
    /// # Errors
    /// If there is no room, or the configuration is wrong.
    pub fn begin(&self, opening: Opening) -> Result<Begun, BeginError> {
        let kind = match opening.carrier {
            Carrier::WebSocket => "sess",
            Carrier::WebRtc => "rtc",
        };
        let id = format!("{kind}_{}", uuid::Uuid::now_v7().simple());
        let id = opening.seal.map_or(id.clone(), |seal| seal.put_on(&id));
        let expires = self.clock.now().plus(self.cap).seconds();
        let model = opening.model.unwrap_or_else(|| MODEL.to_owned());
        let expires = expires.try_into().unwrap_or(u64::MAX);
        let session = Session::new(id.clone(), model, "", expires);
        let session = self.settled(session, &opening.updates)?;
        let place = self
            .registry
            .enter(&id, &opening.account)
            .ok_or(BeginError::Full)?;
        Ok(Begun {
            id,
            account: opening.account,
            session,
            place,
            past: None,
        })
    }

    /// Takes up a session whose connection ended. One that is still connected here ends first.
    /// The configuration is the one it had, with what the request says on top.
    ///
    /// # Errors
    /// If there is no such session of this account, it cannot be resumed, there is no room, or the
    /// configuration is wrong.
    pub async fn resume(&self, id: &str, opening: Opening) -> Result<Begun, BeginError> {
        let Opening {
            account, updates, ..
        } = opening;
        if self.registry.is_live(id, &account) {
            // A request that is refused ends nobody's connection.
            let session = self.archive.configured(&account, id).await?;
            self.settled(session, &updates)?;
        }
        let place = self.registry.take_over(id, &account).await?;
        let orders = place.orders().clone();
        let begun = self.reopen(id, &account, &updates, place).await;
        if begun.is_err() && orders.hang_up.is_cancelled() {
            self.settle_hang_up(id, &account).await;
        }
        begun
    }

    /// Takes up a session that has no connection any more.
    async fn reopen(
        &self,
        id: &str,
        account: &AccountId,
        updates: &[SessionUpdate],
        place: Place,
    ) -> Result<Begun, BeginError> {
        let Reopened {
            part_number,
            from,
            away,
            session,
            items,
            silences,
            sent,
            claim,
            ..
        } = self.archive.reopen(account, id).await?;
        if from >= Position::ZERO + self.cap {
            let message = "the session has reached its longest duration";
            return Err(BeginError::NotResumable(message.to_owned()));
        }
        let past = Past {
            part: part_number,
            away,
            items,
            silences,
            sent,
        };
        Ok(Begun {
            id: id.to_owned(),
            account: account.clone(),
            session: self.settled(session, updates)?,
            place,
            past: Some(Resumption { from, past, claim }),
        })
    }

    /// The configuration with these updates, complete.
    fn settled(
        &self,
        mut session: Session,
        updates: &[SessionUpdate],
    ) -> Result<Session, ErrorBody> {
        for update in updates {
            session = session.merged(update, false)?;
        }
        casting::check(session.prompt.as_ref(), &self.cast, "session.prompt.id")?;
        if session.audio.output.voice.name().is_empty() {
            casting::give_voice(&mut session, &self.cast, self.default_client());
        }
        Ok(session)
    }
}
