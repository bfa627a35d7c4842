//! Which part that was cut off is completed next: its node's marks are the queue, on the disk alone.

use tokio::sync::{Mutex, Notify};

use super::CutOff;
use super::marks::{after, take};
use crate::archive::layout::names;
use crate::archive::recovery::RecoveryError;
use crate::archive::{Archive, Core};

/// Those that wait for a recogniser.
#[derive(Debug, Default)]
pub(in crate::archive) struct Waiting {
    /// There may be more of them.
    more: Notify,
    /// The name of the mark that was seen to last.
    last: Mutex<String>,
}

impl Waiting {
    /// There may be more marks of this node.
    pub fn look(&self) {
        self.more.notify_one();
    }
}

impl Core {
    /// Takes over what dead nodes had marked.
    pub(in crate::archive) async fn take_in_cut_off(&self) -> Result<(), RecoveryError> {
        let nodes = self.in_folder(|layout| names(&layout.unheard())).await?;
        for node in self.dead_among(nodes).await? {
            let me = self.node.clone();
            self.in_folder(move |layout| take(layout, &node, &me))
                .await?;
            self.cut_off.look();
        }
        Ok(())
    }
}

impl Archive {
    /// The next part that was cut off, as soon as there is one. What could not be completed comes again
    /// with others.
    pub async fn cut_off(&self) -> CutOff {
        let core = &self.core;
        let mut last = core.cut_off.last.lock().await;
        loop {
            let (me, name) = (core.node.clone(), last.clone());
            // What is being finished now is marked already.
            let finishing = core.recovering.lock().await;
            let next = core.in_folder(move |layout| after(layout, &me, &name));
            let next = next.await.unwrap_or_else(|error| {
                tracing::warn!(%error, "sessions that were cut off cannot be looked for");
                None
            });
            drop(finishing);
            let Some(mark) = next else {
                last.clear();
                core.cut_off.more.notified().await;
                continue;
            };
            *last = mark.name();
            if let Some(folder) = core.layout.session(&mark.account, &mark.id) {
                let core = core.clone();
                return CutOff { core, mark, folder };
            }
        }
    }
}
