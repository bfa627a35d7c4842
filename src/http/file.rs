//! An open file as an answer: whole or in part, by RFC 9110, with this edge's errors.
//!
//! tower-http knows ranges and conditions. It asks for files by their paths; here it is given the
//! one that is open, of which only what there is now counts: a recording may grow.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::{Ready, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, ReadBuf, Take};
use tower_http::services::fs::{Backend, File as Served, Metadata, ServeDir};

use super::error::HttpError;

/// What a request asks of a file: `Range` and every condition.
#[derive(Clone, Debug)]
pub struct Wanted {
    method: Method,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self {
            method: parts.method.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Wanted {
    /// Which of these files the caller goes on reading (`If-Range`), if any.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub async fn known(&self, files: Vec<File>) -> Result<Option<File>, HttpError> {
        let Some(known) = self.headers.get(header::IF_RANGE) else {
            return Ok(None);
        };
        for file in files {
            let open = Open::new(file)?;
            if is_tagged(&open, known).await? {
                return Ok(Arc::into_inner(open.file));
            }
        }
        Ok(None)
    }

    /// Whether the caller goes on reading.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.headers.contains_key(header::IF_RANGE)
    }

    /// Answers with the file, or as much of it as is wanted. Several ranges at once are answered with
    /// all of it.
    ///
    /// # Errors
    ///
    /// If the range or a condition is not met, or the disk fails.
    pub async fn of(mut self, file: File, kind: &'static str) -> Result<Response, HttpError> {
        let file = Open::new(file)?;
        self.plain_range(file.about.bytes);
        if let Some(known) = self.headers.remove(header::IF_RANGE)
            // Only an entity tag is sure: a recording grows several times in a second.
            && !is_tagged(&file, &known).await?
        {
            self.headers.remove(header::RANGE);
        }
        let mut response = ask(&file, self.method, self.headers).await?;
        let refused = match response.status() {
            StatusCode::PRECONDITION_FAILED => HttpError::Changed,
            StatusCode::RANGE_NOT_SATISFIABLE => HttpError::WrongRange,
            _ => {
                let headers = response.headers_mut();
                if headers.contains_key(header::CONTENT_TYPE) {
                    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                }
                return Ok(response);
            }
        };
        let mut answer = refused.into_response();
        for name in [header::CONTENT_RANGE, header::ETAG] {
            if let Some(value) = response.headers().get(&name) {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        Ok(answer)
    }
}

impl Wanted {
    /// Leaves out a range that does not count (RFC 9110, 14.2), and spells one that does so that
    /// tower-http understands it.
    fn plain_range(&mut self, bytes: u64) {
        let Some(range) = self.headers.remove(header::RANGE) else {
            return;
        };
        if self.method == Method::GET
            && let Some(plain) = range.to_str().ok().and_then(|range| plain(range, bytes))
            && let Ok(plain) = HeaderValue::try_from(plain)
        {
            self.headers.insert(header::RANGE, plain);
        }
    }
}

/// The one range of a file of so many bytes that this asks for (RFC 9110, 14.1.2), within what
/// numbers hold; `None` if it asks for several, or is no valid one.
fn plain(range: &str, bytes: u64) -> Option<String> {
    let (unit, set) = range.split_once('=')?;
    // A list may have empty elements (5.6.1).
    let mut ranges = set.split(',').map(str::trim).filter(|one| !one.is_empty());
    let (Some(one), None) = (ranges.next(), ranges.next()) else {
        return None;
    };
    let (first, last) = one.split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !is_number(first) || !is_number(last) {
        return None;
    }
    // What no number holds is beyond the end of every file.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    match (first, last) {
        ("", "") => None,
        ("", last) if number(last) > bytes && bytes > 0 => Some("bytes=0-".to_owned()),
        ("", last) => Some(format!("bytes=-{}", number(last))),
        (first, "") => Some(format!("bytes={}-", number(first))),
        (first, last) if number(first) > number(last) => None,
        (first, last) => Some(format!("bytes={}-{}", number(first), number(last))),
    }
}

/// Whether this is the entity tag of the file.
async fn is_tagged(file: &Open, tag: &HeaderValue) -> Result<bool, HttpError> {
    let now = ask(file, Method::HEAD, HeaderMap::new()).await?;
    Ok(now.headers().get(header::ETAG) == Some(tag))
}

async fn ask(file: &Open, method: Method, headers: HeaderMap) -> Result<Response, HttpError> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    let mut service = ServeDir::with_backend("", file.clone())
        .append_index_html_on_directories(false)
        .ignore_multi_range_requests(true);
    let response = service.try_call(request).await.map_err(unreadable)?;
    Ok(response.map(Body::new))
}

