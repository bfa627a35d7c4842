//! Whether what a server sends for speech is the raw samples that were asked for. Servers that
//! speak OpenAI's wire answer with a page, an error or another format as well, and call the format
//! by many names.

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use super::NAME;
use crate::providers::ProviderError;
use crate::providers::socket::unusable;

/// So much of the beginning shows what it is.
const ENOUGH: usize = 16;

/// What files of sound that are no raw samples have near their beginning, and where.
const CONTAINERS: [(usize, &[u8], &str); 6] = [
    (0, b"RIFF", "WAV"),
    (0, b"ID3", "MP3"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"\x1a\x45\xdf\xa3", "WebM"),
    // After the length of the box.
    (4, b"ftyp", "MP4"),
];

/// What a response calls its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// Sound, or nothing that says otherwise.
    Sound,
    /// MP3 or AAC, which some servers say of whatever they send.
    Frames,
    /// JSON: an error, whatever the status.
    Json,
}

/// What a response calls its body.
///
/// # Errors
///
/// [`ProviderError::Unusable`] where it is no sound, nor an error in the vendor's own form: another
/// server answers.
pub(super) fn called(response: &Response) -> Result<Called, ProviderError> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    judge(kind)
}

fn judge(kind: &str) -> Result<Called, ProviderError> {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    let (main, sub) = kind.split_once('/').unwrap_or((&kind, ""));
    match (main, sub) {
        ("audio", "mpeg" | "mp3" | "aac") => Ok(Called::Frames),
        ("application", sub) if sub.ends_with("json") => Ok(Called::Json),
        ("audio", "mp4" | "m4a" | "x-m4a") => Err(unusable(
            NAME,
            "it answered with MP4, not raw samples".to_owned(),
        )),
        // Any other file that a server calls so would be played as noise.
        ("application", sub) if ["pcm", "raw", "octet"].iter().any(|raw| sub.contains(raw)) => {
            Ok(Called::Sound)
        }
        ("text" | "image" | "video" | "application", _) => Err(unusable(
            NAME,
            format!("it answered with {main}, not sound"),
        )),
        // Servers have many names for raw samples; what it is shows in how it begins.
        _ => Ok(Called::Sound),
    }
}

/// Holds back the first bytes until they show what they are.
#[derive(Debug)]
pub(super) struct Beginning {
    called: Called,
    held: Option<Vec<u8>>,
}

impl Beginning {
    /// Of a body that is called this.
    pub fn new(called: Called) -> Self {
        let held = Some(Vec::new());
        Self { called, held }
    }

    /// Takes bytes; gives those that may be heard.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if they are no raw samples.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ProviderError> {
        let Some(held) = &mut self.held else {
            return Ok(bytes.to_vec());
        };
        held.extend_from_slice(bytes);
        match held.len() < ENOUGH {
            true => Ok(Vec::new()),
            false => self.end(),
        }
    }

    /// Nothing more comes: gives what is still held back.
    ///
    /// # Errors
    ///
    /// As [`Beginning::take`].
    pub fn end(&mut self) -> Result<Vec<u8>, ProviderError> {
        let held = self.held.take().unwrap_or_default();
        match self.not_samples(&held) {
            None => Ok(held),
            Some(what) => Err(unusable(
                NAME,
                format!("it answered with {what}, not raw samples"),
            )),
        }
    }

    fn not_samples(&self, bytes: &[u8]) -> Option<&'static str> {
        let mut containers = CONTAINERS.iter();
        let has = |at: usize, mark| bytes.get(at..).is_some_and(|rest| rest.starts_with(mark));
        if let Some((.., name)) = containers.find(|(at, mark, _)| has(*at, mark)) {
            return Some(name);
        }
        // The mark of a frame of MPEG audio, layer III, or of AAC. As samples, a frame's mark is as
        // good as any other pair of bytes.
        let framed = matches!(
            bytes,
            [
                0xff,
                0xe2 | 0xe3 | 0xf0 | 0xf1 | 0xf2 | 0xf3 | 0xf8 | 0xf9 | 0xfa | 0xfb,
                ..
            ]
        );
        if self.called == Called::Frames && framed {
            return Some("MP3");
        }
        let first = bytes.get(..ENOUGH.min(bytes.len())).unwrap_or_default();
        let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
        // Samples that all read as letters would begin at a deafening level.
        (first.len() > 1 && first.iter().all(is_text)).then_some("text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_told_from_pages_by_its_name() {
        for sound in [
            "",
            "audio/pcm",
            "audio/L16; rate=24000",
            "application/octet-stream",
            "binary/octet-stream",
            "application/pcm",
            "application/x-raw",
            "x",
        ] {
            assert_eq!(judge(sound), Ok(Called::Sound), "{sound}");
        }
        assert_eq!(judge("Audio/MPEG"), Ok(Called::Frames));
        assert_eq!(judge("application/problem+json"), Ok(Called::Json));
        for page in [
            "text/html; charset=utf-8",
            "text/plain",
            "video/mp4",
            "image/png",
            "application/mp4",
            "audio/mp4; codecs=mp4a.40.2",
            "application/gzip",
            "application/x-unknown",
        ] {
            assert!(judge(page).is_err(), "{page}");
        }
        let told = judge("Text/").unwrap_err().to_string();
        assert_eq!(
            told,
            "openai cannot be used: it answered with text, not sound"
        );
    }

    #[test]
    fn what_is_no_raw_sound_is_known_by_how_it_begins() {
        let taken = |called, bytes: &[u8]| {
            let mut beginning = Beginning::new(called);
            let mut out = Vec::new();
            for byte in bytes {
                out.extend(beginning.take(&[*byte])?);
            }
            out.extend(beginning.end()?);
            Ok::<_, ProviderError>(out)
        };
        let quiet = [0, 0, 3, 0, 60, 0, 0xff, 0xff, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0];
        assert_eq!(taken(Called::Sound, &quiet).unwrap(), quiet);
        assert_eq!(taken(Called::Frames, &quiet).unwrap(), quiet);
        assert_eq!(taken(Called::Sound, &quiet[..4]).unwrap(), quiet[..4]);
        assert!(taken(Called::Sound, &[]).unwrap().is_empty());
        let below = [0xff, 0xff, 0, 0, 0xff, 0xff, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(taken(Called::Frames, &below).unwrap(), below);
        let frame = [
            0xff, 0xfb, 0x90, 0xc4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert!(taken(Called::Frames, &frame).is_err());
        assert_eq!(taken(Called::Sound, &frame).unwrap(), frame);
        for wrong in [
            b"RIFF\x24\x80\x00\x00WAVEfmt \x10".as_slice(),
            b"ID3\x04\0\0\0\0\0\0\0\0\0\0\0\0\0",
            b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0",
            b"\0\0\0\x1cftypM4A \0\0\0\0",
            b"<html><body>Log in</body></html>",
            b"{\"error\":{}}",
        ] {
            assert!(taken(Called::Sound, wrong).is_err(), "{wrong:?}");
        }
    }
}
