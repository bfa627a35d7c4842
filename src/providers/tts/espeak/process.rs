//! One run of the espeak-ng program: text in by a pipe, sound out by another, in bounded time.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::super::ProviderError;
use super::super::piece::{Sound, trimmed};
use super::{EspeakSettings, NAME, unavailable};

/// The most that is read from one process, in bytes: about three minutes of sound.
const MOST: u64 = 8 << 20;

/// Runs the program once. Dropping the future kills it.
pub(super) async fn run(
    settings: &EspeakSettings,
    arguments: &[OsString],
    text: &str,
) -> Result<Vec<u8>, ProviderError> {
    let work = async {
        let mut child = Command::new(&settings.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => unavailable("it is not installed (package espeak-ng)"),
                _ => unavailable(error),
            })?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(unavailable("it has no pipes"));
        };
        let write = async {
            // A program that does not read its text ends with an error of its own.
            let _ = stdin.write_all(text.as_bytes()).await;
            drop(stdin);
        };
        let mut wave = Vec::new();
        let mut limited = stdout.take(MOST);
        let (_, read) = tokio::join!(write, limited.read_to_end(&mut wave));
        read.map_err(unavailable)?;
        // The pipe is closed first: a program with more to say then ends too.
        drop(limited);
        let status = child.wait().await.map_err(unavailable)?;
        if status.success() || wave.len() as u64 == MOST {
            Ok(wave)
        } else {
            Err(unavailable(status))
        }
    };
    timeout(settings.patience, work)
        .await
        .unwrap_or(Err(ProviderError::TimedOut {
            engine: NAME.to_owned(),
            after: settings.patience,
        }))
}

/// Reads what the program wrote: a WAV file whose stated length is not to be trusted.
pub(super) fn sound(wave: &[u8], gain: f32) -> Result<Sound, ProviderError> {
    if wave.is_empty() {
        return Ok((Vec::new(), 0..0));
    }
    let head = wave
        .get(..44)
        .filter(|head| head.starts_with(b"RIFF") && head[22..24] == [1, 0] && head[34] == 16);
    let Some(head) = head else {
        return Err(unavailable("it did not write a mono WAV file of 16 bits"));
    };
    let rate = u32::from_le_bytes([head[24], head[25], head[26], head[27]]);
    let written: Vec<i16> = wave[44..]
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    trimmed(&written, rate, gain).map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_program_that_hangs_is_given_up() {
        let settings = EspeakSettings {
            program: "sleep".into(),
            patience: Duration::from_millis(50),
            ..EspeakSettings::default()
        };
        let error = run(&settings, &["60".into()], "").await.unwrap_err();
        assert!(matches!(error, ProviderError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn what_is_not_a_wave_is_refused() {
        assert!(sound(b"RIFF", 1.0).is_err());
        assert!(sound(&[0; 100], 1.0).is_err());
        assert!(sound(b"", 1.0).unwrap().0.is_empty());
    }
}
