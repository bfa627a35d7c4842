//! The coach corrects what was understood: hold, correct, release.

use signaling::event::{ClientEventKind, Status};
use signaling::link::Carrier::WebRtc;

use super::sim::Sim;

const MISHEARD: &str = "what would you like to charge";
const SHOWN: &str = "What would you like to charge?";
const MEANT: &str = "What would you like to change?";

fn hold(id: &str) -> ClientEventKind {
    ClientEventKind::HoldTurn {
        item_id: id.to_owned(),
    }
}

fn correct(id: &str) -> ClientEventKind {
    ClientEventKind::CorrectTurn {
        item_id: id.to_owned(),
        transcript: MEANT.to_owned(),
    }
}

fn release(id: &str) -> ClientEventKind {
    ClientEventKind::ReleaseTurn {
        item_id: id.to_owned(),
    }
}

/// The id of the turn that lasts.
fn turn(sim: &Sim) -> String {
    sim.machine.turn.as_ref().expect("a turn").item_id.clone()
}

fn misheard(until: u64) -> Sim {
    let mut sim = Sim::new(WebRtc);
    sim.reply.first_ms = 1500;
    sim.say(1000, 1500, MISHEARD);
    sim.run(until);
    sim
}

#[test]
fn a_turn_that_is_held_is_not_over_until_it_is_corrected() {
    let mut sim = misheard(2800);
    let id = turn(&sim);
    sim.send(hold(&id));
    sim.run(20_000);
    assert_eq!(sim.times("input_audio_buffer.committed"), [0; 0]);
    sim.send(correct(&id));
    sim.run(30_000);
    assert_eq!(sim.coach_words(), [MEANT]);
    assert_eq!(sim.transcript(&id), MEANT);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_turn_that_is_released_goes_on_as_it_was_understood() {
    let mut sim = misheard(2800);
    let id = turn(&sim);
    sim.send(hold(&id));
    sim.run(8000);
    sim.send(release(&id));
    sim.run(20_000);
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_correction_that_never_comes_is_not_waited_for_for_ever() {
    let mut sim = misheard(2800);
    let id = turn(&sim);
    sim.send(hold(&id));
    sim.run(130_000);
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_committed_turn_is_corrected_while_its_answer_is_prepared() {
    let mut sim = misheard(3200);
    let id = sim.items()[0].clone();
    sim.send(hold(&id));
    assert_eq!(sim.endings(), [Status::Cancelled]);
    sim.run(9000);
    assert_eq!(sim.asks().len(), 1);
    sim.send(correct(&id));
    sim.run(20_000);
    assert_eq!(sim.coach_words(), [MEANT]);
    assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
}

#[test]
fn a_committed_turn_is_released_and_answered() {
    let mut sim = misheard(3200);
    let id = sim.items()[0].clone();
    sim.send(hold(&id));
    sim.run(9000);
    sim.send(release(&id));
    sim.run(20_000);
    assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
    assert_eq!(sim.coach_words(), [SHOWN]);
}

#[test]
fn a_correction_of_what_is_being_answered_changes_memory_alone() {
    let mut sim = misheard(6500);
    let id = sim.items()[0].clone();
    sim.send(hold(&id));
    sim.send(correct(&id));
    sim.run(14_000);
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.transcript(&id), MEANT);
    sim.say(14_000, 1500, "and what else is there");
    sim.run(22_000);
    assert_eq!(sim.coach_words(), [MEANT, "And what else is there?"]);
}

#[test]
fn whoever_corrects_words_over_the_client_takes_the_turn() {
    let mut sim = misheard(6000);
    sim.say(6000, 500, "right");
    sim.run(6300);
    let id = turn(&sim);
    sim.send(correct(&id));
    assert_eq!(sim.endings(), [Status::Cancelled]);
    sim.run(16_000);
    assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
    assert_eq!(sim.coach_words(), [SHOWN, MEANT]);
}

#[test]
fn nobody_can_hold_or_correct_what_is_not_there() {
    let mut sim = Sim::new(WebRtc);
    sim.send(hold("nobody"));
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(correct("nobody"));
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(release("nobody"));
    assert_eq!(sim.errors().len(), 2);
}
