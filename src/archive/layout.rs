//! Where everything of a session lies: folders, names, and which ids may become part of a path.
//!
//! ```text
//! <archive.folder>/<account>/<session>/session.json      whose it is and when it began
//!                                      001.events.jsonl  one part: what happened,
//!                                      001.trace.jsonl   what the state machine was given,
//!                                      001.coach.opus    both voices
//!                                      001.client.opus
//!                                      001.coach.peaks   and how loud they were
//!                                      001.client.peaks
//!                                      001.stopped-41500-disk_full   where its recording stopped
//!                                      cache/            made from the above on demand
//! <archive.folder>/.open/<node>/<session>                marks what a node has not finished
//! <archive.folder>/.nodes/<node>                         when the node said last that it lives
//! <archive.folder>/.disclosures/<node>                   what its database has not taken yet of what
//!                                                        was disclosed
//! <archive.folder>/.unheard/<node>/001.<session>         a part that was cut off, of which the last words
//!                                                        are still to be heard
//! <archive.folder>/.trash/                               what is being deleted
//! ```
//!
//! Folders are their owner's alone (0700), as are files (0600).

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media::Position;

use super::trouble::Refusal;
use crate::clock::Micros;
use crate::db::{AccountId, private_folder};

/// What the name of a file ends with that is to replace another, until it does.
pub(super) const NEW: &str = "new";

/// Longest id that becomes part of a path.
const LONGEST_ID: usize = 100;

/// The folder of recordings.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    root: Arc<Path>,
}

/// The folder of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder(PathBuf);

/// The files of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Events,
    Trace,
    Coach,
    Client,
    CoachPeaks,
    ClientPeaks,
}

impl Stream {
    pub(super) const ALL: [Self; 6] = [
        Self::Events,
        Self::Trace,
        Self::Coach,
        Self::Client,
        Self::CoachPeaks,
        Self::ClientPeaks,
    ];

    /// How loud a track is; any other file has no such companion but itself.
    pub(super) const fn peaks(self) -> Self {
        match self {
            Self::Coach => Self::CoachPeaks,
            Self::Client => Self::ClientPeaks,
            other => other,
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Events => "events.jsonl",
            Self::Trace => "trace.jsonl",
            Self::Coach => "coach.opus",
            Self::Client => "client.opus",
            Self::CoachPeaks => "coach.peaks",
            Self::ClientPeaks => "client.peaks",
        }
    }
}

impl Layout {
    /// The layout under `root`, which is made if missing.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        private_folder(root)?;
        let layout = Self { root: root.into() };
        for folder in [
            layout.root.join(".open"),
            layout.trash(),
            layout.beats(),
            layout.root.join(".disclosures"),
            layout.unheard(),
        ] {
            private_folder(&folder)?;
        }
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a session; `None` if an id is nothing that this server gave out.
    pub(super) fn session(&self, account: &AccountId, id: &str) -> Option<Folder> {
        let known = is_plain(account.as_str()) && is_plain(id);
        known.then(|| Folder(self.root.join(account.as_str()).join(id)))
    }

    /// The sessions that have a folder: whose, and which.
    pub(super) fn sessions(&self) -> io::Result<Vec<(AccountId, String)>> {
        let mut sessions = Vec::new();
        for account in plain_names(&self.root)? {
            let ids = match plain_names(&self.root.join(&account)) {
                Err(error) if error.kind() == ErrorKind::NotADirectory => continue,
                ids => ids?,
            };
            sessions.extend(ids.into_iter().map(|id| (AccountId::new(&*account), id)));
        }
        Ok(sessions)
    }

    /// Where the sessions that `node` has not finished are marked.
    pub(super) fn open_of(&self, node: &str) -> PathBuf {
        self.root.join(".open").join(node)
    }

    /// The nodes that left marks.
    pub(super) fn nodes(&self) -> io::Result<Vec<String>> {
        names(&self.root.join(".open"))
    }

    /// The sessions that `node` has not finished: whose, and which.
    pub(super) fn marked(&self, node: &str) -> io::Result<Vec<(AccountId, String)>> {
        let folder = self.open_of(node);
        let read = |id: String| {
            // A mark that is empty was being written when the power went; nothing came after it.
            let account = std::fs::read_to_string(folder.join(&id)).unwrap_or_default();
            (AccountId::new(account.trim()), id)
        };
        Ok(names(&folder)?.into_iter().map(read).collect())
    }

