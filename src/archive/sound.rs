//! The sound of a session as a file that can be sent: both voices, or one of them.
//!
//! What is put together of several files is kept beside them, named by how much there was of them:
//! once there is more, it is made anew. So that a file can be read piece by piece although the session
//! goes on, the last ones that were made of a live session are kept as well.

use std::cmp::Reverse;
use std::fs::{DirBuilder, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, Take, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use media::Position;
use media::record::{StereoPart, TrackReader, TrackWriter, has_head, stereo, track_end};

use super::Archive;
use super::event::Speaker;
use super::layout::{Folder, Stream, absent_is_fine};
use super::parts::{Found, length_ms};
use super::reading::{ReadError, blocking};
use crate::db::AccountId;

/// How much of a track is collected before it is written on, in packets.
const PAGE: usize = 25;
/// How many earlier files of a live session are kept.
const EARLIER: usize = 2;
/// Parts begin and end at whole milliseconds, packets do not.
const ROUNDED: Duration = Duration::from_millis(1);

/// Which voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voices {
    /// The coach on the left, the client on the right.
    Both,
    /// One of them, every packet as it was received or sent.
    One(Speaker),
}

impl Voices {
    /// What files of them end with.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Both => ".stereo.opus",
            Self::One(Speaker::Coach) => ".coach.opus",
            Self::One(Speaker::Client) => ".client.opus",
        }
    }

    /// The tracks that they are on.
    const fn tracks(self) -> &'static [Stream] {
        match self {
            Self::Both => &[Stream::Coach, Stream::Client],
            Self::One(Speaker::Coach) => &[Stream::Coach],
            Self::One(Speaker::Client) => &[Stream::Client],
        }
    }
}

impl Archive {
    /// The sound of a session on its timeline, an Ogg Opus file. If it had several connections, their
    /// times are kept and what lies between them is silent. The file's time of modification is when
    /// the latest of it was recorded, so that the same made twice is known to be the same.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn sound(
        &self,
        account: &AccountId,
        id: &str,
        voices: Voices,
    ) -> Result<File, ReadError> {
        let found = self.core.look_up(account, id).await?;
        // Putting files together reads all of them; a few at a time leave the disk to others.
        let turn = self.core.makers.acquire().await;
        let sound = blocking(move || open(&found, voices)).await;
        drop(turn);
        sound
    }

    /// What was made of the sound of a session before and is kept, the latest first: who has begun to
    /// read one of these can go on with it, although there may be more by now.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], or if the database or the disk fails.
    pub async fn sounds_made(
        &self,
        account: &AccountId,
        id: &str,
        voices: Voices,
    ) -> Result<Vec<File>, ReadError> {
        let found = self.core.look_up(account, id).await?;
        blocking(move || {
            let kept = kept(&found.folder, voices)?;
            // One that goes in this moment is none.
            Ok(kept.into_iter().flat_map(File::open).collect())
        })
        .await
    }
}

fn open(found: &Found, voices: Voices) -> Result<File, ReadError> {
    let is_live = found.row.ended_at.is_none();
    let made = Made::of(found, voices)?;
    made.as_recorded()
        .transpose()
        .unwrap_or_else(|| made.file(is_live))
        .map_err(|error| match error.kind() {
            // It was deleted meanwhile.
            ErrorKind::NotFound => ReadError::NotFound,
            _ => error.into(),
        })
}

/// The files in the cache, the latest first.
fn kept(folder: &Folder, voices: Voices) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder.cache()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut kept = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name
            .to_str()
            .is_some_and(|name| name.ends_with(voices.suffix()))
        {
            let changed = entry.metadata().and_then(|about| about.modified());
            kept.push((Reverse(changed.unwrap_or(UNIX_EPOCH)), entry.path()));
        }
    }
    kept.sort();
    Ok(kept.into_iter().map(|(_, path)| path).collect())
}

