//! One SQL on both engines: every scenario runs on SQLite and on PostgreSQL.

use std::time::{Duration, Instant};

use praxiloom::accounts;
use praxiloom::accounts::issued::Issued;
use praxiloom::accounts::secrets::Grant;
use praxiloom::accounts::tickets::Admission;
use praxiloom::archive::sessions;
use praxiloom::clock::{Clock, Micros};
use praxiloom::config;
use praxiloom::db::{AccountId, Db, Engine};
use praxiloom::private::Private;
use serde_json::{Value, json};

use crate::postgres::Postgres;

const NOON: Micros = Micros(1_795_262_400_000_000);

#[tokio::test]
async fn every_scenario_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    assert_eq!(open(&url).await.engine(), Engine::Sqlite);
    every_scenario(&url).await;
}

#[tokio::test]
async fn every_scenario_on_postgres() {
    let server = Postgres::start();
    let url = server.url("postgres");
    assert_eq!(open(&url).await.engine(), Engine::Postgres);
    every_scenario(&url).await;
}

#[tokio::test]
async fn nothing_waits_for_a_database_that_says_nothing_more() {
    let server = Postgres::start();
    let db = open(&server.url("postgres")).await;
    let local = accounts::local(&db, NOON).await.unwrap();
    let find = async || sessions::find(db.of(&local), "sess_1").await;
    // In the middle of an operation: the connection is given up, the others go on.
    let began = Instant::now();
    let endless = sqlx::query("SELECT 1 FROM pg_sleep(60)").execute(db.pool());
    let (endless, found) = tokio::join!(endless, find());
    assert!(matches!(endless, Err(sqlx::Error::Io(_))), "{endless:?}");
    assert_eq!(found.unwrap(), None);
    assert!(began.elapsed() < Duration::from_secs(15));
    // Before one, over every connection that there may be.
    server.signal("-STOP");
    let began = Instant::now();
    let asked = futures::future::join_all((0..6).map(|_| find())).await;
    assert!(asked.iter().all(Result::is_err), "{asked:?}");
    assert!(db.ping().await.is_err());
    assert!(began.elapsed() < Duration::from_secs(30));
    server.signal("-CONT");
    let again = async {
        while find().await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again)
        .await
        .unwrap();
}

async fn every_scenario(url: &str) {
    opening_twice_changes_nothing(url).await;
    let db = open(url).await;
    let local = accounts::local(&db, NOON).await.unwrap();
    assert_eq!(
        accounts::local(&db, NOON.plus(Duration::from_secs(1)))
            .await
            .unwrap(),
        local
    );
    let other = another_account(&db).await;
    sessions_are_listed_latest_first(&db, &local).await;
    nobody_reaches_the_sessions_of_another(&db, &local, &other).await;
    a_secret_is_found_by_itself_alone(&db, &local).await;
    a_token_is_good_before_the_database_has_it(&db, &local).await;
    old_secrets_are_swept_out(&db, &local).await;
    many_write_at_once(&db, &local).await;
    an_account_takes_its_data_along(&db, &other).await;
    db.close().await;
}

async fn open(url: &str) -> Db {
    let url = Private::new(url.to_owned());
    Db::open(&config::Database {
        url,
        max_connections: 4,
    })
    .await
    .unwrap()
}

async fn opening_twice_changes_nothing(url: &str) {
    let applied = async |db: &Db| -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations");
        count.fetch_one(db.pool()).await.unwrap()
    };
    let (one, two) = tokio::join!(open(url), open(url));
    assert!(applied(&one).await >= 3);
    assert_eq!(applied(&one).await, applied(&two).await);
}

async fn another_account(db: &Db) -> AccountId {
    let id = uuid::Uuid::now_v7().to_string();
    sqlx::query("INSERT INTO accounts (id, created_at) VALUES ($1, $2)")
        .bind(&id)
        .bind(NOON.0)
        .execute(db.pool())
        .await
        .unwrap();
    AccountId::new(id)
}

