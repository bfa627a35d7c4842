//! Where the time of a turn goes with vendors that take none: Deepgram listens, Anthropic answers,
//! ElevenLabs speaks, each stood in for on a real socket and called by its own adapter. The figures
//! are those of the record: `engine_call` and `latency` entries.
//!
//! `BREAKDOWN_TURNS=25 cargo nextest run --release -p praxiloom --test live breakdown --no-capture`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use praxiloom::app::Engines;
use praxiloom::archive::engine_calls::{EngineCall, Task};
use praxiloom::archive::event::Event;
use praxiloom::private::Private;
use praxiloom::providers::llm::ModelSettings;
use praxiloom::providers::llm::anthropic::Anthropic;
use praxiloom::providers::stt::cloud::{Cloud, CloudSettings, Kind};
use praxiloom::providers::tts::cloud::elevenlabs;
use serde_json::json;

use crate::archived::Part;
use crate::ends::ended;
use crate::listeners::{KEY, Listener, Vendor};
use crate::models::anthropic::whole;
use crate::record::speak;
use crate::server::Running;
use crate::socket::{Socket, question_pcm};
use crate::speakers::{self, elevenlabs::ElevenLabs};
use crate::sse_server::{Reply, SseServer};

/// The vendors' stand-ins, which live as long as this.
struct Vendors {
    listener: Listener,
    model: SseServer,
    speaker: speakers::Server,
}

impl Vendors {
    async fn answering(reply: Reply) -> Self {
        Self {
            listener: Listener::start(Vendor::Deepgram).await,
            model: SseServer::start([reply]).await,
            speaker: speakers::start::<ElevenLabs>([]).await,
        }
    }

    fn engines(&self) -> Engines {
        let heard = CloudSettings {
            key: Private::new(KEY.to_owned()),
            base_url: self.listener.base_url(),
            model: None,
            processor: None,
        };
        let mut asked = ModelSettings::new(format!("http://{}/", self.model.address), "claude");
        asked.key = Some("letters".to_owned().into());
        let mut spoken = elevenlabs::settings("letters".to_owned().into());
        spoken.base_url = self.speaker.url();
        Engines {
            stt: Arc::new(Cloud::new(Kind::Deepgram, heard)),
            llm: Some(Arc::new(Anthropic::new(asked).unwrap())),
            tts: Arc::new(elevenlabs::engine(spoken).unwrap()),
        }
    }
}

/// Holds a conversation of so many turns; what is on record of it.
async fn converse(server: &Running, turns: usize) -> Part {
    let mut socket = Socket::open(server).await;
    // No client of ours, so that no silence is laid into what it says.
    let session = json!({"type": "realtime", "instructions": "You are being coached."});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    for _ in 0..turns {
        speak(&mut socket, &question_pcm()).await;
        let silence = vec![0; 48_000 * 3 / 2];
        speak(&mut socket, &silence).await;
        let answer = socket.answer().await;
        // The microphone stays open while the client speaks.
        speak(&mut socket, &vec![0; answer.audio.len()]).await;
    }
    socket.stream.close(None).await.unwrap();
    ended(server, &socket.id()).await;
    Part::read(&server.app.config.server.data, &socket.id(), 1)
}

/// The moments of a turn on the session's timeline, in milliseconds.
#[derive(Debug)]
struct Turn {
    speech_end: f64,
    words: f64,
    asked: f64,
    token: f64,
    voice: f64,
    sound: f64,
    decided: f64,
    packet: f64,
    written: f64,
}

