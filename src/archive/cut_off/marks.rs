//! Marks of parts that were cut off. Whose part it is, is settled by whose mark it is: a node finishes what a
//! dead one left, and takes over the marks that one had.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::archive::layout::{Layout, absent_is_fine, is_plain, names};
use crate::db::{AccountId, private_folder};

/// A part that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::archive) struct Mark {
    pub account: AccountId,
    pub id: String,
    pub part: u32,
}

impl Mark {
    /// Of all marks of a node, no other has this name.
    pub fn name(&self) -> String {
        format!("{:03}.{}", self.part, self.id)
    }

    /// Writes it down as `node`'s.
    pub fn write(&self, layout: &Layout, node: &str) -> io::Result<()> {
        let folder = folder(layout, node);
        private_folder(&folder)?;
        std::fs::write(folder.join(self.name()), self.account.as_str())
    }

    /// It is no longer `node`'s, nor anybody's.
    pub fn remove(&self, layout: &Layout, node: &str) -> io::Result<()> {
        let folder = folder(layout, node);
        let gone = absent_is_fine(std::fs::remove_file(folder.join(self.name())));
        // Gone once it is empty.
        let _ = std::fs::remove_dir(folder);
        gone
    }
}

fn folder(layout: &Layout, node: &str) -> PathBuf {
    layout.unheard().join(node)
}

/// The first mark of `node` whose name comes after this one.
pub(super) fn after(layout: &Layout, node: &str, name: &str) -> io::Result<Option<Mark>> {
    let folder = folder(layout, node);
    let mut later = names(&folder)?;
    later.retain(|each| each.as_str() > name);
    later.sort_unstable();
    let read = |name: String| {
        let (part, id) = name.split_once('.')?;
        // One that is empty was being written when the power went.
        let account = std::fs::read_to_string(folder.join(&name)).ok()?;
        let part = part.parse().ok().filter(|_| is_plain(&account))?;
        let (account, id) = (AccountId::new(account), id.to_owned());
        Some(Mark { account, id, part })
    };
    Ok(later.into_iter().find_map(read))
}

/// Makes what `node` marked this node's. Of two that try, one has it.
pub(super) fn take(layout: &Layout, node: &str, me: &str) -> io::Result<()> {
    let (from, to) = (folder(layout, node), folder(layout, me));
    private_folder(&to)?;
    for name in names(&from)? {
        match std::fs::rename(from.join(&name), to.join(&name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed?,
        }
    }
    // Gone once it is empty.
    let _ = std::fs::remove_dir(from);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(layout: &Layout, node: &str) -> Vec<Mark> {
        let later = |name: &str| after(layout, node, name).unwrap();
        std::iter::successors(later(""), |mark| later(&mark.name())).collect()
    }

    #[test]
    fn what_a_dead_node_had_marked_becomes_anothers() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let mark = |id: &str, part| Mark {
            account: AccountId::new("me"),
            id: id.to_owned(),
            part,
        };
        let marks = [mark("sess_2", 1), mark("sess_1", 2)];
        for mark in &marks {
            mark.write(&layout, "dead").unwrap();
        }
        // The power went as it was written.
        std::fs::write(folder(&layout, "dead").join("001.sess_3"), "").unwrap();
        take(&layout, "dead", "one").unwrap();
        take(&layout, "dead", "other").unwrap();
        assert_eq!(marked(&layout, "one"), marks);
        assert_eq!(marked(&layout, "other"), []);
        assert!(!folder(&layout, "dead").exists());
        marks[0].remove(&layout, "one").unwrap();
        marks[0].remove(&layout, "one").unwrap();
        assert_eq!(marked(&layout, "one"), marks[1..]);
    }
}
