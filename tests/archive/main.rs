//! The archive on a real disk with real databases: recording, resuming, reading, what goes wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../support/postgres.rs"]
mod postgres;
mod recording;
mod scene;
