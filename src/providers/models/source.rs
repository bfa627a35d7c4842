//! Where a model comes from: a name of the catalogue, an address, a file or a folder.

use std::path::{Path, PathBuf};

use reqwest::Url;

use super::ModelsError;
use super::catalogue::{self, Entry};

/// Endings of archives.
const ENDINGS: [&str; 5] = [".tar.bz2", ".tbz2", ".tar.gz", ".tgz", ".tar"];

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An archive at an address; of the catalogue, if it is.
    Web(Url, Option<&'static Entry>),
    /// An archive on this machine.
    Archive(PathBuf),
    /// A folder on this machine, unpacked already.
    Folder(PathBuf),
}

impl Source {
    /// What somebody means by `what`.
    pub(super) fn parse(what: &str) -> Result<Self, ModelsError> {
        if let Some(url) = parse_url(what) {
            return match url.username().is_empty() && url.password().is_none() {
                true => Ok(Self::Web(url, None)),
                false => Err(ModelsError::Login),
            };
        }
        if let Some(entry) = catalogue::find(what)
            && let Some(url) = parse_url(entry.url)
        {
            return Ok(Self::Web(url, Some(entry)));
        }
        match Path::new(what).canonicalize() {
            Ok(path) if path.is_dir() => Ok(Self::Folder(path)),
            Ok(path) => Ok(Self::Archive(path)),
            Err(_) => Err(ModelsError::Unknown(what.to_owned())),
        }
    }

    /// The name that the model has if nobody gives it another.
    pub(super) fn name(&self) -> String {
        let last = match self {
            Self::Web(_, Some(entry)) => entry.name.to_owned(),
            Self::Web(url, None) => {
                let last = url.path_segments().and_then(Iterator::last);
                last.unwrap_or_default().to_owned()
            }
            Self::Archive(path) | Self::Folder(path) => {
                let last = path.file_name().unwrap_or_default();
                last.to_string_lossy().into_owned()
            }
        };
        let ending = ENDINGS.iter().find(|ending| last.ends_with(**ending));
        last[..last.len() - ending.map_or(0, |ending| ending.len())].to_owned()
    }

    /// How it is told, and kept in the manifest: without what may be secret in an address.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Web(url, _) => told(url),
            Self::Archive(path) | Self::Folder(path) => path.display().to_string(),
        }
    }
}

/// An address as it may be shown: queries carry signatures, and one that was redirected to may have
/// a login.
pub(super) fn told(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // An address with a host has room for both.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// An address over HTTP.
pub(super) fn parse_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// Whether a model can have this name, and its folder.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 100
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_after_its_archive() {
        for (what, name) in [
            ("kokoro-en", "kokoro-en"),
            ("https://a.example/x/voice-1.tar.bz2?sign=1", "voice-1"),
            ("http://127.0.0.1:1/ears.tgz", "ears"),
            ("https://a.example/", ""),
            ("/", ""),
        ] {
            assert_eq!(Source::parse(what).unwrap().name(), name, "{what}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("v.tar");
        std::fs::write(&file, "").unwrap();
        let source = Source::parse(file.to_str().unwrap()).unwrap();
        assert_eq!(source.name(), "v");
        let unknown = Source::parse("kokoro").unwrap_err().to_string();
        assert!(unknown.contains("`kokoro` is neither"), "{unknown}");
        assert!(Source::parse("ftp://a.example/x.tar").is_err());
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_told() {
        let source = Source::parse("https://a.example/x.tar?sign=word#word").unwrap();
        assert_eq!(source.text(), "https://a.example/x.tar");
        let whole = parse_url("https://me:word@a.example/x.tar?sign=word").unwrap();
        assert_eq!(told(&whole), "https://a.example/x.tar");
        for address in [
            "https://me:word@a.example/x.tar",
            "http://word@a.example/x.tar",
        ] {
            let refused = Source::parse(address).unwrap_err().to_string();
            assert!(
                refused.contains("no password") && !refused.contains("word@"),
                "{refused}"
            );
        }
    }

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["a", "vits-piper-en_US-amy-low", "v0.19", "7"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "-v",
            "a/b",
            "a b",
            "ä",
            &"a".repeat(101),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
