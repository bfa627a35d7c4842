//! Every status that a route says it answers with is provoked, and looks as it is described.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use praxiloom::app::App;
use praxiloom::archive::EndReason;
use praxiloom::http::router;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, IF_MATCH, IF_NONE_MATCH, RANGE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tower::ServiceExt;

use crate::described::{Operation, operations};
use crate::held::{begin, hold, ms};
use crate::keys::UPGRADE;
use crate::server::{Running, client};

/// What the edge answers whatever the route: in `keys`, or when something breaks.
const EVERYWHERE: [u16; 6] = [401, 403, 421, 500, 503, 504];
/// Provoked by what holds a call from both ends, in `tests/live`.
const ELSEWHERE: [(&str, u16); 4] = [
    ("post /v1/realtime/calls/{id}", 200),
    ("post /v1/realtime/calls/{id}", 400),
    ("post /v1/realtime/calls", 409),
    ("get /v1/realtime", 409),
];

/// Longer than anything takes on a machine that is busy.
const LONG: Duration = Duration::from_secs(60);

const SDP: &str = "application/sdp";
const OFFER: &str = include_str!("../../signaling/src/webrtc/tests/chromium_offer.sdp");

/// The routes, and which of their statuses were seen.
struct Walk {
    server: Running,
    client: reqwest::Client,
    operations: Vec<Operation>,
    seen: BTreeSet<(String, u16)>,
}

impl Walk {
    async fn start(variables: &[(&str, &str)]) -> Self {
        Self {
            server: Running::start(variables).await,
            client: client(),
            operations: operations(),
            seen: BTreeSet::new(),
        }
    }

    /// A request by an operation's name, for the session `id`, with this query.
    fn ask(&self, name: &str, id: &str, query: &str) -> RequestBuilder {
        let operation = self.operation(name);
        let url = self.server.url(&format!("{}{query}", operation.at(id)));
        self.client.request(operation.method.clone(), url)
    }

    fn operation(&self, name: &str) -> &Operation {
        let mut operations = self.operations.iter();
        let found = operations.find(|operation| operation.name() == name);
        found.expect(name)
    }

    /// Sends it, and holds the answer to its description.
    async fn expect(&mut self, name: &str, status: u16, request: RequestBuilder) -> Response {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{name}");
        self.saw(name, status, response.headers());
        response
    }

    fn saw(&mut self, name: &str, status: u16, headers: &HeaderMap) {
        let operation = self.operation(name);
        let described = &operation.described["responses"][status.to_string()];
        assert!(
            !described.is_null(),
            "{name} does not say that it answers {status}"
        );
        operation.hold(status, headers);
        let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
        let kinds = described["content"].as_object();
        match (kind, kinds) {
            (None, None) => {}
            (Some(kind), Some(kinds)) => {
                let plain = kind.trim_end_matches("; charset=utf-8");
                let known = kinds.contains_key(kind) || kinds.contains_key(plain);
                assert!(known, "{name} {status}: {kind}");
            }
            // An answer without a body may still say what it would be.
            (kind, _) => assert!(status == 200, "{name} {status}: {kind:?}"),
        }
        self.seen.insert((name.to_owned(), status));
    }

    async fn refused(&mut self, name: &str, status: u16, request: RequestBuilder) {
        let response = self.expect(name, status, request).await;
        let body: Value = response.json().await.unwrap();
        let error = &body["error"];
        for member in ["message", "type", "code"] {
            assert!(error[member].is_string(), "{name} {status}: {body}");
        }
    }
}

