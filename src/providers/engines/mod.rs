//! The engines that the configuration names, started.

mod installed;
mod listener;
mod model;
mod voice;

pub use listener::listener;
pub use model::model;
pub use voice::voice;
