//! `GET /api/sessions/{id}` and `DELETE /api/sessions/{id}`: one session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::shapes::{Session, SessionStatus};
use super::{PRIVATE, find};
use crate::app::App;
use crate::archive::{DeleteError, Deletion};
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::Id;

/// One session, with its parts.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}",
    tag = "sessions",
    operation_id = "get_session",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`")),
    responses(
        (status = 200, description = "The session", body = Session),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
    )
)]
pub async fn read(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
) -> Result<impl IntoResponse, HttpError> {
    let session = find(&app, &holder.account, &id).await?;
    let parts = match session.status {
        // Nothing of it can be read any more.
        SessionStatus::Deleting => Vec::new(),
        _ => app.archive.parts(&holder.account, &id).await?,
    };
    Ok(([PRIVATE], Json(session.with(parts)?)))
}

/// Deletes a session with everything that belongs to it. One that is live is hung up first.
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    tag = "sessions",
    operation_id = "delete_session",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`")),
    responses(
        (status = 202, description = "It will be gone: its files cannot be removed now, such as on a disk that may not be written to. That is tried again every half minute, also after a restart, until it is done; until then the session is listed as `deleting`, and nothing of it can be read", body = Session),
        (status = 204, description = "It is gone, and cannot be had back"),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
        (status = 409, description = "`session_live`: its connection does not end, or is at another node", body = Error),
        (status = 503, description = "`database_unavailable`: it is as it was, but for its files where the disk of the database is full", body = Error),
    )
)]
pub async fn delete(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
) -> Result<Response, HttpError> {
    let account = &holder.account;
    find(&app, account, &id).await?;
    let was_live = app.live.registry().is_live(&id, account);
    if was_live {
        // A session that could not be deleted afterwards is not hung up either.
        app.archive.takes_changes().await?;
        // Should it not end, the archive says so.
        app.live.registry().end(&id, account).await;
    }
    match app.archive.delete(account, &id).await {
        Ok(Deletion::Done) => return Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Deletion::Begun) => {}
        // Of a call that had not come about nothing is kept.
        Err(DeleteError::NotFound) if was_live => {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Err(error) => return Err(error.into()),
    }
    match find(&app, account, &id).await {
        Ok(session) => Ok((StatusCode::ACCEPTED, [PRIVATE], Json(session)).into_response()),
        // It could be removed meanwhile.
        Err(HttpError::NotFound) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(error) => Err(error),
    }
}

impl From<DeleteError> for HttpError {
    fn from(error: DeleteError) -> Self {
        match error {
            DeleteError::NotFound => Self::NotFound,
            DeleteError::Live => Self::StillLive,
            DeleteError::Database(error) => Self::Database(error),
        }
    }
}