/// What is to be put together.
struct Made<'a> {
    folder: &'a Folder,
    voices: Voices,
    parts: Vec<Piece>,
    length: Position,
    /// When the latest of it was recorded.
    changed: SystemTime,
}

/// A part: where it begins, how long it lasted if it is over, and how much there is of each track.
struct Piece {
    number: u32,
    from: Position,
    lasted: Option<Duration>,
    /// It is over, and nothing was recorded beyond its end.
    is_as_recorded: bool,
    bytes: Vec<(Stream, u64)>,
}

impl Piece {
    fn path(&self, folder: &Folder, stream: Stream) -> PathBuf {
        folder.file(self.number, stream)
    }

    /// As much of a track as there was; `None` if there was nothing.
    fn open(&self, folder: &Folder, stream: Stream) -> io::Result<Option<BufReader<Take<File>>>> {
        let known = self.bytes.iter().find(|(known, _)| *known == stream);
        let Some((_, bytes)) = known else {
            return Ok(None);
        };
        let file = File::open(self.path(folder, stream))?;
        Ok(Some(BufReader::new(file.take(*bytes))))
    }
}

impl<'a> Made<'a> {
    fn of(found: &'a Found, voices: Voices) -> Result<Self, ReadError> {
        let folder = &found.folder;
        let mut changed = UNIX_EPOCH;
        let all = found.parts()?;
        let length = length_ms(&all);
        let mut parts = Vec::new();
        for part in all {
            let frames = part.frames();
            let mut piece = Piece {
                number: part.number,
                from: Position::from_ms(part.from_ms),
                lasted: part.lasted(),
                is_as_recorded: frames.is_some(),
                bytes: Vec::new(),
            };
            for &stream in voices.tracks() {
                // A byte for each frame.
                let peaks = folder.file(part.number, stream.peaks());
                let recorded = std::fs::metadata(peaks).map_or(0, |about| about.len());
                piece.is_as_recorded &= frames.is_some_and(|frames| recorded <= frames);
                match std::fs::metadata(piece.path(folder, stream)) {
                    Ok(about) => {
                        changed = changed.max(about.modified()?);
                        piece.bytes.push((stream, about.len()));
                    }
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if !piece.bytes.is_empty() {
                parts.push(piece);
            }
        }
        if parts.is_empty() {
            return Err(ReadError::NotRecorded);
        }
        Ok(Self {
            folder,
            voices,
            parts,
            length: Position::from_ms(length),
            changed,
        })
    }

    /// A track that is a file already, as players can read it.
    fn as_recorded(&self) -> io::Result<Option<File>> {
        let ([part], &[track]) = (self.parts.as_slice(), self.voices.tracks()) else {
            return Ok(None);
        };
        if !part.is_as_recorded {
            return Ok(None);
        }
        let mut file = File::open(part.path(self.folder, track))?;
        if !has_head(BufReader::new(&file))? {
            return Ok(None);
        }
        file.rewind()?;
        Ok(Some(file))
    }

    /// The file, as it was made before or made now.
    fn file(&self, is_live: bool) -> io::Result<File> {
        match File::open(self.path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => {
                let mut file = opened?;
                // One that was cut off is made anew.
                if track_end(&mut file)?.is_some() {
                    file.rewind()?;
                    return Ok(file);
                }
            }
        }
        match self.keep(if is_live { EARLIER } else { 0 }) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "the sound of a session cannot be kept");
                // Without a name, so that it is gone when it is closed.
                let file = tempfile::tempfile()?;
                self.write(&file)?;
                Ok(file)
            }
            kept => kept,
        }
    }

    /// Where it is kept. Tracks grow and nothing in them changes, so their lengths tell it from what
    /// was made before.
    fn path(&self) -> PathBuf {
        let last = self.parts.last().map_or(0, |part| part.number);
        let tracks = self.parts.iter().flat_map(|part| &part.bytes);
        let bytes: u64 = tracks.map(|(_, bytes)| bytes).sum();
        let (length, suffix) = (self.length.ms(), self.voices.suffix());
        let name = format!("{last:03}-{bytes:x}-{length:x}{suffix}");
        self.folder.cache().join(name)
    }

    /// Makes the file in the cache; nobody sees it before it is whole. Of those made before as many
    /// as `earlier` stay.
    fn keep(&self, earlier: usize) -> io::Result<File> {
        let cache = self.folder.cache();
        // Of a session that was deleted meanwhile no folder may come to be.
        match DirBuilder::new().mode(0o700).create(&cache) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let file = tempfile::NamedTempFile::new_in(&cache)?;
        self.write(file.as_file())?;
        file.as_file()
            .set_permissions(PermissionsExt::from_mode(0o600))?;
        for older in kept(self.folder, self.voices)?.into_iter().skip(earlier) {
            absent_is_fine(std::fs::remove_file(older))?;
        }
        file.as_file().sync_all()?;
        Ok(file.persist(self.path())?)
    }

    fn write(&self, file: &File) -> io::Result<()> {
        let mut out = BufWriter::new(file);
        match self.voices {
            Voices::Both => {
                let mut failed = None;
                let open = |part: &Piece| -> io::Result<_> {
                    Ok(StereoPart {
                        from: part.from,
                        lasted: part.lasted,
                        coach: part.open(self.folder, Stream::Coach)?,
                        client: part.open(self.folder, Stream::Client)?,
                    })
                };
                // One after another: a session may have many parts.
                let parts = self.parts.iter().map_while(|part| match open(part) {
                    Ok(part) => Some(part),
                    Err(error) => {
                        failed = Some(error);
                        None
                    }
                });
                stereo(parts, self.length, 1, &mut out).map_err(io::Error::other)?;
                if let Some(error) = failed {
                    return Err(error);
                }
            }
            Voices::One(_) => self.join(&mut out)?,
        }
        out.flush()?;
        drop(out);
        let mut file = file;
        file.rewind()?;
        file.set_modified(self.changed)
    }

    /// One voice of several parts, one after another.
    fn join(&self, out: &mut impl Write) -> io::Result<()> {
        let mut track = TrackWriter::new(1);
        let mut pages = Vec::new();
        for part in &self.parts {
            let Some(file) = part.open(self.folder, self.voices.tracks()[0])? else {
                continue;
            };
            let Ok(mut packets) = TrackReader::new(file) else {
                continue;
            };
            let mut count = 0;
            // A track that is torn or damaged counts up to there.
            while let Ok(Some(packet)) = packets.next_packet() {
                let end = Position::new(packet.at.samples() + u64::from(packet.span));
                let is_over = |lasted| end - Position::ZERO >= lasted + ROUNDED;
                if part.lasted.is_some_and(is_over) {
                    break;
                }
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

#[cfg(test)]
mod tests {
    use super::super::layout::Layout;
    use super::*;

    #[test]
    fn what_is_cut_off_is_made_anew_and_what_is_deleted_meanwhile_does_not_come_back() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
        folder.make().unwrap();
        let made = Made {
            folder: &folder,
            voices: Voices::Both,
            parts: vec![Piece {
                number: 1,
                from: Position::ZERO,
                lasted: None,
                is_as_recorded: false,
                bytes: Vec::new(),
            }],
            length: Position::from_ms(1000),
            changed: UNIX_EPOCH,
        };
        drop(made.file(false).unwrap());
        assert_eq!(std::fs::read_dir(folder.cache()).unwrap().count(), 1);
        let whole = std::fs::read(made.path()).unwrap();
        assert!(!whole.is_empty());
        // What is kept is cut off, and made anew.
        for kept in [0, whole.len() - 1] {
            std::fs::write(made.path(), &whole[..kept]).unwrap();
            let (mut file, mut read) = (made.file(false).unwrap(), Vec::new());
            file.read_to_end(&mut read).unwrap();
            assert_eq!(read, whole);
        }
        std::fs::remove_dir_all(folder.path()).unwrap();
        let gone = made.file(false).unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound);
        assert!(!folder.path().exists());
    }
}
