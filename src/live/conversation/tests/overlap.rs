//! Speech over the client's voice that is no interruption, and both talking at once.

use signaling::event::Status;
use signaling::event::audio::{ServerVad, TurnDetection};
use signaling::event::own::TurnState;
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::Output;
use super::sim::{Reply, Sim};
use crate::archive::event::Event;

const QUESTION: &str = "what would you like to change";
/// The same as it is shown and remembered.
const SHOWN: &str = "What would you like to change?";
const STORY: &[&str] = &[
    "It began in the spring with the new team.",
    "Nobody asked me what I thought about it.",
];

fn telling() -> Sim {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(STORY);
    sim.say(1000, 1500, QUESTION);
    sim.run(4500);
    sim
}

fn pauses(sim: &Sim) -> usize {
    sim.when(|output| matches!(output, Output::Pause)).len()
}

/// The story was told to its end, and the client was told of nothing else.
fn went_on(sim: &mut Sim, harmless: &str) {
    sim.run(14_000);
    let kind = harmless.to_owned();
    assert_eq!(sim.notes().last(), Some(&&Event::Overlap { kind }));
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.times("input_audio_buffer.speech_started").len(), 1);
    assert_eq!(sim.transcript(&sim.items()[1]), STORY.join(" "));
    assert_eq!(sim.times("output_audio_buffer.cleared"), [0; 0]);
}

#[test]
fn a_cough_does_not_interrupt_and_the_voice_goes_on_where_it_paused() {
    let mut sim = telling();
    sim.say(4500, 300, "");
    sim.run(8000);
    assert_eq!((pauses(&sim), sim.times("praxiloom.turn").len()), (1, 6));
    assert!(sim.states().contains(&TurnState::ClientPaused));
    went_on(&mut sim, "noise");
    // All of it is heard: 17 words of 300 ms in frames of 20 ms.
    assert_eq!(sim.sent().len(), 17 * 300 / 20);
}

#[test]
fn a_back_channel_does_not_interrupt() {
    for word in ["mm-hm", "yeah okay", "I see"] {
        let mut sim = telling();
        sim.say(4500, 500, word);
        went_on(&mut sim, "back_channel");
    }
}

#[test]
fn an_echo_does_not_interrupt() {
    let mut sim = telling();
    sim.say(4300, 1500, "in the spring with a new team");
    went_on(&mut sim, "echo");
}

#[test]
fn a_long_echo_does_not_interrupt_either() {
    let mut sim = telling();
    sim.say(4300, 300, "");
    sim.run(5000);
    // After a false alarm the voice is not held back, so the echo goes on with it.
    sim.say(
        5100,
        3000,
        "with the new team nobody asked me what I thought",
    );
    went_on(&mut sim, "echo");
    assert_eq!(pauses(&sim), 1);
}

#[test]
fn after_a_false_alarm_only_words_hold_the_voice_back() {
    let mut sim = telling();
    sim.say(4400, 300, "");
    sim.say(5400, 300, "");
    sim.say(6400, 300, "");
    sim.run(7200);
    assert_eq!(pauses(&sim), 1);
    sim.say(7200, 1400, "hold on a moment please");
    sim.run(9500);
    assert_eq!(sim.endings(), [Status::Cancelled]);
}

#[test]
fn a_cough_during_the_preparation_does_not_cancel_the_answer() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(STORY);
    sim.reply.first_ms = 1500;
    sim.say(1000, 1500, QUESTION);
    sim.say(3300, 300, "");
    went_on(&mut sim, "noise");
}

#[test]
fn a_yes_over_the_last_word_is_an_answer() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&["Do you want to hear more?"]);
    sim.say(1000, 1500, QUESTION);
    sim.run(4000);
    let last = sim.sent()[0] + 6 * 300;
    sim.reply = Reply::of(&["It began in spring."]);
    sim.say(last - 250, 400, "yes");
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Completed, Status::Completed]);
    assert_eq!(sim.coach_words(), [SHOWN, "Yes."]);
    assert_eq!(sim.transcript(&sim.items()[1]), "Do you want to hear more?");
}

#[test]
fn speech_that_outlasts_the_clients_voice_is_a_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&["Not much."]);
    sim.say(1000, 1500, QUESTION);
    sim.run(3400);
    let end = sim.sent()[0] + 600;
    sim.say(end - 100, 300, "");
    sim.run(end + 700);
    sim.say(end + 100, 2000, "okay so what is it that you do want");
    sim.run(15_000);
    assert_eq!(sim.coach_words()[1], "Okay so what is it that you do want?");
}

#[test]
fn without_interrupt_response_both_talk_and_the_coach_is_answered_afterwards() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::with(carrier, |session| {
            let vad = ServerVad {
                interrupt_response: false,
                ..ServerVad::DEFAULT
            };
            session.audio.input.turn_detection = Some(TurnDetection::ServerVad(vad));
        });
        sim.reply = Reply::of(STORY);
        sim.say(1000, 1500, QUESTION);
        sim.say(4500, 1200, "can we go back a bit");
        sim.run(20_000);
        assert_eq!(sim.endings(), [Status::Completed, Status::Completed]);
        assert_eq!(pauses(&sim), 0);
        let (created, done) = (sim.times("response.created"), sim.times("response.done"));
        assert_eq!(created[1], done[0]);
        assert_eq!(sim.coach_words(), [SHOWN, "Can we go back a bit?"]);
    }
}

#[test]
fn an_answer_that_waits_does_not_begin_while_the_coach_speaks() {
    let mut sim = Sim::with(WebRtc, |session| {
        let vad = ServerVad {
            interrupt_response: false,
            ..ServerVad::DEFAULT
        };
        session.audio.input.turn_detection = Some(TurnDetection::ServerVad(vad));
    });
    sim.reply = Reply::of(STORY);
    sim.say(1000, 1500, QUESTION);
    sim.say(4500, 1200, "can we go back a bit");
    sim.say(7500, 3000, "I would like to hear more about the spring");
    sim.run(22_000);
    assert_eq!(sim.endings(), [Status::Completed, Status::Completed]);
    assert_eq!(sim.coach_words().len(), 3);
}

#[test]
fn words_over_the_client_are_shown_once_they_are_a_turn() {
    let mut sim = telling();
    sim.say(4500, 500, "mm-hm");
    sim.run(5400);
    let captions = |sim: &Sim| sim.times("praxiloom.caption");
    assert!(captions(&sim).iter().all(|at| *at < 4000));
    sim.say(5500, 1500, "can we stay with the spring");
    sim.run(7500);
    assert!(captions(&sim).iter().any(|at| *at > 5500));
}
