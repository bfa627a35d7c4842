//! `GET /api/openapi.json`: every route of the router, described as OpenAPI 3.1.
//!
//! A route and its description are one thing (`routes!`), so neither can be without the other.
//! What holds for every route, such as the errors of the edge, is added here.

mod headers;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use super::error::Error;
use super::sessions::audio::Sound;

/// The whole document, as it is served.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().into());

#[derive(OpenApi)]
#[openapi(
    info(
        title = "praxiloom",
        description = "A real-time voice trainer for coaches. `/v1/realtime…` is OpenAI's Realtime API, \
            so that its clients work unmodified; `/api/…` is what the page asks besides. Without \
            `server.access_token` no key is needed.",
    ),
    servers((url = "/")),
    tags(
        (name = "realtime", description = "Live sessions, by the protocol of OpenAI's Realtime API"),
        (name = "sessions", description = "Sessions that were held: what was said, and how it sounded"),
        (name = "practice", description = "What the page asks before a session"),
        (name = "server", description = "The state of the server"),
    ),
    components(schemas(Error, Sound)),
)]
struct Base;

/// What holds for every route.
struct Edge;

/// The document as text, with a line break at its end.
#[must_use]
pub fn document() -> String {
    let mut document = Base::openapi();
    document.merge(super::described());
    Edge.modify(&mut document);
    // Nothing in it can fail to be written; if it did, the test of this document would tell.
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "server",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub async fn openapi() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, DOCUMENT.clone())
}

impl Modify for Edge {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "`server.access_token`, or a client secret (`ek_…`) where one will do",
            ))
            .build();
        let ticket = ApiKeyValue::with_description(
            "ticket",
            "for `<audio>`, which sends no headers: `POST /api/sessions/{id}/ticket`",
        );
        for (name, scheme) in [
            ("key", SecurityScheme::Http(key)),
            ("ticket", SecurityScheme::ApiKey(ApiKey::Query(ticket))),
        ] {
            components.add_security_scheme(name, scheme);
        }
        for (status, description) in EVERYWHERE {
            let content = Content::new(Some(Ref::from_schema_name("Error")));
            let mut response = ResponseBuilder::new()
                .description(*description)
                .content("application/json", content)
                .build();
            headers::describe(status, false, &mut response);
            components
                .responses
                .insert(name_of(status), response.into());
        }
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            operations.into_iter().flatten().for_each(refusals);
        }
    }
}

/// What the edge itself answers, whatever the route.
const EVERYWHERE: &[(&str, &str)] = &[
    (
        "401",
        "No key, or none that is known here: `missing_api_key`, `invalid_api_key`, `expired_client_secret`",
    ),
    (
        "403",
        "A page of another origin: `origin_not_allowed`. A client secret where the server's key is \
            needed, or that was issued for another session: `forbidden`",
    ),
    (
        "421",
        "The server is not known by this host name: `host_not_allowed`",
    ),
    (
        "500",
        "Something failed on the server: `internal_error`; its disk of recordings: `recording_unreadable`",
    ),
    (
        "503",
        "The database is locked, away or without room: `database_unavailable`, or the disk of recordings \
            takes nothing: `disk_unavailable`; with `Retry-After`",
    ),
    ("504", "The answer took too long: `timeout`"),
];

/// Adds them to a route, but for those that it describes itself, and to all that it answers the headers
/// that come with it.
fn refusals(operation: &mut Operation) {
    let open = operation
        .security
        .as_ref()
        .is_some_and(|needed| needed.iter().all(|one| *one == Default::default()));
    for (status, _) in EVERYWHERE {
        // What anybody may ask needs neither a key nor the database.
        if ["401", "503"].contains(status) && open {
            continue;
        }
        operation
            .responses
            .responses
            .entry((*status).to_owned())
            .or_insert_with(|| Ref::from_response_name(name_of(status)).into());
    }
    let responses = &mut operation.responses.responses;
    let is_file = responses.contains_key("206");
    for (status, response) in responses {
        // The state of the server is no refusal.
        if let RefOr::T(response) = response
            && !(status == "503" && open)
        {
            headers::describe(status, is_file, response);
        }
    }
}

fn name_of(status: &str) -> String {
    let name = match status {
        "401" => "Unauthorized",
        "403" => "Forbidden",
        "421" => "Misdirected",
        "500" => "Failed",
        "503" => "Unavailable",
        _ => "TimedOut",
    };
    name.to_owned()
}
