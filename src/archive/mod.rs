//! What happened: the record of sessions.
