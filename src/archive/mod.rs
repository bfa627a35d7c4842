//! What happened: the record of sessions.

pub mod sessions;