    /// Marks a session as not finished by `node`.
    pub(super) fn mark(&self, node: &str, account: &AccountId, id: &str) -> io::Result<()> {
        let folder = self.open_of(node);
        private_folder(&folder)?;
        std::fs::write(folder.join(id), account.as_str())
    }

    /// Takes the mark away.
    pub(super) fn unmark(&self, node: &str, id: &str) -> io::Result<()> {
        absent_is_fine(std::fs::remove_file(self.open_of(node).join(id)))
    }

    /// When the nodes that share the folder said last that they live, in microseconds since 1970.
    pub(super) fn seen(&self) -> io::Result<Vec<(String, Micros)>> {
        let mut seen = Vec::new();
        for node in names(&self.beats())? {
            // One that is gone in this moment, or being written, says nothing.
            let text = std::fs::read_to_string(self.beats().join(&node)).unwrap_or_default();
            if let (true, Ok(at)) = (is_plain(&node), text.parse()) {
                seen.push((node, Micros(at)));
            }
        }
        Ok(seen)
    }

    /// `node` lives.
    pub(super) fn beat(&self, node: &str, now: Micros) -> io::Result<()> {
        let path = self.beats().join(node);
        let new = path.with_extension(NEW);
        std::fs::write(&new, now.0.to_string())?;
        std::fs::rename(new, path)
    }

    /// `node` is gone.
    pub(super) fn still(&self, node: &str) -> io::Result<()> {
        let path = self.beats().join(node);
        absent_is_fine(std::fs::remove_file(path.with_extension(NEW)))?;
        absent_is_fine(std::fs::remove_file(path))
    }

    fn beats(&self) -> PathBuf {
        self.root.join(".nodes")
    }

    /// Where `node` keeps the disclosures that its database has not taken yet.
    pub(super) fn journal(&self, node: &str) -> PathBuf {
        self.root.join(".disclosures").join(node)
    }

    /// The nodes that keep some, or began to.
    pub(super) fn journals(&self) -> io::Result<Vec<String>> {
        let files = names(&self.root.join(".disclosures"))?.into_iter();
        let node = |file: String| Some(file.split('.').next()?.to_owned());
        let mut nodes: Vec<String> = files.filter_map(node).collect();
        nodes.retain(|node| is_plain(node));
        nodes.sort();
        nodes.dedup();
        Ok(nodes)
    }

    /// Where the parts are marked of which the last words are still to be heard.
    pub(super) fn unheard(&self) -> PathBuf {
        self.root.join(".unheard")
    }

    /// Where folders wait for their removal.
    pub(super) fn trash(&self) -> PathBuf {
        self.root.join(".trash")
    }
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder and those above it.
    pub(super) fn make(&self) -> io::Result<()> {
        private_folder(&self.0)
    }

    /// One file of one part.
    pub(super) fn file(&self, part: u32, stream: Stream) -> PathBuf {
        self.0.join(format!("{part:03}.{}", stream.suffix()))
    }

    /// What recovery needs if the row is missing.
    pub(super) fn manifest(&self) -> PathBuf {
        self.0.join("session.json")
    }

    /// The folder of what is made on demand.
    pub(super) fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// Notes where the recording of a part stopped, and why: in a name alone, for which there is room
    /// on a full disk.
    pub(super) fn note_stop(&self, part: u32, at: Position, why: Refusal) -> io::Result<()> {
        let name = format!("{part:03}.stopped-{}-{}", at.ms(), why.name());
        match new_file().open(self.0.join(name)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Where the recording of a part stopped, in milliseconds, and why, if that is noted.
    pub(super) fn stop_of(&self, part: u32) -> io::Result<Option<(u64, String)>> {
        let prefix = format!("{part:03}.stopped-");
        let read = |name: String| {
            let (at, why) = name.strip_prefix(&prefix)?.split_once('-')?;
            Some((at.parse().ok()?, why.to_owned()))
        };
        Ok(names(&self.0)?.into_iter().find_map(read))
    }

    /// The parts of which there are files, in order.
    pub(super) fn parts(&self) -> io::Result<Vec<u32>> {
        let number = |name: String| name.split('.').next()?.parse().ok();
        let mut parts: Vec<u32> = names(&self.0)?.into_iter().filter_map(number).collect();
        parts.sort_unstable();
        parts.dedup();
        Ok(parts)
    }
}

/// Whether an id is letters, digits, `_` and `-` alone, so that it cannot lead anywhere else.
#[must_use]
pub fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(plain)
}

/// How files of the archive are made: new, and their owner's alone.
pub(super) fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// That a file is not there is as good as having removed it.
pub(super) fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// What may be an id among what lies in a folder.
fn plain_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = names(folder)?;
    names.retain(|name| is_plain(name));
    Ok(names)
}

