//! What engines were asked for in a session: on record, added up, and on the page of metrics.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::app::Engines;
use praxiloom::archive::engine_calls::{EngineCall, Task};
use praxiloom::archive::event::{Event, Speaker};
use praxiloom::providers::llm;
use serde_json::Value;

use crate::archived::Part;
use crate::ends::ended;
use crate::record::{curious, speak};
use crate::server::{Running, client};
use crate::socket::{question_pcm, quick};

async fn page(server: &Running, path: &str) -> String {
    let answer = client().get(server.url(path)).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

fn calls(part: &Part) -> Vec<&EngineCall> {
    let events = part.events.iter();
    let calls = events.filter_map(|entry| match &entry.event {
        Event::EngineCall(call) => Some(&**call),
        _ => None,
    });
    calls.collect()
}

#[tokio::test]
async fn every_call_is_on_record_with_its_times_its_amounts_and_its_cost() {
    let engines = Engines {
        llm: Some(Arc::new(llm::standin::Standin::default())),
        ..quick()
    };
    let rates = [
        ("PRAXILOOM_RATES_LLM", "standin input=2 output=1000000"),
        ("PRAXILOOM_RATES_TTS", "standin characters=100000 EUR"),
    ];
    let server = Running::start_with(&rates, engines).await;
    let mut socket = curious(&server).await;
    speak(&mut socket, &question_pcm()).await;
    socket.answer().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    socket.stream.close(None).await.unwrap();
    let id = socket.id();
    ended(&server, &id).await;
    let part = Part::read(&server.app.config.server.data, &id, 1);
    part.replays();
    assert!(part.events.is_sorted_by_key(|entry| entry.at_ms));
    let all = calls(&part);
    let of = |task| {
        let found = all
            .iter()
            .find(|call| call.task == task && call.outcome == "completed");
        found.unwrap_or_else(|| panic!("no {task:?} in {all:?}"))
    };
    let said = part.said(Speaker::Coach);
    let segment = of(Task::Segment);
    assert_eq!(segment.item_id.as_ref(), Some(&said[0].item_id));
    assert!(segment.from_ms >= said[0].from_ms as f64);
    let response = part.events.iter().find_map(|entry| match &entry.event {
        Event::VoiceStarted { response_id } => Some(response_id.clone()),
        _ => None,
    });
    let (answer, sentence) = (of(Task::Answer), of(Task::Sentence));
    assert_eq!(
        (&answer.response_id, &sentence.response_id),
        (&response, &response)
    );
    assert!(answer.connected_ms <= answer.first_ms && answer.first_ms.is_some());
    let written = answer.amount.output_tokens.unwrap();
    let cost = answer.cost.as_ref().unwrap();
    assert!(
        cost.amount >= written as f64 && cost.currency == "USD",
        "{cost:?}"
    );
    assert_eq!(cost.rate.output, Some(1_000_000.0));
    assert!(sentence.from_ms >= answer.from_ms && sentence.first_ms <= Some(sentence.total_ms));
    assert!(sentence.amount.audio_ms > Some(100));
    let spoken = sentence.amount.characters.unwrap() as f64 / 10.0;
    let cost = sentence.cost.as_ref().unwrap();
    assert_eq!((cost.amount, cost.currency.as_str()), (spoken, "EUR"));

    let sums: Value =
        serde_json::from_str(&page(&server, &format!("/api/sessions/{id}/engines")).await).unwrap();
    let kinds: Vec<_> = sums["engines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sum| &sum["kind"])
        .collect();
    assert_eq!(kinds, ["stt", "llm", "tts"]);
    assert!(sums["engines"][1]["first"]["p95_ms"].is_number(), "{sums}");
    assert!(sums["cost"]["EUR"].as_f64().unwrap() >= spoken && sums["cost"]["USD"].is_number());
    let metrics = page(&server, "/metrics").await;
    for line in [
        "praxiloom_engine_answer_seconds_count{kind=\"stt\",engine=\"standin\"} ",
        "praxiloom_engine_answer_seconds_count{kind=\"llm\",engine=\"standin\"} ",
        "praxiloom_engine_call_seconds_count{kind=\"tts\",engine=\"standin\"} ",
        "praxiloom_engine_amount_total{kind=\"llm\",engine=\"standin\",unit=\"output_tokens\"} ",
        "praxiloom_engine_cost_millionths_total{kind=\"tts\",engine=\"standin\",currency=\"EUR\"} ",
    ] {
        assert!(metrics.contains(line), "no `{line}` in:\n{metrics}");
    }
    let missing = client()
        .get(server.url("/api/sessions/sess_none/engines"))
        .send()
        .await;
    assert_eq!(missing.unwrap().status(), 404);
}

#[tokio::test]
async fn what_ends_with_the_session_is_on_record_too() {
    let slow = llm::standin::StandinSettings {
        delay: Duration::from_secs(600),
        ..llm::standin::StandinSettings::default()
    };
    let engines = Engines {
        llm: Some(Arc::new(llm::standin::Standin::new(slow))),
        ..quick()
    };
    let server = Running::start_with(&[], engines).await;
    let mut socket = curious(&server).await;
    speak(&mut socket, &question_pcm()).await;
    socket.until("response.created").await;
    socket.stream.close(None).await.unwrap();
    let id = socket.id();
    ended(&server, &id).await;
    let part = Part::read(&server.app.config.server.data, &id, 1);
    let all = calls(&part);
    let mut asked = all.iter().filter(|call| call.task == Task::Answer);
    let last = asked.next_back().unwrap();
    assert_eq!((last.outcome.as_str(), last.first_ms), ("cancelled", None));
    assert!(last.cost.is_none());
    assert!(matches!(
        part.events.last().unwrap().event,
        Event::Disconnected { .. }
    ));
}
