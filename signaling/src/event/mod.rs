//! The OpenAI Realtime protocol (GA): client events, server events, session, items, and our own events under one prefix.

pub mod audio;
mod base64;
pub mod client;
pub mod error;
mod id;
pub mod item;
mod merge;
pub mod own;
pub mod parse;
pub mod rate_limit;
pub mod response;
pub mod server;
pub mod session;
pub mod transcription;
pub mod update;

pub use client::{ClientEvent, ClientEventKind, InputItem, Place, ResponseParams};
pub use error::{ErrorBody, ErrorKind, code};
pub use id::EventIds;
pub use item::{Content, Item, ItemKind, ItemStatus, NewItem, Part, Role};
pub use parse::{parse, parse_session};
pub use response::{Reason, Response, Status, StatusDetails, Usage};
pub use server::{Conversation, ServerEvent};
pub use session::Session;
pub use transcription::TranscriptionUsage;
pub use update::{Field, SessionUpdate};
