//! A disk that can be filled, emptied and made read-only.

use std::path::Path;
use std::process::Command;

use praxiloom::clock::Clock;
use tempfile::TempDir;

use crate::scene::{NOON, Scene};

/// A file system of its own in memory, for as long as it is held, and a place for a database that
/// does not lie on it.
pub struct Disk {
    mounted: TempDir,
    elsewhere: TempDir,
}

impl Disk {
    pub fn mount(size: &str) -> Option<Self> {
        let mounted = tempfile::tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(mounted.path())
            .output();
        match done {
            Ok(done) if done.status.success() => Some(Self {
                mounted,
                elsewhere: tempfile::tempdir().unwrap(),
            }),
            Ok(done) => {
                println!(
                    "skipped: no disk can be mounted here: {}",
                    String::from_utf8_lossy(&done.stderr).trim()
                );
                None
            }
            Err(error) => {
                println!("skipped: no disk can be mounted here: {error}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.mounted.path()
    }

    /// The database beside it.
    pub fn url(&self) -> String {
        let file = self.elsewhere.path().join("praxiloom.db");
        format!("sqlite:{}", file.display())
    }

    /// An archive on it, of which that database tells.
    pub async fn scene(&self) -> Scene {
        Scene::open(&self.url(), self.path(), Clock::set_to(NOON)).await
    }

    /// Leaves no room.
    pub fn fill(&self) {
        let filler = std::fs::File::create(self.path().join("filler")).unwrap();
        while std::io::Write::write(&mut &filler, &[0; 4096]).is_ok() {}
    }

    pub fn empty(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }

    pub fn read_only(&self) {
        self.remount("remount,ro");
    }

    pub fn writable(&self) {
        self.remount("remount,rw");
    }

    fn remount(&self, options: &str) {
        let done = Command::new("mount")
            .args(["-o", options])
            .arg(self.path())
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
