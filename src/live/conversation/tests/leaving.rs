//! The connection is gone: what was said last is kept, nothing new begins, and it takes no longer
//! than agreed.

use std::time::Duration;

use signaling::event::audio::TurnDetection;
use signaling::event::{ItemStatus, Session};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::{Input, LEAVING, Output};
use super::sim::{Reply, Sim, cancel, ms};
use crate::archive::event::Event;

const QUESTION: &str = "what would you like to change";

fn leave(sim: &mut Sim) {
    sim.mic = false;
    sim.handle(Input::Leave);
}

fn left(sim: &Sim) -> Vec<u64> {
    sim.when(|output| matches!(output, Output::Left))
}

/// Where the last of what was said ends that is kept in the end.
fn last_heard(sim: &Sim) -> u64 {
    let mut said = sim.records().filter_map(|entry| match &entry.event {
        Event::Said(said) => Some(said.clone()),
        _ => None,
    });
    let said = said.next_back().unwrap();
    let words = said.words.iter().map(|word| word.to_ms);
    words.chain([said.to_ms]).max().unwrap()
}

/// Nothing was begun or told after that time.
fn nothing_new(sim: &Sim, after: u64) {
    let new = sim.outputs().filter(|(at, output)| {
        let new = matches!(
            output,
            Output::Emit(_)
                | Output::Begin { .. }
                | Output::Generate(_)
                | Output::Say { .. }
                | Output::Release { .. }
        );
        new && *at > after
    });
    assert_eq!(new.count(), 0);
}

fn last_words(sim: &Sim) -> String {
    let mut said = sim.records().filter_map(|entry| match &entry.event {
        Event::Said(said) => Some(said.text.clone()),
        _ => None,
    });
    said.next_back().unwrap_or_default()
}

#[test]
fn the_last_words_before_hanging_up_are_kept() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.say(1000, 1500, QUESTION);
        sim.run(2300);
        leave(&mut sim);
        sim.run(8000);
        assert_eq!(left(&sim), [2350], "as soon as the words are there");
        assert_eq!(last_words(&sim), "What would you like to?");
        nothing_new(&sim, 2300);
        assert!(sim.asks().is_empty());
        assert_eq!(sim.machine.deadline(), None);
    }
}

#[test]
fn a_recogniser_that_says_nothing_more_is_not_waited_for_longer_than_agreed() {
    let mut sim = Sim::new(WebRtc);
    sim.final_ms = None;
    sim.say(1000, 1500, QUESTION);
    sim.run(2300);
    leave(&mut sim);
    sim.run(8000);
    assert_eq!(left(&sim), [2300 + LEAVING.as_millis() as u64]);
    assert_eq!(last_words(&sim), "What would you like?");
    nothing_new(&sim, 2300);
}

#[test]
fn words_that_a_turn_still_waited_for_are_kept_too() {
    let mut sim = Sim::new(WebRtc);
    sim.final_ms = Some(1400);
    sim.busy = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(3500);
    leave(&mut sim);
    sim.run(8000);
    assert_eq!(left(&sim), [2700 + 1400]);
    assert_eq!(last_words(&sim), "What would you like to change?");
    assert!(sim.asks().is_empty());
}

#[test]
fn an_answer_ends_with_what_was_heard_by_then() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.reply = Reply::of(&["It began in the spring with the new team."]);
        sim.say(1000, 1500, QUESTION);
        sim.run(5000);
        leave(&mut sim);
        assert_eq!(left(&sim), [5000]);
        assert_eq!(sim.machine.ended_at(), Some(ms(5000)));
        // What had left and was not heard yet never is.
        assert!((4900..=5000).contains(&last_heard(&sim)), "{carrier:?}");
        let id = sim.items()[1].clone();
        assert_eq!(sim.item(&id).status, ItemStatus::Incomplete);
        let heard = sim.transcript(&id);
        assert_eq!(heard, last_words(&sim));
        let words = heard.split_whitespace().count() as u64;
        assert!(words.abs_diff((5000 - sim.sent()[0]) / 300) <= 1, "{heard}");
        let ended = sim.records().find_map(|entry| match &entry.event {
            Event::ResponseEnded { status, reason, .. } => Some((status.clone(), reason.clone())),
            _ => None,
        });
        let (status, reason) = ended.unwrap();
        assert_eq!((&*status, reason.as_deref()), ("cancelled", Some("left")));
        sim.run(9000);
        assert_eq!(left(&sim), [5000]);
        assert!(sim.sent().iter().all(|at| *at <= 5000));
        nothing_new(&sim, 5000);
    }
}

#[test]
fn a_noise_is_not_kept_as_a_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 900, "");
    sim.run(1500);
    leave(&mut sim);
    sim.run(8000);
    assert_eq!(left(&sim), [1550]);
    assert!(sim.items().is_empty());
    assert!(sim.machine.items.last().is_none());
}

