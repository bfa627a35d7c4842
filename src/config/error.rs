//! What is wrong with the settings, and where it was said.

use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line, by this flag.
    Flag(String),
    /// In the environment, by this variable.
    Variable(String),
    /// In the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: &'static str,
    },
    /// Nowhere: the setting with this key has its default.
    Default(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
            Self::Default(key) => write!(f, "{key} (by default)"),
        }
    }
}

/// Why the settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The file is not TOML, or not of the shape of `praxiloom.example.toml`.
    #[error("{}:{line}: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The file sets something that is no setting.
    #[error("{}:{line}: there is no setting `{key}`{}", path.display(), did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The setting whose name is nearest.
        nearest: Option<String>,
    },
    /// The environment has a variable of ours that is no setting.
    #[error("{name}: there is no such setting{}", did_you_mean(nearest.as_deref()))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variable whose name is nearest.
        nearest: Option<String>,
    },
    /// A value is not what the setting takes.
    #[error("{at}: {why}")]
    Invalid {
        /// Where it was set.
        at: Source,
        /// What is wrong with it; never contains a secret.
        why: String,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// The candidate that differs from `name` in the fewest letters, if it is near at all.
pub(crate) fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    candidates
        .map(|candidate| (distance(name, &candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in bytes, one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substitute = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = || {
            ["server.listen", "live.max_sessions"]
                .into_iter()
                .map(str::to_owned)
        };
        assert_eq!(
            nearest("server.lisen", keys()).as_deref(),
            Some("server.listen")
        );
        assert_eq!(
            nearest("live.sessions", keys()).as_deref(),
            Some("live.max_sessions")
        );
        assert_eq!(nearest("colour", keys()), None);
    }
}