/// A session that was held.
async fn start(db: &Db, account: &AccountId, id: &str, at: Micros) -> Result<(), sqlx::Error> {
    let row = sqlx::query(
        "INSERT INTO sessions
             (id, account_id, transport, engines, started_at, ended_at, end_reason)
         VALUES ($1, $2, 'websocket', '{}', $3, $3, 'by_client')",
    );
    let row = row.bind(id).bind(account.as_str()).bind(at.0);
    row.execute(db.pool()).await.map(drop)
}

async fn sessions_are_listed_latest_first(db: &Db, local: &AccountId) {
    for number in 0..sessions::PAGE + 20 {
        // Ten of them begin at the same moment.
        let at = NOON.plus(Duration::from_secs(u64::from(number.max(10))));
        start(db, local, &format!("sess_{number:03}"), at)
            .await
            .unwrap();
    }
    let first = sessions::list(db.of(local), 1000, None).await.unwrap();
    assert_eq!(first.len(), sessions::PAGE as usize);
    assert_eq!(first[0].id, "sess_119");
    let last = first.last().map(|row| (row.started_at, row.id.as_str()));
    let second = sessions::list(db.of(local), 1000, last).await.unwrap();
    assert_eq!(second.len(), 20);
    assert_eq!(second[0].id, "sess_019");
    assert_eq!(second.last().unwrap().id, "sess_000");
}

async fn nobody_reaches_the_sessions_of_another(db: &Db, local: &AccountId, other: &AccountId) {
    start(db, local, "sess_mine", NOON).await.unwrap();
    let of = db.of(other);
    assert_eq!(sessions::find(of, "sess_mine").await.unwrap(), None);
    assert_eq!(sessions::list(of, 10, None).await.unwrap(), []);
}

/// Issues a client secret at this time; it is in the database.
async fn issue(db: &Db, grant: Grant, now: Micros, random: [u8; 32]) -> Private<String> {
    let issued = Issued::new(db.clone(), Clock::set_to(now));
    tokio::select! {
        secret = issued.secret(grant, random) => secret.unwrap(),
        () = issued.run() => panic!("it ended"),
    }
}

/// What a secret stands for, as a server finds it that has not issued it.
async fn granted(db: &Db, secret: &str) -> Option<Grant> {
    let elsewhere = Issued::new(db.clone(), Clock::set_to(NOON));
    elsewhere.grant(secret).await.unwrap()
}

fn grant(account: &AccountId, resumes: Option<&str>, expires_at: Micros) -> Grant {
    Grant {
        account: account.clone(),
        session: json!({"type": "realtime", "instructions": "Ümlaut"}),
        resumes: resumes.map(str::to_owned),
        expires_at,
    }
}

async fn a_secret_is_found_by_itself_alone(db: &Db, local: &AccountId) {
    let until = NOON.plus(Duration::from_secs(600));
    for (resumes, random) in [(None, [7; 32]), (Some("sess_1"), [8; 32])] {
        let grant = grant(local, resumes, until);
        let secret = issue(db, grant.clone(), NOON, random).await;
        assert!(secret.expose().starts_with("ek_") && secret.expose().len() > 40);
        assert_eq!(granted(db, secret.expose()).await, Some(grant));
        let kept: Vec<String> = sqlx::query_scalar("SELECT token_hash FROM client_secrets")
            .fetch_all(db.pool())
            .await
            .unwrap();
        let tells = |hash: &String| secret.expose().contains(hash.as_str());
        assert!(!kept.is_empty() && !kept.iter().any(tells));
    }
    assert_eq!(granted(db, "ek_guess").await, None);
}

