//! Engines that fail, stall or are late; sound that comes too fast; the end of the session.

use std::time::Duration;

use signaling::event::session::OWN_EVENTS;
use signaling::event::{ClientEventKind, Field, ServerEvent, SessionUpdate, Status, code};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::{Input, Output};
use super::sim::{Reply, Sim, ms, trouble};

const QUESTION: &str = "what would you like to change";
const SHOWN: &str = "What would you like to change?";

#[test]
fn words_that_come_late_are_waited_for() {
    let mut sim = Sim::new(WebRtc);
    sim.final_ms = Some(900);
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    assert_eq!(sim.time("input_audio_buffer.committed"), 2700 + 900);
    assert_eq!(sim.coach_words(), [SHOWN]);
}

#[test]
fn words_that_never_come_are_not_waited_for_for_ever() {
    let mut sim = Sim::new(WebRtc);
    sim.final_ms = None;
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    assert_eq!(sim.time("input_audio_buffer.committed"), 2700 + 3000);
    // What was understood so far has to do.
    assert_eq!(sim.coach_words(), ["What would you like to?"]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_busy_recogniser_is_waited_for_longer_where_no_word_is_understood_yet() {
    let mut sim = Sim::new(WebRtc);
    sim.busy = true;
    sim.final_ms = Some(4000);
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    assert_eq!(sim.time("input_audio_buffer.committed"), 2700 + 4000);
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_recogniser_that_is_stuck_is_given_up() {
    let mut sim = Sim::new(WebRtc);
    sim.busy = true;
    sim.final_ms = None;
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    let failed = "conversation.item.input_audio_transcription.failed";
    assert_eq!(sim.times(failed), [2700 + 6000]);
    assert!(sim.asks().is_empty());
}

#[test]
fn a_turn_that_was_not_understood_is_told_and_not_answered() {
    let mut sim = Sim::new(WebRtc);
    sim.deaf = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    let failed = "conversation.item.input_audio_transcription.failed";
    assert_eq!(sim.times(failed).len(), 1);
    assert!(sim.asks().is_empty());
    sim.deaf = false;
    sim.say(9000, 1500, QUESTION);
    sim.run(18_000);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn a_client_that_wants_no_transcripts_learns_all_the_same_that_it_was_not_understood() {
    let mut sim = Sim::with(WebSocket, |session| {
        session.include = None;
        session.audio.input.transcription = None;
    });
    sim.deaf = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    let failed = "conversation.item.input_audio_transcription.failed";
    assert_eq!(sim.times(failed).len(), 1);
    assert!(sim.asks().is_empty());
}

#[test]
fn another_recogniser_is_told_of_once_and_the_turn_goes_on() {
    let mut sim = Sim::new(WebRtc);
    // Where none was replaced, nobody is back.
    sim.at(500, back(true));
    sim.say(1000, 1500, QUESTION);
    sim.at(2000, stood_in("last"));
    sim.run(9000);
    let notices: Vec<_> = sim
        .events()
        .filter_map(|(_, event)| match event {
            ServerEvent::Notice(notice) => Some(notice.code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(notices, ["recogniser_replaced"]);
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

/// The recogniser failed, and this one listens.
fn stood_in(by: &str) -> Input {
    let (error, by) = (trouble(), by.to_owned());
    Input::ListenerStoodIn { error, by }
}

/// A recogniser listens again, be it the first or one between.
fn back(first: bool) -> Input {
    let by = "between".to_owned();
    Input::ListenerBack { by, first }
}

#[test]
fn a_recogniser_between_is_not_the_one_from_before() {
    let mut sim = Sim::with(WebSocket, |session| session.include = None);
    sim.at(100, stood_in("last"));
    sim.at(200, back(false));
    sim.run(500);
    sim.send(ClientEventKind::SessionUpdate(Box::new(SessionUpdate {
        include: Field::Value(vec![OWN_EVENTS.to_owned()]),
        ..SessionUpdate::default()
    })));
    sim.at(600, back(false));
    sim.at(700, back(true));
    sim.run(1000);
    let notices = sim.events().filter_map(|(_, event)| match event {
        ServerEvent::Notice(notice) => Some(notice.message.as_str()),
        _ => None,
    });
    let notices: Vec<_> = notices.collect();
    assert_eq!(
        notices,
        [
            "Another recogniser listens now: between",
            "The recogniser from before listens again."
        ]
    );
}

#[test]
fn a_recogniser_that_is_back_is_told_of_as_quietly() {
    let mut sim = Sim::new(WebRtc);
    // A better one that nobody was told of is no news.
    sim.at(50, back(true));
    sim.at(100, stood_in("last"));
    sim.at(200, back(true));
    sim.run(500);
    let notices = sim.events().filter_map(|(_, event)| match event {
        ServerEvent::Notice(notice) => Some(notice.code.as_str()),
        _ => None,
    });
    let notices: Vec<_> = notices.collect();
    assert_eq!(notices, ["recogniser_replaced", "recogniser_back"]);
}

#[test]
fn one_that_goes_on_listening_after_a_vain_attempt_is_no_news() {
    let mut sim = Sim::new(WebRtc);
    for (at, by) in [(100, "other"), (200, "last"), (300, "last"), (400, "other")] {
        sim.at(at, stood_in(by));
    }
    sim.run(500);
    let told = sim
        .events()
        .filter(|(_, event)| matches!(event, ServerEvent::Notice(_)));
    assert_eq!(told.count(), 3);
}

#[test]
fn a_client_that_asks_for_our_events_later_is_told_of_another_recogniser_then() {
    let mut sim = Sim::with(WebSocket, |session| session.include = None);
    sim.at(100, stood_in("last"));
    sim.run(500);
    assert!(sim.events().all(|(_, event)| !event.is_own()));
    for _ in 0..2 {
        sim.send(ClientEventKind::SessionUpdate(Box::new(SessionUpdate {
            include: Field::Value(vec![OWN_EVENTS.to_owned()]),
            ..SessionUpdate::default()
        })));
    }
    let told = sim
        .events()
        .filter(|(_, event)| matches!(event, ServerEvent::Notice(_)));
    assert_eq!(told.count(), 1);
}

#[test]
fn of_a_recogniser_that_is_back_nobody_is_told_that_it_was_away() {
    let mut sim = Sim::with(WebSocket, |session| session.include = None);
    sim.at(100, stood_in("last"));
    sim.at(200, back(true));
    sim.run(500);
    sim.send(ClientEventKind::SessionUpdate(Box::new(SessionUpdate {
        include: Field::Value(vec![OWN_EVENTS.to_owned()]),
        ..SessionUpdate::default()
    })));
    let is_notice = |event: &ServerEvent| matches!(event, ServerEvent::Notice(_));
    assert!(sim.events().all(|(_, event)| !is_notice(event)));
}

#[test]
fn a_model_that_fails_in_the_middle_leaves_what_was_said() {
    let mut sim = Sim::new(WebRtc);
    sim.reply.fails = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Failed]);
    assert_eq!(sim.errors()[0].code.as_deref(), Some("model_trouble"));
    let said = sim.transcript(&sim.items()[1]);
    assert_eq!(said, "I keep thinking about it. And I do not know why.");
    sim.reply.fails = false;
    sim.say(12_000, 1500, "and what else is there");
    sim.run(20_000);
    assert_eq!(sim.endings(), [Status::Failed, Status::Completed]);
}

#[test]
fn a_sentence_that_cannot_be_spoken_is_not_remembered() {
    let mut sim = Sim::new(WebRtc);
    sim.unspeakable = Some("know");
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.transcript(&sim.items()[1]), "I keep thinking about it.");
    assert_eq!(sim.errors().len(), 1);
}

#[test]
fn a_voice_that_cannot_speak_at_all_fails_the_response_once() {
    let mut sim = Sim::new(WebSocket);
    sim.unspeakable = Some("");
    sim.say(1000, 1500, QUESTION);
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Failed]);
    assert_eq!(sim.errors().len(), 1);
    assert!(sim.sent().is_empty());
}

#[test]
fn an_engine_that_stalls_fails_the_response() {
    let mut sim = Sim::new(WebRtc);
    sim.mute = true;
    sim.say(1000, 1500, QUESTION);
    sim.run(40_000);
    assert_eq!(sim.endings(), [Status::Failed]);
    assert!(sim.time("response.done") < 34_000);
}

#[test]
fn an_empty_answer_is_complete() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&[]);
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    assert_eq!(sim.endings(), [Status::Completed]);
    assert_eq!(sim.items().len(), 1);
    assert_eq!(sim.times("output_audio_buffer.started"), [0; 0]);
}

#[test]
fn sound_that_comes_faster_than_time_passes_keeps_its_words_and_its_turns() {
    let mut sim = Sim::new(WebSocket);
    sim.utter(1000, 1500, QUESTION);
    sim.utter(6000, 1500, "and what else is there");
    sim.mic = false;
    // Ten seconds of sound arrive at once, so that the timeline jumps; words come afterwards.
    sim.now = ms(10_000);
    let mut turns = vec![(1000, 2500), (6000, 7500)];
    for to in (20..=10_000).step_by(20) {
        if let Some((from, end)) = turns.first().copied() {
            if to == from + 60 {
                sim.handle(Input::VoiceStarted { at: ms(from) });
            } else if to == end + 200 {
                sim.handle(Input::VoiceStopped { at: ms(end) });
                turns.remove(0);
            }
        }
        sim.handle(Input::Audio { to: ms(to) });
    }
    sim.mic = true;
    sim.run(25_000);
    let said: Vec<String> = sim
        .items()
        .iter()
        .take(2)
        .map(|id| sim.transcript(id))
        .collect();
    assert_eq!(said, [SHOWN, "And what else is there?"]);
    assert_eq!(sim.endings().last(), Some(&Status::Completed));
    assert_eq!(sim.coach_words().len(), 2);
}

#[test]
fn the_session_ends_in_good_order_at_its_longest_duration() {
    let mut sim = Sim::build(WebRtc, Duration::from_secs(5), |_| {});
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    assert_eq!(sim.endings(), [Status::Failed]);
    assert_eq!(sim.errors()[0].code.as_deref(), Some(code::SESSION_EXPIRED));
    assert_eq!(
        sim.when(|output| matches!(output, Output::Close(_))),
        [5000]
    );
    assert_eq!(sim.machine.deadline(), None);
    sim.send(ClientEventKind::CommitInput);
    assert_eq!(sim.errors().len(), 1);
}

#[test]
fn a_voice_that_is_replaced_is_told_quietly() {
    let mut sim = Sim::new(WebRtc);
    sim.handle(Input::VoiceStoodIn { error: trouble() });
    assert!(sim.errors().is_empty());
    let told = |event: &ServerEvent| matches!(event, ServerEvent::Notice(notice) if notice.code == "voice_replaced");
    assert!(sim.events().any(|(_, event)| told(event)));
}

#[test]
fn a_voice_and_a_model_that_are_back_are_told_of_as_quietly() {
    let mut sim = Sim::new(WebRtc);
    sim.handle(Input::VoiceBack);
    sim.handle(Input::ModelBack);
    assert!(sim.errors().is_empty());
    let notices = sim.events().filter_map(|(_, event)| match event {
        ServerEvent::Notice(notice) => Some(notice.code.as_str()),
        _ => None,
    });
    let notices: Vec<_> = notices.collect();
    assert_eq!(notices, ["voice_back", "model_back"]);
}

#[test]
fn own_events_are_for_those_who_asked() {
    let mut sim = Sim::with(WebRtc, |session| session.include = None);
    sim.say(1000, 1500, QUESTION);
    sim.run(9000);
    sim.handle(Input::Stopping);
    assert!(sim.events().all(|(_, event)| !event.is_own()));
    let mut sim = Sim::new(WebRtc);
    sim.handle(Input::Stopping);
    assert!(
        sim.events()
            .any(|(_, event)| matches!(event, ServerEvent::Notice(_)))
    );
}
