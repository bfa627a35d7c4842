//! A session goes on after its connection was cut: same items, same timeline, new ids, and the
//! turn that was not answered is.

use std::time::Duration;

use signaling::event::{Item, ServerEvent, Status};
use signaling::link::Carrier::{self, WebRtc, WebSocket};

use super::super::output::Memory;
use super::super::{Past, Settings};
use super::sim::{DELAY_MS, Reply, Sim, ms, settings};
use crate::archive::event::{Event, Speaker};

const FROM: u64 = 61_500;

/// All items of a session that ran.
fn items(sim: &Sim) -> Vec<Item> {
    sim.items().iter().map(|id| sim.item(id)).collect()
}

fn again(carrier: Carrier) -> Settings {
    let mut settings = settings(carrier, |_| {});
    settings.from = ms(FROM);
    settings
}

fn past(items: Vec<Item>) -> Past {
    let away = Duration::from_secs(40);
    Past {
        part: 2,
        away,
        items,
        silences: Vec::new(),
    }
}

/// The client tells something and is cut off after some words.
fn cut_off(carrier: Carrier) -> Vec<Item> {
    let mut sim = Sim::new(carrier);
    sim.reply = Reply::of(&["It began in the spring with the new team."]);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(5000);
    sim.handle(super::super::Input::Leave);
    items(&sim)
}

#[test]
fn the_client_is_greeted_and_told_of_the_items_in_order() {
    for carrier in [WebRtc, WebSocket] {
        let items = cut_off(carrier);
        assert_eq!(items.len(), 2);
        let mut sim = Sim::resume(again(carrier), past(items.clone()));
        sim.run(FROM + 1000);
        let kinds: Vec<String> = sim
            .events()
            .map(|(_, event)| super::sim::kind(event))
            .collect();
        assert_eq!(
            kinds,
            [
                "session.created",
                "conversation.created",
                "praxiloom.session.resumed",
                "conversation.item.added",
                "conversation.item.done",
                "conversation.item.added",
                "conversation.item.done",
            ]
        );
        let resumed = sim.events().find_map(|(_, event)| match event {
            ServerEvent::Resumed(resumed) => Some(resumed.clone()),
            _ => None,
        });
        let resumed = resumed.unwrap();
        assert_eq!((resumed.part, resumed.items), (2, 2));
        assert_eq!((resumed.at_ms, resumed.away_ms), (FROM, 40_000));
        assert_eq!(self::items(&sim), items);
    }
}

#[test]
fn what_was_heard_before_is_remembered_as_cut_off() {
    for carrier in [WebRtc, WebSocket] {
        let items = cut_off(carrier);
        let mut sim = Sim::resume(again(carrier), past(items.clone()));
        sim.say(FROM + 1000, 1500, "can we go on with the spring");
        sim.run(FROM + 12_000);
        let text = sim.transcript(&items[1].id);
        assert!("It began in the spring with the new team.".starts_with(&text));
        let cut = Memory::Client { text, cut: true };
        assert_eq!(sim.memory()[1], cut);
        assert_eq!(
            sim.coach_words(),
            [
                "What would you like to change?",
                "Can we go on with the spring?"
            ]
        );
        assert_eq!(sim.endings(), [Status::Completed]);
        let new: Vec<String> = sim.items().split_off(2);
        assert!(new.iter().all(|id| items.iter().all(|old| old.id != *id)));
        // The protocol counts the sound of this connection.
        let started = sim.events().find_map(|(_, event)| match event {
            ServerEvent::SpeechStarted { audio_start_ms, .. } => Some(*audio_start_ms),
            _ => None,
        });
        assert_eq!(started, Some(700));
    }
}

#[test]
fn words_stand_on_the_timeline_of_the_whole_session() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::resume(again(carrier), past(cut_off(carrier)));
        sim.say(FROM + 1000, 1500, "can we go on with the spring");
        sim.run(FROM + 12_000);
        let first = sim.sent()[0] + DELAY_MS;
        let words = |wanted: Speaker| {
            let mut said = sim.records().filter_map(|entry| match &entry.event {
                Event::Said(said) if said.speaker == wanted => Some(said.words[0].from_ms),
                _ => None,
            });
            said.next_back()
        };
        assert_eq!(words(Speaker::Coach), Some(FROM + 1000));
        assert_eq!(words(Speaker::Client), Some(first));
        // The items that there were are in the log already.
        let items = sim.records().filter_map(|entry| match &entry.event {
            Event::Item { item, .. } => Some(item.id.clone()),
            _ => None,
        });
        let old: Vec<String> = sim.items()[..2].to_vec();
        assert!(items.into_iter().all(|id| !old.contains(&id)));
    }
}

#[test]
fn a_client_without_own_events_is_told_of_the_items_all_the_same() {
    let items = cut_off(WebSocket);
    let mut plain = settings(WebSocket, |session| session.include = None);
    plain.from = ms(FROM);
    let sim = Sim::resume(plain, past(items));
    let added = sim.times("conversation.item.added").len();
    assert_eq!((added, sim.times("conversation.item.done").len()), (2, 2));
    assert!(sim.times("praxiloom.session.resumed").is_empty());
}

#[test]
fn a_third_connection_goes_on_from_the_second() {
    let mut sim = Sim::resume(again(WebRtc), past(cut_off(WebRtc)));
    sim.say(FROM + 1000, 1500, "can we go on with the spring");
    sim.run(FROM + 12_000);
    let items = items(&sim);
    assert_eq!(items.len(), 4);
    let mut third = past(items.clone());
    third.part = 3;
    let mut settings = again(WebSocket);
    settings.from = ms(2 * FROM);
    let mut sim = Sim::resume(settings, third);
    sim.say(2 * FROM + 1000, 1500, "what else is there");
    sim.run(2 * FROM + 12_000);
    let ids = sim.items();
    let different: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (6, 6));
    assert_eq!(sim.memory().len(), 5);
}

#[test]
fn a_turn_that_was_not_answered_is_once_sound_can_flow() {
    for carrier in [WebRtc, WebSocket] {
        let mut items = cut_off(carrier);
        items.truncate(1);
        let mut sim = Sim::resume(again(carrier), past(items));
        sim.run(FROM + 10_000);
        assert_eq!(sim.time("response.created"), FROM);
        assert_eq!(sim.asks().len(), 1);
        assert_eq!(sim.endings(), [Status::Completed]);
    }
}
