//! Room on its disk that is kept for the database: a file that is given up, piece by piece, when
//! the disk is full.
//!
//! Recordings take megabytes, and so do the logs of other programs; what the database needs so that
//! sessions can begin, end and be deleted on a full disk is a few kilobytes each. Before every
//! operation it is looked whether they are there. Recordings leave alone what was given up
//! ([`Reserve::has_room_for_others`]), and it is taken back once there is room again.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::Rng as _;

/// Most that is kept: a few thousand sessions' rows.
const MOST: u64 = 4 << 20;
/// The smallest part of the disk that it may be: of a tiny disk less is kept.
const PART: u64 = 8;
/// What the database must find free, for one operation and for the file that it maps.
const LEAST: u64 = 64 << 10;
/// How much is given up at a time, so that who fills the disk does not take all of it at once.
const PIECE: u64 = 2 * LEAST;

/// How long it is waited until it is tried again to take room back.
const PAUSE: Duration = Duration::from_secs(10);

/// The room. Clones are the same.
#[derive(Clone, Debug)]
pub struct Reserve(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    folder: PathBuf,
    /// All that is kept, whether it is in the file or was given up.
    size: u64,
    /// How much of it is in the file.
    held: AtomicU64,
    /// Whether somebody is taking room back.
    taking: AtomicBool,
}

impl Reserve {
    /// Keeps room beside a database file. Where that fails there is none to keep, which is told.
    pub(super) fn beside(database: &Path) -> Option<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".reserve");
        let path = PathBuf::from(path);
        let folder = database
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let about = match rustix::fs::statvfs(&folder) {
            Ok(about) => about,
            Err(error) => {
                tracing::warn!(%error, "no room can be kept for the database");
                return None;
            }
        };
        // What a server before this one gave up is missing in its file.
        let held = std::fs::metadata(&path).map_or(0, |about| about.len());
        let reserve = Self(Arc::new(Kept {
            path,
            folder,
            size: MOST.min(about.f_blocks * about.f_frsize / PART),
            held: AtomicU64::new(held),
            taking: AtomicBool::new(false),
        }));
        reserve.make_room();
        reserve.take_back();
        Some(reserve)
    }

    /// Whether `path` lies on the same disk.
    pub(crate) fn shares_disk_with(&self, path: &Path) -> bool {
        let device = |path: &Path| Some(std::fs::metadata(path).ok()?.dev());
        // What is not there yet will lie where the folder above it does.
        let there = path.ancestors().find_map(device);
        there.is_some() && there == device(&self.0.folder)
    }

    /// Whether anything but the database may take room. What was given up is not theirs; and on a
    /// disk that was full there has to be some more, so that they do not begin just to end.
    pub(crate) fn has_room_for_others(&self) -> bool {
        let given = self.given();
        given == 0 || self.free() > given + self.0.size / 2
    }

    /// Whether some of it was given up.
    pub(super) fn is_needed(&self) -> bool {
        self.given() > 0
    }

    /// Before an operation: sees to it that there is room for it, or takes back what is there again.
    pub(super) fn tend(&self) {
        if self.is_needed() && self.is_spacious() {
            if !self.0.taking.swap(true, Ordering::AcqRel) {
                tokio::spawn(self.clone().take_back_once());
            }
        } else {
            self.make_room();
        }
    }

    /// The database found no room, whatever the disk says: a quota.
    pub(super) fn give(&self) {
        let held = self.held();
        if held == 0 {
            return;
        }
        let left = held.saturating_sub(PIECE);
        let given = OpenOptions::new().write(true).open(&self.0.path);
        match given.and_then(|file| file.set_len(left)) {
            Ok(()) => {
                self.0.held.store(left, Ordering::Release);
                tracing::warn!(
                    left,
                    "the disk is full: the database gets room that was kept for it"
                );
            }
            Err(error) => tracing::warn!(%error, "room that was kept cannot be given up"),
        }
    }

    fn make_room(&self) {
        while self.held() > 0 && self.free() < LEAST {
            let before = self.held();
            self.give();
            if self.held() == before {
                break;
            }
        }
    }

    /// Whether all that is missing could be had, and as much as is kept would be left for others.
    fn is_spacious(&self) -> bool {
        self.free() > self.given() + self.0.size
    }

    /// Takes it back, and lets some time pass until it may be tried again.
    async fn take_back_once(self) {
        let reserve = self.clone();
        // It does not fail but by what it logs.
        let _ = tokio::task::spawn_blocking(move || reserve.take_back()).await;
        tokio::time::sleep(PAUSE).await;
        self.0.taking.store(false, Ordering::Release);
    }

    fn take_back(&self) {
        if self.is_needed() && self.is_spacious() {
            if let Err(error) = self.fill() {
                tracing::warn!(%error, "no room can be kept for the database");
            }
            let held = std::fs::metadata(&self.0.path).map_or(0, |about| about.len());
            self.0.held.store(held, Ordering::Release);
        }
    }

    /// Writes what is missing. Noise, since a disk may press together what it keeps, 128 KiB at a
    /// time.
    fn fill(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let mut file = options.open(&self.0.path)?;
        let mut noise = vec![0; PIECE as usize];
        rand::rng().fill_bytes(&mut noise);
        let mut missing = self.given();
        while missing > 0 {
            let length = missing.min(PIECE);
            file.write_all(&noise[..length as usize])?;
            missing -= length;
        }
        Ok(())
    }

    /// What is not in the file.
    fn given(&self) -> u64 {
        self.0.size.saturating_sub(self.held())
    }

    fn held(&self) -> u64 {
        self.0.held.load(Ordering::Acquire)
    }

    fn free(&self) -> u64 {
        // A disk that does not say is taken for one with room: then the database says.
        rustix::fs::statvfs(&self.0.folder)
            .map_or(u64::MAX / 4, |about| about.f_bavail * about.f_frsize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_kept_given_up_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("x.db");
        let reserve = Reserve::beside(&database).unwrap();
        let file = folder.path().join("x.db.reserve");
        let length = || std::fs::metadata(&file).unwrap().len();
        assert_eq!((length(), reserve.held()), (reserve.0.size, reserve.0.size));
        assert!(reserve.has_room_for_others() && reserve.shares_disk_with(folder.path()));
        reserve.give();
        assert_eq!(length(), reserve.0.size - PIECE);
        // Another server finds what is left, and takes back the rest.
        drop(reserve);
        let reserve = Reserve::beside(&database).unwrap();
        assert_eq!((length(), reserve.held()), (reserve.0.size, reserve.0.size));
        // Nothing can be given up twice.
        for _ in 0..100 {
            reserve.give();
        }
        assert_eq!((length(), reserve.held()), (0, 0));
        std::fs::remove_file(&file).unwrap();
        reserve.give();
        reserve.take_back();
        assert_eq!(length(), reserve.0.size);
    }
}
