//! Items that clients put in, take out, read and truncate; errors that name the parameter.

use signaling::event::{
    ClientEventKind, Content, ItemKind, NewItem, Place, Role, ServerEvent, Status, code,
};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::output::Memory;
use super::sim::{Sim, cancel, create, text_only};

fn item(id: Option<&str>, text: &str) -> Box<NewItem> {
    Box::new(NewItem {
        id: id.map(str::to_owned),
        status: None,
        kind: ItemKind::Message {
            role: Role::User,
            content: vec![Content::InputText {
                text: text.to_owned(),
            }],
        },
    })
}

/// A typed message at the end of the conversation.
pub fn message(text: &str) -> ClientEventKind {
    ClientEventKind::CreateItem {
        item: item(None, text),
        place: Place::End,
    }
}

fn named(id: &str, place: Place) -> ClientEventKind {
    ClientEventKind::CreateItem {
        item: item(Some(id), id),
        place,
    }
}

fn truncate(item_id: &str, content_index: u32, audio_end_ms: u64) -> ClientEventKind {
    ClientEventKind::TruncateItem {
        item_id: item_id.to_owned(),
        content_index,
        audio_end_ms,
    }
}

#[test]
fn a_typed_turn_is_answered_when_asked() {
    let mut sim = Sim::with(WebSocket, text_only);
    sim.run(1000);
    sim.send(message("moi"));
    sim.run(3000);
    assert!(sim.asks().is_empty());
    sim.send(create());
    sim.run(5000);
    assert_eq!(
        sim.kinds(1),
        [
            "conversation.item.added",
            "conversation.item.done",
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_text.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
        ]
    );
    assert_eq!(sim.coach_words(), ["moi"]);
}

#[test]
fn items_go_where_they_are_put() {
    let mut sim = Sim::new(WebSocket);
    sim.send(named("b", Place::End));
    sim.send(named("d", Place::End));
    sim.send(named("c", Place::After("b".to_owned())));
    sim.send(named("a", Place::Front));
    sim.send(create());
    assert_eq!(sim.coach_words(), ["a", "b", "c", "d"]);
}

#[test]
fn errors_name_the_parameter_and_the_clients_event_and_end_nothing() {
    let mut sim = Sim::new(WebSocket);
    sim.send(named("a", Place::End));
    sim.send(named("a", Place::End));
    assert_eq!(sim.refused(), Some("item.id"));
    sim.send(named("b", Place::After("nobody".to_owned())));
    assert_eq!(sim.refused(), Some("previous_item_id"));
    let item_id = "nobody".to_owned();
    sim.send(ClientEventKind::RetrieveItem {
        item_id: item_id.clone(),
    });
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(ClientEventKind::DeleteItem { item_id });
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(truncate("nobody", 0, 10));
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(truncate("a", 0, 10));
    assert_eq!(sim.refused(), Some("item_id"));
    sim.send(truncate("a", 1, 10));
    assert_eq!(sim.refused(), Some("content_index"));
    sim.send(cancel());
    assert_eq!(sim.refused(), None);
    sim.send(ClientEventKind::ClearOutput);
    assert_eq!(sim.refused(), Some("type"));
    assert_eq!(sim.errors().len(), 9);
    sim.send(create());
    sim.run(8000);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn an_item_is_retrieved_with_what_was_heard_and_deleted_from_memory() {
    let mut sim = Sim::new(WebSocket);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(9000);
    let items = sim.items();
    sim.send(truncate(&items[1], 0, 1300));
    sim.send(ClientEventKind::RetrieveItem {
        item_id: items[1].clone(),
    });
    let retrieved = sim.events().find_map(|(_, event)| match event {
        ServerEvent::ItemRetrieved { item } => Some((**item).clone()),
        _ => None,
    });
    assert_eq!(retrieved.unwrap(), sim.item(&items[1]));
    assert_eq!(sim.transcript(&items[1]), "I keep thinking about");
    sim.send(ClientEventKind::DeleteItem {
        item_id: items[0].clone(),
    });
    sim.send(create());
    let text = "I keep thinking about".to_owned();
    assert_eq!(sim.memory(), [Memory::Client { text, cut: true }]);
}

#[test]
fn truncation_beyond_the_sound_is_refused() {
    let mut sim = Sim::new(WebSocket);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(9000);
    let id = sim.items()[1].clone();
    sim.send(truncate(&id, 0, 60_000));
    assert_eq!(sim.refused(), Some("audio_end_ms"));
    assert_eq!(sim.errors()[0].code.as_deref(), Some(code::INVALID_VALUE));
    assert_eq!(
        sim.transcript(&id),
        "I keep thinking about it. And I do not know why."
    );
}

#[test]
fn truncating_the_answer_that_is_spoken_stops_it() {
    let mut sim = Sim::new(WebSocket);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(4500);
    let id = sim.items()[1].clone();
    sim.send(truncate(&id, 0, 700));
    assert_eq!(sim.endings(), [Status::Cancelled]);
    assert_eq!(sim.transcript(&id), "I keep");
    let last = *sim.sent().last().unwrap();
    sim.run(9000);
    assert_eq!(sim.sent().last(), Some(&last));
}

#[test]
fn an_item_that_is_still_being_made_cannot_be_deleted() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(4000);
    let items = sim.items();
    sim.send(ClientEventKind::DeleteItem {
        item_id: items[1].clone(),
    });
    assert_eq!(sim.refused(), Some("item_id"));
    // The item before it can; the answer then stands first.
    sim.send(ClientEventKind::DeleteItem {
        item_id: items[0].clone(),
    });
    sim.run(9000);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn nothing_is_told_of_a_deleted_turn() {
    let mut sim = Sim::new(WebRtc);
    sim.final_ms = Some(1200);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(2750);
    sim.send(ClientEventKind::CommitInput);
    let item_id = sim.items()[0].clone();
    sim.send(ClientEventKind::DeleteItem { item_id });
    sim.run(6000);
    assert_eq!(
        sim.times("conversation.item.input_audio_transcription.completed"),
        [0; 0]
    );
}
