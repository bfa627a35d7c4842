//! Sessions of which there is a folder and no row: a database was put back that does not know them.
//! Their files say all that a row does.

use std::collections::{BTreeMap, HashSet};

use super::super::Core;
use super::super::sessions;
use super::{Case, RecoveryError};
use crate::db::AccountId;

impl Core {
    /// Gives a row to every session that has none. Whether they could be looked for.
    pub(in crate::archive) async fn adopt(&self) -> bool {
        let found = async { self.finish_cases(self.unlisted().await?).await };
        match found.await {
            Ok(0) => true,
            Ok(sessions) => {
                tracing::warn!(
                    sessions,
                    "sessions that the database did not know are listed again"
                );
                true
            }
            Err(error) => {
                tracing::warn!(%error, "sessions without a row cannot be looked for");
                false
            }
        }
    }

    async fn unlisted(&self) -> Result<Vec<Case>, RecoveryError> {
        // In this order: a session is marked before it has a folder, and has a row before the mark
        // goes.
        let (folders, marked) = self
            .in_folder(|layout| {
                let folders = layout.sessions()?;
                let mut marked = HashSet::new();
                for node in layout.nodes()? {
                    marked.extend(layout.marked(&node)?.into_iter().map(|(_, id)| id));
                }
                Ok((folders, marked))
            })
            .await?;
        let mut of_accounts = BTreeMap::<AccountId, Vec<String>>::new();
        for (account, id) in folders.into_iter().filter(|(_, id)| !marked.contains(id)) {
            of_accounts.entry(account).or_default().push(id);
        }
        let mut cases = Vec::new();
        for (account, ids) in of_accounts {
            let known = sessions::ids(self.db.of(&account)).await?;
            let known: HashSet<String> = known.into_iter().collect();
            let unknown = ids.into_iter().filter(|id| !known.contains(id));
            cases.extend(unknown.map(|id| Case {
                account: account.clone(),
                id,
                node: None,
            }));
        }
        Ok(cases)
    }
}