#[test]
fn speech_over_the_clients_voice_counts_as_meant() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&["It began in the spring with the new team."]);
    sim.say(1000, 1500, QUESTION);
    sim.say(4000, 700, "and then");
    sim.run(4400);
    leave(&mut sim);
    sim.run(8000);
    assert_eq!(last_words(&sim), "And.");
    assert_eq!(left(&sim), [4450]);
}

#[test]
fn what_a_client_did_not_commit_is_kept_if_it_has_words() {
    let manual = |session: &mut Session| session.audio.input.turn_detection = None;
    for (words, items) in [(QUESTION, 1), ("", 0)] {
        let mut sim = Sim::with(WebSocket, manual);
        sim.utter(1000, 1500, words);
        sim.run(6000);
        leave(&mut sim);
        sim.run(9000);
        assert_eq!(left(&sim), [6050]);
        assert_eq!(sim.machine.items.len(), items);
    }
}

#[test]
fn at_the_longest_duration_what_was_said_last_is_kept() {
    let mut sim = Sim::build(WebRtc, Duration::from_secs(2), |_| {});
    sim.say(1000, 1500, QUESTION);
    sim.run(2000);
    assert_eq!(
        sim.when(|output| matches!(output, Output::Close(_))),
        [2000]
    );
    assert!(left(&sim).is_empty());
    leave(&mut sim);
    leave(&mut sim);
    sim.run(8000);
    assert_eq!(left(&sim), [2050]);
    assert_eq!(last_words(&sim), "What would you?");
    nothing_new(&sim, 2000);
}

#[test]
fn with_semantic_detection_a_pause_is_no_reason_to_wait() {
    let mut sim = Sim::with(WebRtc, |session| {
        let vad = signaling::event::audio::SemanticVad::DEFAULT;
        session.audio.input.turn_detection = Some(TurnDetection::SemanticVad(vad));
    });
    sim.say(1000, 1000, "I was thinking and");
    sim.run(2600);
    leave(&mut sim);
    assert_eq!(left(&sim), [2600]);
    assert_eq!(last_words(&sim), "I was thinking and.");
}

/// The words of the first answer that stand in the archive in the end.
fn kept(sim: &Sim) -> usize {
    last_words(sim).split_whitespace().count()
}

#[test]
fn an_answer_ends_where_nobody_was_there_any_more() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.reply = Reply::of(&["It began in the spring with the new team and went on for long."]);
        sim.say(1000, 1500, QUESTION);
        sim.run(6000);
        let gone = sim.sent()[0] + 1300;
        sim.handle(Input::Deserted { since: ms(gone) });
        leave(&mut sim);
        assert_eq!(left(&sim), [6000]);
        let id = sim.items()[1].clone();
        assert_eq!(sim.item(&id).status, ItemStatus::Incomplete);
        let words = sim.transcript(&id).split_whitespace().count();
        assert!((3..=5).contains(&words), "{carrier:?}: {words}");
        assert_eq!(words, kept(&sim));
        assert_eq!(sim.machine.ended_at(), Some(ms(gone)));
        assert!(last_heard(&sim) <= gone, "{carrier:?}");
    }
}

#[test]
fn an_answer_that_seemed_to_be_heard_to_its_end_was_not() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.reply = Reply::of(&["It began in the spring with the new team."]);
        sim.say(1000, 1500, QUESTION);
        sim.run(12_000);
        let id = sim.items()[1].clone();
        assert_eq!(
            sim.transcript(&id),
            "It began in the spring with the new team."
        );
        let gone = sim.sent()[0] + 1300;
        sim.handle(Input::Deserted { since: ms(gone) });
        leave(&mut sim);
        let words = sim.transcript(&id).split_whitespace().count();
        assert!((3..=5).contains(&words), "{carrier:?}: {words}");
        assert_eq!(words, kept(&sim));
        assert_eq!(sim.machine.ended_at(), Some(ms(gone)));
        assert!(last_heard(&sim) <= gone, "{carrier:?}");
        let truncated = sim.records().any(
            |entry| matches!(&entry.event, Event::Truncated { item_id, .. } if *item_id == id),
        );
        assert!(truncated);
    }
}

#[test]
fn what_was_heard_before_nobody_was_there_stays() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, QUESTION);
    sim.run(20_000);
    let before = last_words(&sim);
    sim.handle(Input::Deserted { since: ms(15_000) });
    leave(&mut sim);
    assert_eq!(last_words(&sim), before);
    assert!(
        !sim.records()
            .any(|entry| matches!(entry.event, Event::Truncated { .. }))
    );
}

#[test]
fn an_answer_that_was_interrupted_in_the_last_moment_ends_there_too() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&["It began in the spring with the new team and went on for long."]);
    sim.say(1000, 1500, QUESTION);
    sim.run(6000);
    sim.send(cancel());
    leave(&mut sim);
    assert_eq!(sim.machine.ended_at(), Some(ms(6000)));
    assert!(last_heard(&sim) <= 6000, "{}", last_heard(&sim));
}
