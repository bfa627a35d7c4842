//! What a model is asked: the client's prompt, completed by what the session asks for.

use std::collections::HashSet;

use super::super::conversation::{Ask, Memory};
use super::window::{Window, standing};
use crate::archive::event::Outcome;
use crate::practice::prompt::bounded;
use crate::practice::{Heard, Silence};
use crate::providers::llm::{Message, Prompt};

/// Adds to a prompt what the session asks for, and the messages of the window.
pub(super) fn complete(prompt: &mut Prompt, ask: &Ask, window: Window) {
    if !ask.instructions.is_empty() {
        if !prompt.system.is_empty() {
            prompt.system.push_str("\n\n");
        }
        prompt.system.push_str(&ask.instructions);
    }
    let silence = prompt
        .messages
        .pop_if(|message| matches!(message, Message::System(_)));
    prompt.messages = messages(&ask.memory, window);
    prompt.messages.extend(silence);
    prompt.tools.clone_from(&ask.tools);
    prompt.tool_choice = ask
        .tool_choice
        .as_ref()
        .and_then(|choice| serde_json::to_value(choice).ok());
    prompt.max_tokens = ask.max_tokens.or(prompt.max_tokens);
}

/// The messages that are sent: those of the window, and before them the instructions that would
/// have fallen out of it.
fn messages(memory: &[Memory], window: Window) -> Vec<Message> {
    let (older, recent) = memory.split_at(window.begins);
    let mut called = HashSet::new();
    let mut messages = Vec::new();
    for memory in standing(older, window).chain(recent) {
        messages.push(match memory {
            Memory::System(text) => Message::System(bounded(text, window.longest)),
            Memory::Coach(text) => Message::User(bounded(text, window.longest)),
            Memory::Client { text, .. } => Message::Assistant(bounded(text, window.longest)),
            Memory::Silence(_) => continue,
            Memory::Call {
                call_id,
                name,
                arguments,
            } => {
                called.insert(call_id);
                let fits = arguments.chars().nth(window.longest_call).is_none();
                Message::Call {
                    call_id: call_id.clone(),
                    name: name.clone(),
                    // A part of them would not be JSON.
                    arguments: if fits { arguments } else { "{}" }.to_owned(),
                }
            }
            // Vendors refuse what a call gave without the call.
            Memory::CallOutput { call_id, .. } if !called.contains(call_id) => continue,
            Memory::CallOutput { call_id, output } => Message::CallOutput {
                call_id: call_id.clone(),
                output: bounded(output, window.longest_call),
            },
        });
    }
    messages
}

/// Whether it is part of what was said aloud, rather than of what the request adds.
pub(super) fn is_heard(memory: &Memory) -> bool {
    matches!(
        memory,
        Memory::Coach(_) | Memory::Client { .. } | Memory::Silence(_)
    )
}

/// What of the memory was said aloud, and the silences in it.
pub(super) fn heard(memory: &[Memory]) -> Vec<Heard> {
    let of = |memory: &Memory| match memory {
        Memory::Coach(text) => Some(Heard::Coach(text.clone())),
        Memory::Client { text, cut } => Some(Heard::Client {
            text: text.clone(),
            cut: *cut,
        }),
        Memory::Silence(Outcome::Held) => Some(Heard::Silence(Silence::Held)),
        Memory::Silence(Outcome::Broken) => Some(Heard::Silence(Silence::Broken)),
        Memory::System(_) | Memory::Call { .. } | Memory::CallOutput { .. } => None,
    };
    memory.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_the_client_was_cut_off_is_known_and_not_guessed() {
        let memory = |cut| {
            let text = "It was. The spring".to_owned();
            [Memory::Client { text, cut }]
        };
        for cut in [true, false] {
            let text = "It was. The spring".to_owned();
            assert_eq!(heard(&memory(cut)), [Heard::Client { text, cut }]);
        }
    }

    #[test]
    fn what_is_too_long_is_sent_in_part_and_stays_well_formed() {
        let long = "\"word\" ".repeat(2_000);
        let call_id = "call_1".to_owned();
        let memory = [
            Memory::System(long.clone()),
            Memory::CallOutput {
                call_id: "call_0".to_owned(),
                output: "of a call that is gone".to_owned(),
            },
            Memory::Coach(long.clone()),
            Memory::Call {
                call_id: call_id.clone(),
                name: "look".to_owned(),
                arguments: serde_json::json!({ "at": &long }).to_string(),
            },
            Memory::CallOutput {
                call_id,
                output: long,
            },
        ];
        let window = Window::of(&memory, true);
        // The question stays with what was called for it.
        assert_eq!(window.begins, 2);
        let begins = 0;
        let sent = messages(&memory, Window { begins, ..window });
        let lengths: Vec<usize> = sent
            .iter()
            .map(|message| match message {
                Message::System(text) | Message::User(text) | Message::Assistant(text) => {
                    text.chars().count()
                }
                Message::Call { arguments, .. } => {
                    assert_eq!(arguments, "{}");
                    arguments.len()
                }
                Message::CallOutput { output, .. } => output.chars().count(),
            })
            .collect();
        assert_eq!(
            lengths,
            [window.longest, window.longest, 2, window.longest_call]
        );
        // Input that a request brings itself is sent as it is.
        let whole = messages(&memory, Window::whole());
        let Message::System(text) = &whole[0] else {
            panic!("{whole:?}")
        };
        assert_eq!(text.chars().count(), 14_000);
    }
}
