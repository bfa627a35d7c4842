//! Reads a partial session.

use serde_json::{Map, Value, json};

use super::node::Node;
use super::{MAX_ID, MAX_TEXT, Result};
use crate::event::audio::{AudioFormat, Eagerness, NoiseReduction, Voice};
use crate::event::session::{
    Effort, LOGPROBS, MaxTokens, Modality, NamedFunction, OWN_EVENTS, Prompt, Reasoning,
    RetentionRatio, TokenLimits, Tool, ToolChoice, ToolMode, TraceNames, Tracing, Truncation,
    TruncationMode,
};
use crate::event::update::{
    InputUpdate, SessionUpdate, TranscriptionUpdate, TurnDetectionKind, TurnDetectionUpdate,
};

const MAX_TOOLS: usize = 128;
const MAX_NAME: usize = 256;
const MAX_TOOL_NAME: usize = 64;

pub(super) fn read(node: &Node<'_>) -> Result<SessionUpdate> {
    let fields = node.fields()?;
    fields.required("type", |node| node.one_of(&[("realtime", ())]))?;
    let mut update = SessionUpdate {
        model: fields.optional("model", name)?,
        instructions: fields.field("instructions", |node| node.string(MAX_TEXT))?,
        output_modalities: fields.field("output_modalities", modality)?,
        tools: fields.field("tools", tools)?,
        tool_choice: fields.field("tool_choice", tool_choice)?,
        max_output_tokens: fields.field("max_output_tokens", max_tokens)?,
        truncation: fields.field("truncation", truncation)?,
        tracing: fields.field("tracing", tracing)?,
        prompt: fields.field("prompt", prompt)?,
        include: fields.field("include", include)?,
        parallel_tool_calls: fields.field("parallel_tool_calls", Node::boolean)?,
        reasoning: fields.field("reasoning", reasoning)?,
        ..SessionUpdate::default()
    };
    fields.optional("audio", |node| audio(node, &mut update))?;
    Ok(update)
}

fn audio(node: &Node<'_>, update: &mut SessionUpdate) -> Result<()> {
    let fields = node.fields()?;
    update.input = fields.optional("input", input)?.unwrap_or_default();
    fields.optional("output", |node| {
        let fields = node.fields()?;
        update.output_format = fields.field("format", format)?;
        update.voice = fields.field("voice", voice)?;
        update.speed = fields.field("speed", |node| node.number(0.25..=1.5))?;
        Ok(())
    })?;
    Ok(())
}

fn input(node: &Node<'_>) -> Result<InputUpdate> {
    let fields = node.fields()?;
    Ok(InputUpdate {
        format: fields.field("format", format)?,
        transcription: fields.field("transcription", transcription)?,
        noise_reduction: fields.field("noise_reduction", noise_reduction)?,
        turn_detection: fields.field("turn_detection", turn_detection)?,
    })
}

pub(super) fn format(node: &Node<'_>) -> Result<AudioFormat> {
    let fields = node.fields()?;
    let format = fields.required("type", |node| {
        let formats = [AudioFormat::Pcm, AudioFormat::Pcmu, AudioFormat::Pcma];
        node.one_of(&formats.map(|format| (format.name(), format)))
    })?;
    fields.optional("rate", |node| match node.value().as_f64() {
        None => Err(node.mistyped("an integer")),
        Some(rate) if rate == f64::from(format.rate()) => Ok(()),
        Some(_) => Err(node.invalid(&format!("expected {} for {}", format.rate(), format.name()))),
    })?;
    Ok(format)
}

pub(super) fn voice(node: &Node<'_>) -> Result<Voice> {
    if node.value().is_object() {
        let id = node.fields()?.required("id", name)?;
        return Ok(Voice::Custom { id });
    }
    name(node).map(Voice::Named)
}

fn transcription(node: &Node<'_>) -> Result<TranscriptionUpdate> {
    let fields = node.fields()?;
    Ok(TranscriptionUpdate {
        model: fields.field("model", name)?,
        language: fields.field("language", |node| node.string(16))?,
        prompt: fields.field("prompt", |node| node.string(MAX_TEXT))?,
        delay: fields.field("delay", name)?,
    })
}

fn noise_reduction(node: &Node<'_>) -> Result<NoiseReduction> {
    let kinds = [
        ("near_field", NoiseReduction::NearField),
        ("far_field", NoiseReduction::FarField),
    ];
    node.fields()?.required("type", |node| node.one_of(&kinds))
}

fn turn_detection(node: &Node<'_>) -> Result<TurnDetectionUpdate> {
    let kinds = [
        ("server_vad", TurnDetectionKind::ServerVad),
        ("semantic_vad", TurnDetectionKind::SemanticVad),
    ];
    let eagerness = [
        ("low", Eagerness::Low),
        ("medium", Eagerness::Medium),
        ("high", Eagerness::High),
        ("auto", Eagerness::Auto),
    ];
    let fields = node.fields()?;
    Ok(TurnDetectionUpdate {
        kind: fields.optional("type", |node| node.one_of(&kinds))?,
        threshold: fields.optional("threshold", |node| node.number(0.0..=1.0))?,
        prefix_padding_ms: fields.optional("prefix_padding_ms", |node| node.integer(0..=5_000))?,
        silence_duration_ms: fields
            .optional("silence_duration_ms", |node| node.integer(0..=10_000))?,
        idle_timeout_ms: fields.field("idle_timeout_ms", |node| node.integer(5_000..=30_000))?,
        eagerness: fields.optional("eagerness", |node| node.one_of(&eagerness))?,
        create_response: fields.optional("create_response", Node::boolean)?,
        interrupt_response: fields.optional("interrupt_response", Node::boolean)?,
    })
}

