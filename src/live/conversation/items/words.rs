//! What an item says, and how much it holds.

use signaling::event::{Content, Item, ItemKind, Role};

use crate::live::conversation::Memory;

/// What an item leaves in memory.
#[must_use]
pub fn remembered(item: &Item, cut: bool) -> Option<Memory> {
    let memory = match &item.kind {
        ItemKind::Message { role, content } => {
            let text = text(content);
            if text.is_empty() {
                return None;
            }
            match role {
                Role::System => Memory::System(text),
                Role::User => Memory::Coach(text),
                Role::Assistant => Memory::Client { text, cut },
            }
        }
        ItemKind::FunctionCall {
            name,
            call_id,
            arguments,
        } => Memory::Call {
            call_id: call_id.clone(),
            name: name.clone(),
            arguments: arguments.clone(),
        },
        ItemKind::FunctionCallOutput { call_id, output } => Memory::CallOutput {
            call_id: call_id.clone(),
            output: output.clone(),
        },
    };
    Some(memory)
}

/// How much an item holds, in bytes.
pub fn content_bytes(kind: &ItemKind) -> usize {
    let bytes = |part: &Content| match part {
        Content::InputText { text } | Content::OutputText { text } => text.len(),
        Content::InputAudio { audio, transcript } | Content::OutputAudio { audio, transcript } => {
            audio.as_ref().map_or(0, bytes::Bytes::len) + transcript.as_ref().map_or(0, String::len)
        }
        Content::InputImage { image_url, .. } => image_url.len(),
    };
    match kind {
        ItemKind::Message { content, .. } => content.iter().map(bytes).sum(),
        ItemKind::FunctionCall {
            name, arguments, ..
        } => name.len() + arguments.len(),
        ItemKind::FunctionCallOutput { output, .. } => output.len(),
    }
}

/// Who said or wrote it, if it is a message.
pub fn role(item: &Item) -> Option<Role> {
    match &item.kind {
        ItemKind::Message { role, .. } => Some(*role),
        _ => None,
    }
}

/// The words of a message.
pub fn text(content: &[Content]) -> String {
    let texts = content.iter().filter_map(|part| match part {
        Content::InputText { text } | Content::OutputText { text } => Some(text.as_str()),
        Content::InputAudio { transcript, .. } | Content::OutputAudio { transcript, .. } => {
            transcript.as_deref()
        }
        Content::InputImage { .. } => None,
    });
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
