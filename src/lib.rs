//! The praxiloom server, room by room.
//!
//! Imports only go down:
//!
//! ```text
//! doors     main · app · http
//! engines   live
//! rooms     practice · accounts
//! stores    archive · providers
//! ground    config · clock · db · telemetry · private · lifecycle
//! ```

pub mod accounts;
pub mod app;
pub mod archive;
pub mod clock;
pub mod config;
pub mod db;
pub mod http;
pub mod lifecycle;
pub mod live;
pub mod practice;
pub mod private;
pub mod providers;
pub mod telemetry;
