//! Turn-taking in simulated time.
