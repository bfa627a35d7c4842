//! Calls over bad networks, through the whole live path: they survive, every turn is noticed and
//! answered, and their recordings can be read to the end. How many words are lost is measured in
//! `benches`.

use std::sync::Arc;
use std::time::Duration;

use media::opus::{Encoder, EncoderSettings};
use praxiloom::live::Opening;
use serde_json::Value;
use signaling::link::{Carrier, FromClient, Packet, ToClient};
use signaling::memory::{Network, pair};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::house::House;
use crate::server::Running;
use crate::socket::{question_at, serve};

/// Turns that the coach takes, each this long: the question, and time to be answered.
const TURNS: usize = 2;
const TURN: Duration = Duration::from_secs(9);

/// What came of a call.
#[derive(Debug, Default)]
struct Call {
    understood: usize,
    answered: usize,
    packets: usize,
    lost: u64,
}

async fn call(server: &Running, network: Network) -> (String, Call) {
    let opening = Opening {
        account: server.app.account.clone(),
        seal: None,
        carrier: Carrier::WebRtc,
        model: None,
        updates: Vec::new(),
    };
    let begun = server.app.live.begin(opening).unwrap();
    let id = begun.id().to_owned();
    let (link, mut peer) = pair(Carrier::WebRtc, network);
    let (app, never) = (server.app.clone(), CancellationToken::new());
    let live = tokio::spawn(async move { app.live.run(begun, link, never.clone(), never).await });
    let mut encoder = Encoder::new(EncoderSettings::default()).unwrap();
    let rate = 24_000;
    let mut sound = question_at(rate);
    sound.resize(TURN.as_secs() as usize * rate as usize, 0);
    let frames: Vec<&[i16]> = sound.chunks(rate as usize / 50).collect();
    let (began, mut outcome) = (Instant::now(), Call::default());
    peer.send(Duration::ZERO, FromClient::Ready);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for number in 0..TURNS * frames.len() {
        ticks.tick().await;
        let packet = Packet {
            sequence: number as u16,
            timestamp: number as u32 * 960,
            payload: encoder
                .encode(frames[number % frames.len()])
                .unwrap()
                .to_vec()
                .into(),
        };
        let now = began.elapsed();
        peer.send(now, FromClient::Packet(packet));
        peer.advance(now);
        while let Some((_, message)) = peer.receive() {
            match message {
                ToClient::Audio(_) => outcome.packets += 1,
                ToClient::Event(event) => {
                    let event: Value = serde_json::to_value(&*event).unwrap();
                    match event["type"].as_str().unwrap() {
                        "input_audio_buffer.committed" => outcome.understood += 1,
                        "response.done" if event["response"]["status"] == "completed" => {
                            outcome.answered += 1;
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
    outcome.lost = peer.lost();
    drop(peer);
    live.await.unwrap();
    (id, outcome)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_over_bad_networks_survive_and_are_whole() {
    let server = Arc::new(serve(&[]).await);
    let network = |loss| Network {
        seed: 11,
        loss,
        delay: Duration::from_millis(40),
        jitter: Duration::from_millis(200),
    };
    let calls = [0.01, 0.05, 0.1, 0.3].map(|loss| {
        let server = server.clone();
        tokio::spawn(async move { (loss, call(&server, network(loss)).await) })
    });
    let mut kept = Vec::new();
    for called in calls {
        let (loss, (id, call)) = called.await.unwrap();
        println!("{:.0} % loss, 200 ms jitter: {call:?}", loss * 100.0);
        assert!(call.understood >= TURNS, "{loss}: {call:?}");
        assert!(call.answered >= TURNS, "{loss}: {call:?}");
        // Half a second of each answer at least, also where a third is lost.
        assert!(call.packets > 25 * TURNS, "{loss}: {call:?}");
        // Both ways.
        let sent = TURNS * TURN.as_millis() as usize / 20 + call.packets;
        let lost = call.lost as f64 / (sent as f64 + call.lost as f64 / 2.0);
        assert!((lost - loss).abs() < 0.01 + loss / 3.0, "{loss}: {call:?}");
        kept.push(id);
    }
    let sessions = House::whole_in(&server.app.config.archive.folder);
    for id in kept {
        let session = sessions.iter().find(|kept| kept.id == id).unwrap();
        let spoken = TURN * TURNS as u32;
        assert!(
            session.reaches + Duration::from_secs(1) >= spoken,
            "{session:?}"
        );
    }
}
