//! The OpenAI Realtime protocol (GA): client events, server events, session, items, and our own events under one prefix.

/// What a client sends.
#[derive(Debug)]
pub enum ClientEvent {}

/// What the server sends.
#[derive(Debug)]
pub enum ServerEvent {}

/// What was wrong with something a client sent.
#[derive(Debug)]
pub struct ErrorBody;
