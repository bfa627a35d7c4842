//! `session.json`: whose a session is and when it began, for when the database does not know.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::db::AccountId;

/// What `session.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    id: String,
    account: String,
    /// Microseconds since 1970.
    pub started_at: i64,
}

impl Manifest {
    pub(super) fn new(account: &AccountId, id: &str, started_at: Micros) -> Self {
        Self {
            id: id.to_owned(),
            account: account.as_str().to_owned(),
            started_at: started_at.0,
        }
    }

    pub(super) fn text(&self) -> String {
        serde_json::json!(self).to_string() + "\n"
    }

    /// Whether the file belongs to this session of this account.
    pub(super) fn names(&self, account: &AccountId, id: &str) -> bool {
        self.account == account.as_str() && self.id == id
    }
}
