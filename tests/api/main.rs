//! The HTTP API on real sockets: it is what its description says, and sessions can be read by it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod audio;
mod described;
mod document;
mod held;
mod keys;
#[path = "../support/server.rs"]
mod server;
mod sessions;
mod statuses;
