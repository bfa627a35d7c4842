//! The house around the live engine: its map, its database on both engines, its HTTP edge.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod binary;
mod database;
mod edge;
#[path = "../support/file_server.rs"]
mod file_server;
mod map;
mod models;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/server.rs"]
mod server;
