//! Reads what `response.create` changes for one response.

use std::collections::BTreeMap;

use super::node::Node;
use super::{MAX_TEXT, Result, id, item, session};
use crate::event::client::{InputItem, ResponseParams};

const MAX_INPUT: usize = 1024;
/// Metadata as elsewhere in the vendor's interface: 16 pairs, keys of 64, values of 512.
const MAX_METADATA: usize = 16;

pub(super) fn read(node: &Node<'_>) -> Result<ResponseParams> {
    let fields = node.fields()?;
    let mut params = ResponseParams {
        instructions: fields.optional("instructions", |node| node.string(MAX_TEXT))?,
        output_modalities: fields.optional("output_modalities", session::modality)?,
        tools: fields.optional("tools", session::tools)?,
        tool_choice: fields.optional("tool_choice", session::tool_choice)?,
        max_output_tokens: fields.optional("max_output_tokens", session::max_tokens)?,
        out_of_band: fields
            .optional("conversation", |node| {
                node.one_of(&[("auto", false), ("none", true)])
            })?
            .unwrap_or(false),
        input: fields.optional("input", |node| {
            node.list(MAX_INPUT)?.iter().map(input).collect()
        })?,
        metadata: fields.optional("metadata", metadata)?,
        prompt: fields.optional("prompt", session::prompt)?,
        parallel_tool_calls: fields.optional("parallel_tool_calls", Node::boolean)?,
        reasoning: fields.optional("reasoning", session::reasoning)?,
        ..ResponseParams::default()
    };
    fields.optional("audio", |node| {
        node.fields()?.optional("output", |node| {
            let fields = node.fields()?;
            params.format = fields.optional("format", session::format)?;
            params.voice = fields.optional("voice", session::voice)?;
            Ok(())
        })
    })?;
    Ok(params)
}

fn input(node: &Node<'_>) -> Result<InputItem> {
    let reference = node
        .value()
        .get("type")
        .is_some_and(|kind| kind == "item_reference");
    if reference {
        return node.fields()?.required("id", id).map(InputItem::Reference);
    }
    item::read(node).map(InputItem::New)
}

fn metadata(node: &Node<'_>) -> Result<BTreeMap<String, String>> {
    let fields = node.fields()?;
    let names: Vec<_> = node
        .value()
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .collect();
    node.count(names.len(), MAX_METADATA)?;
    if names.iter().any(|name| name.len() > 64) {
        return Err(node.invalid("expected keys of at most 64 bytes"));
    }
    names
        .into_iter()
        .map(|name| {
            Ok((
                name.clone(),
                fields.required(name, |node| node.string(512))?,
            ))
        })
        .collect()
}
