//! A thread that carries many sessions: every session's frames in their turn, and what arrives.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use super::session::Session;
use super::tally::Tally;
use crate::BenchError;

/// Between two frames of a session.
const FRAME: Duration = Duration::from_millis(20);
/// The token of the waker.
const WAKER: Token = Token(usize::MAX);

/// What a worker is told.
#[derive(Debug)]
enum Order {
    /// Carry this session, too.
    Carry(Box<Session>),
    /// Count from now on: forget what was counted before.
    Count,
    /// Tell what was counted.
    Report(Sender<Report>),
}

/// What a worker counted.
#[derive(Debug, Default)]
pub struct Report {
    /// What was counted.
    pub tally: Tally,
    /// Sessions that are live.
    pub live: usize,
    /// What is known of every session, those that broke included.
    pub sessions: Vec<Known>,
}

/// What is known of a session, in times since the beginning of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name on the server; empty if it was not told.
    pub id: String,
    /// When its first frame was sent.
    pub first_sent: Option<Duration>,
    /// The last speech that was sent.
    pub spoken: Option<Burst>,
    /// The last sound that came.
    pub heard: Option<Burst>,
}

/// Sound without a longer pause in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Its first frame.
    pub from: Duration,
    /// Its last frame.
    pub to: Duration,
}

impl Burst {
    /// A pause longer than this ends it.
    const PAUSE: Duration = Duration::from_millis(200);

    /// The burst that goes on, or begins, with a frame.
    #[must_use]
    pub fn with(burst: Option<Self>, at: Duration) -> Self {
        let goes_on = burst.filter(|burst| at.saturating_sub(burst.to) <= Self::PAUSE);
        let from = goes_on.map_or(at, |burst| burst.from);
        Self { from, to: at }
    }
}

/// A thread that carries sessions. Dropping it ends them.
#[derive(Debug)]
pub struct Worker {
    orders: Option<Sender<Order>>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a thread whose sessions count time from `start`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn start(start: Instant) -> Result<Self, BenchError> {
        let failed = |error| BenchError::Io("a thread of sessions".to_owned(), error);
        let poll = Poll::new().map_err(failed)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(failed)?);
        let (orders, given) = channel();
        let carrier = Carrier {
            start,
            poll,
            orders: given,
            sessions: Vec::new(),
            turn: 0,
            tally: Tally::default(),
        };
        let thread = std::thread::Builder::new()
            .name("sessions".to_owned())
            .spawn(move || carrier.run())
            .map_err(failed)?;
        Ok(Self {
            orders: Some(orders),
            waker,
            thread: Some(thread),
        })
    }

    /// Carries this session from now on.
    pub fn carry(&self, session: Session) {
        self.order(Order::Carry(Box::new(session)));
    }

    /// Forgets what was counted so far.
    pub fn count(&self) {
        self.order(Order::Count);
    }

    /// What was counted since then.
    #[must_use]
    pub fn report(&self) -> Report {
        let (told, report) = channel();
        self.order(Order::Report(told));
        // The thread is gone only if it failed to wait for events; then there is nothing to tell.
        report.recv().unwrap_or_default()
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
            let _ = self.waker.wake();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Carrier {
    start: Instant,
    poll: Poll,
    orders: Receiver<Order>,
    /// In the order in which their frames are due: all have the same period.
    sessions: Vec<Carried>,
    /// Whose frame is due next.
    turn: usize,
    tally: Tally,
}

struct Carried {
    session: Session,
    token: Token,
    due: Duration,
    gone: bool,
}

impl Carrier {
    fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        loop {
            loop {
                match self.orders.try_recv() {
                    Ok(order) => self.obey(order),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return self.end(),
                }
            }
            self.send_due();
            let next = self.sessions.get(self.turn).map(|carried| carried.due);
            let wait = next.map(|due| due.saturating_sub(self.start.elapsed()));
            if let Err(error) = self.poll.poll(&mut events, wait)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                return;
            }
            let now = self.start.elapsed();
            for event in &events {
                if event.token() != WAKER {
                    self.read(event.token(), now);
                }
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Carry(session) => self.carry(*session),
            Order::Count => {
                self.gather();
                self.tally = Tally::default();
            }
            Order::Report(told) => {
                self.gather();
                let live = self.sessions.iter().filter(|carried| !carried.gone);
                let known = self.sessions.iter().map(|carried| carried.session.known());
                let _ = told.send(Report {
                    tally: std::mem::take(&mut self.tally),
                    live: live.count(),
                    sessions: known.collect(),
                });
            }
        }
    }

    fn carry(&mut self, mut session: Session) {
        let token = Token(self.sessions.len());
        if let Err(error) = session.register(self.poll.registry(), token) {
            self.tally.error(format!("not carried: {error}"));
            return;
        }
        // Somewhere in the frame that runs now, so that not all are in step.
        let due = self.start.elapsed() + FRAME.mul_f64(rand::random());
        let carried = Carried {
            session,
            token,
            due,
            gone: false,
        };
        // Its place: after all that are due before it, seen from whose turn it is.
        self.sessions.rotate_left(self.turn);
        self.turn = 0;
        let place = self.sessions.partition_point(|other| other.due <= due);
        self.sessions.insert(place, carried);
        // What came with the answer to the upgrade is there already.
        self.read(token, self.start.elapsed());
    }

    fn send_due(&mut self) {
        let count = self.sessions.len();
        for _ in 0..count {
            let now = self.start.elapsed();
            let Some(carried) = self.sessions.get_mut(self.turn) else {
                return;
            };
            if carried.due > now {
                return;
            }
            if !carried.gone {
                let late = now - carried.due;
                self.tally.own_lag.push(late.as_secs_f64() * 1000.0);
                if let Err(error) = carried.session.frame(now) {
                    carried.gone = true;
                    self.tally.error(error.to_string());
                }
            }
            carried.due += FRAME;
            self.turn = (self.turn + 1) % count;
        }
    }

    fn read(&mut self, token: Token, now: Duration) {
        let mut sessions = self.sessions.iter_mut();
        let found = sessions.find(|carried| carried.token == token);
        if let Some(carried) = found.filter(|carried| !carried.gone)
            && let Err(error) = carried.session.read(now)
        {
            carried.gone = true;
            self.tally.error(error.to_string());
        }
    }

    fn gather(&mut self) {
        for carried in &mut self.sessions {
            self.tally.add(carried.session.take());
        }
    }

    fn end(mut self) {
        for carried in &mut self.sessions {
            carried.session.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_ends_with_a_pause() {
        let ms = Duration::from_millis;
        let mut burst = None;
        for at in [0, 20, 200, 380, 600, 620] {
            burst = Some(Burst::with(burst, ms(at)));
        }
        let expected = Burst {
            from: ms(600),
            to: ms(620),
        };
        assert_eq!(burst, Some(expected));
    }
}
