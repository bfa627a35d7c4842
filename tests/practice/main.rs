//! A session with an AI client whose words come from a language model on a real socket.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this crate is tests, also where it is not in a test function"
)]

mod session;

#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../support/models/mod.rs"]
mod models;
#[expect(dead_code, reason = "other tests use more of it")]
#[path = "../support/server.rs"]
mod server;
#[path = "../support/sse_server.rs"]
mod sse_server;

mod disclosed;
mod model_fails;
mod model_replaced;
mod model_speaks;
