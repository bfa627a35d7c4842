//! Settings: command line, environment and a TOML file.
