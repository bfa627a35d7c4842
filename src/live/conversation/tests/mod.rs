//! Turn-taking in simulated time: a scripted coach, engines with their delays, a paced speaker,
//! and a checker of the protocol's order that reads every trace.

mod check;
mod sim;
mod told;

mod barge_in;
mod client_events;
mod endpointing;
mod overlap;
mod random;
mod speculation;
