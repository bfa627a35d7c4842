//! The sound of a session as a file that can be sent: both voices, or one of them.
//!
//! What is put together of several files is kept beside them, under the number of the session's
//! last part; once there is another part, it is made anew. A live session's sound is made for each
//! reader, since it grows.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use media::Position;
use media::record::{StereoPart, TrackReader, TrackWriter, recover, stereo};

use super::Archive;
use super::event::Speaker;
use super::layout::{Folder, Stream, absent_is_fine, make_folder};
use super::reading::{ReadError, blocking, parts};
use super::sessions::SessionRow;
use crate::db::AccountId;

/// How much of a track is collected before it is written on, in packets.
const PAGE: usize = 25;

/// An Ogg Opus file, open for reading.
#[derive(Debug)]
pub struct Sound {
    /// The file.
    pub file: File,
    /// Its length in bytes.
    pub bytes: u64,
    /// Differs when the content does (RFC 9110, section 8.8.3), quotes included.
    pub etag: String,
    /// Whether the session goes on, so that a later file will be longer.
    pub is_live: bool,
}

/// Which voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voices {
    /// The coach on the left, the client on the right.
    Both,
    /// One of them, every packet as it was received or sent.
    One(Speaker),
}

impl Voices {
    const fn name(self) -> &'static str {
        match self {
            Self::Both => "stereo",
            Self::One(Speaker::Coach) => "coach",
            Self::One(Speaker::Client) => "client",
        }
    }
}

impl Archive {
    /// The sound of a session on its timeline. If it had several connections, their times are kept
    /// and what lies between them is silent.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn sound(
        &self,
        account: &AccountId,
        id: &str,
        voices: Voices,
    ) -> Result<Sound, ReadError> {
        let (row, folder) = self.core.look_up(account, id).await?;
        // Putting files together reads all of them; a few at a time leave the disk to others.
        let turn = self.core.makers.acquire().await;
        let sound = blocking(move || open(&row, &folder, voices)).await;
        drop(turn);
        sound
    }
}

