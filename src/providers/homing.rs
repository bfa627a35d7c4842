//! The way of a session back to a better engine, once that has rested: a stream of it is opened
//! beside the one in use, and is taken when the session can change over.

use futures::future::BoxFuture;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::ProviderError;
use super::ranking::Ranking;

/// A stream of the engine with this rank.
pub(super) type Home<S> = (usize, S);

/// One session's attempts to go back.
#[derive(Debug)]
pub(super) struct Homing<S> {
    opening: Option<AbortOnDropHandle<Option<Home<S>>>>,
}

impl<S> Default for Homing<S> {
    fn default() -> Self {
        Self { opening: None }
    }
}

impl<S: Send + 'static> Homing<S> {
    /// When one that is better than the engine in use may be asked again; `None` if there is none,
    /// or one is being opened.
    pub fn due<E: ?Sized>(&self, ranking: &Ranking<E>, in_use: usize) -> Option<Instant> {
        let now = Instant::now();
        let rested = |rank| ranking.rests(rank, now).map_or(now, |(until, _)| until);
        let due = (0..in_use).map(rested).min();
        due.filter(|_| self.opening.is_none())
    }

    /// Opens a stream of the best engine that may be asked, if that is better than the one in use.
    pub fn begin<E: ?Sized + Send + Sync + 'static>(
        &mut self,
        ranking: &Ranking<E>,
        in_use: usize,
        open: impl for<'a> FnOnce(&'a E) -> BoxFuture<'a, Result<S, ProviderError>> + Send + 'static,
    ) {
        let now = Instant::now();
        let admits = |rank: &usize| ranking.refuses(*rank, now).is_none();
        let Some(rank) = (0..in_use).find(admits) else {
            return;
        };
        let ranking = ranking.clone();
        self.opening = Some(AbortOnDropHandle::new(tokio::spawn(async move {
            match open(ranking.engine(rank)).await {
                Ok(stream) => Some((rank, stream)),
                Err(error) => {
                    ranking.failed(rank, &error);
                    None
                }
            }
        })));
    }

    /// Whether a stream is being opened, or waits to be taken.
    pub fn is_under_way(&self) -> bool {
        self.opening.is_some()
    }

    /// The stream, once it stands; `None` if it could not be opened. Waits for ever where none is
    /// being opened. Safe to drop.
    pub async fn arrived(&mut self) -> Option<Home<S>> {
        let Some(opening) = &mut self.opening else {
            return std::future::pending().await;
        };
        let opened = opening.await;
        self.opening = None;
        opened.ok().flatten()
    }

    /// Takes none.
    pub fn give_up(&mut self) {
        self.opening = None;
    }
}
