//! The one error body of the HTTP edge, in the shape that clients of OpenAI's API read:
//! `{"error": {"message", "type", "code", "param"}}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use signaling::event::{ErrorBody, ErrorKind};
use utoipa::ToSchema;

use crate::db::DbError;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No key came with the request, and one is needed. 401 `missing_api_key`.
    #[error("no API key came with the request: send it as `Authorization: Bearer …`")]
    NoKey,
    /// The key is not one of ours. 401 `invalid_api_key`.
    #[error("the API key is not known here")]
    WrongKey,
    /// The client secret has expired. 401 `expired_client_secret`.
    #[error("the client secret has expired: ask for another one")]
    ExpiredSecret,
    /// The ticket is for nothing here, or no longer. 401 `invalid_ticket`.
    #[error("the ticket is not for this session, or has expired: ask for another one")]
    WrongTicket,
    /// The caller may not do this. 403 `forbidden`.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The page that sent the request comes from elsewhere. 403 `origin_not_allowed`.
    #[error("pages of this origin may not call the server: see server.origins")]
    WrongOrigin,
    /// The request names a host that this server is not. 421 `host_not_allowed`.
    #[error("the server does not answer to this host name: see server.public_url")]
    WrongHost,
    /// Something in the request is wrong. 400 `invalid_value`.
    #[error("{message}")]
    Invalid {
        /// Which parameter, as a path into the body.
        param: Option<String>,
        /// What is wrong with it.
        message: String,
    },
    /// The protocol refuses it, in its own words. 400, or 429 or 500 by its kind.
    #[error(transparent)]
    Protocol(#[from] ErrorBody),
    /// There is nothing here. 404 `not_found`.
    #[error("there is nothing at this address")]
    NotFound,
    /// No such call is live here: it ended, or another node has it. 404 `not_found`.
    #[error("no such call is live at this server: go on with its session by `?resume=`")]
    NoCall,
    /// There is no such call, or it has ended already. 404 `not_found`.
    #[error(
        "there is no such call, or it has ended already, for good: there is nothing left to hang up"
    )]
    NothingToHangUp,
    /// The session is over for good, or its connection does not let go of it. 409
    /// `session_not_resumable`.
    #[error("the session cannot be resumed: {0}")]
    NotResumable(String),
    /// The session has a connection that does not end. 409 `session_live`.
    #[error("the session is live, and cannot be ended from here: try again later")]
    StillLive,
    /// There is a session, but nothing of it was recorded. 404 `not_recorded`.
    #[error("nothing of this session was recorded")]
    NotRecorded,
    /// What was recorded of a session cannot be read. 500 `recording_unreadable`.
    #[error("the recording cannot be read: the server's disk of recordings fails")]
    Unreadable(#[source] std::io::Error),
    /// What a killed server left of a session cannot be finished until its disk is written to again.
    /// 503 `disk_unavailable`.
    #[error("the server's disk of recordings is full or may not be written to: try again later")]
    Unwritable(#[source] std::io::Error),
    /// It is not done with this method. 405 `method_not_allowed`.
    #[error("this address does not take this method")]
    WrongMethod,
    /// A condition of the request does not hold. 412 `precondition_failed`.
    #[error("it is not what it was any more")]
    Changed,
    /// The body is longer than allowed. 413 `body_too_large`.
    #[error("the body is longer than this server takes")]
    TooLarge,
    /// The body is of a type not taken here. 415 `unsupported_media_type`.
    #[error("the body must be {0}")]
    WrongType(&'static str),
    /// The range lies beyond the end, or is none. 416 `range_not_satisfiable`.
    #[error("there is nothing in this range")]
    WrongRange,
    /// As many sessions are live as may be. 429 `too_many_sessions`.
    #[error("as many sessions are live as this server takes: try again later")]
    TooManySessions,
    /// The account asked for too many client secrets in a short time. 429
    /// `too_many_client_secrets`.
    #[error("too many client secrets were asked for: try again in a moment")]
    TooManySecrets,
    /// The account asked for too many tickets in a short time. 429 `too_many_tickets`.
    #[error("too many tickets were asked for: try again in a moment")]
    TooManyTickets,
    /// The server is stopping. 503 `server_stopping`.
    #[error("the server is stopping: try again in a moment")]
    Stopping,
    /// The answer took too long. 504 `timeout`.
    #[error("the answer took too long")]
    TimedOut,
    /// The database failed. 503 `database_unavailable` if it is locked, away or without a disk, else
    /// 500 `internal_error`.
    #[error("{}", words(.0))]
    Database(#[from] DbError),
    /// Something else failed on the server; the words are for the log alone. 500
    /// `internal_error`.
    #[error("the server failed")]
    Internal(&'static str),
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Error {
    /// What is wrong.
    error: Described,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ErrorDescription)]
struct Described {
    /// One sentence for a person.
    message: String,
    /// Whose fault it is.
    #[schema(example = "invalid_request_error")]
    r#type: &'static str,
    /// What a program branches on.
    #[schema(example = "not_found")]
    code: String,
    /// Which parameter is wrong, as a path into the body.
    #[schema(required)]
    param: Option<String>,
}

impl HttpError {
    /// A parameter is wrong.
    pub fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            param: Some(param.into()),
            message: message.into(),
        }
    }

    /// The disk of recordings refused what a session needs to go on: for as long as it takes nothing,
    /// or for good.
    #[must_use]
    pub fn disk(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | ReadOnlyFilesystem => Self::Unwritable(error),
            _ => Self::Unreadable(error),
        }
    }

    /// Status and `code`.
    #[must_use]
    pub fn code(&self) -> (StatusCode, &str) {
        match self {
            Self::Protocol(error) => {
                let status = match error.kind {
                    ErrorKind::InvalidRequestError => StatusCode::BAD_REQUEST,
                    ErrorKind::RateLimitError => StatusCode::TOO_MANY_REQUESTS,
                    ErrorKind::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
                };
                (status, error.code.as_deref().unwrap_or("invalid_value"))
            }
            Self::NoKey => (StatusCode::UNAUTHORIZED, "missing_api_key"),
            Self::WrongKey => (StatusCode::UNAUTHORIZED, "invalid_api_key"),
            Self::ExpiredSecret => (StatusCode::UNAUTHORIZED, "expired_client_secret"),
            Self::WrongTicket => (StatusCode::UNAUTHORIZED, "invalid_ticket"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::WrongOrigin => (StatusCode::FORBIDDEN, "origin_not_allowed"),
            Self::WrongHost => (StatusCode::MISDIRECTED_REQUEST, "host_not_allowed"),
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_value"),
            Self::NotFound | Self::NoCall | Self::NothingToHangUp => {
                (StatusCode::NOT_FOUND, "not_found")
            }
            Self::NotResumable(_) => (StatusCode::CONFLICT, "session_not_resumable"),
            Self::StillLive => (StatusCode::CONFLICT, "session_live"),
            Self::NotRecorded => (StatusCode::NOT_FOUND, "not_recorded"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Changed => (StatusCode::PRECONDITION_FAILED, "precondition_failed"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::WrongType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::WrongRange => (StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable"),
            Self::TooManySessions => (StatusCode::TOO_MANY_REQUESTS, "too_many_sessions"),
            Self::TooManySecrets => (StatusCode::TOO_MANY_REQUESTS, "too_many_client_secrets"),
            Self::TooManyTickets => (StatusCode::TOO_MANY_REQUESTS, "too_many_tickets"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "server_stopping"),
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
            Self::Database(error) if error.is_passing() => {
                (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable")
            }
            Self::Unwritable(_) => (StatusCode::SERVICE_UNAVAILABLE, "disk_unavailable"),
            Self::Unreadable(_) => (StatusCode::INTERNAL_SERVER_ERROR, "recording_unreadable"),
            Self::Database(_) | Self::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
            }
        }
    }

    /// `type`: whose fault it is, in OpenAI's words.
    const fn kind(&self) -> &'static str {
        match self {
            Self::TooManySessions | Self::TooManySecrets | Self::TooManyTickets => {
                "rate_limit_error"
            }
            Self::Protocol(ErrorBody {
                kind: ErrorKind::RateLimitError,
                ..
            }) => "rate_limit_error",
            Self::Protocol(ErrorBody {
                kind: ErrorKind::ServerError,
                ..
            }) => "server_error",
            Self::Stopping
            | Self::TimedOut
            | Self::Database(_)
            | Self::Unreadable(_)
            | Self::Unwritable(_)
            | Self::Internal(_) => "server_error",
            _ => "invalid_request_error",
        }
    }

    /// After how many seconds another try is worth it.
    fn retry_after(&self) -> Option<u16> {
        match self {
            Self::Database(error) if error.is_passing() => Some(2),
            Self::TooManySessions => Some(30),
            Self::TooManySecrets | Self::TooManyTickets => Some(1),
            Self::Stopping | Self::Unwritable(_) => Some(5),
            _ => None,
        }
    }
}

/// What is said of a database that failed: not what the database says.
fn words(error: &DbError) -> &'static str {
    match error.is_passing() {
        true if error.is_full() => "the disk of the database is full: try again later",
        true => "the database does not answer: try again in a moment",
        false => "the server failed",
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        match &self {
            Self::Database(error) if error.is_passing() => {
                tracing::warn!(%error, "a request waited for the database in vain");
            }
            Self::Database(error) => tracing::error!(%error, "a request failed"),
            Self::Unwritable(error) => tracing::warn!(%error, "a session waits for the disk"),
            Self::Unreadable(error) => tracing::error!(%error, "a recording cannot be read"),
            Self::Internal(error) => tracing::error!(error, "a request failed"),
            _ => {}
        }
        let (status, code) = self.code();
        let param = match &self {
            Self::Invalid { param, .. } => param.clone(),
            Self::Protocol(error) => error.param.clone(),
            _ => None,
        };
        let error = Described {
            message: self.to_string(),
            r#type: self.kind(),
            code: code.to_owned(),
            param,
        };
        let mut response = (status, Json(Error { error })).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(error: HttpError) -> serde_json::Value {
        let body = error.into_response().into_body();
        serde_json::from_slice(&axum::body::to_bytes(body, 4096).await.unwrap()).unwrap()
    }

    #[test]
    fn a_disk_that_takes_nothing_is_waited_for_and_one_that_fails_is_not() {
        use std::io::ErrorKind;
        for (kind, status, code, wait) in [
            (ErrorKind::StorageFull, 503, "disk_unavailable", Some(5)),
            (ErrorKind::QuotaExceeded, 503, "disk_unavailable", Some(5)),
            (
                ErrorKind::ReadOnlyFilesystem,
                503,
                "disk_unavailable",
                Some(5),
            ),
            (
                ErrorKind::PermissionDenied,
                500,
                "recording_unreadable",
                None,
            ),
            (ErrorKind::Other, 500, "recording_unreadable", None),
        ] {
            let error = HttpError::disk(kind.into());
            assert_eq!(error.retry_after(), wait);
            assert_eq!((error.code().0.as_u16(), error.code().1), (status, code));
        }
    }

    #[tokio::test]
    async fn has_the_shape_that_clients_read() {
        let error = HttpError::invalid("session.type", "must be `realtime`");
        let expected = serde_json::json!({"error": {
            "message": "must be `realtime`",
            "type": "invalid_request_error",
            "code": "invalid_value",
            "param": "session.type",
        }});
        assert_eq!(body(error).await, expected);
    }

    #[tokio::test]
    async fn keeps_what_failed_inside_to_itself() {
        let error = HttpError::from(DbError::Stored("account 7".to_owned()));
        let body = body(error).await.to_string();
        assert!(!body.contains("account 7"), "{body}");
        assert!(body.contains("server_error"));
    }

    #[test]
    fn says_when_to_come_back() {
        let response = HttpError::Stopping.into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        let response = HttpError::NoKey.into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_no_failure_of_the_server() {
        let away = || HttpError::from(DbError::Query(sqlx::Error::PoolTimedOut));
        let response = away().into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let body = body(away()).await;
        assert_eq!(body["error"]["code"], "database_unavailable");
        assert_eq!(body["error"]["type"], "server_error");
        let broken = HttpError::from(DbError::Query(sqlx::Error::RowNotFound));
        assert_eq!(broken.code().1, "internal_error");
    }
}
