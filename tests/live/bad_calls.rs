//! Offers of calls that cannot be answered: each is refused with what is wrong, and takes no place.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bad_events::gone;
use crate::server::{Running, client};
use crate::socket::{Socket, serve};

const OFFER: &str = include_str!("../../signaling/src/webrtc/tests/chromium_offer.sdp");
const BOUNDARY: &str = "multipart/form-data; boundary=frontier";

fn post(server: &Running) -> RequestBuilder {
    client().post(server.url("/v1/realtime/calls"))
}

/// The status, code and parameter of a refusal.
async fn refused(request: RequestBuilder) -> (u16, String, Option<String>) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert!(text.len() < 2000, "the refusal is short: {}", text.len());
    let body: Value = serde_json::from_str(&text).unwrap();
    let error = &body["error"];
    let word = |name: &str| error[name].as_str().map(str::to_owned);
    assert!(word("message").is_some());
    (status, word("code").unwrap(), word("param"))
}

fn part(name: &str, body: &str) -> String {
    format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n")
}

#[tokio::test]
async fn offers_that_are_none_are_refused() {
    let server = serve(&[]).await;
    let mut healthy = Socket::open(&server).await;
    let sdp = |body: Vec<u8>| {
        post(&server)
            .header(CONTENT_TYPE, "application/sdp")
            .body(body)
    };
    let without = |start: &str| {
        let mut sections = OFFER.split("m=");
        let mut offer = sections.next().unwrap().to_owned();
        for section in sections.filter(|section| !section.starts_with(start)) {
            offer += "m=";
            offer += section;
        }
        offer.into_bytes()
    };
    for body in [
        Vec::new(),
        b"hello".to_vec(),
        b"v=0\r\n".to_vec(),
        OFFER.as_bytes()[..OFFER.len() / 2].to_vec(),
        OFFER.as_bytes()[..200].to_vec(),
        [b"v=0\r\n".to_vec(), vec![0; 4096]].concat(),
        without("audio"),
        without("application"),
        OFFER.replace("opus/48000/2", "PCMU/8000").into_bytes(),
        OFFER.replace("a=fingerprint", "a=nothing").into_bytes(),
    ] {
        let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let (status, code, param) = refused(sdp(body)).await;
        assert_eq!((status, code.as_str()), (400, "invalid_value"), "{start}");
        assert_eq!(param.as_deref(), Some("sdp"), "{start}");
    }
    let (status, ..) = refused(sdp(vec![0xff, 0xfe, 0x80])).await;
    assert_eq!(status, 400);
    let (status, code, _) = refused(sdp(vec![b'a'; 100_000])).await;
    assert_eq!((status, code.as_str()), (413, "body_too_large"));
    gone(&server, 1).await;
    healthy.is_well().await;
}

#[tokio::test]
async fn forms_that_are_none_are_refused() {
    let server = serve(&[]).await;
    let form = |body: String| post(&server).header(CONTENT_TYPE, BOUNDARY).body(body);
    let end = "--frontier--\r\n";
    let session = part("session", "{\"type\":\"realtime\"}");
    for (body, status, param) in [
        (session.clone() + end, 400, "sdp"),
        (part("sdp", "hello") + &session + end, 400, "sdp"),
        (part("sdp", OFFER) + &part("session", "{") + end, 400, ""),
        (
            part("sdp", OFFER)
                + &part(
                    "session",
                    "{\"type\":\"realtime\",\"prompt\":{\"id\":\"nobody\"}}",
                )
                + end,
            400,
            "session.prompt.id",
        ),
        (part("sdp", OFFER) + &part("sdp", OFFER) + end, 400, "sdp"),
        (
            part("sdp", OFFER) + &session + &session + end,
            400,
            "session",
        ),
        (part("sdp", OFFER), 400, "body"),
        ("nothing at all".to_owned(), 400, "body"),
        (String::new(), 400, "body"),
    ] {
        let start: String = body.chars().take(80).collect();
        let (given, _, named) = refused(form(body)).await;
        assert_eq!(given, status, "{start}");
        if !param.is_empty() {
            assert_eq!(named.as_deref(), Some(param), "{start}");
        }
    }
    for kind in ["text/plain", "application/json", "multipart/form-data"] {
        let request = post(&server).header(CONTENT_TYPE, kind).body(OFFER);
        let (status, ..) = refused(request).await;
        assert!([400, 415].contains(&status), "{kind}: {status}");
    }
    gone(&server, 0).await;
}

#[tokio::test]
async fn an_upload_that_crawls_is_given_up() {
    let server = serve(&[("PRAXILOOM_REQUEST_TIMEOUT_SECONDS", "1")]).await;
    let mut raw = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /v1/realtime/calls HTTP/1.1\r\nhost: {}\r\ncontent-type: {BOUNDARY}\r\n\
         content-length: 5000\r\n\r\n",
        server.address
    );
    raw.write_all(head.as_bytes()).await.unwrap();
    raw.write_all(part("sdp", "v=0").as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let read = tokio::time::timeout(Duration::from_secs(10), raw.read_exact(&mut answer)).await;
    read.expect("it waits for ever").unwrap();
    assert_eq!(answer, b"HTTP/1.1 504");
    Socket::open(&server).await.is_well().await;
    gone(&server, 1).await;
}
