//! What the coaches say, made ready for both carriers before anything is measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use media::level::rms_dbfs;
use media::opus::{Encoder, EncoderSettings};
use media::pcm;

use super::frame::text_frame;
use crate::BenchError;
use crate::wav::{self, Frame, RATE};

/// The shortest clip.
const SHORTEST: Duration = Duration::from_secs(2);
/// The longest clip.
const LONGEST: Duration = Duration::from_secs(6);
/// Quieter than this, in dBFS, is a pause.
const QUIET: f32 = -35.0;
/// Pauses inside a clip are shortened to this many frames, so that a clip is one turn for every
/// server that is measured.
const PAUSE: usize = 6;
/// Packets of silence after a clip, in which the far decoder comes to rest.
const TAIL: usize = 5;

/// One thing that is said, in frames of 20 ms.
#[derive(Debug)]
pub struct Clip {
    /// Frames of speech.
    pub frames: usize,
    /// Each frame as a whole WebSocket message, ready to be written.
    pub messages: Vec<Arc<[u8]>>,
    /// Each frame as an Opus packet, and some of silence after them.
    pub packets: Vec<Arc<[u8]>>,
}

/// All that is said, shared by all sessions.
#[derive(Debug)]
pub struct Clips {
    clips: Vec<Clip>,
    silent_message: Arc<[u8]>,
    silent_packet: Arc<[u8]>,
}

/// The frame that a session sends next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// A frame of a clip.
    Speech {
        /// Which clip.
        clip: usize,
        /// Which of its frames.
        frame: usize,
    },
    /// Silence, so many frames after the end of a clip.
    Silence {
        /// The clip before it, if there was one, and how many frames ago it ended.
        after: Option<(usize, usize)>,
    },
}

