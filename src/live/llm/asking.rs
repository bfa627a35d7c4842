//! What a model is asked: the client's prompt, completed by what the session asks for.

use super::super::conversation::{Ask, Memory};
use crate::archive::event::Outcome;
use crate::practice::{Heard, Silence};
use crate::providers::llm::{Message, Prompt};

/// Adds to a prompt what the session asks for.
/// Of the memory, the messages from `begins` on are sent.
pub(super) fn complete(prompt: &mut Prompt, ask: &Ask, has_client: bool, begins: usize) {
    if !ask.instructions.is_empty() {
        if !prompt.system.is_empty() {
            prompt.system.push_str("\n\n");
        }
        prompt.system.push_str(&ask.instructions);
    }
    if !has_client {
        prompt.messages = messages(&ask.memory);
    } else if ask.memory.iter().any(|memory| !is_heard(memory)) {
        let silence = prompt
            .messages
            .pop_if(|message| matches!(message, Message::System(_)));
        prompt.messages = messages(&ask.memory[begins..]);
        prompt.messages.extend(silence);
    }
    prompt.tools.clone_from(&ask.tools);
    prompt.tool_choice = ask
        .tool_choice
        .as_ref()
        .and_then(|choice| serde_json::to_value(choice).ok());
    prompt.max_tokens = ask.max_tokens.or(prompt.max_tokens);
}

fn messages(memory: &[Memory]) -> Vec<Message> {
    let of = |memory: &Memory| {
        Some(match memory.clone() {
            Memory::System(text) => Message::System(text),
            Memory::Coach(text) => Message::User(text),
            Memory::Client { text, .. } => Message::Assistant(text),
            Memory::Silence(_) => return None,
            Memory::Call {
                call_id,
                name,
                arguments,
            } => Message::Call {
                call_id,
                name,
                arguments,
            },
            Memory::CallOutput { call_id, output } => Message::CallOutput { call_id, output },
        })
    };
    memory.iter().filter_map(of).collect()
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
        Memory::Client { text, .. } => Some(Heard::Client(text.clone())),
        Memory::Silence(Outcome::Held) => Some(Heard::Silence(Silence::Held)),
        Memory::Silence(Outcome::Broken) => Some(Heard::Silence(Silence::Broken)),
        _ => None,
    };
    memory.iter().filter_map(of).collect()
}
