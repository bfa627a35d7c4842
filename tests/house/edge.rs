//! The HTTP edge on real sockets: what it answers, whom it lets in, how it stops.

use std::time::Duration;

use praxiloom::app::{App, StartError};
use praxiloom::archive::sessions;
use praxiloom::clock::Clock;
use praxiloom::http::Edge;
use praxiloom::lifecycle::Stopped;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use crate::server::{NOON, Running, client, config, engines};

const TOKEN: &str = "a token that is long enough";
const SECRETS: &str = "/v1/realtime/client_secrets";

async fn error_code(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (
        status,
        body["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

#[tokio::test]
async fn answers_what_the_page_asks() {
    let server = Running::start(&[
        (
            "PRAXILOOM_WEBRTC_ICE_SERVERS",
            "stun:s.example,turn:t.example",
        ),
        ("PRAXILOOM_WEBRTC_TURN_USERNAME", "coach"),
        ("PRAXILOOM_WEBRTC_TURN_CREDENTIAL", "word"),
    ])
    .await;
    let client = client();
    let get = async |path: &str| client.get(server.url(path)).send().await.unwrap();
    let health: Value = get("/health").await.json().await.unwrap();
    assert_eq!(health["status"], "ok");
    let engines: Value = get("/api/engines").await.json().await.unwrap();
    assert_eq!(engines["llm"]["name"], "authored");
    assert_eq!(engines["stt"]["processor"], Value::Null);
    let clients: Value = get("/api/clients").await.json().await.unwrap();
    assert!(
        clients["clients"].as_array().unwrap().len() >= 2,
        "{clients}"
    );
    for field in [
        "id",
        "name",
        "who",
        "brings",
        "difficulty",
        "voice",
        "language",
        "portrait",
    ] {
        assert!(clients["clients"][0][field].is_string(), "{field}");
    }
    let rtc: Value = get("/api/rtc").await.json().await.unwrap();
    assert_eq!(
        rtc["ice_servers"],
        json!([
            {"urls": ["stun:s.example"]},
            {"urls": ["turn:t.example"], "username": "coach", "credential": "word"},
        ])
    );
    let metrics = get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("praxiloom_http_requests_total{route=\"/api/rtc\",status=\"200\"} 1"));
    assert!(metrics.contains("praxiloom_sessions_live{transport=\"webrtc\"} 0"));
    assert_eq!(
        error_code(get("/api/none").await).await,
        (404, "not_found".to_owned())
    );
    let put = client.put(server.url("/health")).send().await.unwrap();
    assert_eq!(
        error_code(put).await,
        (405, "method_not_allowed".to_owned())
    );
}

#[tokio::test]
async fn the_page_may_use_the_microphone_and_nothing_else() {
    let server = Running::start(&[]).await;
    let response = client().get(server.url("/")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-type").starts_with("text/html"));
    assert!(header("permissions-policy").contains("microphone=(self)"));
    assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
}

#[tokio::test]
async fn issues_secrets_that_expire() {
    let server = Running::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let client = client();
    let issue = async |key: &str, body: Value| {
        client
            .post(server.url(SECRETS))
            .bearer_auth(key)
            .json(&body)
            .send()
            .await
            .unwrap()
    };
    let lasting = json!({"expires_after": {"anchor": "created_at", "seconds": 60}});
    let issued: Value = issue(TOKEN, lasting).await.json().await.unwrap();
    let secret = issued["value"].as_str().unwrap();
    assert!(secret.starts_with("ek_"));
    assert_eq!(issued["expires_at"], NOON.seconds() + 60);
    assert_eq!(issued["session"]["object"], "realtime.session");
    assert_eq!(issued["session"]["audio"]["output"]["speed"], 1.0);

    let with_secret = async || {
        let request = client.get(server.url("/api/rtc")).bearer_auth(secret);
        request.send().await.unwrap()
    };
    assert_eq!(with_secret().await.status(), StatusCode::OK);
    let (status, code) = error_code(issue(secret, json!({})).await).await;
    assert_eq!((status, code.as_str()), (403, "forbidden"));
    server.clock.advance(Duration::from_secs(60));
    let (status, code) = error_code(with_secret().await).await;
    assert_eq!((status, code.as_str()), (401, "expired_client_secret"));
}

#[tokio::test]
async fn refuses_secrets_that_make_no_sense() {
    let server = Running::start(&[]).await;
    let post = |body: &str, kind: &'static str| {
        let request = client()
            .post(server.url(SECRETS))
            .header(header::CONTENT_TYPE, kind);
        request.body(body.to_owned()).send()
    };
    for (body, param) in [
        (
            r#"{"expires_after":{"anchor":"created_at","seconds":7201}}"#,
            json!("expires_after.seconds"),
        ),
        (
            r#"{"session":{"type":"translation"}}"#,
            json!("session.type"),
        ),
        (
            r#"{"session":{"type":"realtime","prompt":{"id":"nobody"}}}"#,
            json!("session.prompt.id"),
        ),
        (
            r#"{"session":{"type":"realtime","audio":{"output":{"speed":9}}}}"#,
            json!("session.audio.output.speed"),
        ),
        (r#"{"sesion":{}}"#, json!("sesion")),
        (r#"{"session":"#, Value::Null),
        ("[]", Value::Null),
    ] {
        let response = post(body, "application/json").await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["error"]["param"], param, "{body}");
        assert_eq!(answer["error"]["type"], "invalid_request_error");
    }
    let (status, code) = error_code(post("{}", "text/plain").await.unwrap()).await;
    assert_eq!((status, code.as_str()), (415, "unsupported_media_type"));
    let long = format!("{{\"session\":\"{}\"}}", "x".repeat(300_000));
    let (status, code) = error_code(post(&long, "application/json").await.unwrap()).await;
    assert_eq!((status, code.as_str()), (413, "body_too_large"));
    let nothing = client().post(server.url(SECRETS)).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::OK, "a body that says nothing");
}

#[tokio::test]
async fn issues_no_flood_of_secrets() {
    let server = Running::start(&[]).await;
    let client = client();
    let post = async || client.post(server.url(SECRETS)).send().await.unwrap();
    let mut response = post().await;
    for _ in 0..1000 {
        if response.status() != StatusCode::OK {
            break;
        }
        response = post().await;
    }
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    let (status, code) = error_code(response).await;
    assert_eq!((status, code.as_str()), (429, "too_many_client_secrets"));
}

#[tokio::test]
async fn what_a_killed_server_left_is_closed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = || App::start(config(folder.path(), &[]), Clock::set_to(NOON), engines());
    let first = start().await.unwrap();
    let left = sqlx::query(
        "INSERT INTO sessions (id, account_id, transport, engines, started_at, node)
         VALUES ('sess_left', $1, 'websocket', '{}', $2, 'a node that was killed')",
    );
    let left = left.bind(first.account.as_str()).bind(NOON.0);
    left.execute(first.db.pool()).await.unwrap();
    first.db.close().await;
    drop(first);
    let next = start().await.unwrap();
    let closed = async {
        loop {
            let row = sessions::find(next.db.of(&next.account), "sess_left").await;
            match row.unwrap().unwrap() {
                row if row.ended_at.is_some() => return row,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let row = tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .unwrap();
    assert_eq!(
        (row.ended_at, row.end_reason.as_deref()),
        (Some(NOON.0), Some("lost"))
    );
}

#[tokio::test]
async fn on_loopback_any_bearer_will_do() {
    let server = Running::start(&[]).await;
    for key in ["anything", "ek_never_issued"] {
        let request = client().post(server.url(SECRETS)).bearer_auth(key);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::OK,
            "{key}"
        );
    }
}

#[tokio::test]
async fn with_a_token_nobody_else_comes_in() {
    let server = Running::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    let client = client();
    for path in ["/metrics", "/api/rtc"] {
        let without = client.get(server.url(path)).send().await.unwrap();
        assert_eq!(
            error_code(without).await,
            (401, "missing_api_key".to_owned())
        );
        for key in ["a token that is long enougH", "ek_never_issued"] {
            let wrong = client
                .get(server.url(path))
                .bearer_auth(key)
                .send()
                .await
                .unwrap();
            assert_eq!(error_code(wrong).await, (401, "invalid_api_key".to_owned()));
        }
        let right = client
            .get(server.url(path))
            .bearer_auth(TOKEN)
            .send()
            .await
            .unwrap();
        assert_eq!(right.status(), StatusCode::OK);
    }
    assert_eq!(
        client
            .get(server.url("/health"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn other_pages_are_kept_out() {
    let server = Running::start(&[("PRAXILOOM_ORIGINS", "https://app.example")]).await;
    let client = client();
    let from = async |origin: &str| {
        let request = client
            .post(server.url(SECRETS))
            .header(header::ORIGIN, origin);
        request.send().await.unwrap()
    };
    assert_eq!(
        error_code(from("https://evil.example").await).await.1,
        "origin_not_allowed"
    );
    assert_eq!(from(&server.url("")).await.status(), StatusCode::OK);
    let allowed = from("https://app.example").await;
    assert_eq!(
        allowed.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://app.example"
    );
    let exposed = allowed.headers()[header::ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .unwrap();
    for header in ["location", "content-range", "etag"] {
        assert!(exposed.contains(header), "{exposed}");
    }
    let preflight = client
        .request(Method::OPTIONS, server.url(SECRETS))
        .header(header::ORIGIN, "https://app.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            "authorization,x-stainless-os",
        );
    let preflight = preflight.send().await.unwrap();
    assert!(preflight.status().is_success());
    let headers = preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS]
        .to_str()
        .unwrap();
    assert!(headers.contains("x-stainless-os"));
    let rebound = client
        .get(server.url("/"))
        .header(header::HOST, "evil.example");
    assert_eq!(
        error_code(rebound.send().await.unwrap()).await.1,
        "host_not_allowed"
    );
}

#[tokio::test]
async fn stops_when_told() {
    let server = Running::start(&[]).await;
    let (address, app) = (server.address, server.app.clone());
    assert_eq!(server.stop().await, Stopped::Drained);
    assert!(!app.lifecycle.is_open());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_sqlite_database_has_one_server() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = format!("sqlite:{}", one.path().join("shared/p.db").display());
    let given: [(&str, &str); 1] = [("PRAXILOOM_DATABASE_URL", &url)];
    let start = |data| App::start(config(data, &given), Clock::system(), engines());
    let first = start(one.path()).await.unwrap();
    let refused = start(other.path()).await;
    assert!(
        matches!(
            &refused,
            Err(StartError::InUse {
                setting: "database.url",
                ..
            })
        ),
        "{:?}",
        refused.err()
    );
    first.lifecycle.stop(std::future::pending()).await;
    drop(first);
    start(other.path()).await.unwrap();
}

#[tokio::test]
async fn a_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let start = || App::start(config(folder.path(), &[]), Clock::system(), engines());
    let first = start().await.unwrap();
    assert!(matches!(start().await, Err(StartError::InUse { .. })));
    first.lifecycle.stop(std::future::pending()).await;
    drop(first);
    start().await.unwrap();
}

#[tokio::test]
async fn speaks_tls_with_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let server =
        Running::start(&[("PRAXILOOM_TLS_CERT", &cert), ("PRAXILOOM_TLS_KEY", &key)]).await;
    drop(client()); // Installs the cryptography that both sides use.
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([trusted])
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/health", server.address.port());
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response
            .headers()
            .contains_key(header::STRICT_TRANSPORT_SECURITY)
    );

    std::fs::write(path("key.pem"), "not a key").unwrap();
    let variables = [
        ("PRAXILOOM_TLS_CERT", cert.as_str()),
        ("PRAXILOOM_TLS_KEY", key.as_str()),
    ];
    let other = tempfile::tempdir().unwrap();
    let config = config(other.path(), &variables);
    let app = App::start(config, Clock::system(), engines())
        .await
        .unwrap();
    let error = Edge::bind(&app).await.unwrap_err().to_string();
    assert!(error.contains("server.tls_key"), "{error}");
}

#[tokio::test]
async fn what_is_no_http_is_turned_away() {
    let server = Running::start(&[]).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"\r\n\r\n\0\0\0\0",
    ] {
        let mut socket = tokio::net::TcpStream::connect(server.address)
            .await
            .unwrap();
        socket.write_all(bytes).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        let first = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || first.starts_with("HTTP/1.1 4"),
            "{first}"
        );
    }
    let healthy = client().get(server.url("/health")).send().await.unwrap();
    assert_eq!(healthy.status(), StatusCode::OK);
}

#[tokio::test]
async fn metrics_say_whether_the_machine_keeps_pace() {
    let server = Running::start(&[]).await;
    let client = client();
    let shown = async || {
        let page = client.get(server.url("/metrics")).send().await.unwrap();
        let page = page.text().await.unwrap();
        let mut lines = page.lines().map(str::to_owned);
        lines.find_map(|line| Some(line.strip_prefix("praxiloom_strained ")?.to_owned()))
    };
    assert_eq!(shown().await.as_deref(), Some("0"));
    let strain = server.app.live.strain();
    (0..512).for_each(|_| strain.note(Duration::from_millis(11)));
    let until = Instant::now() + Duration::from_secs(20);
    while shown().await.as_deref() != Some("1") {
        assert!(Instant::now() < until);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
