//! How praxiloom talks to the browser: the OpenAI Realtime protocol over WebSocket and WebRTC.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod event;
pub mod heard;
pub mod link;
pub mod memory;
pub mod webrtc;
pub mod websocket;
