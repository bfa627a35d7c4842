//! What happened: the record of sessions.

pub mod event;
pub mod sessions;
