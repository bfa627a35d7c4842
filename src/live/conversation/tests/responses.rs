//! Responses that clients ask for, beside others, with functions, and cancel.

use std::collections::BTreeMap;

use signaling::event::session::Modality;
use signaling::event::{
    ClientEventKind, InputItem, ItemKind, ItemStatus, ResponseParams, ServerEvent, Status, code,
};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::super::output::Memory;
use super::client_events::message;
use super::sim::{Reply, Sim, cancel, create};
use crate::providers::llm::{Finish, Token};

fn beside(tag: &str) -> ClientEventKind {
    ClientEventKind::CreateResponse(Box::new(ResponseParams {
        out_of_band: true,
        output_modalities: Some(Modality::Text),
        metadata: Some(BTreeMap::from([("tag".to_owned(), tag.to_owned())])),
        input: Some(Vec::new()),
        instructions: Some("Say how it goes.".to_owned()),
        ..ResponseParams::default()
    }))
}

#[test]
fn cancel_stops_the_voice_at_once_and_a_second_finds_nothing() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = Sim::new(carrier);
        sim.say(1000, 1500, "what would you like to change");
        sim.run(4200);
        sim.send(cancel());
        sim.send(cancel());
        assert_eq!(sim.endings(), [Status::Cancelled]);
        let codes: Vec<_> = sim
            .errors()
            .iter()
            .map(|error| error.code.clone())
            .collect();
        assert_eq!(codes, [Some(code::CANCEL_NOT_ACTIVE.to_owned())]);
        sim.run(12_000);
        assert!(sim.sent().last().is_some_and(|last| *last <= 4200));
    }
}

#[test]
fn the_browsers_way_to_interrupt_is_cancel_and_clear() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, "what would you like to change");
    sim.run(4200);
    sim.send(cancel());
    sim.send(ClientEventKind::ClearOutput);
    assert!(sim.errors().is_empty());
    assert_eq!(sim.times("output_audio_buffer.cleared").len(), 1);
    assert_eq!(sim.times("conversation.item.truncated").len(), 1);
}

#[test]
fn a_response_at_a_time() {
    let mut sim = Sim::new(WebSocket);
    sim.send(create());
    sim.send(create());
    assert_eq!(sim.refused(), None);
    assert_eq!(sim.errors()[0].code.as_deref(), Some(code::ACTIVE_RESPONSE));
    sim.run(8000);
    assert_eq!(sim.endings(), [Status::Completed]);
}

#[test]
fn responses_beside_the_conversation_leave_nothing_in_it() {
    let mut sim = Sim::new(WebSocket);
    sim.send(message("hello"));
    sim.send(create());
    sim.send(beside("one"));
    sim.send(beside("two"));
    sim.run(8000);
    let told = sim.events().filter_map(|(_, event)| match event {
        ServerEvent::ResponseDone { response } => response.metadata.clone(),
        _ => None,
    });
    let tags: Vec<String> = told.map(|metadata| metadata["tag"].clone()).collect();
    assert_eq!(tags, ["one", "two"]);
    assert_eq!(sim.items().len(), 2);
    assert!(sim.memory().is_empty());
    assert_eq!(sim.asks()[1].instructions, "Say how it goes.");
}

#[test]
fn a_response_may_be_given_its_own_input() {
    let mut sim = Sim::new(WebSocket);
    sim.send(message("hello"));
    sim.send(message("goodbye"));
    let first = sim.items()[0].clone();
    let of = |id: &str| {
        ClientEventKind::CreateResponse(Box::new(ResponseParams {
            input: Some(vec![InputItem::Reference(id.to_owned())]),
            ..ResponseParams::default()
        }))
    };
    sim.send(of("nobody"));
    assert_eq!(sim.refused(), Some("response.input"));
    sim.send(of(&first));
    assert_eq!(sim.memory(), [Memory::Coach("hello".to_owned())]);
}

#[test]
fn a_function_is_called_and_its_output_answered() {
    let mut sim = Sim::new(WebSocket);
    let call_id = "call_1".to_owned();
    sim.reply = Reply::of(&["Let me look."]);
    sim.reply.end = vec![
        Token::Call {
            call_id: call_id.clone(),
            name: "look".to_owned(),
        },
        Token::Arguments {
            call_id: call_id.clone(),
            delta: "{}".to_owned(),
        },
        Token::End {
            finish: Finish::Stop,
            usage: None,
        },
    ];
    sim.send(message("what time is it"));
    sim.send(create());
    sim.run(6000);
    let done = sim.events().find_map(|(_, event)| match event {
        ServerEvent::ResponseDone { response } => Some(response.clone()),
        _ => None,
    });
    let output = done.unwrap().output;
    assert_eq!(output.len(), 2);
    assert_eq!(output[1].status, ItemStatus::Completed);
    assert!(matches!(&output[1].kind, ItemKind::FunctionCall { name, .. } if name == "look"));
    sim.reply = Reply::of(&["It is five."]);
    let output = "five".to_owned();
    sim.send(ClientEventKind::CreateItem {
        item: Box::new(signaling::event::NewItem {
            id: None,
            status: None,
            kind: ItemKind::FunctionCallOutput { call_id, output },
        }),
        place: signaling::event::Place::End,
    });
    sim.send(create());
    sim.run(12_000);
    assert_eq!(sim.endings(), [Status::Completed, Status::Completed]);
    assert!(matches!(
        &sim.memory()[2..],
        [Memory::Call { .. }, Memory::CallOutput { .. }]
    ));
}

#[test]
fn an_answer_that_follows_at_once_closes_the_sound_of_the_one_before() {
    let mut sim = Sim::new(WebRtc);
    sim.send(create());
    while sim.endings().is_empty() {
        let next = sim.now.ms() + 1;
        sim.run(next);
    }
    sim.reply.first_ms = 1;
    sim.send(create());
    sim.run(20_000);
    assert_eq!(sim.times("output_audio_buffer.started").len(), 2);
    assert_eq!(sim.times("output_audio_buffer.stopped").len(), 2);
}
