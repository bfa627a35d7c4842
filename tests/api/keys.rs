//! Who may ask what: with which key, and whose sessions.

use reqwest::{RequestBuilder, Response, header};
use serde_json::{Value, json};

use praxiloom::archive::EndReason;

use crate::described::operations;
use crate::held::{another_account, begin, ms, talk};
use crate::server::{Running, client};

const TOKEN: &str = "a token that is long enough";

/// What a browser sends to open a WebSocket.
pub const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

async fn answer(request: RequestBuilder) -> Response {
    let mut request = request;
    for (name, value) in UPGRADE {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

async fn code(request: RequestBuilder) -> (u16, String) {
    code_of(answer(request).await).await
}

async fn code_of(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    let code = body["error"]["code"].as_str().unwrap_or_default();
    (status, code.to_owned())
}

#[tokio::test]
async fn every_route_asks_for_the_key_that_it_says() {
    let server = Running::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let client = client();
    for operation in operations() {
        let name = operation.name();
        let url = server.url(&operation.at("sess_none"));
        let ask = || client.request(operation.method.clone(), &url);
        let answer = answer(ask()).await;
        operation.hold(answer.status().as_u16(), answer.headers());
        let (status, refused) = code_of(answer).await;
        if !operation.takes("key") {
            assert!(status < 400, "{name}: {status} {refused}");
            continue;
        }
        assert_eq!(
            (status, refused.as_str()),
            (401, "missing_api_key"),
            "{name}"
        );
        let wrong = code(ask().bearer_auth("another token of this length")).await;
        assert_eq!(wrong, (401, "invalid_api_key".to_owned()), "{name}");
        assert!(operation.statuses().contains(&401), "{name}");
    }
}

/// The page holds the server's key for `/api`; a client secret begins a session and does no more.
#[tokio::test]
async fn a_client_secret_reaches_no_sessions() {
    let server = Running::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let client = client();
    let url = server.url("/v1/realtime/client_secrets");
    let issued = client.post(url).bearer_auth(TOKEN).json(&json!({}));
    let issued: Value = issued.send().await.unwrap().json().await.unwrap();
    let secret = issued["value"].as_str().unwrap();
    for operation in operations() {
        let path = operation.path.as_str();
        let begins = path == "/v1/realtime" || path.starts_with("/v1/realtime/calls");
        if !operation.takes("key") || begins || path == "/api/rtc" {
            continue;
        }
        let url = server.url(&operation.at("sess_none"));
        let request = client.request(operation.method.clone(), url);
        let refused = code(request.bearer_auth(secret)).await;
        assert_eq!(
            refused,
            (403, "forbidden".to_owned()),
            "{}",
            operation.name()
        );
    }
}

#[tokio::test]
async fn every_route_keeps_other_pages_out() {
    let server = Running::start(&[]).await;
    let client = client();
    for operation in operations() {
        let url = server.url(&operation.at("sess_none"));
        let request = client.request(operation.method.clone(), &url);
        let elsewhere = request.header(header::ORIGIN, "https://evil.example");
        let refused = code(elsewhere).await;
        assert_eq!(
            refused,
            (403, "origin_not_allowed".to_owned()),
            "{}",
            operation.name()
        );
        let request = client.request(operation.method.clone(), &url);
        let rebound = request.header(header::HOST, "evil.example");
        let refused = code(rebound).await;
        assert_eq!(
            refused,
            (421, "host_not_allowed".to_owned()),
            "{}",
            operation.name()
        );
    }
}

/// What another account holds is as if it were not there, by every route that names a session.
#[tokio::test]
async fn nobody_reaches_the_sessions_of_another() {
    let server = Running::start(&[]).await;
    let other = another_account(&server).await;
    let mut recorder = begin(&server, &other, "sess_other").await;
    talk(&mut recorder, 0);
    recorder.finish(ms(3000), EndReason::ByClient).await;
    server.app.archive.settled().await;
    let client = client();
    let mut asked = 0;
    for operation in operations() {
        if !operation.path.contains("{id}") {
            continue;
        }
        let url = server.url(&operation.at("sess_other"));
        let refused = code(client.request(operation.method.clone(), url)).await;
        assert_eq!(
            refused,
            (404, "not_found".to_owned()),
            "{}",
            operation.name()
        );
        assert!(operation.statuses().contains(&404), "{}", operation.name());
        asked += 1;
    }
    assert!(asked >= 9, "{asked}");
    let list = client
        .get(server.url("/api/sessions"))
        .send()
        .await
        .unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list, json!({"sessions": [], "next": null}));
    assert!(server.app.archive.parts(&other, "sess_other").await.is_ok());
}
