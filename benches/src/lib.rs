//! Measures the server: latency of a turn, cost of a session.

pub mod wer;
