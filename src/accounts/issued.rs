//! Tokens that were just issued: good at once at this server, and in the database as soon as it
//! takes them.
//!
//! A conversation begins with a client secret, so a database that is locked, away or without room
//! must not be in the way of one. What it has not taken is kept here, for as long as it is good;
//! the rate at which an account may ask for tokens bounds how many that are.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::secrets::{self, Grant};
use super::tickets::{self, Admission};
use crate::clock::{Clock, Micros};
use crate::db::{Db, DbError};
use crate::private::Private;

/// How long whoever asks waits for the database.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it is waited until the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What was issued, and the way to the database.
#[derive(Debug)]
pub struct Issued {
    db: Db,
    clock: Clock,
    waiting: Mutex<Waiting>,
    came: Notify,
    taken: Notify,
}

/// By the hash of each token.
#[derive(Debug, Default)]
struct Waiting {
    secrets: HashMap<String, Grant>,
    tickets: HashMap<String, Admission>,
}

impl Issued {
    /// None yet.
    #[must_use]
    pub fn new(db: Db, clock: Clock) -> Self {
        Self {
            db,
            clock,
            waiting: Mutex::default(),
            came: Notify::new(),
            taken: Notify::new(),
        }
    }

    /// Issues a client secret, made of these random bytes.
    pub async fn secret(&self, grant: Grant, random: [u8; 32]) -> Private<String> {
        let secret = secrets::named(random);
        let hash = secrets::hash(secret.expose());
        self.waiting().secrets.insert(hash.clone(), grant);
        self.wait(|waiting| !waiting.secrets.contains_key(&hash))
            .await;
        secret
    }

    /// Issues a ticket, made of these random bytes.
    pub async fn ticket(&self, admission: Admission, random: [u8; 32]) -> Private<String> {
        let ticket = tickets::named(random);
        let hash = secrets::hash(ticket.expose());
        self.waiting().tickets.insert(hash.clone(), admission);
        self.wait(|waiting| !waiting.tickets.contains_key(&hash))
            .await;
        ticket
    }

    /// What a client secret stands for, even if it has expired; `None` if it was never issued, or
    /// long ago.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn grant(&self, secret: &str) -> Result<Option<Grant>, DbError> {
        let hash = secrets::hash(secret);
        let known = self.waiting().secrets.get(&hash).cloned();
        match known {
            Some(grant) => Ok(Some(grant)),
            None => secrets::find(&self.db, &hash).await,
        }
    }

    /// What a ticket stands for, even if it has expired; `None` if it was never issued, or is swept
    /// out. It is found by its hash, so how long this takes says nothing about other tickets.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn admission(&self, ticket: &str) -> Result<Option<Admission>, DbError> {
        let hash = secrets::hash(ticket);
        let known = self.waiting().tickets.get(&hash).cloned();
        match known {
            Some(admission) => Ok(Some(admission)),
            None => tickets::find(&self.db, &hash).await,
        }
    }

    /// Brings them into the database, for as long as it is polled.
    pub async fn run(&self) {
        loop {
            // Also what came before it was polled.
            while !self.take_all().await {
                tokio::time::sleep(PAUSE).await;
            }
            self.came.notified().await;
        }
    }

    /// Whether nothing waits any more.
    async fn take_all(&self) -> bool {
        let (secrets, tickets) = {
            let waiting = self.waiting();
            (waiting.secrets.clone(), waiting.tickets.clone())
        };
        let now = self.clock.now();
        for (hash, grant) in secrets {
            let put = secrets::put(&self.db, &hash, &grant, now).await;
            if self.is_over("secret", put, grant.expires_at, now) {
                self.waiting().secrets.remove(&hash);
                self.taken.notify_waiters();
            }
        }
        for (hash, admission) in tickets {
            let put = tickets::put(&self.db, &hash, &admission, now).await;
            if self.is_over("ticket", put, admission.expires_at, now) {
                self.waiting().tickets.remove(&hash);
                self.taken.notify_waiters();
            }
        }
        let waiting = self.waiting();
        waiting.secrets.is_empty() && waiting.tickets.is_empty()
    }

    /// Whether it is in the database, or of no use any more. A ticket may be for a session of which
    /// the database has no row yet.
    fn is_over(&self, what: &str, put: Result<(), DbError>, until: Micros, now: Micros) -> bool {
        if let Err(error) = &put {
            tracing::warn!(%error, "a {what} waits for the database");
        }
        put.is_ok() || until <= now
    }

    async fn wait(&self, done: impl Fn(&Waiting) -> bool) {
        self.came.notify_one();
        let taken = async {
            loop {
                let taken = self.taken.notified();
                tokio::pin!(taken);
                taken.as_mut().enable();
                if done(&self.waiting()) {
                    return;
                }
                taken.await;
            }
        };
        // If it takes longer, the token is good all the same.
        let _ = tokio::time::timeout(PATIENCE, taken).await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
