//! A session goes on after its connection was cut: same items, same timeline, new ids, and the
//! turn that was not answered is.

use std::time::Duration;

use signaling::event::{ClientEventKind, Item, ServerEvent, Status};
use signaling::link::Carrier::{self, WebRtc, WebSocket};

use super::super::output::Memory;
use super::super::{Past, Settings};
use super::sim::{DELAY_MS, Reply, Sim, ms, settings};
use crate::archive::event::{Event, Placed, Said, Sent, Speaker, TimedWord};

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
        sent: Vec::new(),
    }
}

/// How the spoken answers of a session that ran sound.
fn sent(sim: &Sim) -> Vec<Sent> {
    let sent = sim.records().filter_map(|entry| match &entry.event {
        Event::Sent(sent) => Some(sent.clone()),
        _ => None,
    });
    sent.collect()
}

/// The client tells something and is cut off after some words.
fn cut_off(carrier: Carrier) -> Vec<Item> {
    items(&cut(carrier))
}

fn cut(carrier: Carrier) -> Sim {
    let mut sim = Sim::new(carrier);
    sim.reply = Reply::of(&["It began in the spring with the new team."]);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(5000);
    sim.handle(super::super::Input::Leave);
    sim
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

#[test]
fn an_answer_of_before_is_cut_to_what_the_client_played_of_it() {
    let of = |sim: &Sim, id: &str| -> Said {
        let mut said = sim.records().filter_map(|entry| match &entry.event {
            Event::Said(said) if said.item_id == id => Some(said.clone()),
            _ => None,
        });
        said.next_back().unwrap()
    };
    for carrier in [WebRtc, WebSocket] {
        let before = cut(carrier);
        let items = items(&before);
        let id = items[1].id.clone();
        let heard = of(&before, &id);
        let mut past = past(items);
        past.sent = sent(&before);
        let all = past.sent[0].clone();
        let words: Vec<&str> = all.words.iter().map(|word| &*word.text).collect();
        assert!(
            words.len() >= heard.words.len() && words.len() > 3,
            "{words:?}"
        );
        let mut sim = Sim::resume(again(WebSocket), past.clone());
        sim.run(FROM + 500);
        let truncate = |audio_end_ms| ClientEventKind::TruncateItem {
            item_id: id.clone(),
            content_index: 0,
            audio_end_ms,
        };
        // No more than left.
        sim.send(truncate(all.audio_ms + 21));
        assert_eq!(sim.refused(), Some("audio_end_ms"));
        assert_eq!(sim.transcript(&id), heard.text);
        // Less than was taken to be heard, then all that left.
        for count in [2, words.len()] {
            let end = all.words[count - 1].to_ms;
            let told = sim.times("conversation.item.truncated").len();
            sim.send(truncate(end));
            assert_eq!(sim.times("conversation.item.truncated").len(), told + 1);
            let text = words[..count].join(" ");
            assert_eq!(sim.transcript(&id), text);
            let said = of(&sim, &id);
            assert_eq!((said.text, said.from_ms), (text, heard.from_ms));
            let about = |one: u64, other: u64| one.abs_diff(other) <= 1;
            assert!(about(said.to_ms, heard.from_ms + end), "{}", said.to_ms);
            // Where they stood before.
            let both = said.words.iter().zip(&heard.words);
            assert!(
                both.clone()
                    .all(|(now, then)| about(now.from_ms, then.from_ms))
            );
            assert_eq!(both.count(), count.min(heard.words.len()));
        }
        // It goes on as ever.
        sim.say(FROM + 1000, 1500, "can we go on with the spring");
        sim.run(FROM + 12_000);
        assert_eq!(sim.endings(), [Status::Completed]);
        let (text, cut) = (words.join(" "), true);
        assert_eq!(sim.memory()[1], Memory::Client { text, cut });
        // Over a third connection, too.
        let mut third = again(carrier);
        third.from = ms(2 * FROM);
        past.items = self::items(&sim);
        past.sent.extend(sent(&sim));
        past.part = 3;
        let mut sim = Sim::resume(third, past);
        sim.send(truncate(all.words[0].to_ms));
        assert_eq!(sim.transcript(&id), words[0]);
    }
}

#[test]
fn an_answer_stands_where_it_stood_though_more_of_the_one_before_was_sent_than_heard() {
    for carrier in [WebRtc, WebSocket] {
        let before = cut(carrier);
        let mut items = items(&before);
        let second = Item {
            id: "item_second".to_owned(),
            ..items[1].clone()
        };
        items.push(second);
        let sent = |id: &str, audio_ms, at_ms| Sent {
            item_id: id.to_owned(),
            audio_ms,
            words: vec![TimedWord {
                text: "It".to_owned(),
                from_ms: 0,
                to_ms: 300,
            }],
            places: vec![Placed { audio_ms: 0, at_ms }],
        };
        let mut past = past(items.clone());
        // Five seconds were sent at once, of which two were heard when the coach stepped in.
        past.sent = vec![
            sent(&items[1].id, 5000, 1000),
            sent("item_second", 900, 3000),
        ];
        let mut sim = Sim::resume(again(carrier), past);
        for (id, at_ms) in [(items[1].id.as_str(), 1000), ("item_second", 3000)] {
            sim.send(ClientEventKind::TruncateItem {
                item_id: id.to_owned(),
                content_index: 0,
                audio_end_ms: 300,
            });
            let mut said = sim.records().filter_map(|entry| match &entry.event {
                Event::Said(said) if said.item_id == id => Some(said.from_ms),
                _ => None,
            });
            assert_eq!(said.next_back(), Some(at_ms), "{id}");
        }
    }
}
