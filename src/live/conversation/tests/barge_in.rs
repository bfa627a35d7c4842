//! The coach interrupts: the voice stops at once, and only what was heard remains.

use signaling::event::{ClientEventKind, Reason, ServerEvent, Status};
use signaling::link::Carrier::{self, WebRtc, WebSocket};

use super::super::Output;
use super::super::output::Memory;
use super::sim::{DELAY_MS, Reply, Sim, kind, text_only};
use crate::archive::event::Event;

const STORY: &[&str] = &[
    "It began in the spring with the new team.",
    "Nobody asked me what I thought about it.",
    "And now I sit there every day and wait.",
];

/// The client tells a story, heard from about 3500 ms on; the coach speaks over it at 5200 ms.
fn interrupted(carrier: Carrier) -> Sim {
    let mut sim = Sim::new(carrier);
    sim.reply = Reply::of(STORY);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(5200);
    sim.say(5200, 1400, "can we stay with the spring");
    sim
}

#[test]
fn the_voice_stops_within_100_ms_of_the_decision() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = interrupted(carrier);
        sim.run(6700);
        let decided = sim.barge_ins()[0];
        assert!(decided <= 5200 + 700, "{decided}");
        assert!(sim.sent().last().is_some_and(|last| *last <= decided));
        assert_eq!(sim.endings(), [Status::Cancelled]);
    }
}

#[test]
fn the_voice_is_held_back_at_the_first_sound_already() {
    let mut sim = interrupted(WebRtc);
    sim.run(5400);
    assert_eq!(sim.when(|output| matches!(output, Output::Pause)), [5260]);
    assert!(sim.sent().last().is_some_and(|last| *last <= 5280));
}

#[test]
fn text_and_memory_keep_only_what_was_heard_by_word() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = interrupted(carrier);
        sim.run(20_000);
        let story = STORY.join(" ");
        let items = sim.items();
        let heard = sim.transcript(&items[1]);
        assert!(story.starts_with(&heard), "{heard}");
        // Heard from the first packet, later by the way there, until it was held back.
        let first = sim.sent()[0];
        let heard_ms = match carrier {
            WebRtc => 5260 - first,
            WebSocket => 5260 - first - DELAY_MS,
        };
        let words = heard.split_whitespace().count() as u64;
        assert!(words.abs_diff(heard_ms / 300) <= 1, "{words} in {heard_ms}");
        let cut = Memory::Client {
            text: heard,
            cut: true,
        };
        assert!(sim.memory().contains(&cut));
        assert_eq!(
            sim.coach_words().last().unwrap(),
            "Can we stay with the spring?"
        );
        assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
    }
}

#[test]
fn over_webrtc_the_server_tells_what_it_cleared_and_where_it_cut() {
    let mut sim = interrupted(WebRtc);
    sim.run(6500);
    assert_eq!(
        sim.kinds(5200),
        [
            "input_audio_buffer.speech_started",
            "output_audio_buffer.cleared",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "conversation.item.truncated",
            "response.done",
        ]
    );
    let reason = sim.events().find_map(|(_, event)| match event {
        ServerEvent::ResponseDone { response } => response.status_details.as_ref()?.reason,
        _ => None,
    });
    assert_eq!(reason, Some(Reason::TurnDetected));
}

#[test]
fn over_websocket_the_client_refines_the_cut_and_may_do_so_twice() {
    let mut sim = interrupted(WebSocket);
    sim.run(6500);
    assert!(
        !sim.kinds(5200)
            .contains(&"conversation.item.truncated".to_owned())
    );
    let item_id = sim.items()[1].clone();
    for audio_end_ms in [1000, 700] {
        sim.send(ClientEventKind::TruncateItem {
            item_id: item_id.clone(),
            content_index: 0,
            audio_end_ms,
        });
    }
    assert!(sim.errors().is_empty());
    assert_eq!(sim.transcript(&item_id), "It began");
    assert_eq!(sim.times("conversation.item.truncated").len(), 2);
}

#[test]
fn after_the_last_of_an_answer_was_sent_what_is_not_heard_is_still_cut() {
    let mut sim = Sim::new(WebSocket);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(4000);
    while sim.endings().is_empty() {
        let next = sim.now.ms() + 20;
        sim.run(next);
    }
    // Sent ahead of time, so about half a second is still to be heard.
    let done = sim.now.ms();
    sim.handle(super::super::Input::VoiceStarted { at: sim.now });
    sim.run(done + 1300);
    assert!(matches!(sim.notes().last(), Some(Event::BargeIn { .. })));
    let heard = sim.transcript(&sim.items()[1]);
    assert!("I keep thinking about it. And I do not know why.".starts_with(&heard));
    assert!(!heard.ends_with("why."), "{heard}");
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn speech_during_the_preparation_of_an_answer_cancels_it_unheard() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.reply.first_ms = 2000;
        sim.say(1000, 1500, "what would you like to change");
        sim.say(3400, 1500, "I mean in your team");
        sim.run(6500);
        assert!(sim.sent().is_empty());
        assert_eq!(sim.endings(), [Status::Cancelled]);
        sim.run(14_000);
        assert_eq!(
            sim.coach_words(),
            ["What would you like to change?", "I mean in your team."]
        );
        assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
        assert_eq!(sim.barge_ins().len(), 1);
    }
}

#[test]
fn a_noise_that_stopped_an_answer_unheard_does_not_leave_the_coach_unanswered() {
    let mut sim = Sim::new(WebRtc);
    sim.reply.first_ms = 2000;
    sim.say(1000, 1500, "what would you like to change");
    sim.say(3400, 1700, "");
    sim.run(16_000);
    assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
    assert_eq!(sim.coach_words(), ["What would you like to change?"]);
}

#[test]
fn a_written_answer_is_interrupted_too() {
    let mut sim = Sim::with(WebRtc, text_only);
    sim.reply = Reply::of(STORY);
    sim.reply.gap_ms = 1500;
    sim.say(1000, 1500, "what would you like to change");
    sim.say(4500, 1200, "wait I have another question");
    sim.run(5500);
    assert_eq!(sim.endings(), [Status::Cancelled]);
    sim.run(15_000);
    assert_eq!(sim.endings(), [Status::Cancelled, Status::Completed]);
}

#[test]
fn nothing_late_of_an_interrupted_answer_reaches_the_next() {
    let mut sim = interrupted(WebRtc);
    // The simulated model goes on after its cancellation; its third sentence comes late.
    sim.reply.gap_ms = 2500;
    sim.run(5900);
    sim.reply = Reply::of(&["Gladly."]);
    sim.run(15_000);
    let items = sim.items();
    assert_eq!(sim.transcript(&items[3]), "Gladly.");
    let said = sim.when(|output| matches!(output, Output::Say { text, .. } if text == "Gladly."));
    assert!(!said.is_empty());
}

#[test]
fn an_interruption_is_not_answered_before_it_is_over() {
    let mut sim = interrupted(WebRtc);
    sim.run(12_000);
    let created = sim.times("response.created");
    let committed = sim.times("input_audio_buffer.committed");
    assert_eq!(created.len(), 2);
    assert_eq!(created[1], committed[1]);
    assert!(sim.events().all(|(_, event)| kind(event) != "error"));
}
