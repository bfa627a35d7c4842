//! Disclosures that the database has not taken yet, kept in a file of the node, so that they outlive
//! its process.
//!
//! A line for each, and another if it grows. What was handed to the kernel survives the death of the
//! process, and soon a power cut: the [`flusher`](super::flusher) is told of it. The file goes when
//! the database has taken everything, and one that a dead node left is read by the next.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;

use serde::{Deserialize, Serialize};

use super::Core;
use super::disclosures::{self, DisclosureRow};
use super::layout::{Layout, NEW, absent_is_fine};
use super::ledger::is_final;
use super::recovery::{RecoveryError, on_disk};
use crate::db::AccountId;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub account: String,
    #[serde(flatten)]
    pub row: DisclosureRow,
}

/// What is to be written.
#[derive(Debug)]
pub(super) struct Batch {
    /// Whether that is all there is: nothing before counts any more.
    pub anew: bool,
    pub lines: Vec<Line>,
}

/// Brings these lines into the file of `node`.
pub(super) fn write(layout: &Layout, node: &str, batch: &Batch) -> io::Result<()> {
    let path = layout.journal(node);
    let new = path.with_extension(NEW);
    if batch.anew && batch.lines.is_empty() {
        absent_is_fine(std::fs::remove_file(new))?;
        return absent_is_fine(std::fs::remove_file(path));
    }
    let mut text = Vec::new();
    for line in &batch.lines {
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
    }
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    if !batch.anew {
        return options.append(true).open(path)?.write_all(&text);
    }
    let file = options.write(true).truncate(true).open(&new);
    let replaced = file.and_then(|mut file| {
        file.write_all(&text)?;
        // Before it takes the place of what is on the disk.
        file.sync_data()?;
        std::fs::rename(&new, path)
    });
    if replaced.is_err() {
        // On a full disk it would be in the way.
        let _ = std::fs::remove_file(new);
    }
    replaced
}

/// The lines of `node`. One that was being written when the process died is none.
fn read(layout: &Layout, node: &str) -> io::Result<Vec<Line>> {
    let text = match std::fs::read(layout.journal(node)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let lines = text.split(|&byte| byte == b'\n');
    let lines = lines.filter_map(|line| serde_json::from_slice(line).ok());
    Ok(lines.collect())
}

impl Core {
    /// Brings into the database what dead nodes had not brought there.
    pub(super) async fn take_in_journals(&self) -> Result<(), RecoveryError> {
        let nodes = self.in_folder(Layout::journals).await?;
        for node in self.dead_among(nodes).await? {
            let (layout, name) = (self.layout.clone(), node.clone());
            let lines = on_disk(move || read(&layout, &name)).await?;
            let disclosures = lines.len();
            for Line { account, row } in lines {
                let account = AccountId::new(account);
                match disclosures::insert(self.db.of(&account), &row).await {
                    Err(error) if !is_final(&error) => return Err(error.into()),
                    Err(error) => {
                        tracing::warn!(%error, session.id = %row.session_id, "a disclosure is nobody's");
                    }
                    Ok(()) => {}
                }
            }
            tracing::info!(disclosures, "what a dead node had disclosed is on record");
            let all = Batch {
                anew: true,
                lines: Vec::new(),
            };
            self.in_folder(move |layout| write(layout, &node, &all))
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn line(id: &str, amount: i64) -> Line {
        Line {
            account: "me".to_owned(),
            row: DisclosureRow {
                id: id.to_owned(),
                session_id: "sess_1".to_owned(),
                at: 5,
                processor: "Vendor (vendor.example)".to_owned(),
                engine: "vendor".to_owned(),
                data: "words".to_owned(),
                amount,
                purpose: "answering".to_owned(),
            },
        }
    }

    #[test]
    fn lines_are_read_as_they_were_written_and_go_when_there_are_none() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let batch = |anew, lines: &[Line]| {
            let lines = lines.to_vec();
            write(&layout, "node", &Batch { anew, lines }).unwrap();
        };
        assert!(read(&layout, "node").unwrap().is_empty());
        batch(false, &[line("a", 1), line("b", 2)]);
        batch(false, &[line("a", 3)]);
        let expected = [line("a", 1), line("b", 2), line("a", 3)];
        assert_eq!(read(&layout, "node").unwrap(), expected);
        let mode = std::fs::metadata(layout.journal("node")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        batch(true, &[line("b", 2)]);
        assert_eq!(read(&layout, "node").unwrap(), [line("b", 2)]);
        assert_eq!(layout.journals().unwrap(), ["node"]);
        // The last line was being written.
        let whole = std::fs::read(layout.journal("node")).unwrap();
        batch(false, &[line("c", 4)]);
        let all = std::fs::read(layout.journal("node")).unwrap();
        for cut in whole.len()..all.len() - 1 {
            std::fs::write(layout.journal("node"), &all[..cut]).unwrap();
            assert_eq!(read(&layout, "node").unwrap(), [line("b", 2)], "{cut}");
        }
        batch(true, &[]);
        batch(true, &[]);
        assert!(layout.journals().unwrap().is_empty());
    }

    #[test]
    fn nothing_is_left_of_a_file_that_was_written_anew_in_vain() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let anew = |lines: &[Line]| {
            let lines = lines.to_vec();
            write(&layout, "node", &Batch { anew: true, lines })
        };
        let new = layout.journal("node").with_extension(NEW);
        // Nothing can take the place of a folder that has something in it.
        std::fs::create_dir_all(layout.journal("node").join("some")).unwrap();
        assert!(anew(&[line("a", 1)]).is_err());
        assert!(!new.exists());
        std::fs::remove_dir_all(layout.journal("node")).unwrap();
        // The process died before it was done.
        std::fs::write(&new, "{").unwrap();
        assert_eq!(layout.journals().unwrap(), ["node"]);
        anew(&[]).unwrap();
        assert!(layout.journals().unwrap().is_empty() && !new.exists());
    }
}