impl Clips {
    /// Cuts every WAV file of these folders (or these files) into clips of 2 to 6 s.
    ///
    /// # Errors
    /// If a file cannot be read, or nothing long enough is said in any.
    pub fn read(paths: &[PathBuf]) -> Result<Self, BenchError> {
        let mut clips = Vec::new();
        for file in files(paths)? {
            let samples = wav::read(&file, RATE)?;
            let spoken = cut(&samples);
            if let Some(spoken) = spoken {
                clips.push(clip(&spoken)?);
            }
        }
        if clips.is_empty() {
            let wanted = "nothing of 2 s or more is said in any of the recordings";
            return Err(BenchError::Recording(wanted.to_owned()));
        }
        let silence = vec![[0; RATE as usize / 50]; 50];
        let silent = opus(&silence)?;
        Ok(Self {
            clips,
            silent_message: message(&[0; RATE as usize / 50]).into(),
            silent_packet: silent.last().cloned().unwrap_or_default(),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.clips.len()
    }

    /// Frames of a clip.
    #[must_use]
    pub fn frames(&self, clip: usize) -> usize {
        self.clips.get(clip).map_or(0, |clip| clip.frames)
    }

    /// What goes over a WebSocket.
    #[must_use]
    pub fn message(&self, say: Say) -> &Arc<[u8]> {
        let found = match say {
            Say::Speech { clip, frame } => {
                self.clips.get(clip).map(|clip| clip.messages.get(frame))
            }
            Say::Silence { .. } => None,
        };
        found.flatten().unwrap_or(&self.silent_message)
    }

    /// What goes over WebRTC.
    #[must_use]
    pub fn packet(&self, say: Say) -> &Arc<[u8]> {
        let of = |clip: usize, frame: usize| self.clips.get(clip)?.packets.get(frame);
        let found = match say {
            Say::Speech { clip, frame } => of(clip, frame),
            Say::Silence { after } => {
                after.and_then(|(clip, ago)| of(clip, self.frames(clip) + ago))
            }
        };
        found.unwrap_or(&self.silent_packet)
    }
}

/// The WAV files that are meant, in the order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, BenchError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_file() {
            files.push(path.clone());
            continue;
        }
        let io = |error| BenchError::Io(path.display().to_string(), error);
        for entry in std::fs::read_dir(path).map_err(io)? {
            let file = entry.map_err(io)?.path();
            if is_wav(&file) {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_wav(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("wav"))
}

/// A clip with sharp ends and short pauses, or nothing if too little is said.
fn cut(samples: &[i16]) -> Option<Vec<Frame>> {
    let (frames, _) = samples.as_chunks::<{ RATE as usize / 50 }>();
    let most = frames_in(LONGEST);
    let mut spoken: Vec<Frame> = Vec::new();
    let mut pause = 0;
    for frame in frames {
        if rms_dbfs(frame) > QUIET {
            pause = 0;
        } else {
            pause += 1;
        }
        if pause <= PAUSE && (pause == 0 || !spoken.is_empty()) {
            spoken.push(*frame);
        }
        if spoken.len() == most {
            break;
        }
    }
    let last = spoken.iter().rposition(|frame| rms_dbfs(frame) > QUIET)?;
    spoken.truncate(last + 1);
    (spoken.len() >= frames_in(SHORTEST)).then_some(spoken)
}

fn frames_in(span: Duration) -> usize {
    (span.as_millis() / media::FRAME.as_millis()) as usize
}

fn clip(spoken: &[Frame]) -> Result<Clip, BenchError> {
    let mut whole = spoken.to_vec();
    whole.extend([[0; RATE as usize / 50]; TAIL]);
    Ok(Clip {
        frames: spoken.len(),
        messages: spoken.iter().map(|frame| message(frame).into()).collect(),
        packets: opus(&whole)?,
    })
}

fn message(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    pcm::write(frame, &mut bytes);
    let mut text = r#"{"type":"input_audio_buffer.append","audio":""#.to_owned();
    STANDARD.encode_string(&bytes, &mut text);
    text.push_str("\"}");
    text_frame(&text)
}

/// As a browser encodes: with error correction, without pauses in the sending.
fn opus(frames: &[Frame]) -> Result<Vec<Arc<[u8]>>, BenchError> {
    let failed = |error: media::opus::OpusError| BenchError::Sound(error.to_string());
    let settings = EncoderSettings {
        dtx: false,
        ..EncoderSettings::default()
    };
    let mut encoder = Encoder::new(settings).map_err(failed)?;
    let packet = |frame: &Frame| Ok(encoder.encode(frame).map_err(failed)?.into());
    frames.iter().map(packet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD: Frame = [9000; RATE as usize / 50];
    const SILENT: Frame = [0; RATE as usize / 50];

    fn samples(parts: &[(Frame, usize)]) -> Vec<i16> {
        let frames = parts.iter().flat_map(|(frame, count)| vec![*frame; *count]);
        frames.flatten().collect()
    }

    #[test]
    fn a_clip_has_sharp_ends_and_short_pauses() {
        let spoken = cut(&samples(&[
            (SILENT, 30),
            (LOUD, 70),
            (SILENT, 50),
            (LOUD, 60),
            (SILENT, 10),
        ]));
        let spoken = spoken.unwrap();
        assert_eq!(spoken.len(), 70 + PAUSE + 60);
        assert_eq!((spoken[0], spoken[spoken.len() - 1]), (LOUD, LOUD));
    }

    #[test]
    fn what_is_too_short_is_no_clip_and_what_is_too_long_is_cut() {
        assert!(cut(&samples(&[(LOUD, 99)])).is_none());
        assert!(cut(&samples(&[(SILENT, 999)])).is_none());
        assert_eq!(cut(&samples(&[(LOUD, 999)])).unwrap().len(), 300);
    }

    #[test]
    fn the_fixtures_are_clips_and_silence_follows_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/speech");
        let clips = Clips::read(&[folder.into()]).unwrap();
        assert_eq!(clips.count(), 3);
        let frames = clips.frames(0);
        let last = Say::Speech {
            clip: 0,
            frame: frames - 1,
        };
        assert!(clips.packet(last).len() > 20);
        let after = |ago| Say::Silence {
            after: Some((0, ago)),
        };
        assert_eq!(clips.packet(after(0)), &clips.clips[0].packets[frames]);
        assert_eq!(clips.packet(after(TAIL)), &clips.silent_packet);
        assert!(clips.silent_packet.len() < 20);
        assert_eq!(clips.message(after(0)), &clips.silent_message);
        assert!(clips.message(last).len() > 1280);
    }
}