async fn a_token_is_good_before_the_database_has_it(db: &Db, local: &AccountId) {
    let until = NOON.plus(Duration::from_secs(600));
    // Nothing brings it there.
    let issued = Issued::new(db.clone(), Clock::set_to(NOON));
    let secret = issued
        .secret(grant(local, None, until), [9; 32])
        .await
        .unwrap();
    let known = issued.grant(secret.expose()).await.unwrap();
    assert_eq!(known, Some(grant(local, None, until)));
    assert_eq!(granted(db, secret.expose()).await, None);
    // A ticket may be for a session of which there is no row yet.
    let admission = Admission {
        account: local.clone(),
        session: "sess_unwritten".to_owned(),
        expires_at: until,
    };
    let ticket = tokio::select! {
        ticket = issued.ticket(admission.clone(), [10; 32]) => ticket,
        () = issued.run() => panic!("it ended"),
    };
    let known = issued.admission(ticket.expose()).await.unwrap();
    assert_eq!(known, Some(admission.clone()));
    start(db, local, "sess_unwritten", NOON).await.unwrap();
    let elsewhere = Issued::new(db.clone(), Clock::set_to(NOON));
    let arrived = async {
        while elsewhere
            .admission(ticket.expose())
            .await
            .unwrap()
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let arrived = tokio::time::timeout(Duration::from_secs(30), arrived);
    tokio::select! {
        done = arrived => done.expect("it did not arrive"),
        () = issued.run() => panic!("it ended"),
    }
    let known = elsewhere.admission(ticket.expose()).await.unwrap();
    assert_eq!(known, Some(admission));
    assert!(granted(db, secret.expose()).await.is_some());
}

async fn old_secrets_are_swept_out(db: &Db, local: &AccountId) {
    let issue = async |hours: u64| {
        let now = NOON.plus(Duration::from_secs(hours * 3600));
        let until = now.plus(Duration::from_secs(10));
        issue(db, grant(local, None, until), now, [hours as u8 + 20; 32]).await
    };
    let old = issue(0).await;
    let until = NOON.plus(Duration::from_secs(10));
    assert_eq!(
        granted(db, old.expose()).await,
        Some(grant(local, None, until))
    );
    // It is still known, so that its holder is told that it has expired, but not what it was for.
    let expired = Grant {
        session: Value::Null,
        ..grant(local, None, until)
    };
    sweep(db, NOON.plus(Duration::from_secs(60)), &old, Some(expired)).await;
    sweep(db, NOON.plus(Duration::from_secs(25 * 3600)), &old, None).await;
}

/// A server that runs at this time brings it about that so much is known of the secret.
async fn sweep(db: &Db, now: Micros, secret: &Private<String>, known: Option<Grant>) {
    let issued = Issued::new(db.clone(), Clock::set_to(now));
    let swept = async {
        while granted(db, secret.expose()).await != known {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        done = tokio::time::timeout(Duration::from_secs(30), swept) => done.expect("it was not swept"),
        () = issued.run() => panic!("it ended"),
    }
}

async fn many_write_at_once(db: &Db, local: &AccountId) {
    let writers = (0..40).map(|number| {
        let (db, local) = (db.clone(), local.clone());
        tokio::spawn(async move {
            let id = format!("sess_at_once_{number}");
            start(&db, &local, &id, NOON).await?;
            sessions::find(db.of(&local), &id)
                .await
                .map_err(|error| sqlx::Error::Protocol(error.to_string()))
        })
    });
    for writer in futures::future::join_all(writers).await {
        assert!(writer.unwrap().unwrap().is_some());
    }
}

async fn an_account_takes_its_data_along(db: &Db, other: &AccountId) {
    start(db, other, "sess_other", NOON).await.unwrap();
    sqlx::query("DELETE FROM accounts WHERE id = $1")
        .bind(other.as_str())
        .execute(db.pool())
        .await
        .unwrap();
    assert_eq!(
        sessions::find(db.of(other), "sess_other").await.unwrap(),
        None
    );
    assert!(
        start(db, other, "sess_orphan", NOON).await.is_err(),
        "a session of nobody"
    );
}
