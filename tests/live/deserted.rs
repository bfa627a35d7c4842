//! A part ends in one place: where the connection did, or where something last came from somebody who
//! was gone before. Every way to read it says so, and nothing beyond is given out.

use std::time::Duration;

use media::Position;
use media::record::TrackReader;
use serde_json::Value;
use signaling::heard::Heard;
use signaling::link::{Carrier, Closed, FromClient, ToClient};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::archived::Part;
use crate::ends::{ended, link, opening};
use crate::resume::resume_url;
use crate::server::{Running, client};
use crate::socket::{Socket, serve};

/// How long the client's voice sounds before the connection ends, at least.
const SPOKEN: Duration = Duration::from_millis(2200);
/// When something last came from the coach, after the first of that voice.
const LAST_SIGN: Duration = Duration::from_millis(700);

/// How often the coach gives a sign of life until then.
const SIGNS: Duration = Duration::from_millis(20);

/// How the coach leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaves {
    /// Is there to the end, and closes the connection.
    AtTheEnd,
    /// Is gone before, and whatever carries the connection finds out.
    Unnoticed,
    /// Is gone before, and the session closes the connection itself.
    ClosedOn,
}

/// Has the client speak, and ends the connection in the middle. The session's id, and between which
/// lengths it ended.
async fn cut_off(server: &Running, carrier: Carrier, leaves: Leaves) -> (String, [u64; 2]) {
    let live = &server.app.live;
    let mut wanted = opening(server);
    wanted.carrier = carrier;
    let begun = live.begin(wanted).unwrap();
    let id = begun.id().to_owned();
    let (mut link, to_session, mut from_session) = link();
    link.carrier = carrier;
    if leaves == Leaves::ClosedOn {
        link.heard = Heard::new(LAST_SIGN / 2);
    }
    let heard = link.heard.clone();
    let (never, stop) = (CancellationToken::new(), CancellationToken::new());
    let began = Instant::now();
    let run = live.run(begun, link, never, stop.clone());
    let talk = async {
        from_session.recv().await.unwrap();
        let greeted = Instant::now();
        let speak = signaling::event::parse(r#"{"type":"response.create"}"#).unwrap();
        for message in [FromClient::Ready, FromClient::Event(Box::new(speak))] {
            to_session.send(message).await.unwrap();
        }
        while !matches!(from_session.recv().await.unwrap(), ToClient::Audio(_)) {}
        let first = Instant::now();
        while first.elapsed() < SPOKEN {
            let _ = tokio::time::timeout(SIGNS, from_session.recv()).await;
            if first.elapsed() < LAST_SIGN {
                heard.note();
            }
        }
        let mut end = Instant::now();
        let closed = |closed| to_session.send(FromClient::Closed(closed));
        match leaves {
            Leaves::AtTheEnd => closed(Closed::ByClient).await.unwrap(),
            Leaves::Unnoticed => {
                end = first + LAST_SIGN;
                let silent = FromClient::SilentSince(end);
                to_session.send(silent).await.unwrap();
                closed(Closed::Lost).await.unwrap();
            }
            Leaves::ClosedOn => {
                end = heard.last();
                stop.cancel();
                // What it is still told goes nowhere.
                while from_session.recv().await.is_some() {}
            }
        }
        [end - greeted, end - began].map(|length| length.as_millis() as u64)
    };
    let (_, [least, most]) = tokio::join!(run, talk);
    ended(server, &id).await;
    // If the coach was there it ends when that is taken in.
    let slack = if leaves == Leaves::AtTheEnd { 3000 } else { 20 };
    (id, [least.saturating_sub(20), most + slack])
}

async fn bytes(server: &Running, id: &str, rest: &str) -> Vec<u8> {
    let url = server.url(&format!("/api/sessions/{id}{rest}"));
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{rest}");
    answer.bytes().await.unwrap().to_vec()
}

async fn json(server: &Running, id: &str, rest: &str) -> Value {
    serde_json::from_slice(&bytes(server, id, rest).await).unwrap()
}

/// Where an Ogg Opus file ends by its last page (RFC 7845, section 4).
fn file_ends(file: &[u8]) -> u64 {
    let last = file.windows(4).rposition(|four| four == b"OggS").unwrap();
    let granule = file[last + 6..last + 14].try_into().unwrap();
    Position::new(u64::from_le_bytes(granule)).ms()
}

/// Where the voice in a track begins and ends, without what fills gaps.
fn voice(file: &[u8]) -> Vec<(u64, u64)> {
    let mut reader = TrackReader::new(file).unwrap();
    let mut voice = Vec::new();
    while let Some(packet) = reader.next_packet().unwrap() {
        if packet.bytes.len() > 24 {
            let end = packet.at.samples() + u64::from(packet.span);
            voice.push((packet.at.ms(), Position::new(end).ms()));
        }
    }
    voice
}

/// Asserts that all that can be read of a session agrees on how long it is; how long.
async fn length(server: &Running, id: &str) -> u64 {
    let session = json(server, id, "").await;
    let length = session["length_ms"].as_u64().unwrap();
    assert_eq!(
        session["parts"].as_array().unwrap().last().unwrap()["to_ms"],
        length
    );
    assert_eq!(json(server, id, "/peaks").await["length_ms"], length);
    let transcript = json(server, id, "/transcript?format=json").await;
    assert_eq!(transcript["length_ms"], length);
    for line in transcript["lines"].as_array().unwrap() {
        let words = line["words"].as_array().unwrap();
        let ends = words.iter().chain([line]).map(|said| &said["to_ms"]);
        for end in ends {
            assert!(end.as_u64().unwrap() <= length, "{line} beyond {length}");
        }
    }
    for rest in ["/audio", "/audio/client"] {
        let file = bytes(server, id, rest).await;
        assert!(file_ends(&file).abs_diff(length) <= 1, "{rest}: {length}");
    }
    length
}

#[tokio::test]
async fn a_part_ends_where_its_connection_did() {
    let server = serve(&[]).await;
    for carrier in [Carrier::WebRtc, Carrier::WebSocket] {
        let (id, [least, most]) = cut_off(&server, carrier, Leaves::AtTheEnd).await;
        let length = length(&server, &id).await;
        assert!((least..=most).contains(&length), "{least} {length} {most}");
        Part::read(&server.app.config.server.data, &id, 1).replays();
    }
}

#[tokio::test]
async fn a_part_ends_where_nobody_was_there_any_more_and_goes_on_after_that() {
    let server = serve(&[]).await;
    for (carrier, leaves) in [
        (Carrier::WebRtc, Leaves::Unnoticed),
        (Carrier::WebSocket, Leaves::Unnoticed),
        (Carrier::WebRtc, Leaves::ClosedOn),
        (Carrier::WebSocket, Leaves::ClosedOn),
    ] {
        let (id, [least, most]) = cut_off(&server, carrier, leaves).await;
        let first = length(&server, &id).await;
        assert!((least..=most).contains(&first), "{least} {first} {most}");
        Part::read(&server.app.config.server.data, &id, 1).replays();

        server.clock.advance(Duration::from_secs(60));
        let mut socket = Socket::at(&resume_url(&server.url(""), &id)).await;
        socket.until("conversation.item.done").await;
        socket
            .send(serde_json::json!({"type": "response.create"}))
            .await;
        assert_eq!(socket.answer().await.response["status"], "completed");
        tokio::time::sleep(Duration::from_millis(1500)).await;
        socket.stream.close(None).await.unwrap();
        ended(&server, &id).await;
        let whole = length(&server, &id).await;
        let session = json(&server, &id, "").await;
        let again = session["parts"][1]["from_ms"].as_u64().unwrap();
        assert_eq!(session["parts"][0]["to_ms"], first);
        assert!(again >= 60_000 && whole > again, "{session}");
        let transcript = json(&server, &id, "/transcript?format=json").await;
        let away = serde_json::json!([{"from_ms": first, "to_ms": again, "kind": "away"}]);
        assert_eq!(transcript["breaks"], away);
        let heard = voice(&bytes(&server, &id, "/audio/client").await);
        assert!(
            heard.iter().any(|(_, end)| *end + 200 >= first),
            "{carrier:?} {leaves:?} {least} {first} {most} {heard:?}"
        );
        assert!(heard.iter().any(|(begin, _)| *begin > again), "{heard:?}");
        let in_place = |(begin, end): &(u64, u64)| *end <= first + 1 || *begin >= again;
        assert!(heard.iter().all(in_place), "{first} {again} {heard:?}");
        let gap = format!("/peaks?points=100&from_ms={}&to_ms={again}", first + 20);
        let silent = json(&server, &id, &gap).await;
        assert_eq!(silent["client"], serde_json::json!(vec![0; 100]));
    }
}
