//! How praxiloom talks to the browser: the OpenAI Realtime protocol over WebSocket and WebRTC.
//!
//! This crate knows the wire and nothing of sound: audio passes through it as packets and bytes.

#![forbid(unsafe_code)]

pub mod event;
pub mod link;
pub mod memory;
pub mod webrtc;
pub mod websocket;
