//! `POST /api/sessions/{id}/ticket`: lets an `<audio>` element read one session's sound.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::accounts::tickets::Admission;
use crate::app::App;
use crate::db::AccountId;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::{Id, Params};

/// How long a ticket is good: longer than the longest session takes to hear.
const LIFETIME: Duration = Duration::from_secs(3 * 3600);

/// What lets an `<audio>` element, which sends no headers, read one session's sound.
#[derive(Serialize, ToSchema)]
pub struct Ticket {
    /// For `?ticket=` on the session's audio routes.
    ticket: String,
    /// Until when it is good, in milliseconds since 1970.
    expires_at_ms: i64,
}

/// A ticket for this session's audio: an `<audio>` element sends no headers, but takes an address.
#[utoipa::path(
    post,
    path = "/api/sessions/{id}/ticket",
    tag = "sessions",
    operation_id = "create_ticket",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`")),
    responses(
        (status = 200, description = "The ticket, told this once", body = Ticket),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
        (status = 429, description = "`too_many_tickets`", body = Error),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
) -> Result<Json<Ticket>, HttpError> {
    let account = &holder.account;
    if !app.live.registry().is_live(&id, account) {
        let session = app.archive.find(account, &id).await?;
        let session = session.filter(|row| row.deleted_at.is_none());
        session.ok_or(HttpError::NotFound)?;
    }
    if !app.allowances.take(&holder.account, app.clock.steady()) {
        return Err(HttpError::TooManyTickets);
    }
    let expires_at = app.clock.now().plus(LIFETIME);
    let admission = Admission {
        account: holder.account,
        session: id,
        expires_at,
    };
    let ticket = app.issued.ticket(admission, rand::random()).await;
    Ok(Json(Ticket {
        ticket: ticket.into_exposed(),
        expires_at_ms: expires_at.0.div_euclid(1000),
    }))
}

/// Who may hear a session: a holder of the key, or of a ticket for it.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Whose data they reach.
    pub account: AccountId,
    /// The session that the address names.
    pub session: String,
}

#[derive(Deserialize)]
struct Shown {
    ticket: Option<String>,
}

impl FromRequestParts<Arc<App>> for Listener {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, HttpError> {
        let Id(session) = Id::from_request_parts(parts, app).await?;
        let Params(shown) = Params::<Shown>::from_request_parts(parts, app).await?;
        let Some(ticket) = shown.ticket else {
            let Holder { account } = Holder::from_request_parts(parts, app).await?;
            return Ok(Self { account, session });
        };
        let admission = app.issued.admission(&ticket).await?;
        let good = |admission: &Admission| {
            admission.session == session && admission.expires_at > app.clock.now()
        };
        let Admission { account, .. } = admission.filter(good).ok_or(HttpError::WrongTicket)?;
        Ok(Self { account, session })
    }
}
