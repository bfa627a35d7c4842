//! Settings of the AI clients: where the operator's own lie.

use std::path::PathBuf;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// The AI clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Practice {
    /// A folder with sheets of the operator's own.
    pub clients: Option<PathBuf>,
}

static CLIENTS: Setting = Setting::text(
    "practice.clients",
    "",
    "A folder with clients of your own, one .toml file each (docs/clients.md says how they are\nwritten; `praxiloom clients check` tells what is wrong with one). They come after those that are\nbuilt in; one with the id of one that is built in takes its place.",
);

pub(super) static SETTINGS: &[&Setting] = &[&CLIENTS];

impl Practice {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let clients = values.optional(&CLIENTS)?;
        Ok(Self { clients })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;

    #[test]
    fn a_folder_of_ones_own_can_be_named() {
        assert_eq!(config(&[]).practice.clients, None);
        let named = config(&[("PRAXILOOM_PRACTICE_CLIENTS", "/etc/praxiloom/clients")]);
        let folder = named.practice.clients.unwrap();
        assert_eq!(folder.to_str(), Some("/etc/praxiloom/clients"));
    }
}
