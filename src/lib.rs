//! The praxiloom server, room by room.
//!
//! A voice comes in by `http`, which opens a session; `live` runs it from the microphone to the
//! loudspeaker, asks `practice` what the AI client says, and has `providers` listen, think and
//! speak; `archive` keeps its sound and all that happened, for one of the `accounts`, as it happens. The wire is in the
//! crate `signaling`, sound in the crate `media`; neither knows this one.
//!
//! Imports only go down:
//!
//! ```text
//! doors     main · app · http
//! engines   live
//! rooms     practice · accounts
//! stores    archive · providers
//! ground    config · clock · db · telemetry · private · disclosure · calls · lifecycle
//! ```
//!
//! Rooms of one floor do not import each other, but for doors and ground. Only the doors see the
//! assembled [`app::App`]; everything below receives exactly what it uses. A new resource is one
//! room, one file in `http` and one migration.

pub mod accounts;
pub mod app;
pub mod archive;
pub mod calls;
pub mod clock;
pub mod config;
pub mod db;
pub mod disclosure;
pub mod http;
pub mod lifecycle;
pub mod live;
pub mod practice;
pub mod private;
pub mod providers;
pub mod telemetry;
