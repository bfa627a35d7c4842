//! When a turn is over.

use signaling::event::Status;
use signaling::event::audio::{Eagerness, SemanticVad, ServerVad, TurnDetection};
use signaling::event::own::TurnState;
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::sim::{Sim, ms, prompt};
use crate::live::conversation::{Input, Output};

const QUESTION: &str = "what would you like to change";
/// The same as it is shown and remembered.
const SHOWN: &str = "What would you like to change?";

fn semantic(eagerness: Eagerness, client: Option<&str>) -> Sim {
    Sim::with(WebRtc, |session| {
        let vad = SemanticVad {
            eagerness,
            ..SemanticVad::DEFAULT
        };
        session.audio.input.turn_detection = Some(TurnDetection::SemanticVad(vad));
        session.prompt = client.map(prompt);
    })
}

/// How long after the last speech the turn was committed.
fn waited(sim: &mut Sim, words: &str) -> u64 {
    sim.say(1000, 1500, words);
    sim.run(12_000);
    sim.time("input_audio_buffer.committed") - 2500
}

#[test]
fn a_spoken_turn_is_told_in_the_protocols_order() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, QUESTION);
    sim.run(10_000);
    let kinds = sim.kinds(1);
    assert_eq!(
        kinds,
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "output_audio_buffer.started",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
            "output_audio_buffer.stopped",
        ]
    );
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(
        sim.states(),
        [
            TurnState::CoachSpeaking,
            TurnState::Pausing,
            TurnState::Thinking,
            TurnState::ClientSpeaking,
            TurnState::Listening
        ]
    );
    let items = sim.items();
    assert_eq!(sim.transcript(&items[0]), SHOWN);
    assert_eq!(
        sim.transcript(&items[1]),
        "I keep thinking about it. And I do not know why."
    );
}

#[test]
fn server_vad_waits_exactly_the_silence_it_was_given() {
    for silence in [300, 500, 1200] {
        let mut sim = Sim::with(WebSocket, |session| {
            let vad = ServerVad {
                silence_duration_ms: silence,
                ..ServerVad::DEFAULT
            };
            session.audio.input.turn_detection = Some(TurnDetection::ServerVad(vad));
        });
        assert_eq!(waited(&mut sim, "I wonder whether"), u64::from(silence));
    }
}

#[test]
fn semantic_vad_lets_a_sentence_that_goes_on_go_on() {
    let whole = waited(&mut semantic(Eagerness::Auto, None), QUESTION);
    let open = waited(&mut semantic(Eagerness::Auto, None), "okay");
    let goes_on = waited(&mut semantic(Eagerness::Auto, None), "I was thinking and");
    assert_eq!((whole, open, goes_on), (600, 1100, 4000));
}

/// The same if the recogniser says at this time that the coach has finished.
fn waited_with_hint(words: &str, at: u64, confidence: f32) -> u64 {
    let mut sim = semantic(Eagerness::Auto, None);
    let segment = 1;
    sim.at(
        at,
        Input::EndOfTurn {
            segment,
            confidence,
        },
    );
    waited(&mut sim, words)
}

#[test]
fn a_recogniser_that_heard_the_end_shortens_the_wait_by_one_step() {
    assert_eq!(waited_with_hint(QUESTION, 2760, 0.9), 400);
    assert_eq!(waited_with_hint("okay", 2760, 0.9), 600);
    assert_eq!(waited_with_hint("I was thinking and", 2760, 0.9), 1100);
    // Before the final words, or when it is nearly too late.
    assert_eq!(waited_with_hint(QUESTION, 2720, 0.9), 400);
    assert_eq!(waited_with_hint("okay", 3400, 0.9), 900);
}

#[test]
fn a_hint_that_is_unsure_or_early_or_of_something_else_does_nothing() {
    assert_eq!(waited_with_hint(QUESTION, 2760, 0.3), 600);
    assert_eq!(waited_with_hint(QUESTION, 2000, 0.9), 600);
    let mut sim = semantic(Eagerness::Auto, None);
    let (segment, confidence) = (7, 0.9);
    sim.at(
        2760,
        Input::EndOfTurn {
            segment,
            confidence,
        },
    );
    assert_eq!(waited(&mut sim, QUESTION), 600);
    let mut sim = Sim::new(WebSocket);
    sim.at(
        2760,
        Input::EndOfTurn {
            segment: 1,
            confidence,
        },
    );
    assert_eq!(waited(&mut sim, QUESTION), 500);
}

