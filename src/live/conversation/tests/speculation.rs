//! An answer begun at a probable end of turn: kept, or thrown away without a trace.

use signaling::event::audio::{SemanticVad, TurnDetection};
use signaling::event::session::{Prompt, Tool};
use signaling::event::{ClientEventKind, Session, Status};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::Output;
use super::sim::{Sim, create, prompt, text_only};
use crate::archive::event::Event;

/// A client that waits 1.5 s after a whole sentence.
fn patient(session: &mut Session) {
    session.audio.input.turn_detection = Some(TurnDetection::SemanticVad(SemanticVad::DEFAULT));
    session.prompt = Some::<Prompt>(prompt("tomas"));
}

const QUESTION: &str = "what would you like to change";
/// The same as it is shown and remembered.
const SHOWN: &str = "What would you like to change?";

#[test]
fn an_answer_begun_early_is_kept_when_the_turn_is_over() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::with(carrier, patient);
        sim.say(1000, 1500, QUESTION);
        sim.run(10_000);
        assert_eq!(sim.asks().len(), 1);
        assert_eq!(sim.notes(), [&Event::Speculated { kept: true }]);
        assert_eq!(sim.endings(), [Status::Completed]);
        // It was asked when the words were final, and is heard as soon as the turn is over.
        assert_eq!(
            sim.when(|output| matches!(output, Output::Generate(_))),
            [2750]
        );
        assert_eq!(sim.time("response.created"), 4000);
        assert!(sim.sent()[0] <= 4040);
        let measured = sim.records().find_map(|entry| match entry.event {
            Event::Latency {
                turn_decided_ms,
                first_token_ms,
                ..
            } => Some((turn_decided_ms, first_token_ms)),
            _ => None,
        });
        assert_eq!(measured, Some((1500, Some(450))));
    }
}

#[test]
fn an_answer_begun_too_early_leaves_no_trace() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.say(1000, 1500, QUESTION);
    sim.say(3500, 1500, "in your team this year");
    sim.run(3560);
    assert_eq!(sim.notes(), [&Event::Speculated { kept: false }]);
    assert_eq!(
        sim.when(|output| matches!(output, Output::Silence { .. })),
        [3560]
    );
    sim.run(14_000);
    assert_eq!(
        sim.coach_words(),
        ["What would you like to change in your team this year?"]
    );
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.items().len(), 2);
    assert_eq!(sim.times("output_audio_buffer.started").len(), 1);
    assert!(sim.kinds(2501).iter().all(|kind| kind != "error"));
}

#[test]
fn a_written_answer_begun_early_is_given_out_whole() {
    let mut sim = Sim::with(WebSocket, |session| {
        patient(session);
        text_only(session);
    });
    sim.say(1000, 1500, QUESTION);
    sim.run(10_000);
    assert_eq!(sim.notes(), [&Event::Speculated { kept: true }]);
    let written = sim.transcript(&sim.items()[1]);
    assert_eq!(written, "I keep thinking about it. And I do not know why. ");
    assert!(
        sim.times("response.output_text.delta")
            .iter()
            .all(|at| *at == 4000)
    );
}

#[test]
fn a_coach_who_often_pauses_costs_few_answers() {
    let mut sim = Sim::with(WebRtc, patient);
    for part in 0..8 {
        sim.say(1000 + part * 2200, 1000, "I wonder about that");
    }
    sim.run(30_000);
    assert_eq!(sim.times("input_audio_buffer.committed").len(), 1);
    assert!(sim.asks().len() <= 4, "{}", sim.asks().len());
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn nothing_is_begun_early_that_could_call_a_function() {
    let mut sim = Sim::with(WebRtc, |session| {
        patient(session);
        session.tools = vec![Tool {
            name: "look".to_owned(),
            description: None,
            parameters: serde_json::json!({}),
        }];
    });
    sim.say(1000, 1500, QUESTION);
    sim.run(10_000);
    assert_eq!(
        sim.when(|output| matches!(output, Output::Generate(_))),
        [4000]
    );
}

#[test]
fn a_sentence_that_goes_on_is_not_answered_early() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.say(1000, 1500, "I was thinking and");
    sim.run(6000);
    assert!(sim.asks().is_empty());
}

#[test]
fn an_engine_that_fails_early_is_asked_again_and_nobody_hears_of_it() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.reply.fails = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(3500);
    sim.reply.fails = false;
    sim.run(12_000);
    assert!(sim.errors().is_empty());
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.asks().len(), 2);
}

#[test]
fn what_the_client_changes_in_between_is_answered() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.say(1000, 1500, QUESTION);
    sim.run(3000);
    sim.send(super::client_events::message("We have ten minutes left."));
    sim.run(12_000);
    assert_eq!(*sim.notes()[0], Event::Speculated { kept: false });
    assert_eq!(sim.coach_words(), ["We have ten minutes left.", SHOWN]);
}

#[test]
fn a_response_the_client_asks_for_takes_the_place_of_the_early_one() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.say(1000, 1500, QUESTION);
    sim.run(3000);
    sim.send(create());
    sim.run(20_000);
    // The turn ends while that runs, and is answered after it.
    assert_eq!(sim.endings(), [Status::Completed, Status::Completed]);
}

#[test]
fn a_manual_commit_drops_the_early_answer() {
    let mut sim = Sim::with(WebRtc, patient);
    sim.say(1000, 1500, QUESTION);
    sim.run(3000);
    sim.send(ClientEventKind::CommitInput);
    assert_eq!(sim.notes(), [&Event::Speculated { kept: false }]);
    sim.run(10_000);
    assert_eq!(sim.endings(), []);
}
