//! Push to talk, and sessions that change in the middle.

use signaling::event::audio::Voice;
use signaling::event::{ClientEventKind, Field, SessionUpdate, Status, code};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::Output;
use super::sim::{Sim, create, prompt, update_detection};

fn update(update: SessionUpdate) -> ClientEventKind {
    ClientEventKind::SessionUpdate(Box::new(update))
}

fn pick(client: &str) -> ClientEventKind {
    update(SessionUpdate {
        prompt: Field::Value(prompt(client)),
        ..SessionUpdate::default()
    })
}

fn push_to_talk() -> Sim {
    Sim::with(WebSocket, |session| {
        session.audio.input.turn_detection = None
    })
}

#[test]
fn push_to_talk_commits_and_answers_when_told() {
    let mut sim = push_to_talk();
    sim.say(1000, 1500, "what would you like to change");
    sim.run(3000);
    sim.send(ClientEventKind::CommitInput);
    sim.send(create());
    sim.run(12_000);
    assert_eq!(sim.coach_words(), ["What would you like to change?"]);
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.times("input_audio_buffer.speech_started"), [0; 0]);
    // The request waited for the final words.
    assert_eq!(
        sim.when(|output| matches!(output, Output::Generate(_))),
        [3050]
    );
}

#[test]
fn push_to_talk_forgets_what_was_cleared() {
    let mut sim = push_to_talk();
    sim.say(1000, 1500, "forget this");
    sim.run(3000);
    sim.send(ClientEventKind::ClearInput);
    sim.send(ClientEventKind::CommitInput);
    assert_eq!(sim.errors()[0].code.as_deref(), Some(code::COMMIT_EMPTY));
    sim.say(3100, 1500, "how are you today");
    sim.run(5000);
    sim.send(ClientEventKind::CommitInput);
    sim.send(create());
    sim.run(6000);
    assert_eq!(sim.coach_words(), ["How are you today?"]);
}

#[test]
fn a_manual_commit_splits_what_the_coach_says() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 2000, "one two three four");
    sim.run(2060);
    sim.send(ClientEventKind::CommitInput);
    sim.run(12_000);
    let said: Vec<String> = sim
        .items()
        .iter()
        .take(2)
        .map(|id| sim.transcript(id))
        .collect();
    assert_eq!(said, ["One two.", "Three four."]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn clearing_the_buffer_forgets_the_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "forget this please");
    sim.run(2000);
    sim.send(ClientEventKind::ClearInput);
    sim.run(9000);
    assert!(sim.items().is_empty() && sim.asks().is_empty());
}

#[test]
fn detection_switched_off_in_the_middle_leaves_the_turn_to_the_client() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(2000);
    sim.send(update(update_detection(None)));
    sim.run(6000);
    assert_eq!(sim.times("input_audio_buffer.committed"), [0; 0]);
    sim.send(ClientEventKind::CommitInput);
    sim.send(create());
    sim.run(9000);
    assert_eq!(sim.coach_words(), ["What would you like to change?"]);
}

#[test]
fn detection_switched_on_begins_anew() {
    let mut sim = push_to_talk();
    sim.run(3000);
    sim.send(update(update_detection(Some(0))));
    sim.say(3500, 1500, "what would you like to change");
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.coach_words(), ["What would you like to change?"]);
}

#[test]
fn an_unknown_client_is_refused_by_name() {
    let mut sim = Sim::new(WebRtc);
    sim.send(pick("nobody"));
    assert_eq!(sim.refused(), Some("session.prompt.id"));
    sim.send(pick("tomas"));
    assert_eq!(sim.errors().len(), 1);
    let voice = &sim.machine.session().audio.output.voice;
    assert_eq!(voice, &Voice::Named("rms".to_owned()));
}

#[test]
fn a_voice_that_was_heard_stays() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(9000);
    sim.send(update(SessionUpdate {
        voice: Field::Value(Voice::Named("rms".to_owned())),
        ..SessionUpdate::default()
    }));
    assert_eq!(sim.refused(), Some("session.audio.output.voice"));
    sim.send(pick("tomas"));
    assert_eq!(sim.refused(), Some("session.prompt.id"));
    sim.send(pick("mara"));
    assert_eq!(sim.errors().len(), 2);
}
