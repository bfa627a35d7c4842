//! The house around the live engine: its map, its database on both engines, its HTTP edge.

mod database;
mod map;
#[path = "../support/postgres.rs"]
mod postgres;
