//! The assembled server: everything the doors hand out.
