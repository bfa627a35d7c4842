//! Turn-taking in simulated time: a scripted coach, engines with their delays, a paced speaker,
//! and a checker of the protocol's order that reads every trace.

mod check;
mod records;
mod sim;
mod told;

mod barge_in;
mod client_events;
mod coaches;
mod corrections;
mod endpointing;
mod failures;
mod leaping;
mod leaving;
mod overlap;
mod random;
mod responses;
mod resuming;
mod silences;
mod speculation;
mod tracing;
mod updates;
mod word_times;
