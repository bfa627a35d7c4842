//! Engines of one kind in the order in which they are asked, each with what is known of its
//! failures. What keeps a session going when one fails is the kind's own: `stt::fallback`,
//! `tts::fallback`, `llm::fallback`.

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::breaker::Breaker;
use super::{EngineInfo, ProviderError};

/// Engines of one kind, of which the first is asked first. A clone is of the same engines.
pub(super) struct Ranking<E: ?Sized> {
    ranked: Arc<[Ranked<E>]>,
    /// What engines rejected of a session's; nothing where there is no session.
    own: Arc<[Breaker]>,
}

struct Ranked<E: ?Sized> {
    engine: Arc<E>,
    breaker: Breaker,
}

/// A stream of the engine with this rank.
#[derive(Debug)]
pub(super) struct Opened<S> {
    pub rank: usize,
    pub stream: S,
    /// Why no better one was taken, if there is any.
    pub instead: Option<ProviderError>,
}

impl<E: ?Sized> Clone for Ranking<E> {
    fn clone(&self) -> Self {
        let (ranked, own) = (self.ranked.clone(), self.own.clone());
        Self { ranked, own }
    }
}

impl<E: ?Sized> Ranking<E> {
    pub fn new(engines: impl IntoIterator<Item = Arc<E>>) -> Self {
        let ranked = |engine| Ranked {
            engine,
            breaker: Breaker::default(),
        };
        Self {
            ranked: engines.into_iter().map(ranked).collect(),
            own: Arc::default(),
        }
    }

    /// The same engines for one session: what they reject of it, they are not asked by it for a
    /// while, and by every other as before.
    pub fn for_session(&self) -> Self {
        let own = self.ranked.iter().map(|_| Breaker::default());
        Self {
            own: own.collect(),
            ..self.clone()
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// All of them, the first first.
    pub fn engines(&self) -> impl Iterator<Item = &E> {
        self.ranked.iter().map(|ranked| &*ranked.engine)
    }

    /// The engine with this rank.
    pub fn engine(&self, rank: usize) -> &Arc<E> {
        &self.ranked[rank].engine
    }

    /// Until when an engine is left alone, and why; `None` if it may be asked.
    pub fn rests(&self, rank: usize, now: Instant) -> Option<(Instant, ProviderError)> {
        let own = self.own.get(rank).and_then(|own| own.rests(now));
        let all = self.ranked[rank].breaker.rests(now);
        own.into_iter().chain(all).max_by_key(|(until, _)| *until)
    }

    /// Why an engine cannot be asked, to whoever is about to; `None` if they may, after a rest of the
    /// engine they alone.
    pub fn refuses(&self, rank: usize, now: Instant) -> Option<ProviderError> {
        let own = self.own.get(rank).and_then(|own| own.rests(now));
        own.map(|(_, error)| error)
            .or_else(|| self.ranked[rank].breaker.refuses(now))
    }

    /// The first engine that may be asked; the first of all if none may.
    pub fn ready(&self, now: Instant) -> usize {
        let ready = |rank: &usize| self.rests(*rank, now).is_none();
        (0..self.len()).find(ready).unwrap_or(0)
    }

    /// An engine failed. What it rejects says nothing of what others may ask of it.
    pub fn failed(&self, rank: usize, error: &ProviderError) {
        let breaker = match error {
            ProviderError::Rejected { .. } => self.own.get(rank),
            _ => Some(&self.ranked[rank].breaker),
        };
        if let Some(breaker) = breaker {
            breaker.failed(error, Instant::now(), rand::random());
        }
    }

    /// An engine did what it was asked at `asked`.
    pub fn worked(&self, rank: usize, asked: Instant) {
        let own = self.own.get(rank);
        for breaker in own.into_iter().chain([&self.ranked[rank].breaker]) {
            breaker.worked(asked);
        }
    }

    /// What the whole of them is, from what each is: the first by name, and whoever may receive
    /// the data.
    pub fn info(&self, info: impl Fn(&E) -> EngineInfo) -> EngineInfo {
        let mut infos = self.engines().map(info);
        let mut whole = infos.next().unwrap_or_else(|| EngineInfo {
            name: String::new(),
            processor: None,
            note: String::new(),
        });
        let mut processors: Vec<_> = whole.processor.take().into_iter().collect();
        let mut others = Vec::new();
        for other in infos {
            processors.extend(other.processor.filter(|name| !processors.contains(name)));
            others.push(other.name);
        }
        whole.processor = (!processors.is_empty()).then(|| processors.join(", "));
        if !others.is_empty() {
            whole.note = format!("{} If it fails: {}.", whole.note, others.join(", then "));
        }
        whole
    }

    /// Opens a stream of the first engine of which one can be opened and that does not rest; if
    /// all rest, of whichever can be. `except` is not asked.
    ///
    /// # Errors
    /// Why none that was asked, or passed over, could be taken.
    pub async fn open<S>(
        &self,
        except: Option<usize>,
        open: impl for<'a> Fn(&'a E) -> BoxFuture<'a, Result<S, ProviderError>>,
    ) -> Result<Opened<S>, ProviderError> {
        let asked = || (0..self.len()).filter(|rank| Some(*rank) != except);
        let (mut instead, mut resting) = (None, Vec::new());
        for rank in asked() {
            let failed = match self.refuses(rank, Instant::now()) {
                Some(error) => {
                    resting.push(rank);
                    error
                }
                None => match self.ask(rank, &open).await {
                    Ok(stream) => {
                        return Ok(Opened {
                            rank,
                            stream,
                            instead,
                        });
                    }
                    Err(error) => error,
                },
            };
            instead = Some(joined(instead, failed));
        }
        for rank in resting {
            if let Ok(stream) = self.ask(rank, &open).await {
                let is_first = asked().next() == Some(rank);
                return Ok(Opened {
                    rank,
                    stream,
                    instead: instead.filter(|_| !is_first),
                });
            }
        }
        Err(instead.unwrap_or_else(|| ProviderError::Unavailable {
            engine: "engine".to_owned(),
            message: "no other is configured".to_owned(),
        }))
    }

    async fn ask<S>(
        &self,
        rank: usize,
        open: &impl for<'a> Fn(&'a E) -> BoxFuture<'a, Result<S, ProviderError>>,
    ) -> Result<S, ProviderError> {
        let opened = open(self.engine(rank)).await;
        opened.inspect_err(|error| self.failed(rank, error))
    }
}

