//! `/api/sessions…`: the sessions that an account held, for replay and review.

pub mod audio;
pub mod engines;
pub mod events;
pub mod list;
mod log;
mod name;
pub mod one;
pub mod peaks;
mod shapes;
pub mod ticket;
pub mod transcript;

use axum::http::{HeaderName, HeaderValue, header};

use crate::app::App;
use crate::archive::ReadError;
use crate::archive::sessions::SessionRow;
use crate::db::AccountId;
use crate::http::error::HttpError;
use shapes::Session;

/// What was said is nobody else's, and is not to be kept on the way.
const PRIVATE: (HeaderName, HeaderValue) = (
    header::CACHE_CONTROL,
    HeaderValue::from_static("private, no-store"),
);

/// The answer depends on what is asked for.
const VARY: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("accept"));

/// A session of this account, as the list has it.
async fn find(app: &App, account: &AccountId, id: &str) -> Result<Session, HttpError> {
    let row = app.archive.find(account, id).await?;
    let mut found = told(app, row.into_iter().collect()).await?;
    found.pop().ok_or(HttpError::NotFound)
}

/// Sessions as the list has them.
async fn told(app: &App, rows: Vec<SessionRow>) -> Result<Vec<Session>, HttpError> {
    let standings = app.archive.standings(&rows).await;
    let rows = rows.into_iter().zip(standings);
    rows.map(|(row, standing)| Session::of(row, standing, app))
        .collect()
}

impl From<ReadError> for HttpError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::NotFound,
            ReadError::NotRecorded => Self::NotRecorded,
            ReadError::Database(error) => Self::Database(error),
            ReadError::Disk(error) => Self::Unreadable(error),
        }
    }
}