pub(super) fn modality(node: &Node<'_>) -> Result<Modality> {
    let names = [("audio", Modality::Audio), ("text", Modality::Text)];
    let list = node.list(2)?;
    let modalities = list
        .iter()
        .map(|node| node.one_of(&names))
        .collect::<Result<Vec<_>>>()?;
    match modalities[..] {
        [modality] => Ok(modality),
        _ => Err(node.invalid("expected exactly ['audio'] or ['text']")),
    }
}

pub(super) fn tools(node: &Node<'_>) -> Result<Vec<Tool>> {
    node.list(MAX_TOOLS)?.iter().map(tool).collect()
}

fn tool(node: &Node<'_>) -> Result<Tool> {
    let fields = node.fields()?;
    fields.required("type", |node| node.one_of(&[("function", ())]))?;
    let parameters = fields.optional("parameters", |node| {
        node.fields()?;
        Ok(node.value().clone())
    })?;
    Ok(Tool {
        name: fields.required("name", function_name)?,
        description: fields.optional("description", |node| node.string(MAX_TEXT))?,
        parameters: parameters.unwrap_or_else(|| json!({"type": "object", "properties": {}})),
    })
}

pub(super) fn function_name(node: &Node<'_>) -> Result<String> {
    let name = node.string(MAX_TOOL_NAME)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(node.invalid("expected letters, digits, '_' and '-'"));
    }
    Ok(name)
}

pub(super) fn tool_choice(node: &Node<'_>) -> Result<ToolChoice> {
    if node.value().is_object() {
        let fields = node.fields()?;
        fields.required("type", |node| node.one_of(&[("function", ())]))?;
        let name = fields.required("name", function_name)?;
        return Ok(ToolChoice::Function(NamedFunction { name }));
    }
    let modes = [
        ("auto", ToolMode::Auto),
        ("none", ToolMode::None),
        ("required", ToolMode::Required),
    ];
    node.one_of(&modes).map(ToolChoice::Mode)
}

pub(super) fn max_tokens(node: &Node<'_>) -> Result<MaxTokens> {
    match node.value() {
        Value::Number(_) => node.integer(1..=4096).map(MaxTokens::Limit),
        Value::String(_) => node.one_of(&[("inf", MaxTokens::Inf)]),
        _ => Err(node.mistyped("an integer or 'inf'")),
    }
}

fn truncation(node: &Node<'_>) -> Result<Truncation> {
    if !node.value().is_object() {
        let modes = [
            ("auto", TruncationMode::Auto),
            ("disabled", TruncationMode::Disabled),
        ];
        return node.one_of(&modes).map(Truncation::Mode);
    }
    let fields = node.fields()?;
    fields.required("type", |node| node.one_of(&[("retention_ratio", ())]))?;
    Ok(Truncation::Retention(RetentionRatio {
        retention_ratio: fields.required("retention_ratio", |node| node.number(0.0..=1.0))?,
        token_limits: fields.optional("token_limits", |node| {
            let limit = |node: &Node<'_>| node.integer(0..=u32::MAX).map(u64::from);
            Ok(TokenLimits {
                post_instructions: node.fields()?.optional("post_instructions", limit)?,
            })
        })?,
    }))
}

fn tracing(node: &Node<'_>) -> Result<Tracing> {
    if !node.value().is_object() {
        node.one_of(&[("auto", ())])?;
        return Ok(Tracing::Auto);
    }
    let fields = node.fields()?;
    Ok(Tracing::Named(TraceNames {
        workflow_name: fields.optional("workflow_name", name)?,
        group_id: fields.optional("group_id", name)?,
        metadata: fields.optional("metadata", |node| map(node).map(Value::Object))?,
    }))
}

pub(super) fn prompt(node: &Node<'_>) -> Result<Prompt> {
    let fields = node.fields()?;
    Ok(Prompt {
        id: fields.required("id", super::id)?,
        version: fields.optional("version", name)?,
        variables: fields.optional("variables", map)?,
    })
}

fn map(node: &Node<'_>) -> Result<Map<String, Value>> {
    node.fields()?;
    let map = node.value().as_object().cloned().unwrap_or_default();
    node.count(map.len(), MAX_ID)?;
    Ok(map)
}

fn include(node: &Node<'_>) -> Result<Vec<String>> {
    let names = [(LOGPROBS, LOGPROBS), (OWN_EVENTS, OWN_EVENTS)];
    node.list(16)?
        .iter()
        .map(|node| node.one_of(&names).map(str::to_owned))
        .collect()
}

pub(super) fn reasoning(node: &Node<'_>) -> Result<Reasoning> {
    let efforts = [
        ("none", Effort::None),
        ("minimal", Effort::Minimal),
        ("low", Effort::Low),
        ("medium", Effort::Medium),
        ("high", Effort::High),
        ("xhigh", Effort::Xhigh),
    ];
    Ok(Reasoning {
        effort: node
            .fields()?
            .optional("effort", |node| node.one_of(&efforts))?,
    })
}

fn name(node: &Node<'_>) -> Result<String> {
    node.string(MAX_NAME)
}