/// What happened so far, and what happened now.
pub(super) fn joined(before: Option<ProviderError>, now: ProviderError) -> ProviderError {
    match before {
        Some(before) => before.and(Some(now)),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Opens unless it is told to fail; counts how often it was asked.
    struct Door {
        name: &'static str,
        opens: bool,
        asked: AtomicUsize,
    }

    fn error(engine: &str) -> ProviderError {
        ProviderError::Unavailable {
            engine: engine.to_owned(),
            message: "shut".to_owned(),
        }
    }

    fn doors(doors: &[(&'static str, bool)]) -> Ranking<Door> {
        Ranking::new(doors.iter().map(|(name, opens)| {
            Arc::new(Door {
                name,
                opens: *opens,
                asked: AtomicUsize::new(0),
            })
        }))
    }

    async fn open(
        doors: &Ranking<Door>,
        except: Option<usize>,
    ) -> Result<(&'static str, Option<ProviderError>), ProviderError> {
        let opened = doors.open(except, |door| {
            door.asked.fetch_add(1, Ordering::Relaxed);
            let opened = door.opens.then_some(door.name);
            Box::pin(async move { opened.ok_or_else(|| error(door.name)) })
        });
        opened.await.map(|opened| (opened.stream, opened.instead))
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_that_opens_is_taken_and_those_that_did_not_rest() {
        let doors = doors(&[("a", false), ("b", true), ("c", true)]);
        assert_eq!(open(&doors, None).await, Ok(("b", Some(error("a")))));
        assert_eq!(open(&doors, None).await, Ok(("b", Some(error("a")))));
        assert_eq!(doors.engine(0).asked.load(Ordering::Relaxed), 1);
        assert_eq!(open(&doors, Some(0)).await, Ok(("b", None)));
        assert_eq!(open(&doors, Some(1)).await, Ok(("c", Some(error("a")))));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert_eq!(open(&doors, None).await, Ok(("b", Some(error("a")))));
        assert_eq!(doors.engine(0).asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_failed_before_the_one_that_is_taken_are_told() {
        let first = doors(&[("a", false), ("b", false), ("c", true)]);
        let both = error("a").and(Some(error("b")));
        assert_eq!(
            both.to_string(),
            "a is unavailable: shut; b is unavailable: shut"
        );
        assert_eq!(open(&first, None).await, Ok(("c", Some(both.clone()))));
        let none = doors(&[("a", false), ("b", false)]);
        assert_eq!(open(&none, None).await, Err(both));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_rejected_of_a_session_is_nothing_to_others() {
        let all = doors(&[("a", true), ("b", true)]);
        let (one, other) = (all.for_session(), all.for_session());
        let rejected = ProviderError::Rejected {
            engine: "a".to_owned(),
            message: "no".to_owned(),
        };
        one.failed(0, &rejected);
        all.failed(1, &rejected);
        assert_eq!(open(&one, None).await, Ok(("b", Some(rejected))));
        assert_eq!(open(&other, None).await, Ok(("a", None)));
        assert_eq!(open(&all, None).await, Ok(("a", None)));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert_eq!(open(&one, None).await, Ok(("a", None)));
        one.failed(0, &error("a"));
        assert_eq!(open(&other, None).await, Ok(("b", Some(error("a")))));
    }

    #[tokio::test(start_paused = true)]
    async fn one_session_finds_out_whether_a_rested_engine_works() {
        let all = doors(&[("a", true), ("b", true)]);
        all.failed(0, &error("a"));
        tokio::time::advance(Duration::from_secs(15)).await;
        let (one, other) = (all.for_session(), all.for_session());
        assert_eq!(open(&one, None).await, Ok(("a", None)));
        assert_eq!(open(&other, None).await, Ok(("b", Some(error("a")))));
        one.worked(0, Instant::now());
        assert_eq!(open(&other, None).await, Ok(("a", None)));
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_rest_each_is_asked_all_the_same() {
        let doors = doors(&[("a", true), ("b", false)]);
        doors.failed(0, &error("a"));
        doors.failed(1, &error("b"));
        assert_eq!(open(&doors, None).await, Ok(("a", None)));
        assert_eq!(open(&doors, Some(0)).await, Err(error("b")));
        doors.worked(1, Instant::now());
        assert_eq!(doors.rests(1, Instant::now()), None);
    }
}
