//! Logs and metrics: what an operator sees of the server, without a private word in it.

mod calls;
mod described;
mod log;
pub mod metrics;

pub use log::{LogError, start_log};
pub use metrics::{LiveSession, Metrics, Stage, Transport};