#[tokio::test]
async fn every_described_status_is_answered_as_described() {
    let mut walk = Walk::start(&[("PRAXILOOM_LIVE_MAX_SESSIONS", "1")]).await;
    hold(&walk.server, "sess_1").await;
    sessions(&mut walk).await;
    sound(&mut walk).await;
    for name in [
        "get /api/clients",
        "get /api/engines",
        "get /api/openapi.json",
        "get /api/rtc",
        "get /health",
        "get /metrics",
    ] {
        let request = walk.ask(name, "", "");
        walk.expect(name, 200, request).await;
    }
    realtime(&mut walk).await;
    floods(&mut walk).await;
    let name = "delete /api/sessions/{id}";
    // Recorded by nobody whom the server could tell to end.
    let recorder = begin(&walk.server, &walk.server.app.account, "sess_2").await;
    let request = walk.ask(name, "sess_2", "");
    walk.refused(name, 409, request).await;
    recorder.finish(ms(0), EndReason::ByClient).await;
    // Nothing can be moved there.
    let trash = walk.server.app.config.archive.folder.join(".trash");
    // What came to nothing may still be on its way out of it.
    let until = Instant::now() + LONG;
    while let Err(error) = std::fs::remove_dir(&trash) {
        assert!(Instant::now() < until, "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::fs::write(&trash, "").unwrap();
    let request = walk.ask(name, "sess_1", "");
    walk.expect(name, 202, request).await;
    std::fs::remove_file(&trash).unwrap();
    std::fs::create_dir(&trash).unwrap();
    for (status, id) in [(204, "sess_1"), (404, "sess_1")] {
        let request = walk.ask(name, id, "");
        walk.expect(name, status, request).await;
    }
    stopping(&mut walk).await;

    let elsewhere = ELSEWHERE.map(|(name, status)| (name.to_owned(), status));
    let promised: BTreeSet<_> = walk
        .operations
        .iter()
        .flat_map(|operation| {
            let statuses = operation.statuses().into_iter();
            statuses.map(|status| (operation.name(), status))
        })
        .filter(|(_, status)| !EVERYWHERE.contains(status))
        .filter(|promise| !elsewhere.contains(promise))
        .collect();
    let never: Vec<_> = promised.difference(&walk.seen).collect();
    assert!(never.is_empty(), "described, but never answered: {never:?}");
}

async fn sessions(walk: &mut Walk) {
    for (name, query) in [
        ("get /api/sessions", "?limit=0"),
        ("get /api/sessions/{id}/events", "?part=0"),
        ("get /api/sessions/{id}/transcript", "?format=pdf"),
        ("get /api/sessions/{id}/peaks", "?points=0"),
        ("get /api/sessions/{id}/audio", "?download=maybe"),
        ("get /api/sessions/{id}/audio/coach", "?download=maybe"),
        ("get /api/sessions/{id}/audio/client", "?download=maybe"),
    ] {
        let request = walk.ask(name, "sess_1", "");
        walk.expect(name, 200, request).await;
        let request = walk.ask(name, "sess_1", query);
        walk.refused(name, 400, request).await;
        if name.contains("{id}") {
            let request = walk.ask(name, "sess_none", "");
            walk.refused(name, 404, request).await;
        }
    }
    for name in [
        "get /api/sessions/{id}",
        "get /api/sessions/{id}/engines",
        "post /api/sessions/{id}/ticket",
    ] {
        let request = walk.ask(name, "sess_1", "");
        walk.expect(name, 200, request).await;
        let request = walk.ask(name, "sess_none", "");
        walk.refused(name, 404, request).await;
    }
    let name = "get /api/sessions/{id}/transcript";
    for accept in ["text/vtt", "application/x-subrip", "text/plain"] {
        let request = walk.ask(name, "sess_1", "").header(ACCEPT, accept);
        walk.expect(name, 200, request).await;
    }
    let name = "get /api/sessions/{id}/events";
    let request = walk
        .ask(name, "sess_1", "")
        .header(ACCEPT, "application/x-ndjson");
    walk.expect(name, 200, request).await;
}

async fn sound(walk: &mut Walk) {
    for name in [
        "get /api/sessions/{id}/audio",
        "get /api/sessions/{id}/audio/coach",
        "get /api/sessions/{id}/audio/client",
    ] {
        let request = walk.ask(name, "sess_1", "").header(RANGE, "bytes=0-9");
        let part = walk.expect(name, 206, request).await;
        let request = walk.ask(name, "sess_1", "");
        let request = request.header(IF_NONE_MATCH, &part.headers()["etag"]);
        walk.expect(name, 304, request).await;
        let request = walk.ask(name, "sess_1", "").header(IF_MATCH, "\"other\"");
        walk.refused(name, 412, request).await;
        let request = walk
            .ask(name, "sess_1", "")
            .header(RANGE, "bytes=999999999-");
        walk.refused(name, 416, request).await;
    }
}

async fn realtime(walk: &mut Walk) {
    let (socket, call) = ("get /v1/realtime", "post /v1/realtime/calls");
    let upgrade = |walk: &Walk, query| {
        let request = walk.ask(socket, "", query);
        UPGRADE.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    };
    let offer = |walk: &Walk, query, body: &str| {
        let request = walk.ask(call, "", query).header(CONTENT_TYPE, SDP);
        request.body(body.to_owned())
    };
    let request = upgrade(walk, "?intent=transcription");
    walk.refused(socket, 400, request).await;
    let request = upgrade(walk, "?resume=sess_none");
    walk.refused(socket, 404, request).await;
    let request = offer(walk, "", "none");
    walk.refused(call, 400, request).await;
    let request = offer(walk, "?resume=sess_none", OFFER);
    walk.refused(call, 404, request).await;
    for name in [call, "post /v1/realtime/calls/{id}"] {
        let live = match name == call {
            true => None,
            false => {
                let request = offer(walk, "", OFFER);
                Some(walk.expect(call, 201, request).await)
            }
        };
        let location = live
            .as_ref()
            .map(|live| live.headers()["location"].to_str().unwrap());
        let id = location
            .and_then(|location| location.rsplit('/').next())
            .unwrap_or_default();
        let request = walk.ask(name, id, "").header(CONTENT_TYPE, SDP);
        walk.refused(name, 413, request.body("a".repeat(100_000)))
            .await;
        let request = walk.ask(name, id, "").header(CONTENT_TYPE, "text/plain");
        walk.refused(name, 415, request.body("none")).await;
        if let Some(live) = &live {
            assert_eq!(live.status(), 201);
            // The one place is taken.
            let request = upgrade(walk, "");
            walk.refused(socket, 429, request).await;
            let request = offer(walk, "", OFFER);
            walk.refused(call, 429, request).await;
            let name = "post /v1/realtime/calls/{id}/hangup";
            let request = walk.ask(name, id, "");
            walk.expect(name, 200, request).await;
            // From then on there is no such call.
            for name in ["post /v1/realtime/calls/{id}", name] {
                let request = walk.ask(name, id, "").header(CONTENT_TYPE, SDP);
                walk.refused(name, 404, request.body(OFFER)).await;
            }
        }
    }
    for name in [
        "post /v1/realtime/calls/{id}",
        "post /v1/realtime/calls/{id}/hangup",
    ] {
        let request = walk.ask(name, "rtc_none", "").header(CONTENT_TYPE, SDP);
        walk.refused(name, 404, request.body(OFFER)).await;
    }
    let request = upgrade(walk, "");
    walk.expect(socket, 101, request).await;
}

async fn floods(walk: &mut Walk) {
    let name = "post /v1/realtime/client_secrets";
    let request = walk.ask(name, "", "");
    walk.expect(name, 200, request).await;
    for (status, kind, body) in [
        (400, "application/json", "[]".to_owned()),
        (413, "application/json", "x".repeat(300_000)),
        (415, "text/plain", "{}".to_owned()),
    ] {
        let request = walk.ask(name, "", "").header(CONTENT_TYPE, kind).body(body);
        walk.refused(name, status, request).await;
    }
    let (account, clock) = (&walk.server.app.account, &walk.server.app.clock);
    while walk.server.app.allowances.take(account, clock.steady()) {}
    for name in [name, "post /api/sessions/{id}/ticket"] {
        let request = walk.ask(name, "sess_1", "");
        walk.refused(name, 429, request).await;
    }
}

/// What a server that stops answers to those who come in before its doors are shut.
async fn stopping(walk: &mut Walk) {
    let app: Arc<App> = walk.server.app.clone();
    app.lifecycle.stop(std::future::pending()).await;
    for name in ["get /health", "get /v1/realtime", "post /v1/realtime/calls"] {
        let path = walk.operation(name).path.clone();
        let mut request = Request::builder().uri(path);
        if name == "post /v1/realtime/calls" {
            request = request.method(Method::POST).header(CONTENT_TYPE, SDP);
        }
        for (name, value) in UPGRADE {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::from(OFFER)).unwrap();
        let upgrade = hyper::upgrade::on(&mut request);
        request.extensions_mut().insert(upgrade);
        let response = router(&app).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 503, "{name}");
        let headers = response.headers().clone();
        walk.saw(name, 503, &headers);
    }
}
