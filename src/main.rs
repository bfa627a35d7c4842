//! The `praxiloom` command.

fn main() {}
