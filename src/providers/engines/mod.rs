//! The engines that the configuration names, started.

mod installed;
mod listener;
mod model;
mod voice;

pub use listener::listener;
pub use model::model;
pub use voice::voice;

pub(in crate::providers) use listener::one_listener;
pub(in crate::providers) use model::one_model;
pub(in crate::providers) use voice::one_voice;
