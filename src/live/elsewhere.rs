//! Hang-ups that reached another node than the one that has the session: that one heeds them.

use super::Live;

impl Live {
    /// Ends the sessions of this node whose hang-up has reached another one. Of those that have ended
    /// already the database learns it as they are written.
    pub async fn heed_hang_ups(&self) {
        match self.archive.hang_ups().await {
            Ok(hang_ups) => {
                for (account, id) in hang_ups {
                    self.registry.hang_up(&id, &account);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "hang-ups that reached other nodes wait for the database");
            }
        }
    }
}
