//! The sound of a session: whole and in ranges (RFC 9110), and by a ticket.

use std::time::Duration;

use media::record::TrackReader;
use praxiloom::archive::EndReason;
use praxiloom::lifecycle::Stopped;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;

use crate::held::{begin, go_on, hold, ms, talk};
use crate::server::{NOON, Running, client};

const TOKEN: &str = "a token that is long enough";
const AUDIO: &str = "/api/sessions/sess_1/audio";

async fn ask(server: &Running, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = client().get(server.url(path));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

fn text<'a>(response: &'a Response, name: &header::HeaderName) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn both_voices_come_in_one_file() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    go_on(&server, "sess_1").await;
    let whole = ask(&server, AUDIO, &[(header::ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(
        text(&whole, &header::CONTENT_TYPE),
        "audio/ogg; codecs=opus"
    );
    assert_eq!(text(&whole, &header::ACCEPT_RANGES), "bytes");
    assert_eq!(text(&whole, &header::CONTENT_ENCODING), "");
    assert_eq!(text(&whole, &header::CACHE_CONTROL), "private, no-store");
    let length = whole.content_length().unwrap();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, length);
    // OpusHead (RFC 7845, 5.1): version, channels, …, mapping family, streams, coupled, mapping.
    let head = bytes
        .windows(8)
        .position(|eight| eight == b"OpusHead")
        .unwrap();
    assert_eq!(bytes[head + 9], 2);
    assert_eq!(bytes[head + 18..head + 23], [1, 2, 0, 0, 1]);
    let named = ask(&server, &format!("{AUDIO}/coach?download"), &[]).await;
    assert_eq!(
        text(&named, &header::CONTENT_DISPOSITION),
        "attachment; filename=\"Session with Maya 2026-11-21 12.00, coach.opus\""
    );
}

#[tokio::test]
async fn a_voice_alone_is_on_the_timeline_of_the_session() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    go_on(&server, "sess_1").await;
    for voice in ["coach", "client"] {
        let bytes = ask(&server, &format!("{AUDIO}/{voice}"), &[]).await;
        let bytes = bytes.bytes().await.unwrap();
        let mut track = TrackReader::new(&bytes[..]).unwrap();
        let mut packets = 0;
        while track.next_packet().unwrap().is_some() {
            packets += 1;
        }
        assert!(packets >= 300, "{voice}: {packets}");
        let end = track.end();
        assert!(end >= ms(66_000) && end <= ms(66_020), "{voice}: {end:?}");
    }
}

#[tokio::test]
async fn a_range_is_what_was_asked_for() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    for path in [AUDIO.to_owned(), format!("{AUDIO}/coach")] {
        let whole = ask(&server, &path, &[]).await;
        let tag = text(&whole, &header::ETAG).to_owned();
        let all = whole.bytes().await.unwrap();
        let last = all.len() - 1;
        for (range, from, to) in [
            ("bytes=0-99", 0, 99),
            ("bytes=100-", 100, last),
            ("bytes=-50", last - 49, last),
            ("bytes=10-999999999", 10, last),
            ("bytes=-999999999", 0, last),
            ("bytes=-18446744073709551616", 0, last),
            ("bytes=10-18446744073709551616", 10, last),
            ("bytes=,0-3", 0, 3),
        ] {
            let part = ask(&server, &path, &[(header::RANGE, range)]).await;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{range}");
            let expected = format!("bytes {from}-{to}/{}", all.len());
            assert_eq!(text(&part, &header::CONTENT_RANGE), expected, "{range}");
            assert_eq!(text(&part, &header::ETAG), tag);
            assert_eq!(text(&part, &header::CONTENT_TYPE), "audio/ogg; codecs=opus");
            assert_eq!(part.bytes().await.unwrap(), all[from..=to], "{range}");
        }
        for range in [
            "bytes=999999999-",
            "bytes=18446744073709551616-",
            "bytes=-0",
        ] {
            let none = ask(&server, &path, &[(header::RANGE, range)]).await;
            assert_eq!(none.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
            let expected = format!("bytes */{}", all.len());
            assert_eq!(text(&none, &header::CONTENT_RANGE), expected, "{range}");
            let body: Value = none.json().await.unwrap();
            assert_eq!(body["error"]["code"], "range_not_satisfiable");
        }
        for range in ["items=0-5", "bytes=5-2", "bytes=x", "bytes=0-9,20-29"] {
            let whole = ask(&server, &path, &[(header::RANGE, range)]).await;
            assert_eq!(whole.status(), StatusCode::OK, "{range}");
            assert_eq!(whole.bytes().await.unwrap(), all, "{range}");
        }
    }
}

const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

