//! Well-known models by name: where they are, and what is known of them.

use super::manifest::Kind;

/// A model that can be asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// BCP 47 language.
    pub language: &'static str,
    /// Where its archive is.
    pub url: &'static str,
    /// SHA-256 of the archive, where somebody who had it took it: `None` makes the command say
    /// what it found, and that there was nothing to compare it with.
    pub sha256: Option<&'static str>,
    /// Under which terms it is given, as its makers say; `None` where the archive itself says so.
    pub licence: Option<&'static str>,
    /// What to expect, in a few words.
    pub note: &'static str,
}

/// Releases of the sherpa-onnx project.
macro_rules! release {
    ($of:literal, $name:literal) => {
        concat!(
            "https://github.com/k2-fsa/sherpa-onnx/releases/download/",
            $of,
            "/",
            $name,
            ".tar.bz2"
        )
    };
}

/// All of them. No sum is known yet: nobody of this project has had the archives.
pub const CATALOGUE: &[Entry] = &[
    Entry {
        name: "zipformer-en",
        kind: Kind::Stt,
        language: "en",
        url: release!(
            "asr-models",
            "sherpa-onnx-streaming-zipformer-en-2023-06-26"
        ),
        sha256: None,
        licence: None,
        note: "streaming zipformer, trained on read books",
    },
    Entry {
        name: "zipformer-en-20m",
        kind: Kind::Stt,
        language: "en",
        url: release!(
            "asr-models",
            "sherpa-onnx-streaming-zipformer-en-20M-2023-02-17"
        ),
        sha256: None,
        licence: None,
        note: "the same, small",
    },
    Entry {
        name: "kokoro-en",
        kind: Kind::Tts,
        language: "en-us",
        url: release!("tts-models", "kokoro-en-v0_19"),
        sha256: None,
        licence: Some("Apache-2.0"),
        note: "Kokoro, eleven voices; wants a fast processor",
    },
    Entry {
        name: "piper-amy",
        kind: Kind::Tts,
        language: "en-us",
        url: release!("tts-models", "vits-piper-en_US-amy-low"),
        sha256: None,
        licence: None,
        note: "Piper, a woman, American; light",
    },
    Entry {
        name: "piper-thorsten",
        kind: Kind::Tts,
        language: "de",
        url: release!("tts-models", "vits-piper-de_DE-thorsten-medium"),
        sha256: None,
        licence: None,
        note: "Piper, a man, German",
    },
];

/// The entry of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::source::{self, is_name};
    use super::super::sum::Sum;
    use super::*;

    #[test]
    fn every_entry_can_be_asked_for() {
        for (at, entry) in CATALOGUE.iter().enumerate() {
            assert!(is_name(entry.name), "{}", entry.name);
            assert!(source::parse_url(entry.url).is_some(), "{}", entry.url);
            assert!(entry.url.starts_with("https://"), "{}", entry.url);
            assert!(entry.sha256.is_none_or(|sum| Sum::parse(sum).is_ok()));
            let others = &CATALOGUE[at + 1..];
            assert!(others.iter().all(|other| other.name != entry.name));
        }
    }
}
