//! Live sessions on real sockets: conversations that work, every way they end, and clients that
//! behave badly while others talk on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and measurements are printed"
)]

mod afterwards;
mod ahead;
mod allowance;
mod archived;
mod bad_calls;
mod bad_events;
mod bad_sound;
mod behind;
mod breakdown;
mod burst;
mod call;
mod deserted;
mod disclosed;
mod discreet;
mod doors;
mod ends;
mod engine_calls;
mod flood;
mod killed;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/listeners/mod.rs"]
mod listeners;
mod listening;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/models/mod.rs"]
mod models;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/process.rs"]
mod process;
mod record;
mod resume;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/server.rs"]
mod server;
mod socket;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "../support/speakers/mod.rs"]
mod speakers;
#[path = "../support/sse_server.rs"]
mod sse_server;
mod talk;
mod unrecorded;
