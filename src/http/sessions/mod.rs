//! `/api/sessions…`: the sessions that an account held, for replay and review.

pub mod audio;
pub mod events;
pub mod list;
pub mod one;
pub mod peaks;
mod shapes;
pub mod ticket;
pub mod transcript;
