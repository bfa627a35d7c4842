//! Hostile and broken surroundings: whatever one client, the network, the disk, the database or an
//! engine does, nobody else's session suffers, memory is bounded, and nothing archived is damaged.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and measurements are printed"
)]

mod companion;
mod crowd;
mod database;
mod disk;
mod drift;
mod engines;
mod house;
mod killed;
mod lossy;
mod memory;
#[path = "../support/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/process.rs"]
mod process;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../archive/scene.rs"]
mod scene;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/server.rs"]
mod server;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../live/socket.rs"]
mod socket;
mod written;
