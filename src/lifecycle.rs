//! Start, drain, stop: nothing begins any more, what runs may finish, then everything ends.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long tasks have to put things away after they were told to end at once.
pub const LAST_WORDS: Duration = Duration::from_secs(8);

/// How long doors have to shut when nothing is waited for any more.
const SHUTTING: Duration = Duration::from_secs(2);

/// The ways of stopping, and the tasks that must have ended before the process does.
///
/// Soft: no new session begins, live ones are told and may end by themselves. Hard: everything
/// ends now. The doors stay open for those who are inside, and are shut after the last of them.
/// Clones are the same lifecycle.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    shut: CancellationToken,
    tasks: TaskTracker,
    doors: TaskTracker,
    grace: Duration,
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every task ended by itself.
    Drained,
    /// Some had to be told to end at once, and did.
    Cut,
    /// This many tasks did not end even then.
    Left(usize),
}

impl Lifecycle {
    /// A running lifecycle that gives live sessions `grace` to end.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            shut: CancellationToken::new(),
            tasks: TaskTracker::new(),
            doors: TaskTracker::new(),
            grace,
        }
    }

    /// Cancelled when no new work may begin.
    #[must_use]
    pub const fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when everything must end now. Always after `soft`.
    #[must_use]
    pub const fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Cancelled when nobody is left for whom a door should be open. Always after `soft`.
    #[must_use]
    pub const fn shut(&self) -> &CancellationToken {
        &self.shut
    }

    /// Whether new work may begin.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.soft.is_cancelled()
    }

    /// Runs a task that a stop waits for.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Runs a door, by which people come in: a task that ends when it is [`shut`](Self::shut), and
    /// without which the server is of no use. When it ends before, even by a panic, the server
    /// stops.
    pub fn spawn_door<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = self.soft.clone();
        self.doors.spawn(async move {
            let guard = stop.clone().drop_guard();
            task.await;
            if !stop.is_cancelled() {
                tracing::error!(door = name, "a door closed by itself, so the server stops");
            }
            drop(guard);
        });
    }

    /// Waits for a signal (or for `soft` to be cancelled otherwise), then stops; a second signal
    /// ends the grace at once.
    pub async fn run(&self, mut signals: Signals) -> Stopped {
        tokio::select! {
            () = signals.next() => {}
            () = self.soft.cancelled() => {}
        }
        tracing::info!(
            tasks = self.tasks.len(),
            grace.seconds = self.grace.as_secs(),
            "stopping; a second signal ends live sessions at once"
        );
        self.stop(signals.next()).await
    }

    /// Stops: soft at once, hard after the grace or as soon as `impatient` is ready; the doors
    /// after everything else.
    pub async fn stop(&self, impatient: impl Future<Output = ()>) -> Stopped {
        self.soft.cancel();
        self.tasks.close();
        self.doors.close();
        let drain = async {
            self.tasks.wait().await;
            self.shut.cancel();
            // Whoever came in last may have begun something.
            self.doors.wait().await;
            self.tasks.wait().await;
        };
        let drained = tokio::select! {
            () = drain => true,
            () = tokio::time::sleep(self.grace) => false,
            () = impatient => false,
        };
        self.hard.cancel();
        if drained {
            return Stopped::Drained;
        }
        let put_away = tokio::time::timeout(LAST_WORDS, self.tasks.wait()).await;
        self.shut.cancel();
        let shut = tokio::time::timeout(SHUTTING, self.doors.wait()).await;
        match (put_away, shut) {
            (Ok(()), Ok(())) => Stopped::Cut,
            _ => Stopped::Left(self.tasks.len() + self.doors.len()),
        }
    }
}

/// SIGTERM and SIGINT, which from now on end the process only through its lifecycle.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on: before anybody is told that the server is there.
    ///
    /// # Errors
    ///
    /// If the process cannot listen for signals.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const GRACE: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn waits_for_what_runs() {
        let lifecycle = Lifecycle::new(GRACE);
        let soft = lifecycle.soft().clone();
        lifecycle.spawn(async move {
            soft.cancelled().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        });
        assert!(lifecycle.is_open());
        assert_eq!(lifecycle.stop(pending()).await, Stopped::Drained);
        assert!(!lifecycle.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn cuts_off_what_does_not_end_by_itself() {
        let lifecycle = Lifecycle::new(GRACE);
        let hard = lifecycle.hard().clone();
        lifecycle.spawn(async move { hard.cancelled().await });
        let began = tokio::time::Instant::now();
        assert_eq!(lifecycle.stop(pending()).await, Stopped::Cut);
        assert_eq!(began.elapsed().as_secs(), GRACE.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_the_grace() {
        let lifecycle = Lifecycle::new(GRACE);
        let hard = lifecycle.hard().clone();
        lifecycle.spawn(async move { hard.cancelled().await });
        let began = tokio::time::Instant::now();
        assert_eq!(lifecycle.stop(ready(())).await, Stopped::Cut);
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_doors_are_shut_after_the_last_one_left() {
        for (lasts, stopped, shut_after) in [(3, Stopped::Drained, 3), (60, Stopped::Cut, 24)] {
            let lifecycle = Lifecycle::new(GRACE);
            let hard = lifecycle.hard().clone();
            lifecycle.spawn(async move {
                let over = tokio::time::sleep(Duration::from_secs(lasts));
                // Putting away takes a while.
                let cut = async {
                    hard.cancelled().await;
                    tokio::time::sleep(Duration::from_secs(4)).await;
                };
                tokio::select! { () = over => {} () = cut => {} }
            });
            let began = tokio::time::Instant::now();
            let shut = lifecycle.shut().clone();
            let (tell, told) = tokio::sync::oneshot::channel();
            lifecycle.spawn_door("http", async move {
                shut.cancelled().await;
                tell.send(began.elapsed().as_secs()).unwrap();
            });
            assert_eq!(lifecycle.stop(pending()).await, stopped);
            assert_eq!(told.await.unwrap(), shut_after);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_by_a_closing_door_is_waited_for() {
        let lifecycle = Lifecycle::new(GRACE);
        let (shut, inside) = (lifecycle.shut().clone(), lifecycle.clone());
        lifecycle.spawn_door("http", async move {
            shut.cancelled().await;
            inside.spawn(tokio::time::sleep(Duration::from_secs(5)));
        });
        let began = tokio::time::Instant::now();
        assert_eq!(lifecycle.stop(pending()).await, Stopped::Drained);
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn says_what_it_had_to_leave() {
        let lifecycle = Lifecycle::new(GRACE);
        lifecycle.spawn(pending::<()>());
        assert_eq!(lifecycle.stop(pending()).await, Stopped::Left(1));
    }

    #[tokio::test]
    async fn a_panic_of_a_door_stops_the_server() {
        let lifecycle = Lifecycle::new(GRACE);
        lifecycle.spawn_door("http", async { panic!("broken on purpose") });
        assert_eq!(
            lifecycle.run(Signals::listen().unwrap()).await,
            Stopped::Drained
        );
    }
}
