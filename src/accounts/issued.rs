//! Tokens that were just issued: good at once at this server, and in the database as soon as it
//! takes them.
//!
//! A conversation begins with a client secret, so a database that is locked, away or without room
//! must not be in the way of one. What it has not taken is kept here, for as long as it is good;
//! how many that are is bounded by the rate at which an account may ask for tokens, and how large
//! they are together is bounded here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use super::secrets::{self, Grant};
use super::tickets::{self, Admission};
use crate::clock::{Clock, Micros};
use crate::db::{Db, DbError};
use crate::private::Private;

/// How long whoever asks waits for the database.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it is waited until the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the database has, when the server stops, to take what still waits.
const LAST: Duration = Duration::from_secs(2);
/// How often what has expired is looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// Bytes of session configurations that may wait.
const MOST: usize = 16 << 20;

/// What was issued, and the way to the database.
#[derive(Debug)]
pub struct Issued {
    db: Db,
    clock: Clock,
    waiting: Mutex<Waiting>,
    came: Notify,
    taken: Notify,
    /// Whether somebody was told that the database does not take them.
    warned: AtomicBool,
}

/// By the hash of each token.
#[derive(Debug, Default)]
struct Waiting {
    secrets: HashMap<String, Arc<Grant>>,
    tickets: HashMap<String, Admission>,
    /// How large the configurations of the secrets are together.
    bytes: usize,
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
            warned: AtomicBool::new(false),
        }
    }

    /// Issues a client secret, made of these random bytes.
    ///
    /// # Errors
    ///
    /// [`DbError::Behind`] if too much waits for the database already.
    pub async fn secret(&self, grant: Grant, random: [u8; 32]) -> Result<Private<String>, DbError> {
        let secret = secrets::named(random);
        let hash = secrets::hash(secret.expose());
        self.waiting().keep(hash.clone(), grant)?;
        self.wait(|waiting| !waiting.secrets.contains_key(&hash))
            .await;
        Ok(secret)
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
            Some(grant) => Ok(Some(Grant::clone(&grant))),
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

    /// Brings them into the database, and what has expired out of it, for as long as it is polled.
    pub async fn run(&self) {
        let mut sweeps = tokio::time::interval(SWEEP);
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Also what came before it was polled.
            while !self.take_all().await {
                tokio::time::sleep(PAUSE).await;
            }
            tokio::select! {
                () = self.came.notified() => {}
                _ = sweeps.tick() => self.sweep().await,
            }
        }
    }

    async fn sweep(&self) {
        if let Err(error) = secrets::sweep(&self.db, self.clock.now()).await {
            tracing::warn!(%error, "old client secrets wait for the database to be forgotten");
        }
    }

    /// Brings the last of them there, when nothing comes any more.
    pub async fn close(&self) {
        if tokio::time::timeout(LAST, self.take_all()).await != Ok(true) {
            tracing::warn!("the database did not take the tokens that were issued last");
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
                self.waiting().release(&hash);
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
        match &put {
            Ok(()) => self.warned.store(false, Ordering::Relaxed),
            Err(error) if !self.warned.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "a {what} waits for the database");
            }
            Err(_) => {}
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

impl Waiting {
    fn keep(&mut self, hash: String, grant: Grant) -> Result<(), DbError> {
        let bytes = self.bytes + size(&grant);
        if bytes > MOST {
            return Err(DbError::Behind);
        }
        self.bytes = bytes;
        self.secrets.insert(hash, Arc::new(grant));
        Ok(())
    }

    fn release(&mut self, hash: &str) {
        if let Some(grant) = self.secrets.remove(hash) {
            self.bytes -= size(&grant);
        }
    }
}

fn size(grant: &Grant) -> usize {
    grant.session.to_string().len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::db::AccountId;

    #[test]
    fn what_waits_is_bounded_by_its_size() {
        let grant = |letters: usize| Grant {
            account: AccountId::new("a".to_owned()),
            session: json!("a".repeat(letters)),
            resumes: None,
            expires_at: Micros(0),
        };
        let mut waiting = Waiting::default();
        for index in 0..16 {
            let kept = waiting.keep(index.to_string(), grant((1 << 20) - 2));
            assert!(kept.is_ok(), "{index}");
        }
        let refused = waiting.keep("more".to_owned(), grant(0));
        assert!(matches!(refused, Err(DbError::Behind)));
        waiting.release("more");
        waiting.release("3");
        assert!(waiting.keep("more".to_owned(), grant(1)).is_ok());
    }
}
