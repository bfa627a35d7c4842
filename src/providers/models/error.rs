//! Why a model could not be brought, and how the command then ends.

use std::io;
use std::path::{Path, PathBuf};

/// Why a model could not be fetched, checked, unpacked, kept or found.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// It is neither a name of the catalogue, nor an address, nor a file or folder.
    #[error(
        "`{0}` is neither in the catalogue (`praxiloom models list`), nor an http(s) address, nor \
         a file or folder"
    )]
    Unknown(String),
    /// An address names a user or a password.
    #[error(
        "no user name and no password may stand in an address: everybody on this machine can read a \
         command line; fetch the archive with what keeps your login (curl --netrc -O …) and add the file"
    )]
    Login,
    /// The name would not do as a folder's.
    #[error(
        "`{0}` cannot be a model's name: up to 100 letters, digits, `.`, `_` and `-`, the first a \
         letter or digit; give another with --name"
    )]
    Name(String),
    /// There is one of that name.
    #[error("{0} is installed already; `praxiloom models remove {0}` makes room for another")]
    Exists(String),
    /// There is none of that name.
    #[error("no model {0} is installed (`praxiloom models list`)")]
    Missing(String),
    /// Another command is changing the models.
    #[error("another `praxiloom models` is at work in {}", .0.display())]
    Busy(PathBuf),
    /// The sum is not one.
    #[error("--sha256 takes 64 hexadecimal digits, not `{0}`")]
    NoSum(String),
    /// Without TLS and without a sum, anybody on the way could give us something else.
    #[error("{0} has no TLS, so that anybody on the way could change it: give --sha256")]
    Unsafe(String),
    /// It could not be fetched, for now: what came is kept.
    #[error(
        "{url}: {why}; {} came and are kept, the same command goes on from there",
        super::progress::size(*kept)
    )]
    Broken {
        /// From where.
        url: String,
        /// What happened last.
        why: String,
        /// Bytes that came.
        kept: u64,
    },
    /// It cannot be fetched, and would not be the next time.
    #[error("{url}: {why}")]
    Refused {
        /// From where.
        url: String,
        /// Why not.
        why: String,
    },
    /// It is bigger than a model may be.
    #[error("{what} is bigger than {} (--max-mb allows more)", super::progress::size(*limit))]
    TooBig {
        /// What.
        what: String,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// What was fetched is not what was asked for.
    #[error("{what} has the SHA-256 {found}, not {wanted}: it was thrown away")]
    WrongSum {
        /// What.
        what: String,
        /// Its sum.
        found: String,
        /// As it should be.
        wanted: String,
    },
    /// The archive cannot be unpacked, or not safely.
    #[error("{archive}: {why}")]
    Archive {
        /// The archive.
        archive: String,
        /// What is wrong with it.
        why: String,
    },
    /// The files are no model that we know.
    #[error("{folder}: {why}")]
    NoModel {
        /// Where the files are from.
        folder: String,
        /// What is missing or wrong.
        why: String,
    },
    /// A file of an installed model is not as it was.
    #[error(
        "model {name}: {}: {why}; `praxiloom models remove {name}` and add it again",
        file.display()
    )]
    Damaged {
        /// The model.
        name: String,
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl ModelsError {
    /// How the command ends: 3 if trying again may help, 4 if what came is not what was asked
    /// for, 1 for everything else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Broken { .. } | Self::Busy(_) => 3,
            Self::WrongSum { .. } => 4,
            _ => 1,
        }
    }

    /// For `map_err` on what concerns a file.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, error }
    }
}