fn turns(part: &Part) -> Vec<Turn> {
    let calls = || {
        let entries = part.events.iter();
        entries.filter_map(|entry| match &entry.event {
            Event::EngineCall(call) if call.outcome == "completed" => Some(&**call),
            _ => None,
        })
    };
    let turn = |event: &Event| {
        let Event::Latency {
            response_id,
            speech_end_ms: Some(speech_end),
            turn_decided_ms,
            first_packet_ms: Some(packet),
            ..
        } = event
        else {
            return None;
        };
        let of = |task| {
            let mut calls = calls();
            calls.find(|call| call.task == task && call.response_id.as_ref() == Some(response_id))
        };
        let first = |call: &EngineCall| Some(call.from_ms + call.first_ms?);
        let (answer, sentence) = (of(Task::Answer)?, of(Task::Sentence)?);
        let speech_end = *speech_end as f64;
        let words = calls().filter(|call| call.task == Task::Segment);
        let mut words = words
            .filter_map(first)
            .filter(|at| *at <= answer.from_ms + 1.0);
        Some(Turn {
            speech_end,
            words: words.next_back()?,
            asked: answer.from_ms,
            token: first(answer)?,
            voice: sentence.from_ms,
            sound: first(sentence)?,
            decided: speech_end + *turn_decided_ms as f64,
            packet: speech_end + *packet as f64,
            written: answer.from_ms + answer.total_ms,
        })
    };
    let entries = part.events.iter();
    entries.filter_map(|entry| turn(&entry.event)).collect()
}

fn print(turns: &[Turn]) {
    type Step = fn(&Turn) -> f64;
    let steps: BTreeMap<&str, Step> = [
        (
            "1 end of speech → final words",
            (|t| t.words - t.speech_end) as Step,
        ),
        ("2 final words → model request sent", |t| {
            t.asked - t.words
        }),
        ("3 model request sent → first token", |t| {
            t.token - t.asked
        }),
        ("4 first token → first sentence to the voice", |t| {
            t.voice - t.token
        }),
        ("5 first sentence to the voice → first sound", |t| {
            t.sound - t.voice
        }),
        ("6 final words → first sound", |t| t.sound - t.words),
        ("7 turn decided, and sound there → first packet", |t| {
            t.packet - t.decided.max(t.sound)
        }),
        ("8 end of speech → first packet, silence included", |t| {
            t.packet - t.speech_end
        }),
    ]
    .into();
    println!(
        "| {} turns, ms | p50 | p95 | p99 |\n|---|---|---|---|",
        turns.len()
    );
    for (name, step) in steps {
        let mut took: Vec<f64> = turns.iter().map(step).collect();
        took.sort_by(f64::total_cmp);
        let at = |percent: usize| took[(took.len() * percent).div_ceil(100).max(1) - 1];
        println!("| {name} | {:.1} | {:.1} | {:.1} |", at(50), at(95), at(99));
    }
}

#[tokio::test]
async fn breakdown_of_turns_with_vendors_that_take_no_time() {
    let count = std::env::var("BREAKDOWN_TURNS").ok();
    let count: usize = count.map_or(2, |count| count.parse().unwrap());
    let reply = whole(&["I ", "see. ", "That ", "is ", "it."], Duration::ZERO);
    let vendors = Vendors::answering(reply).await;
    let server = Running::start_with(&[], vendors.engines()).await;
    let parts = join_all((0..4).map(|_| converse(&server, count))).await;
    let turns: Vec<Turn> = parts.iter().flat_map(turns).collect();
    print(&turns);
    assert!(turns.len() >= 4 * count * 3 / 4, "{turns:?}");
    for turn in &turns {
        // Sums of times to the millisecond lie a little before those to the microsecond.
        let order = [
            turn.words - 1.0,
            turn.asked,
            turn.token,
            turn.voice,
            turn.sound,
            turn.packet + 3.0,
        ];
        assert!(order.is_sorted(), "{turn:?}");
    }
}

#[tokio::test]
async fn the_voice_begins_while_the_model_still_writes() {
    let wait = Duration::from_secs(2);
    let reply = whole(&["I ", "have been thinking. ", "That ", "is it."], wait);
    let vendors = Vendors::answering(reply).await;
    let server = Running::start_with(&[], vendors.engines()).await;
    let part = converse(&server, 1).await;
    let turns = turns(&part);
    let turn = turns.first().unwrap();
    assert!(turn.sound < turn.written, "{turn:?}");
}
