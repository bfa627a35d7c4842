//! The HTTP edge: the router is its table of contents.
