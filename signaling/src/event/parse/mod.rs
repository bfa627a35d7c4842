//! From a client's message to its event, or to the error that says precisely what was wrong.
//!
//! Fields that are not known are ignored, because clients are newer than servers; values that are
//! not known are errors. `input_audio_buffer.append`, which comes fifty times a second, is decoded
//! straight from the text; everything else is read from a tree with the path in hand.

mod item;
mod node;
mod response;
mod session;

use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::client::{ClientEvent, ClientEventKind, Place};
use super::error::{ErrorBody, code};
use super::update::SessionUpdate;
use node::{Fields, Node};

/// The longest base64 text of one `input_audio_buffer.append`, in bytes.
pub const MAX_APPEND: usize = 15 * 1024 * 1024;

/// The longest message of all, in bytes: an append and what stands around it.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// The longest message that carries neither sound nor pictures, in bytes.
pub const MAX_CONTROL: usize = 1024 * 1024;

const MAX_EVENT_ID: usize = 512;
const MAX_ID: usize = 128;
const MAX_TEXT: usize = 256 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

type Result<T> = std::result::Result<T, ErrorBody>;

/// Reads one message of a client.
///
/// # Errors
/// What was wrong, naming the parameter by its path and the client's own id of the event, to be
/// answered with an `error` event. The session goes on.
pub fn parse(text: &str) -> Result<ClientEvent> {
    if text.len() > MAX_MESSAGE {
        return Err(too_long(text.len(), MAX_MESSAGE));
    }
    if !text.trim_ascii_start().starts_with('{') {
        return Err(not_json("The message is not a JSON object."));
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let event_id = match head.event_id.map(RawValue::get) {
        None | Some("null") => None,
        Some(raw) => Some(string(raw, "event_id", MAX_EVENT_ID)?),
    };
    match kind(text, &head) {
        Ok(kind) => Ok(ClientEvent { event_id, kind }),
        Err(error) => Err(error.for_event(event_id)),
    }
}

/// Reads a session that stands outside an event: of a client secret, or of a call's offer. Its
/// parameters are named `session.…`.
///
/// # Errors
/// As [`parse`].
pub fn parse_session(text: &str) -> Result<SessionUpdate> {
    if text.len() > MAX_CONTROL {
        return Err(too_long(text.len(), MAX_CONTROL));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| broken(&error))?;
    session::read(&Node::new(&value, "session"))
}

/// Raw values, so that a field that an event does not have may be anything.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    event_id: Option<&'a RawValue>,
    #[serde(borrow)]
    audio: Option<&'a RawValue>,
}

fn kind(text: &str, head: &Head<'_>) -> Result<ClientEventKind> {
    let kind = head.kind.ok_or_else(|| ErrorBody::missing("type"))?;
    let kind = string(kind.get(), "type", MAX_ID)?;
    if kind == "input_audio_buffer.append" {
        return append(head.audio).map(ClientEventKind::AppendInput);
    }
    let carries_media = matches!(
        kind.as_str(),
        "conversation.item.create" | "response.create"
    );
    if !carries_media && text.len() > MAX_CONTROL {
        return Err(too_long(text.len(), MAX_CONTROL));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| broken(&error))?;
    control(&kind, &Node::new(&value, "").fields()?)
}

fn control(kind: &str, event: &Fields<'_>) -> Result<ClientEventKind> {
    Ok(match kind {
        "session.update" => {
            ClientEventKind::SessionUpdate(Box::new(event.required("session", session::read)?))
        }
        "input_audio_buffer.commit" => ClientEventKind::CommitInput,
        "input_audio_buffer.clear" => ClientEventKind::ClearInput,
        "output_audio_buffer.clear" => ClientEventKind::ClearOutput,
        "conversation.item.create" => ClientEventKind::CreateItem {
            item: Box::new(event.required("item", item::read)?),
            place: match event.optional("previous_item_id", id)? {
                None => Place::End,
                Some(id) if id == "root" => Place::Front,
                Some(id) => Place::After(id),
            },
        },
        "conversation.item.retrieve" => ClientEventKind::RetrieveItem {
            item_id: event.required("item_id", id)?,
        },
        "conversation.item.delete" => ClientEventKind::DeleteItem {
            item_id: event.required("item_id", id)?,
        },
        "conversation.item.truncate" => ClientEventKind::TruncateItem {
            item_id: event.required("item_id", id)?,
            content_index: event.required("content_index", |node| node.integer(0..=1023))?,
            audio_end_ms: event
                .required("audio_end_ms", |node| node.integer(0..=u32::MAX))?
                .into(),
        },
        "response.create" => ClientEventKind::CreateResponse(Box::new(
            event
                .optional("response", response::read)?
                .unwrap_or_default(),
        )),
        "response.cancel" => ClientEventKind::CancelResponse {
            response_id: event.optional("response_id", id)?,
        },
        "praxiloom.turn.hold" => ClientEventKind::HoldTurn {
            item_id: event.required("item_id", id)?,
        },
        "praxiloom.turn.correct" => ClientEventKind::CorrectTurn {
            item_id: event.required("item_id", id)?,
            transcript: event.required("transcript", |node| node.string(MAX_TEXT))?,
        },
        "praxiloom.turn.release" => ClientEventKind::ReleaseTurn {
            item_id: event.required("item_id", id)?,
        },
        unknown => {
            let shown: String = unknown.chars().filter(|char| !char.is_control()).collect();
            return Err(ErrorBody::invalid(
                code::UNKNOWN_EVENT,
                format!("Unknown event type '{shown}'."),
            )
            .with_param("type"));
        }
    })
}

fn id(node: &Node<'_>) -> Result<String> {
    let id = node.string(MAX_ID)?;
    if id.is_empty() {
        return Err(node.invalid("expected an id, but it is empty"));
    }
    Ok(id)
}

fn append(audio: Option<&RawValue>) -> Result<Bytes> {
    let raw = audio.ok_or_else(|| ErrorBody::missing("audio"))?.get();
    // Base64 has no characters that need escaping, so the text of the string is nearly always
    // the string itself. Some encoders write `\/`.
    let plain = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match plain {
        Some(plain) if !plain.contains('\\') => decode(plain, "audio"),
        _ => decode(&string(raw, "audio", MAX_APPEND)?, "audio"),
    }
}

/// Decodes base64, with or without padding.
fn decode(text: &str, path: &str) -> Result<Bytes> {
    if text.len() > MAX_APPEND {
        return Err(ErrorBody::invalid(
            code::STRING_TOO_LONG,
            format!("Invalid '{path}': string too long. Expected at most {MAX_APPEND} bytes."),
        )
        .with_param(path));
    }
    BASE64
        .decode(text)
        .map(Bytes::from)
        .map_err(|_| ErrorBody::value(path, "expected base64"))
}

fn string(raw: &str, path: &str, max: usize) -> Result<String> {
    let value: Value = serde_json::from_str(raw).map_err(|error| broken(&error))?;
    Node::new(&value, path).string(max)
}

fn broken(error: &serde_json::Error) -> ErrorBody {
    not_json(&format!(
        "The message is not valid JSON (line {}, column {}).",
        error.line(),
        error.column()
    ))
}

fn not_json(message: &str) -> ErrorBody {
    ErrorBody::invalid(code::INVALID_JSON, message)
}

fn too_long(length: usize, max: usize) -> ErrorBody {
    ErrorBody::invalid(
        code::STRING_TOO_LONG,
        format!("The message is too long: {length} bytes, at most {max} are allowed."),
    )
}
