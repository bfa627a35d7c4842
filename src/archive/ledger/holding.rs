//! Sessions that go on here though the database was not told yet that their last part ended.
//!
//! The row of such a session is open, and this node's: no other takes it, and it cannot be deleted.
//! So the database need not be asked; it is told of all parts in order when it can be. What is on its
//! way into it at this moment may end the row all the same, which [`sessions::pass_on`] undoes. Where
//! another node was faster then, the session has gone on there, and is not recorded here any more.
//!
//! [`sessions::pass_on`]: crate::archive::sessions::pass_on

use super::Ledger;
use super::pending::{Begin, End, Pending};
use crate::archive::sessions::SessionRow;
use crate::db::AccountId;

/// So many parts of a session may wait for the database.
const MOST: usize = 200;

/// Keeps a session for the part that is about to begin. Dropped before that, it is as it was.
#[derive(Debug)]
pub(in crate::archive) struct Hold {
    ledger: Ledger,
    id: String,
}

/// What is known of a session without the database.
#[derive(Debug)]
pub(in crate::archive) enum Known {
    /// Nothing that the database does not know.
    Written,
    /// It goes on, or is about to.
    Connected,
    /// It has ended, and its files are not closed yet.
    Closing,
    /// More parts than may wait do.
    Crowded,
    /// It has ended, as its row will say, and is held.
    Held(Hold, Box<SessionRow>),
}

impl Ledger {
    /// Holds a session of this account that has ended and of which the database does not know that:
    /// one of several that try.
    pub(in crate::archive) fn hold(&self, account: &AccountId, id: &str) -> Known {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id).filter(|row| row.is_of(account)) else {
            return Known::Written;
        };
        if row.is_held() || row.ended().is_none() {
            return Known::Connected;
        }
        // What was said last may not be in the files yet.
        if !row.is_closed() {
            return Known::Closing;
        }
        if row.is_over() {
            return Known::Written;
        }
        if row.waiting() >= MOST {
            return Known::Crowded;
        }
        row.hold(true);
        let row = Box::new(row.row(&self.0.node));
        Known::Held(self.held(id), row)
    }

    /// Holds a session that has ended, as the database knows, which cannot be told now that it goes on:
    /// one of several that try. Only where no other node can be told so.
    pub(in crate::archive) fn adopt(&self, begin: Begin, end: End) -> Option<Hold> {
        let id = begin.id.clone();
        let mut rows = self.rows();
        let row = rows.entry(id.clone()).or_insert_with(|| {
            let mut row = Pending::new(begin);
            row.tell(|image| image.end = Some(end));
            row
        });
        if row.is_held() || row.ended().is_none() {
            return None;
        }
        row.hold(true);
        Some(self.held(&id))
    }

    fn held(&self, id: &str) -> Hold {
        Hold {
            ledger: self.clone(),
            id: id.to_owned(),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(row) = self.ledger.rows().get_mut(&self.id) {
            row.hold(false);
        }
        self.ledger.0.told.notify_one();
    }
}
