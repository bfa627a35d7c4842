//! Settings of the database.

use std::path::Path;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use crate::private::Private;

/// Which database, and how many connections to it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`, which may hold a password.
    pub url: Private<String>,
    /// Most connections at once.
    pub max_connections: u32,
}

impl Database {
    /// SQLite's file, if that is the database.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let path = self.url.expose().strip_prefix("sqlite:")?;
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }
}

static URL: Setting = Setting::secret(
    "database.url",
    "postgres://USER:PASSWORD@HOST/NAME, or sqlite:PATH. Not set: praxiloom.db in server.data.",
);
static MAX_CONNECTIONS: Setting =
    Setting::number("database.max_connections", "8", "Most connections at once.");

pub(super) static SETTINGS: &[&Setting] = &[&URL, &MAX_CONNECTIONS];

impl Database {
    pub(super) fn read(values: &Values, data: &Path) -> Result<Self, ConfigError> {
        let url = match values.secret(&URL) {
            Some(url) => url,
            None => Private::new(format!("sqlite:{}", data.join("praxiloom.db").display())),
        };
        let scheme = url.expose().split(':').next().unwrap_or_default();
        if !matches!(scheme, "sqlite" | "postgres" | "postgresql") {
            return Err(values.refuse(&URL, "must begin with sqlite: or postgres://"));
        }
        if url.expose().contains(":memory:") {
            return Err(values.refuse(&URL, "in memory, every connection would have its own"));
        }
        Ok(Self {
            url,
            max_connections: values.within(&MAX_CONNECTIONS, 1..=1000)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};

    #[test]
    fn the_default_is_a_file_in_the_data_folder() {
        let url = config(&[("PRAXILOOM_DATA", "/var/lib/praxiloom")])
            .database
            .url;
        assert_eq!(url.expose(), "sqlite:/var/lib/praxiloom/praxiloom.db");
    }

    #[test]
    fn other_databases_are_refused_without_their_password() {
        let error = refused(&[("PRAXILOOM_DATABASE_URL", "mysql://u:word@h/d")]);
        assert_eq!(
            error,
            "PRAXILOOM_DATABASE_URL: must begin with sqlite: or postgres://"
        );
    }
}