#[tokio::test]
async fn conditions_hold() {
    let server = Running::start(&[]).await;
    hold(&server, "sess_1").await;
    let first = ask(&server, AUDIO, &[]).await;
    let tag = text(&first, &header::ETAG).to_owned();
    let date = text(&first, &header::LAST_MODIFIED).to_owned();
    let range = (header::RANGE, "bytes=0-9");
    for (condition, status) in [
        ((header::IF_RANGE, tag.as_str()), 206),
        ((header::IF_RANGE, "\"other\""), 200),
        ((header::IF_RANGE, date.as_str()), 200),
        ((header::IF_MATCH, tag.as_str()), 206),
        ((header::IF_MATCH, "\"other\""), 412),
        ((header::IF_UNMODIFIED_SINCE, date.as_str()), 206),
        ((header::IF_UNMODIFIED_SINCE, LONG_AGO), 412),
        ((header::IF_NONE_MATCH, tag.as_str()), 304),
        ((header::IF_NONE_MATCH, "\"other\""), 206),
    ] {
        let (name, value) = &condition;
        let answer = ask(&server, AUDIO, &[range.clone(), condition.clone()]).await;
        assert_eq!(answer.status(), status, "{name}: {value}");
    }
    let changed = ask(&server, AUDIO, &[(header::IF_MATCH, "\"other\"")]).await;
    let body: Value = changed.json().await.unwrap();
    assert_eq!(body["error"]["code"], "precondition_failed");
    let request = client().request(Method::HEAD, server.url(AUDIO));
    let head = request.header(header::RANGE, "bytes=0-9").send();
    let head = head.await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(text(&head, &header::ETAG), tag);
    assert_eq!(
        text(&head, &header::CONTENT_LENGTH),
        text(&first, &header::CONTENT_LENGTH)
    );
    assert!(head.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_live_session_is_heard_up_to_now() {
    let server = Running::start(&[]).await;
    let mut recorder = begin(&server, &server.app.account, "sess_1").await;
    talk(&mut recorder, 0);
    let mut heard = ms(0);
    for _ in 0..500 {
        let answer = ask(&server, &format!("{AUDIO}/coach"), &[]).await;
        if answer.status() == StatusCode::OK {
            let bytes = answer.bytes().await.unwrap();
            if let Ok(mut track) = TrackReader::new(&bytes[..]) {
                while track.next_packet().unwrap().is_some() {}
                heard = track.end();
            }
        }
        if heard >= ms(2400) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(heard >= ms(2400), "{heard:?}");
    let both = ask(&server, AUDIO, &[]).await;
    assert_eq!(both.status(), StatusCode::OK);
    let mut tag = text(&both, &header::ETAG).to_owned();
    let mut first = both.bytes().await.unwrap();
    assert!(first.starts_with(b"OggS"));
    // Who reads it piece by piece goes on with the same file, although there is more by now.
    let again = async |tag: &str| {
        let headers = [(header::RANGE, "bytes=100-199"), (header::IF_RANGE, tag)];
        let piece = ask(&server, AUDIO, &headers).await;
        assert_eq!(piece.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(text(&piece, &header::ETAG), tag);
        piece.bytes().await.unwrap()
    };
    for round in 1..4 {
        talk(&mut recorder, round * 3000);
        let (newer, bytes) = loop {
            let newer = ask(&server, AUDIO, &[]).await;
            let now = text(&newer, &header::ETAG).to_owned();
            if now != tag {
                break (now, newer.bytes().await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert_eq!(again(&tag).await, first[100..200]);
        assert_eq!(again(&newer).await, bytes[100..200]);
        (tag, first) = (newer, bytes);
    }
    let unknown = [
        (header::RANGE, "bytes=100-199"),
        (header::IF_RANGE, "\"1-2\""),
    ];
    let whole = ask(&server, AUDIO, &unknown).await;
    assert_eq!(whole.status(), StatusCode::OK);
    recorder.finish(ms(12_000), EndReason::ServerStopped).await;
    assert_eq!(server.stop().await, Stopped::Drained);
}

async fn ticket(server: &Running, id: &str) -> Value {
    let url = server.url(&format!("/api/sessions/{id}/ticket"));
    let response = client().post(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(&response, &header::CACHE_CONTROL), "no-store");
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_ticket_is_for_the_sound_of_one_session_and_for_a_while() {
    let server = Running::start(&[("PRAXILOOM_ACCESS_TOKEN", TOKEN)]).await;
    hold(&server, "sess_1").await;
    hold(&server, "sess_2").await;
    let now = server.clock.now().0 / 1000;
    let issued = ticket(&server, "sess_1").await;
    assert_eq!(issued["expires_at_ms"], now + 3 * 3_600_000);
    let ticket = issued["ticket"].as_str().unwrap();
    let with = async |path: &str, ticket: &str| {
        let path = format!("/api/sessions/{path}?ticket={ticket}");
        let response = ask(&server, &path, &[]).await;
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap_or_default();
        (
            status,
            body["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    };
    for path in ["sess_1/audio", "sess_1/audio/coach", "sess_1/audio/client"] {
        assert_eq!(with(path, ticket).await, (200, String::new()), "{path}");
    }
    let unknown = (401, "invalid_ticket".to_owned());
    assert_eq!(with("sess_2/audio", ticket).await, unknown);
    assert_eq!(with("sess_1/audio", "tk_guessed").await, unknown);
    assert_eq!(with("sess_1/audio", "").await, unknown);
    for path in [
        "sess_1",
        "sess_1/transcript",
        "sess_1/events",
        "sess_1/peaks",
    ] {
        let keyless = (401, "missing_api_key".to_owned());
        assert_eq!(with(path, ticket).await, keyless, "{path}");
    }
    let kept: Vec<(String,)> = sqlx::query_as("SELECT token_hash FROM session_tickets")
        .fetch_all(server.app.db.pool())
        .await
        .unwrap();
    assert!(
        kept.iter().all(|(hash,)| !hash.contains(ticket)),
        "only its hash is kept"
    );
    server.clock.advance(Duration::from_secs(3 * 3600));
    assert!(server.clock.now() > NOON);
    assert_eq!(with("sess_1/audio", ticket).await, unknown);
}
