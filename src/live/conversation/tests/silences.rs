//! The client thinks in the middle of a thought: the coach waits, or steps in.

use std::sync::Arc;
use std::time::Duration;

use signaling::event::audio::{SemanticVad, TurnDetection};
use signaling::event::own::TurnState;
use signaling::link::Carrier::{self, WebRtc, WebSocket};

use super::super::output::Memory;
use super::super::resuming::Past;
use super::super::{Output, Traits};
use super::sim::{Reply, Sim, ms, prompt, settings};
use crate::archive::event::{Event, Outcome, Place, Silence};

/// Six words, a silence of three seconds, six words.
const THOUGHT: &[&str] = &[
    "I came because of the offer.",
    "[pause 3000] But it is something else, really.",
];
/// How long six words take, and the silence.
const WORDS: u64 = 1800;
const SILENCE: u64 = 3000;

/// The client is asked, and begins to answer. When the listener hears the first sound of it.
fn asked(carrier: Carrier, says: &[&'static str]) -> (Sim, u64) {
    let mut sim = Sim::new(carrier);
    sim.reply = Reply::of(says);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(4200);
    let began = sim.records().find_map(|entry| match entry.event {
        Event::VoiceStarted { .. } => Some(entry.at_ms),
        _ => None,
    });
    let heard = began.expect("it answers") + super::sim::DELAY_MS;
    (sim, heard)
}

fn silences(sim: &Sim) -> Vec<Silence> {
    let silences = sim.records().filter_map(|entry| match &entry.event {
        Event::Silence(silence) => Some(silence.clone()),
        _ => None,
    });
    silences.collect()
}

fn stepped_in(sim: &Sim) -> Vec<bool> {
    let taken = sim.notes().into_iter().filter_map(|event| match event {
        Event::BargeIn { thinking, .. } => Some(*thinking),
        _ => None,
    });
    taken.collect()
}

/// What the client remembers of silences.
fn remembered(sim: &Sim) -> Vec<Outcome> {
    let silences = sim.memory().into_iter().filter_map(|memory| match memory {
        Memory::Silence(outcome) => Some(outcome),
        _ => None,
    });
    silences.collect()
}

#[test]
fn a_coach_who_waits_is_noted_and_remembered() {
    for carrier in [WebRtc, WebSocket] {
        let (mut sim, heard) = asked(carrier, THOUGHT);
        sim.run(15_000);
        let [silence] = &silences(&sim)[..] else {
            panic!("{:?}", silences(&sim))
        };
        assert_eq!(
            (silence.place, silence.outcome),
            (Place::Within, Outcome::Held)
        );
        assert_eq!(Some(&silence.item_id), sim.items().get(1));
        assert!(
            silence.from_ms.abs_diff(heard + WORDS) <= 40,
            "{silence:?} {heard}"
        );
        assert!(
            (silence.to_ms - silence.from_ms).abs_diff(SILENCE) <= 20,
            "{silence:?}"
        );
        assert_eq!(stepped_in(&sim), [false; 0]);
        // The client is thinking, and does not seem to be done.
        let states = sim.states();
        let mut both = states.windows(3);
        let thinks = [
            TurnState::ClientSpeaking,
            TurnState::Thinking,
            TurnState::ClientSpeaking,
        ];
        assert!(both.any(|three| three == thinks), "{states:?}");
        sim.say(15_000, 1500, "what would that be for you");
        sim.run(20_000);
        // The silence within, and the one after it.
        assert_eq!(remembered(&sim), [Outcome::Held, Outcome::Held]);
    }
}

#[test]
fn a_coach_who_steps_in_cuts_off_what_was_still_to_come() {
    for carrier in [WebRtc, WebSocket] {
        let (mut sim, heard) = asked(carrier, THOUGHT);
        let into = heard + WORDS + 1000;
        sim.say(into, 1500, "so what is the offer about");
        sim.run(into + 6000);
        let [silence] = &silences(&sim)[..] else {
            panic!("{:?}", silences(&sim))
        };
        assert_eq!(
            (silence.place, silence.outcome),
            (Place::Within, Outcome::Broken)
        );
        assert!(silence.to_ms.abs_diff(into) <= 40, "{silence:?}");
        assert_eq!(stepped_in(&sim), [true]);
        let item = &sim.items()[1];
        assert_eq!(sim.transcript(item), "I came because of the offer.");
        let memory = sim.memory();
        let cut = Memory::Client {
            text: "I came because of the offer.".to_owned(),
            cut: true,
        };
        let at = memory.iter().position(|memory| *memory == cut).unwrap();
        assert_eq!(memory[at + 1], Memory::Silence(Outcome::Broken));
        assert!(matches!(&memory[at + 2], Memory::Coach(text) if text.starts_with("So what")));
    }
}

#[test]
fn a_sign_of_listening_leaves_the_silence() {
    for carrier in [WebRtc, WebSocket] {
        let (mut sim, heard) = asked(carrier, THOUGHT);
        sim.say(heard + WORDS + 800, 400, "mm-hm");
        sim.run(16_000);
        let outcomes: Vec<_> = silences(&sim).iter().map(|s| s.outcome).collect();
        assert_eq!(outcomes, [Outcome::Held]);
        assert_eq!(stepped_in(&sim), [false; 0]);
        let item = &sim.items()[1];
        assert!(sim.transcript(item).ends_with("something else, really."));
    }
}

#[test]
fn who_speaks_over_words_interrupts_and_breaks_no_silence() {
    let (mut sim, heard) = asked(WebRtc, THOUGHT);
    sim.say(heard + 600, 1500, "what is the offer about then");
    sim.run(heard + 8000);
    assert_eq!(stepped_in(&sim), [false]);
    // The first answer has none; the second is waited for.
    let first = &sim.items()[1];
    assert!(
        silences(&sim)
            .iter()
            .all(|silence| silence.item_id != *first)
    );
}

#[test]
fn the_clients_last_words_taken_up_in_its_silence_are_no_echo() {
    for carrier in [WebRtc, WebSocket] {
        let (mut sim, heard) = asked(carrier, THOUGHT);
        let into = heard + WORDS + 1200;
        sim.say(into, 1500, "because of the offer");
        sim.run(into + 5000);
        assert_eq!(stepped_in(&sim), [true]);
        // Just after its words they may be its own voice, come back.
        let (mut sim, heard) = asked(carrier, THOUGHT);
        sim.say(heard + WORDS + 50, 900, "because of the offer");
        sim.run(heard + 9000);
        assert_eq!(stepped_in(&sim), [false; 0]);
    }
}

#[test]
fn a_coach_goes_on_with_their_own_turn_or_steps_into_the_first_thought() {
    for (after, broken) in [(300, false), (1300, true)] {
        let (mut sim, heard) = asked(WebRtc, &["[pause 2600] I would like to sleep again."]);
        sim.say(heard + after, 1400, "and what would that give you");
        sim.run(heard + 8000);
        assert_eq!(stepped_in(&sim), [broken], "{after}");
        let first = &sim.items()[1];
        let outcomes: Vec<_> = silences(&sim)
            .iter()
            .filter(|silence| silence.item_id == *first)
            .map(|silence| (silence.place, silence.outcome))
            .collect();
        let expected = [(Place::Before, Outcome::Broken)];
        assert_eq!(outcomes, expected[..usize::from(broken)], "{after}");
        // Nothing of the answer was heard; that it was waited for in vain is remembered.
        assert_eq!(
            remembered(&sim),
            [Outcome::Broken; 1][..usize::from(broken)]
        );
    }
}

#[test]
fn a_breath_is_no_silence() {
    let (mut sim, _) = asked(
        WebRtc,
        &["[pause 700] I see.", "[pause 500] Maybe it is that."],
    );
    sim.run(15_000);
    assert_eq!(silences(&sim), []);
}

#[test]
fn what_is_left_after_the_clients_words_is_held_if_it_is_long_enough() {
    for (after, held) in [(1500, false), (3500, true), (12_000, true), (40_000, false)] {
        let (mut sim, heard) = asked(WebRtc, &["I would like to sleep again."]);
        let ends = heard + WORDS;
        sim.say(ends + after, 1500, "what would that give you");
        sim.run(ends + after + 6000);
        let all = silences(&sim);
        assert_eq!(all.len(), usize::from(held), "{after}");
        for silence in all {
            assert_eq!(
                (silence.place, silence.outcome),
                (Place::After, Outcome::Held)
            );
            assert!(silence.from_ms.abs_diff(ends) <= 60, "{silence:?} {ends}");
            assert!(silence.to_ms.abs_diff(ends + after) <= 20, "{silence:?}");
        }
        assert_eq!(remembered(&sim).len(), usize::from(held));
        // The answer begun early knew of it, too.
        let kept = Event::Speculated { kept: true };
        assert!(sim.notes().contains(&&kept), "{after}");
    }
}

#[test]
fn silences_outlast_a_connection() {
    let (mut sim, _) = asked(WebRtc, THOUGHT);
    sim.run(12_000);
    let of = silences(&sim).remove(0);
    let items: Vec<_> = sim.items().iter().map(|id| sim.item(id)).collect();
    let mut begun = settings(WebSocket, |_| {});
    begun.from = ms(60_000);
    let past = Past {
        part: 2,
        away: std::time::Duration::from_secs(48),
        items,
        silences: vec![
            (of.item_id, of.outcome),
            ("gone".to_owned(), Outcome::Broken),
        ],
        sent: Vec::new(),
    };
    let mut sim = Sim::resume(begun, past);
    sim.say(61_000, 1500, "where were we just now");
    sim.run(66_000);
    assert_eq!(remembered(&sim), [Outcome::Held]);
    assert!(
        !sim.when(|output| matches!(output, Output::Generate(_)))
            .is_empty()
    );
}

#[test]
fn what_the_client_thinks_is_no_part_of_what_its_voice_took() {
    let measured = |says| {
        let (mut sim, _) = asked(WebRtc, says);
        sim.run(15_000);
        let mut figures = sim.records().filter_map(|entry| match entry.event {
            Event::Latency {
                first_audio_ms,
                thinking_ms,
                first_packet_ms,
                ..
            } => Some((first_audio_ms?, thinking_ms, first_packet_ms?)),
            _ => None,
        });
        let figure = figures.next().expect("it is measured");
        assert_eq!(figures.next(), None, "once");
        figure
    };
    let (plain_audio, none, plain_packet) = measured(&["I would like to sleep again."]);
    assert_eq!(none, None);
    let (audio, thinking, packet) = measured(&["[pause 2600] I would like to sleep again."]);
    // The voice is made ten times faster than it is heard, the silence as well.
    let made = 260;
    assert!((plain_audio..=plain_audio + made + 40).contains(&audio));
    let thinking = thinking.expect("it thinks");
    assert!((2600 - made - 40..=2600).contains(&thinking), "{thinking}");
    let slower = plain_packet..=plain_packet + made + 60;
    assert!(slower.contains(&packet), "{packet} {plain_packet}");
}

/// A session as the page begins it, with a client of the gallery.
fn practises(carrier: Carrier, id: &str, resumed: Option<Past>) -> Sim {
    let mut settings = settings(carrier, |session| {
        session.prompt = Some(prompt(id));
        let vad = TurnDetection::SemanticVad(SemanticVad::DEFAULT);
        session.audio.input.turn_detection = Some(vad);
    });
    let client = |opens| Traits {
        patience: Duration::from_millis(800),
        voice: "slt".to_owned(),
        silence: Duration::from_secs(25),
        opens,
    };
    let cast = [("patient", client(false)), ("opener", client(true))];
    settings.cast = Arc::new(cast.map(|(id, traits)| (id.to_owned(), traits)).into());
    match resumed {
        Some(past) => Sim::resume(settings, past),
        None => Sim::begin(settings, None),
    }
}

#[test]
fn a_silent_coach_is_spoken_to_after_long_and_twice_at_most() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = practises(carrier, "patient", None);
        sim.say(1000, 1500, "what would you like to change");
        sim.run(12_000);
        assert_eq!(sim.times("response.created").len(), 1);
        let heard = sim.machine.quiet_since.ms();
        sim.run(heard + 24_900);
        assert_eq!(sim.times("response.created").len(), 1);
        sim.run(heard + 25_100);
        assert_eq!(sim.times("response.created").len(), 2);
        // It was a silence that the coach left.
        let left = silences(&sim);
        assert_eq!(left.len(), 1, "{left:?}");
        assert_eq!(
            (left[0].place, left[0].outcome),
            (Place::After, Outcome::Held)
        );
        assert_eq!(remembered(&sim), [Outcome::Held]);
        // Once more, and then it waits.
        sim.run(heard + 300_000);
        assert_eq!(sim.times("response.created").len(), 3);
        assert_eq!(silences(&sim).len(), 1);
        // The coach is back, and falls silent again.
        sim.say(heard + 300_500, 1500, "and what else would you change");
        sim.run(heard + 400_000);
        assert_eq!(sim.times("response.created").len(), 6);
    }
}

#[test]
fn sessions_that_picked_nobody_are_not_spoken_to_unasked() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(300_000);
    assert_eq!(sim.times("response.created").len(), 1);
}

#[test]
fn a_client_who_opens_speaks_first_and_only_once() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = practises(carrier, "opener", None);
        sim.run(4000);
        assert_eq!(sim.times("response.created"), [0]);
        assert_eq!(sim.items().len(), 1);
        sim.say(9000, 1500, "what would you like to change");
        sim.run(16_000);
        assert_eq!(sim.times("response.created").len(), 2);
        // Not again in a session that goes on, even before anything was said.
        let (part, away) = (2, Duration::from_secs(3));
        let past = Past {
            part,
            away,
            items: Vec::new(),
            silences: Vec::new(),
            sent: Vec::new(),
        };
        let mut sim = practises(carrier, "opener", Some(past));
        sim.run(9000);
        assert!(sim.asks().is_empty());
        // The others wait for the coach.
        let mut sim = practises(carrier, "patient", None);
        sim.run(100_000);
        assert!(sim.asks().is_empty());
    }
}
