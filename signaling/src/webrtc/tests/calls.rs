//! Calls that work: audio and events both ways, one port, TCP, renegotiation, every ending.

use std::time::Duration;

use webrtc::peer_connection::RTCPeerConnectionState;

use super::super::{WebRtc, WebRtcSettings};
use super::client::Client;
use super::relay::{Relay, without_candidates};
use super::{
    CLEAR, all_gone, audio, closed, connect, connect_elsewhere, connect_over, event, next,
    settings, soon,
};
use crate::link::{CloseReason, Closed, FromClient, ToClient};

/// 20 ms of Opus silence, 48 kHz CELT fullband.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];

#[tokio::test]
async fn audio_reaches_the_session() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, call) = connect(&server).await;
    for sequence in 0..50 {
        client.send_audio(sequence, SILENCE).await;
    }
    let mut last: Option<crate::link::Packet> = None;
    for _ in 0..50 {
        let FromClient::Packet(packet) = next(&mut link).await else {
            panic!("only audio was sent");
        };
        assert_eq!(packet.payload, SILENCE);
        if let Some(last) = last {
            assert_eq!(packet.sequence, last.sequence.wrapping_add(1));
            assert_eq!(packet.timestamp, last.timestamp.wrapping_add(960));
        }
        last = Some(packet);
    }
    assert_eq!(call.stats().await.packets_received, 50);
}

#[tokio::test]
async fn audio_reaches_the_client_on_our_clock() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, link, _call) = connect(&server).await;
    for (at, first) in [(0, true), (960, false), (96_000, true)] {
        link.outgoing.send(audio(at, first, SILENCE)).await.unwrap();
    }
    let packets = client.audio(3).await;
    let headers: Vec<_> = packets.iter().map(|packet| &packet.header).collect();
    let since = |i: usize| headers[i].timestamp.wrapping_sub(headers[0].timestamp);
    let number = |i: usize| {
        headers[i]
            .sequence_number
            .wrapping_sub(headers[0].sequence_number)
    };
    assert_eq!([since(1), since(2)], [960, 96_000]);
    assert_eq!([number(1), number(2)], [1, 2]);
    assert_eq!(
        headers.iter().map(|h| h.marker).collect::<Vec<_>>(),
        [true, false, true]
    );
    assert_eq!(packets[0].payload, SILENCE);
}

#[tokio::test]
async fn events_go_both_ways() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    client.channel.send_text(CLEAR).await.unwrap();
    assert!(matches!(next(&mut link).await, FromClient::Event(_)));
    client.channel.send_text("{\"type\":").await.unwrap();
    assert!(matches!(next(&mut link).await, FromClient::Malformed(_)));
    for text in ["first", "second"] {
        link.outgoing.send(event(text)).await.unwrap();
    }
    assert!(client.text().await.unwrap().contains("first"));
    assert!(client.text().await.unwrap().contains("second"));
}

#[tokio::test]
async fn large_events_pass_and_oversized_ones_do_not_break_the_channel() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    let large = "x".repeat(200_000);
    link.outgoing.send(event(&large)).await.unwrap();
    link.outgoing
        .send(event(&"y".repeat(300_000)))
        .await
        .unwrap();
    link.outgoing.send(event("after")).await.unwrap();
    assert!(client.text().await.unwrap().contains(&large));
    let replaced = client.text().await.unwrap();
    assert!(replaced.contains("event_too_large"), "{replaced}");
    assert!(client.text().await.unwrap().contains("after"));
    let padded = format!("{CLEAR}{}", " ".repeat(200_000));
    client.channel.send_text(&padded).await.unwrap();
    assert!(matches!(next(&mut link).await, FromClient::Event(_)));
}

#[tokio::test]
async fn twenty_calls_share_one_port() {
    let server = WebRtc::bind(settings()).unwrap();
    let calls = futures::future::join_all((0..20).map(|_| connect(&server))).await;
    for (number, (client, link, _)) in (0u16..).zip(&calls) {
        client.send_audio(number, SILENCE).await;
        link.outgoing
            .send(event(&format!("call {number}.")))
            .await
            .unwrap();
    }
    for (number, (client, mut link, call)) in (0u16..).zip(calls) {
        let FromClient::Packet(packet) = next(&mut link).await else {
            panic!("only audio was sent");
        };
        assert_eq!(packet.timestamp, u32::from(number) * 960, "its own audio");
        assert!(
            client
                .text()
                .await
                .unwrap()
                .contains(&format!("call {number}."))
        );
        call.close();
        assert_eq!(closed(&mut link).await, Closed::ByClient);
        client.connection.close().await.unwrap();
    }
    all_gone(&server).await;
}

