//! Measures the server: latency of a turn, cost of a session.
