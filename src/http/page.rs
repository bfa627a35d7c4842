//! The page: the built front end, carried in the binary.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::Embed;

use super::error::HttpError;

/// What `npm run build` made; a debug build reads it from the folder at run time.
#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";

/// Files whose names change with their content.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <title>praxiloom</title><h1>praxiloom is running</h1>\
    <p>This binary carries no page: build it with <code>make run</code>, or \
    <code>npm ci &amp;&amp; npm run build</code> in <code>web</code> before \
    <code>cargo build</code>.</p>\
    <p>The Realtime API is at <code>/v1/realtime</code>, the state at \
    <a href=\"/health\">/health</a>.</p>";

/// A file of the page; its front for every address that is no file and no part of the API.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, HttpError> {
    let path = uri.path().trim_start_matches('/');
    if ["api", "v1"]
        .iter()
        .any(|api| path.split('/').next() == Some(api))
    {
        return Err(HttpError::NotFound);
    }
    if method != Method::GET && method != Method::HEAD {
        return Err(HttpError::WrongMethod);
    }
    if let Some(file) = built(path) {
        return Ok(answer(path, file, &headers));
    }
    let is_file = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'));
    if is_file {
        return Err(HttpError::NotFound);
    }
    Ok(match built(INDEX) {
        Some(file) => answer(INDEX, file, &headers),
        None => (StatusCode::OK, Html(NOT_BUILT)).into_response(),
    })
}

/// A file and the hash of its content.
struct File {
    data: Cow<'static, [u8]>,
    hash: [u8; 32],
}

fn built(path: &str) -> Option<File> {
    let file = Built::get(path)?;
    Some(File {
        hash: file.metadata.sha256_hash(),
        data: file.data,
    })
}

fn answer(path: &str, file: File, headers: &HeaderMap) -> Response {
    let tag: String = file
        .hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{tag}\"");
    let keep = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known.filter_map(|value| value.to_str().ok());
    let unchanged = known
        .flat_map(|value| value.split(','))
        .any(|value| value.trim().trim_start_matches("W/") == tag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let mut response = Response::new(Body::from(file.data));
        if let Ok(kind) = HeaderValue::try_from(with_charset(kind.as_ref())) {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn with_charset(kind: &str) -> String {
    if kind.starts_with("text/") {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> File {
        File {
            data: b"body"[..].into(),
            hash: [7; 32],
        }
    }

    async fn asked(method: Method, path: &str) -> Result<Response, HttpError> {
        page(method, path.parse().unwrap(), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn every_address_shows_the_front_but_files_and_the_api() {
        let front = asked(Method::GET, "/session/new").await.unwrap();
        assert_eq!(front.status(), StatusCode::OK);
        let kind = front.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(kind.starts_with("text/html"));
        for path in [
            "/missing.js",
            "/api/missing",
            "/v1",
            "/../Cargo.toml",
            "/..%2fCargo.toml",
        ] {
            let refused = asked(Method::GET, path).await;
            assert!(matches!(refused, Err(HttpError::NotFound)), "{path}");
        }
        let refused = asked(Method::POST, "/").await;
        assert!(matches!(refused, Err(HttpError::WrongMethod)));
    }

    #[test]
    fn files_are_kept_as_long_as_their_names_promise() {
        let kept =
            |path| answer(path, file(), &HeaderMap::new()).headers()[header::CACHE_CONTROL].clone();
        assert_eq!(kept("index.html"), "no-cache");
        assert!(
            kept("assets/app-1a2b.js")
                .to_str()
                .unwrap()
                .contains("immutable")
        );
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let first = answer("a.css", file(), &HeaderMap::new());
        assert_eq!(
            first.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(
            answer("a.css", file(), &headers).status(),
            StatusCode::NOT_MODIFIED
        );
        headers.insert(header::IF_NONE_MATCH, "W/\"other\"".parse().unwrap());
        assert_eq!(answer("a.css", file(), &headers).status(), StatusCode::OK);
    }
}
