//! Every provider against the shape it promises, vendors stood in for by servers on real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this crate is tests, also where it is not in a test function"
)]

#[macro_use]
mod model;
#[macro_use]
mod voice;

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../support/models/mod.rs"]
mod models;
#[path = "../support/sse_server.rs"]
mod sse_server;

#[path = "../support/speakers/mod.rs"]
mod speakers;

mod cloud;
mod llm_anthropic;
mod llm_chat;
mod llm_responses;
mod tts_espeak;
mod tts_fallback;
mod tts_flite;
mod tts_local;
mod tts_standin;
