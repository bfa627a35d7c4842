//! `GET /api/sessions`: the list, latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shapes::{Session, SessionPage};
use crate::app::App;
use crate::archive::sessions;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::Params;

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// How many at most.
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u32,
    /// What the page before gave as `next`.
    before: Option<String>,
}

const fn usual() -> u32 {
    20
}

/// The account's sessions, latest first.
#[utoipa::path(
    get,
    path = "/api/sessions",
    tag = "sessions",
    operation_id = "list_sessions",
    security(("key" = [])),
    params(Asked),
    responses(
        (status = 200, description = "One page of them", body = SessionPage),
        (status = 400, description = "`invalid_value`", body = Error),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    holder: Holder,
    Params(asked): Params<Asked>,
) -> Result<Json<SessionPage>, HttpError> {
    if !(1..=sessions::PAGE).contains(&asked.limit) {
        let message = format!("must be from 1 to {}", sessions::PAGE);
        return Err(HttpError::invalid("limit", message));
    }
    let after = match &asked.before {
        None => None,
        Some(before) => {
            let unknown = || HttpError::invalid("before", "is no `next` of this list");
            let found = sessions::find(app.db.of(&holder.account), before).await?;
            Some(found.ok_or_else(unknown)?)
        }
    };
    let limit = asked.limit as usize;
    let mut rows = sessions::list(app.db.of(&holder.account), after.as_ref()).await?;
    let more = rows.len() > limit || rows.len() == sessions::PAGE as usize;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    let sessions = rows
        .into_iter()
        .map(|row| Session::of(row, &app))
        .collect::<Result<_, _>>()?;
    Ok(Json(SessionPage { sessions, next }))
}