#[test]
fn who_speaks_on_had_not_finished() {
    let mut sim = semantic(Eagerness::Auto, None);
    let (segment, confidence) = (1, 0.9);
    sim.say(1000, 1500, QUESTION);
    sim.at(
        2760,
        Input::EndOfTurn {
            segment,
            confidence,
        },
    );
    sim.say(2800, 1000, "in your team");
    sim.run(12_000);
    assert_eq!(sim.time("input_audio_buffer.committed"), 3800 + 600);
    assert_eq!(
        sim.coach_words(),
        ["What would you like to change in your team?"]
    );
}

#[test]
fn a_hint_after_the_words_lets_an_answer_begin() {
    let mut sim = semantic(Eagerness::Auto, Some("tomas"));
    let (segment, confidence) = (1, 0.9);
    sim.say(1000, 1500, "I was thinking and");
    sim.at(
        3000,
        Input::EndOfTurn {
            segment,
            confidence,
        },
    );
    sim.run(12_000);
    let asked = sim.when(|output| matches!(output, Output::Generate(_)));
    assert_eq!(asked, [3000]);
    assert_eq!(sim.time("input_audio_buffer.committed"), 2500 + 1100 + 900);
}

#[test]
fn eagerness_stretches_the_wait() {
    let low = waited(&mut semantic(Eagerness::Low, None), QUESTION);
    let high = waited(&mut semantic(Eagerness::High, None), QUESTION);
    assert!(high < 600 && 600 < low, "{high} {low}");
}

#[test]
fn a_patient_client_waits_longer() {
    let quick = waited(&mut semantic(Eagerness::Auto, Some("mara")), QUESTION);
    let patient = waited(&mut semantic(Eagerness::Auto, Some("tomas")), QUESTION);
    assert_eq!(patient - quick, 900);
}

#[test]
fn speech_resumed_within_the_wait_goes_on_with_the_same_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1000, "what would you");
    sim.say(2300, 1000, "like to change");
    sim.run(12_000);
    assert_eq!(sim.times("input_audio_buffer.speech_started").len(), 1);
    assert_eq!(sim.coach_words(), [SHOWN]);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn sound_between_two_segments_is_not_decoded_twice() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1000, "what would you");
    sim.say(2300, 1000, "like to change");
    sim.run(4_000);
    let ends = sim.outputs().filter_map(|(_, output)| match output {
        Output::Begin { from, .. } => Some(from.ms()),
        Output::End { to, .. } => Some(to.ms()),
        _ => None,
    });
    let ends: Vec<u64> = ends.collect();
    assert!(ends.is_sorted(), "{ends:?}");
}

#[test]
fn a_cough_in_silence_is_no_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 300, "");
    sim.run(8_000);
    assert_eq!(
        sim.kinds(1),
        [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.cleared"
        ]
    );
}

#[test]
fn minutes_of_silence_say_nothing() {
    let mut sim = Sim::new(WebRtc);
    sim.run(180_000);
    assert_eq!(sim.kinds(1), [""; 0]);
    assert_eq!(sim.trace.len(), 3);
}

/// A session that has the client prompted after six seconds.
fn prompting() -> Sim {
    Sim::with(WebRtc, |session| {
        let vad = ServerVad {
            idle_timeout_ms: Some(6000),
            ..ServerVad::DEFAULT
        };
        session.audio.input.turn_detection = Some(TurnDetection::ServerVad(vad));
    })
}

#[test]
fn a_session_that_wants_it_prompts_after_an_idle_time() {
    let mut sim = prompting();
    sim.say(1000, 1500, QUESTION);
    sim.run(13_000);
    let stopped = sim.times("output_audio_buffer.stopped")[0];
    assert_eq!(
        sim.time("input_audio_buffer.timeout_triggered"),
        stopped + 6000
    );
    assert_eq!(sim.times("response.created").len(), 2);
    // Before the first answer nobody is prompted.
    let mut sim = prompting();
    sim.run(30_000);
    assert_eq!(sim.kinds(1), [""; 0]);
    // Nor where nobody is there to hear it.
    let mut sim = prompting();
    sim.say(1000, 1500, QUESTION);
    sim.run(7000);
    sim.handle(Input::Deserted { since: ms(7000) });
    sim.run(30_000);
    assert!(sim.times("input_audio_buffer.timeout_triggered").is_empty());
}

#[test]
fn a_turn_without_create_response_is_committed_and_not_answered() {
    let mut sim = Sim::with(WebRtc, |session| {
        let vad = ServerVad {
            create_response: false,
            ..ServerVad::DEFAULT
        };
        session.audio.input.turn_detection = Some(TurnDetection::ServerVad(vad));
    });
    sim.say(1000, 1500, QUESTION);
    sim.run(8_000);
    assert_eq!(sim.times("input_audio_buffer.committed"), [3000]);
    assert!(sim.asks().is_empty());
}