/// What lies in a folder; nothing, if there is none.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let name = |entry: io::Result<std::fs::DirEntry>| {
        entry.map(|entry| entry.file_name().into_string().ok())
    };
    entries.map(name).filter_map(Result::transpose).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_are_their_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(&root.path().join("deep/sessions")).unwrap();
        let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
        folder.make().unwrap();
        for path in [folder.path(), folder.path().parent().unwrap()] {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", path.display());
        }
    }

    #[test]
    fn parts_are_found_by_their_files() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
        assert!(folder.parts().unwrap().is_empty());
        folder.make().unwrap();
        for name in [
            "010.events.jsonl",
            "002.coach.opus",
            "002.trace.jsonl",
            "session.json",
            "cache",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(folder.parts().unwrap(), [2, 10]);
        assert!(
            folder
                .file(1, Stream::CoachPeaks)
                .ends_with("001.coach.peaks")
        );
    }

    #[test]
    fn where_a_recording_stopped_is_noted() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let folder = layout.session(&AccountId::new("me"), "sess_1").unwrap();
        let at = Position::from_ms(41_500);
        assert!(folder.note_stop(2, at, Refusal::Full).is_err());
        folder.make().unwrap();
        folder.note_stop(2, at, Refusal::Full).unwrap();
        folder.note_stop(2, at, Refusal::Full).unwrap();
        let noted = Some((41_500, "disk_full".to_owned()));
        assert_eq!(folder.stop_of(2).unwrap(), noted);
        assert_eq!(folder.stop_of(1).unwrap(), None);
        assert_eq!(folder.parts().unwrap(), [2]);
    }

    #[test]
    fn what_a_node_has_not_finished_is_marked() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let me = AccountId::new("me");
        layout.mark("node", &me, "sess_1").unwrap();
        assert_eq!(layout.nodes().unwrap(), ["node"]);
        assert_eq!(layout.marked("node").unwrap(), [(me, "sess_1".to_owned())]);
        layout.unmark("node", "sess_1").unwrap();
        layout.unmark("node", "sess_1").unwrap();
        assert!(layout.marked("node").unwrap().is_empty());
        assert!(layout.marked("nobody").unwrap().is_empty());
    }

    #[test]
    fn nodes_say_that_they_live() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        layout.beat("one", Micros(5)).unwrap();
        layout.beat("one", Micros(7)).unwrap();
        std::fs::write(root.path().join(".nodes/torn"), "").unwrap();
        assert_eq!(layout.seen().unwrap(), [("one".to_owned(), Micros(7))]);
        // It died as it said so again.
        let torn = root.path().join(".nodes/one.new");
        std::fs::write(&torn, "").unwrap();
        layout.still("one").unwrap();
        layout.still("one").unwrap();
        assert_eq!(layout.seen().unwrap(), []);
        assert!(!torn.exists());
    }

    proptest! {
        #[test]
        fn no_id_leads_out_of_the_archive(account in ".{0,12}", id in "[./\\\\a-z0-9_-]{0,120}") {
            let layout = Layout { root: Path::new("/archive").into() };
            if let Some(folder) = layout.session(&AccountId::new(account.clone()), &id) {
                let parts: Vec<_> = folder.path().components().collect();
                prop_assert_eq!(parts.len(), 4);
                prop_assert!(parts.iter().skip(1).all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }
    }
}
