//! Settings of the archive: where recordings lie.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;

/// Where recordings lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The folder of recordings. Several nodes with one PostgreSQL share it.
    pub folder: PathBuf,
}

static FOLDER: Setting = Setting::text(
    "archive.folder",
    "",
    "The folder of recordings. Several nodes with one PostgreSQL share it, so that a session can\ngo on at another node. Not set: sessions in server.data.",
);

pub(super) static SETTINGS: &[&Setting] = &[&FOLDER];

impl Archive {
    pub(super) fn read(values: &Values, data: &Path) -> Result<Self, ConfigError> {
        let folder = values.optional::<PathBuf>(&FOLDER)?;
        Ok(Self {
            folder: folder.unwrap_or_else(|| data.join("sessions")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::config;

    #[test]
    fn recordings_lie_in_the_data_folder_unless_told_otherwise() {
        let data = ("PRAXILOOM_DATA", "/var/lib/praxiloom");
        let folder = config(&[data]).archive.folder;
        assert_eq!(folder.to_str(), Some("/var/lib/praxiloom/sessions"));
        let folder = config(&[data, ("PRAXILOOM_ARCHIVE_FOLDER", "/mnt/shared")])
            .archive
            .folder;
        assert_eq!(folder.to_str(), Some("/mnt/shared"));
    }
}
