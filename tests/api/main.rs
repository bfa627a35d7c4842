//! The HTTP API on real sockets: it is what its description says, and sessions can be read by it.

mod document;
