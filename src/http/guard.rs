//! Keeps other people's pages out: a request must name this server, and come from a page of its
//! own or from one that the settings allow.
//!
//! A server on loopback trusts whoever reaches it, and every page in the person's browser does:
//! by a request across origins (the `Origin` header tells), or by a host name that was made to
//! point at 127.0.0.1 (DNS rebinding; the `Host` header tells). Programs send no `Origin`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::error::HttpError;
use crate::app::App;
use crate::config::{Origin, Origins, Server, is_local_name};

/// Lets a request through, or refuses it.
pub async fn guard(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    check(&app.config.server, request.headers(), request.uri())?;
    Ok(next.run(request).await)
}

/// Whether pages of this origin may read answers, for CORS.
pub fn allows(server: &Server, origin: &Origin) -> bool {
    match &server.origins {
        Origins::Any => true,
        Origins::Listed(listed) => {
            listed.contains(origin) || server.public_url.as_ref() == Some(origin)
        }
    }
}

fn check(server: &Server, headers: &HeaderMap, uri: &Uri) -> Result<(), HttpError> {
    let host = host(headers, uri)?;
    if server.is_local()
        && let Some(host) = &host
        && !is_local_name(host.host())
        && !is_public(server, host)
    {
        return Err(HttpError::WrongHost);
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin: Option<Origin> = origin.to_str().ok().and_then(|origin| origin.parse().ok());
    let same = |origin: &Origin| {
        let host = host.as_ref();
        host.is_some_and(|host| origin.authority().eq_ignore_ascii_case(host.as_str()))
    };
    match origin {
        Some(origin) if same(&origin) || allows(server, &origin) => Ok(()),
        _ => Err(HttpError::WrongOrigin),
    }
}

/// The host that a request names: in `Host`, or from HTTP/2 on in the address itself.
fn host(headers: &HeaderMap, uri: &Uri) -> Result<Option<Authority>, HttpError> {
    let Some(host) = headers.get(header::HOST) else {
        return Ok(uri.authority().cloned());
    };
    let parsed = Authority::try_from(host.as_bytes());
    parsed.map(Some).map_err(|_| HttpError::WrongHost)
}

fn is_public(server: &Server, host: &Authority) -> bool {
    let public = server.public_url.as_ref();
    public.is_some_and(|url| url.authority().eq_ignore_ascii_case(host.as_str()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn server(variables: &[(&str, &str)]) -> Server {
        let variables = variables.iter();
        let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let arguments = ["praxiloom", "serve"].map(OsString::from);
        crate::config::ask(arguments, variables, "")
            .unwrap()
            .config
            .server
    }

    fn code(server: &Server, host: &str, origin: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        match check(server, &headers, &Uri::from_static("/")) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.code().1.to_owned(),
        }
    }

    #[test]
    fn a_local_server_answers_to_local_names_alone() {
        let server = server(&[]);
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LOCALHOST",
            "[::1]:8080",
            "a.localhost",
        ] {
            assert_eq!(code(&server, host, None), "ok", "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
        ] {
            assert_eq!(code(&server, host, None), "host_not_allowed", "{host}");
        }
    }

    #[test]
    fn other_pages_are_kept_out() {
        let server = server(&[]);
        let at = "127.0.0.1:8080";
        assert_eq!(code(&server, at, Some("http://127.0.0.1:8080")), "ok");
        for origin in [
            "https://evil.example",
            "http://127.0.0.1:9999",
            "null",
            "",
            "http://localhost:8080",
        ] {
            assert_eq!(
                code(&server, at, Some(origin)),
                "origin_not_allowed",
                "{origin}"
            );
        }
    }

    #[test]
    fn the_settings_let_pages_in() {
        let token = ("PRAXILOOM_ACCESS_TOKEN", "a token that is long enough");
        let behind_proxy = server(&[token, ("PRAXILOOM_PUBLIC_URL", "https://coach.example")]);
        assert_eq!(
            code(
                &behind_proxy,
                "coach.example",
                Some("https://coach.example")
            ),
            "ok"
        );
        assert_eq!(
            code(
                &behind_proxy,
                "127.0.0.1:8080",
                Some("https://coach.example")
            ),
            "ok"
        );
        let listed = server(&[("PRAXILOOM_ORIGINS", "https://app.example")]);
        assert_eq!(
            code(&listed, "localhost", Some("https://app.example")),
            "ok"
        );
        assert_eq!(
            code(&listed, "localhost", Some("https://app.example.evil")),
            "origin_not_allowed"
        );
        let any = server(&[token, ("PRAXILOOM_ORIGINS", "*")]);
        assert_eq!(
            code(&any, "localhost", Some("https://anywhere.example")),
            "ok"
        );
    }
}