#[tokio::test]
async fn tcp_serves_where_udp_is_off() {
    let server = WebRtc::bind(WebRtcSettings {
        udp: false,
        tcp_listen: Some(([127, 0, 0, 1], 0).into()),
        ..settings()
    })
    .unwrap();
    let (client, mut link, call) = connect_over(&server, Client::tcp().await).await;
    client.send_audio(7, SILENCE).await;
    assert!(matches!(next(&mut link).await, FromClient::Packet(_)));
    link.outgoing.send(audio(0, true, SILENCE)).await.unwrap();
    assert_eq!(client.audio(1).await[0].payload, SILENCE);
    link.outgoing.send(event("over tcp")).await.unwrap();
    assert!(client.text().await.unwrap().contains("over tcp"));
    call.close();
    assert_eq!(closed(&mut link).await, Closed::ByClient);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_client_that_leaves_closes_the_link() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    client.connection.close().await.unwrap();
    assert_eq!(closed(&mut link).await, Closed::ByClient);
    let (client, mut link, _call) = connect(&server).await;
    client.channel.close().await.unwrap();
    assert_eq!(closed(&mut link).await, Closed::ByClient);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_session_that_closes_says_everything_first() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    for number in 0..100 {
        link.outgoing
            .send(event(&format!("event {number}.")))
            .await
            .unwrap();
    }
    link.outgoing
        .send(ToClient::Close(CloseReason::Ended))
        .await
        .unwrap();
    for number in 0..100 {
        assert!(
            client
                .text()
                .await
                .unwrap()
                .contains(&format!("event {number}."))
        );
    }
    assert_eq!(client.text().await, None);
    assert!(soon(link.incoming.recv()).await.is_none());
    all_gone(&server).await;
}

/// The first word that is lost is sent again after a second at the earliest, so a call that does not
/// wait for that long loses its farewell.
#[tokio::test]
async fn a_farewell_that_is_lost_is_said_again() {
    let server = WebRtc::bind(settings()).unwrap();
    let client = Client::udp().await;
    let offer = without_candidates(&client.offer().await);
    let (answer, mut link, _call) = server.answer(&offer).await.unwrap();
    let (relay, answer) = Relay::for_answer(&answer).await;
    client.accept(&answer).await;
    assert!(matches!(next(&mut link).await, FromClient::Ready));
    link.outgoing.send(event("welcome")).await.unwrap();
    assert!(client.text().await.unwrap().contains("welcome"));
    relay.loses(true);
    for last in [event("farewell"), ToClient::Close(CloseReason::Ended)] {
        link.outgoing.send(last).await.unwrap();
    }
    // As a session lets go: without waiting for any of it.
    drop(link);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.calls(), 1, "it is still being said");
    relay.loses(false);
    assert!(client.text().await.unwrap().contains("farewell"));
    assert_eq!(client.text().await, None);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_dropped_link_ends_the_call() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, link, _call) = connect(&server).await;
    drop(link);
    assert_eq!(client.text().await, None);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_silent_client_is_lost() {
    let server = WebRtc::bind(WebRtcSettings {
        disconnected_after: Duration::from_secs(1),
        lost_after: Duration::from_secs(1),
        ..settings()
    })
    .unwrap();
    let (machine, mut link) = connect_elsewhere(&server).await;
    let gone = tokio::time::Instant::now();
    machine.shutdown_background();
    // What the session is told: since when nobody was there, not when that was noticed.
    let since = loop {
        if let FromClient::SilentSince(since) = next(&mut link).await {
            break since;
        }
    };
    let noticed = gone.elapsed();
    assert!(noticed >= Duration::from_millis(1500), "{noticed:?}");
    assert!(
        since <= gone + Duration::from_millis(500),
        "{:?}",
        since - gone
    );
    assert!(gone.duration_since(since) < Duration::from_secs(2));
    assert_eq!(closed(&mut link).await, Closed::Lost);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_change_of_network_is_survived() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, call) = connect(&server).await;
    client.send_audio(1, SILENCE).await;
    assert!(matches!(next(&mut link).await, FromClient::Packet(_)));
    let offer = client.make_offer(true).await;
    let answer = call.reoffer(&offer).await.unwrap();
    client.accept(&answer).await;
    client.state(RTCPeerConnectionState::Connected).await;
    let speak = async {
        for sequence in 2.. {
            client.send_audio(sequence, SILENCE).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = speak => {}
        message = next(&mut link) => assert!(matches!(message, FromClient::Packet(_))),
    }
    link.outgoing.send(event("still here")).await.unwrap();
    assert!(client.text().await.unwrap().contains("still here"));
    call.close();
    assert_eq!(closed(&mut link).await, Closed::ByClient);
    all_gone(&server).await;
    assert!(matches!(
        call.reoffer(&offer).await,
        Err(super::super::Error::Ended)
    ));
}

#[tokio::test]
async fn an_ipv6_port_serves_both_families() {
    let settings = WebRtcSettings {
        udp_listen: (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
        announced: vec![[127, 0, 0, 1].into()],
        ..settings()
    };
    let server = match WebRtc::bind(settings.clone()) {
        Ok(server) => server,
        Err(error) => return println!("skipped: no IPv6 here ({error})"),
    };
    let (_client, _link, call) = connect(&server).await;
    call.close();
    let client = Client::at(std::net::Ipv6Addr::LOCALHOST.into(), false, "oai-events").await;
    let offer = client.offer().await;
    let (answer, mut link, _call) = server.answer(&offer).await.unwrap();
    client.accept(&answer.replace(" 127.0.0.1 ", " ::1 ")).await;
    assert!(matches!(next(&mut link).await, FromClient::Ready));
}