fn open(row: &SessionRow, folder: &Folder, voices: Voices) -> Result<Sound, ReadError> {
    let is_live = row.ended_at.is_none();
    let made = Made::of(row, folder, voices)?;
    if let (Voices::One(speaker), [part]) = (voices, made.parts.as_slice()) {
        return Ok(alone(
            &folder.file(part.number, track_of(speaker)),
            is_live,
        )?);
    }
    if is_live {
        return Ok(made.for_one_reader()?);
    }
    let cache = folder.cache();
    let path = cache.join(format!("{:03}.{}.opus", row.part, voices.name()));
    match File::open(&path) {
        Ok(file) => return Ok(Sound::new(file, None, false)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    match made.keep(&cache, &path) {
        Ok(file) => Ok(Sound::new(file, None, false)?),
        Err(error) => {
            tracing::warn!(%error, "the sound of a session cannot be kept");
            Ok(made.for_one_reader()?)
        }
    }
}

/// A track that is a file already.
fn alone(path: &Path, is_live: bool) -> io::Result<Sound> {
    let file = File::open(path)?;
    // The last page of a live track may not be written whole yet.
    let whole = match is_live {
        true => Some(recover(BufReader::new(&file))?.bytes),
        false => None,
    };
    Sound::new(file, whole, is_live)
}

impl Sound {
    fn new(mut file: File, bytes: Option<u64>, is_live: bool) -> io::Result<Self> {
        let about = file.metadata()?;
        let bytes = bytes.unwrap_or(about.len());
        let changed = about.modified()?.duration_since(UNIX_EPOCH);
        let changed = changed.unwrap_or_default().as_micros();
        file.rewind()?;
        Ok(Self {
            file,
            bytes,
            etag: format!("\"{bytes:x}-{changed:x}\""),
            is_live,
        })
    }
}

/// What is to be put together.
struct Made<'a> {
    folder: &'a Folder,
    voices: Voices,
    parts: Vec<At>,
    length: Position,
}

/// A part, and where it begins.
struct At {
    number: u32,
    from: Position,
}

impl<'a> Made<'a> {
    fn of(row: &SessionRow, folder: &'a Folder, voices: Voices) -> Result<Self, ReadError> {
        let has_sound = |number: u32| match voices {
            Voices::Both => [Stream::Coach, Stream::Client]
                .iter()
                .any(|stream| folder.file(number, *stream).exists()),
            Voices::One(speaker) => folder.file(number, track_of(speaker)).exists(),
        };
        let mut known = parts(folder)?;
        // A part that began since the row was read is none of this file.
        known.retain(|part| i64::from(part.number) <= row.part && has_sound(part.number));
        let end = known.last().map_or(0, |part| part.to_ms);
        let length = u64::try_from(row.length_ms).unwrap_or(0).max(end);
        let parts: Vec<At> = known
            .into_iter()
            .map(|part| At {
                number: part.number,
                from: Position::from_ms(part.from_ms),
            })
            .collect();
        if parts.is_empty() {
            return Err(ReadError::NotRecorded);
        }
        Ok(Self {
            folder,
            voices,
            parts,
            length: Position::from_ms(length),
        })
    }

    /// Makes the file in the cache; nobody sees it before it is whole.
    fn keep(&self, cache: &Path, path: &Path) -> io::Result<File> {
        make_folder(cache)?;
        let mut file = tempfile::NamedTempFile::new_in(cache)?;
        self.write(file.as_file_mut())?;
        file.as_file()
            .set_permissions(PermissionsExt::from_mode(0o600))?;
        let suffix = format!(".{}.opus", self.voices.name());
        for entry in std::fs::read_dir(cache)? {
            let older = entry?.path();
            let name = older.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| name.ends_with(&suffix)) {
                absent_is_fine(std::fs::remove_file(older))?;
            }
        }
        Ok(file.persist(path)?)
    }

    /// Makes a file without a name, which is gone when it is closed.
    fn for_one_reader(&self) -> io::Result<Sound> {
        let mut file = tempfile::tempfile()?;
        self.write(&mut file)?;
        Sound::new(file, None, true)
    }

    fn write(&self, file: &mut File) -> io::Result<()> {
        let mut out = BufWriter::new(file);
        match self.voices {
            Voices::Both => {
                let open = |number, stream| {
                    let file = File::open(self.folder.file(number, stream));
                    file.map(BufReader::new).ok()
                };
                let parts = self.parts.iter().map(|part| StereoPart {
                    from: part.from,
                    coach: open(part.number, Stream::Coach),
                    client: open(part.number, Stream::Client),
                });
                stereo(parts, self.length, 1, &mut out).map_err(io::Error::other)?;
            }
            Voices::One(speaker) => self.join(track_of(speaker), &mut out)?,
        }
        out.flush()
    }

    /// One voice of several parts, one after another.
    fn join(&self, stream: Stream, out: &mut impl Write) -> io::Result<()> {
        let mut track = TrackWriter::new(1);
        let mut pages = Vec::new();
        for part in &self.parts {
            let file = BufReader::new(File::open(self.folder.file(part.number, stream))?);
            let Ok(mut packets) = TrackReader::new(file) else {
                continue;
            };
            let mut count = 0;
            // A track that is torn or damaged counts up to there.
            while let Ok(Some(packet)) = packets.next_packet() {
                let at = part.from + (packet.at - Position::ZERO);
                // Every packet stays, as none is taken for silence.
                if track.place(at, packet.bytes, u8::MAX).is_err() {
                    break;
                }
                count += 1;
                if count % PAGE == 0 {
                    track.take_pages(&mut pages);
                    out.write_all(&pages)?;
                    pages.clear();
                }
            }
        }
        track.finish(self.length, &mut pages);
        out.write_all(&pages)
    }
}

/// The file that holds a voice.
const fn track_of(speaker: Speaker) -> Stream {
    match speaker {
        Speaker::Coach => Stream::Coach,
        Speaker::Client => Stream::Client,
    }
}
