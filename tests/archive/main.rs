//! The archive on a real disk with real databases: recording, resuming, reading, what goes wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod deleting;
mod disclosed;
mod disk;
mod killed;
#[path = "../support/postgres.rs"]
mod postgres;
mod reading;
mod recording;
mod restored;
mod scene;
mod stopping;
mod trouble;
mod unwritten;
