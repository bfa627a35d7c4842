//! What strangers and careless clients cannot do.

use std::time::Duration;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::super::inbox::STREAMS;
use super::super::{Error, WebRtc, WebRtcSettings, stun};
use super::client::Client;
use super::{CLEAR, all_gone, closed, connect, connect_elsewhere, event, next, settings, soon};
use crate::link::{Closed, FromClient};

#[tokio::test]
async fn garbage_and_spoofed_checks_change_nothing() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    let before = server.mux.entries();
    let port = server.local_addresses().0.unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let name = server.mux.any_fragment();
    let forged = stun::request(&format!("{name}:forged"));
    for size in 0..1500 {
        stranger
            .send_to(&vec![size as u8; size], port)
            .await
            .unwrap();
    }
    stranger
        .send_to(&stun::request("nobody:x"), port)
        .await
        .unwrap();
    stranger.send_to(&forged, port).await.unwrap();
    client.send_audio(1, &[0xf8, 0xff, 0xfe]).await;
    assert!(matches!(next(&mut link).await, FromClient::Packet(_)));
    assert_eq!(server.mux.entries(), before, "nothing was learned");
    let mut buffer = [0; 2048];
    let answered = tokio::time::timeout(Duration::from_millis(50), stranger.recv(&mut buffer));
    assert!(answered.await.is_err(), "a forged check is not answered");
}

#[tokio::test]
async fn datagrams_in_the_client_s_name_do_not_end_its_call() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, _call) = connect(&server).await;
    let (name, address) = (server.mux.any_fragment(), server.mux.any_address());
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for round in 0..4000 {
        let mut datagram = vec![0; random.random_range(1..1200)];
        random.fill_bytes(&mut datagram);
        // STUN, DTLS and RTP by their first byte (RFC 7983).
        match round % 4 {
            0 => datagram[0] = random.random_range(20..64),
            1 => datagram[0] = random.random_range(128..192),
            2 => datagram
                .splice(.., stun::request(&format!("{name}:x")))
                .for_each(drop),
            _ => {}
        }
        if round % 8 == 2 {
            let at = random.random_range(20..datagram.len());
            datagram[at] ^= 1 << random.random_range(0..8);
        }
        server.mux.route(datagram.into(), address);
        if round % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    client.channel.send_text(CLEAR).await.unwrap();
    assert!(matches!(next(&mut link).await, FromClient::Event(_)));
    client.send_audio(1, &[0xf8, 0xff, 0xfe]).await;
    assert!(matches!(next(&mut link).await, FromClient::Packet(_)));
}

#[tokio::test]
async fn tcp_strangers_are_shown_out() {
    let server = WebRtc::bind(WebRtcSettings {
        tcp_listen: Some(([127, 0, 0, 1], 0).into()),
        ..settings()
    })
    .unwrap();
    let port = server.local_addresses().1.unwrap();
    for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 4, 1, 2, 3, 4], &[0, 0]] {
        let mut stream = TcpStream::connect(port).await.unwrap();
        stream.write_all(first).await.unwrap();
        let mut rest = Vec::new();
        // The end of the stream or a reset: either way the server let go.
        let _ = soon(stream.read_to_end(&mut rest)).await;
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn one_call_cannot_hold_many_connections() {
    let server = WebRtc::bind(WebRtcSettings {
        tcp_listen: Some(([127, 0, 0, 1], 0).into()),
        ..settings()
    })
    .unwrap();
    let port = server.local_addresses().1.unwrap();
    let client = Client::tcp().await;
    let (_, _link, call) = server.answer(&client.offer().await).await.unwrap();
    let request = stun::request(&format!("{}:x", server.mux.any_fragment()));
    let mut framed = (request.len() as u16).to_be_bytes().to_vec();
    framed.extend(request);
    let mut streams = Vec::new();
    for _ in 0..=STREAMS {
        let mut stream = TcpStream::connect(port).await.unwrap();
        stream.write_all(&framed).await.unwrap();
        streams.push(stream);
    }
    // One too many: whichever came last is closed, the others stay open.
    let ends = streams.iter_mut().map(|stream| Box::pin(stream.read_u8()));
    let (end, _, open) = soon(futures::future::select_all(ends)).await;
    assert!(end.is_err());
    assert_eq!(open.len(), STREAMS);
    let more = futures::future::select_all(open);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), more)
            .await
            .is_err()
    );
    call.close();
    all_gone(&server).await;
}

#[tokio::test]
async fn a_call_that_never_connects_is_closed() {
    let server = WebRtc::bind(WebRtcSettings {
        connect_timeout: Duration::from_millis(100),
        ..settings()
    })
    .unwrap();
    let client = Client::udp().await;
    let (_, mut link, _call) = server.answer(&client.offer().await).await.unwrap();
    assert_eq!(closed(&mut link).await, Closed::Lost);
    all_gone(&server).await;
}

#[tokio::test]
async fn a_channel_of_another_name_is_not_the_protocol() {
    let server = WebRtc::bind(WebRtcSettings {
        connect_timeout: Duration::from_millis(500),
        ..settings()
    })
    .unwrap();
    let client = Client::new(false, "chat").await;
    let (answer, mut link, _call) = server.answer(&client.offer().await).await.unwrap();
    client.accept(&answer).await;
    assert_eq!(closed(&mut link).await, Closed::Lost);
}

#[tokio::test]
async fn calls_are_counted() {
    let server = WebRtc::bind(WebRtcSettings {
        max_calls: 2,
        max_connecting: 1,
        ..settings()
    })
    .unwrap();
    let offer = Client::udp().await.offer().await;
    let (first, _link, call) = connect(&server).await;
    let pending = server.answer(&offer).await.unwrap();
    assert_eq!(server.calls(), 2);
    assert!(matches!(server.answer(&offer).await, Err(Error::Busy)));
    drop(pending);
    call.close();
    all_gone(&server).await;
    assert!(server.answer(&offer).await.is_ok());
    drop(first);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed() {
    let server = WebRtc::bind(settings()).unwrap();
    let (machine, mut link) = connect_elsewhere(&server).await;
    machine.shutdown_background();
    let text = "x".repeat(100_000);
    for _ in 0..20 {
        if link.outgoing.send(event(&text)).await.is_err() {
            break;
        }
    }
    assert_eq!(closed(&mut link).await, Closed::NotReading);
}

#[tokio::test]
async fn a_lagging_session_loses_audio_but_no_event() {
    let server = WebRtc::bind(settings()).unwrap();
    let (client, mut link, call) = connect(&server).await;
    for sequence in 0..600 {
        client.send_audio(sequence, &[0xf8, 0xff, 0xfe]).await;
        if sequence % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    soon(async {
        while call.stats().await.lagged == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    client.channel.send_text(CLEAR).await.unwrap();
    let mut packets = 0;
    loop {
        match next(&mut link).await {
            FromClient::Packet(_) => packets += 1,
            FromClient::Event(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(packets < 600, "{packets}");
}

#[tokio::test]
async fn many_calls_leave_nothing_behind() {
    let server = WebRtc::bind(settings()).unwrap();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    for _ in 0..8 {
        let (client, mut link, call) = connect(&server).await;
        call.close();
        assert_eq!(closed(&mut link).await, Closed::ByClient);
        client.connection.close().await.unwrap();
        let client = Client::udp().await;
        drop(server.answer(&client.offer().await).await.unwrap());
        client.connection.close().await.unwrap();
    }
    all_gone(&server).await;
    soon(async {
        while tasks() > before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
