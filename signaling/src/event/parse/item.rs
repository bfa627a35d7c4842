//! Reads an item that a client gives.

use super::node::{Fields, Node};
use super::session::function_name;
use super::{MAX_CONTROL, MAX_MESSAGE, Result, decode, id};
use crate::event::item::{Content, ItemKind, ItemStatus, NewItem, Role};

const MAX_PARTS: usize = 128;

pub(super) fn read(node: &Node<'_>) -> Result<NewItem> {
    let statuses = [
        ("completed", ItemStatus::Completed),
        ("in_progress", ItemStatus::InProgress),
        ("incomplete", ItemStatus::Incomplete),
    ];
    let fields = node.fields()?;
    Ok(NewItem {
        kind: kind(&fields)?,
        id: fields.optional("id", id)?,
        status: fields.optional("status", |node| node.one_of(&statuses))?,
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Message,
    Call,
    CallOutput,
}

fn kind(fields: &Fields<'_>) -> Result<ItemKind> {
    let kinds = [
        ("message", Kind::Message),
        ("function_call", Kind::Call),
        ("function_call_output", Kind::CallOutput),
    ];
    Ok(match fields.required("type", |node| node.one_of(&kinds))? {
        Kind::Message => {
            let roles = [
                ("system", Role::System),
                ("user", Role::User),
                ("assistant", Role::Assistant),
            ];
            let role = fields.required("role", |node| node.one_of(&roles))?;
            let content = fields.required("content", |node| {
                node.list(MAX_PARTS)?
                    .iter()
                    .map(|node| content(role, node))
                    .collect()
            })?;
            ItemKind::Message { role, content }
        }
        Kind::Call => ItemKind::FunctionCall {
            name: fields.required("name", function_name)?,
            call_id: fields.required("call_id", id)?,
            arguments: fields.required("arguments", words)?,
        },
        Kind::CallOutput => ItemKind::FunctionCallOutput {
            call_id: fields.required("call_id", id)?,
            output: fields.required("output", words)?,
        },
    })
}

#[derive(Clone, Copy)]
enum PartKind {
    InputText,
    InputAudio,
    InputImage,
    OutputText,
    OutputAudio,
}

/// Each role has its own kinds of content.
const fn parts(role: Role) -> &'static [(&'static str, PartKind)] {
    match role {
        Role::System => &[("input_text", PartKind::InputText)],
        Role::User => &[
            ("input_text", PartKind::InputText),
            ("input_audio", PartKind::InputAudio),
            ("input_image", PartKind::InputImage),
        ],
        Role::Assistant => &[
            ("output_text", PartKind::OutputText),
            ("output_audio", PartKind::OutputAudio),
        ],
    }
}

fn content(role: Role, node: &Node<'_>) -> Result<Content> {
    let fields = node.fields()?;
    Ok(
        match fields.required("type", |node| node.one_of(parts(role)))? {
            PartKind::InputText => Content::InputText {
                text: fields.required("text", words)?,
            },
            PartKind::OutputText => Content::OutputText {
                text: fields.required("text", words)?,
            },
            PartKind::InputAudio => Content::InputAudio {
                audio: fields.optional("audio", sound)?,
                transcript: fields.optional("transcript", words)?,
            },
            PartKind::OutputAudio => Content::OutputAudio {
                audio: fields.optional("audio", sound)?,
                transcript: fields.optional("transcript", words)?,
            },
            PartKind::InputImage => Content::InputImage {
                image_url: fields.required("image_url", |node| node.string(MAX_MESSAGE))?,
                detail: fields
                    .optional("detail", |node| {
                        node.one_of(&[("auto", "auto"), ("low", "low"), ("high", "high")])
                    })?
                    .map(str::to_owned),
            },
        },
    )
}

fn words(node: &Node<'_>) -> Result<String> {
    node.string(MAX_CONTROL)
}

fn sound(node: &Node<'_>) -> Result<bytes::Bytes> {
    decode(node.text()?, node.path())
}