fn unreadable(error: io::Error) -> HttpError {
    tracing::warn!(%error, "a file could not be read");
    HttpError::Internal("a file could not be read")
}

/// The file, wherever it is asked for.
#[derive(Clone, Debug)]
struct Open {
    file: Arc<File>,
    about: About,
}

#[derive(Clone, Copy, Debug)]
struct About {
    bytes: u64,
    modified: SystemTime,
}

impl Open {
    fn new(file: File) -> Result<Self, HttpError> {
        let about = file.metadata().map_err(unreadable)?;
        let about = About {
            bytes: about.len(),
            modified: about.modified().map_err(unreadable)?,
        };
        Ok(Self {
            file: Arc::new(file),
            about,
        })
    }
}

impl Metadata for About {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.modified)
    }

    fn len(&self) -> u64 {
        self.bytes
    }
}

impl Backend for Open {
    type File = Beginning;
    type Metadata = About;
    type OpenFuture = Ready<io::Result<Beginning>>;
    type MetadataFuture = Ready<io::Result<About>>;

    fn open(&self, _: PathBuf) -> Self::OpenFuture {
        ready(self.file.try_clone().map(|file| Beginning {
            file: tokio::fs::File::from_std(file).take(self.about.bytes),
            about: self.about,
        }))
    }

    fn metadata(&self, _: PathBuf) -> Self::MetadataFuture {
        ready(Ok(self.about))
    }
}

/// As much of a file as counts.
#[derive(Debug)]
struct Beginning {
    file: Take<tokio::fs::File>,
    about: About,
}

impl Served for Beginning {
    type Metadata = About;
    type MetadataFuture<'a> = Ready<io::Result<About>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.about))
    }
}

impl AsyncRead for Beginning {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(cx, out)
    }
}

impl AsyncSeek for Beginning {
    fn start_seek(mut self: Pin<&mut Self>, place: SeekFrom) -> io::Result<()> {
        Pin::new(self.file.get_mut()).start_seek(place)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let done = Pin::new(self.file.get_mut()).poll_complete(cx);
        if let Poll::Ready(Ok(at)) = done {
            let left = self.about.bytes.saturating_sub(at);
            self.file.set_limit(left);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_range_that_counts_is_plain() {
        const BEYOND: &str = "18446744073709551616";
        for (asked, expected) in [
            ("bytes=0-3", Some("bytes=0-3")),
            ("Bytes=0-3", Some("bytes=0-3")),
            ("bytes=,0-3", Some("bytes=0-3")),
            ("bytes= , 5- ,", Some("bytes=5-")),
            ("bytes=-3", Some("bytes=-3")),
            ("bytes=-0", Some("bytes=-0")),
            ("bytes=-101", Some("bytes=0-")),
            (&format!("bytes=-{BEYOND}"), Some("bytes=0-")),
            (
                &format!("bytes=4-{BEYOND}"),
                Some("bytes=4-18446744073709551615"),
            ),
            (
                &format!("bytes={BEYOND}-"),
                Some("bytes=18446744073709551615-"),
            ),
            ("bytes=5-2", None),
            ("bytes=-", None),
            ("bytes=", None),
            ("bytes=,", None),
            ("bytes=a-b", None),
            ("bytes=--3", None),
            ("bytes=+1-3", None),
            ("bytes=1 -3", None),
            ("bytes=0-1,3-4", None),
            ("items=0-3", None),
            ("0-3", None),
        ] {
            assert_eq!(plain(asked, 100).as_deref(), expected, "{asked}");
        }
        assert_eq!(plain("bytes=-3", 0).as_deref(), Some("bytes=-3"));
    }
}
