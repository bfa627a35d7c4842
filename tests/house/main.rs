//! The house around the live engine: its map, its database on both engines, its HTTP edge.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod binary;
mod database;
mod edge;
mod map;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/server.rs"]
mod server;
