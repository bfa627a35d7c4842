//! One SQL on both engines: every scenario runs on SQLite and on PostgreSQL.

use std::time::Duration;

use praxiloom::accounts::{self, secrets};
use praxiloom::archive::sessions::{self, EndReason, NewSession};
use praxiloom::clock::Micros;
use praxiloom::config;
use praxiloom::db::{AccountId, Db, DbError, Engine};
use praxiloom::private::Private;
use serde_json::json;

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
    a_session_begins_and_ends_once(&db, &local).await;
    sessions_are_listed_latest_first(&db, &local).await;
    nobody_reaches_the_sessions_of_another(&db, &local, &other).await;
    a_secret_is_found_by_itself_alone(&db, &local).await;
    old_secrets_are_swept_out(&db, &local).await;
    many_write_at_once(&db, &local).await;
    what_a_killed_server_left_is_closed(&db, &local).await;
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

async fn start(db: &Db, account: &AccountId, id: &str, at: Micros) -> Result<(), DbError> {
    let engines = json!({"stt": "pocketsphinx", "llm": null});
    let session = NewSession {
        id,
        client_id: None,
        transport: "websocket",
        engines: &engines,
        started_at: at,
    };
    sessions::start(db.of(account), &session).await
}

async fn a_session_begins_and_ends_once(db: &Db, local: &AccountId) {
    start(db, local, "sess_once", NOON).await.unwrap();
    assert!(start(db, local, "sess_once", NOON).await.is_err());
    let row = sessions::find(db.of(local), "sess_once")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.ended_at, row.end_reason, row.client_id),
        (None, None, None)
    );
    assert_eq!(row.engines, r#"{"llm":null,"stt":"pocketsphinx"}"#);
    let end = NOON.plus(Duration::from_secs(60));
    let of = db.of(local);
    assert!(
        sessions::finish(of, "sess_once", end, EndReason::Lost)
            .await
            .unwrap()
    );
    assert!(
        !sessions::finish(of, "sess_once", end, EndReason::Failed)
            .await
            .unwrap()
    );
    let row = sessions::find(of, "sess_once").await.unwrap().unwrap();
    assert_eq!(
        (row.ended_at, row.end_reason.as_deref()),
        (Some(end.0), Some("lost"))
    );
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
    assert_eq!(second.len(), 21);
    assert_eq!(second[0].id, "sess_019");
    assert_eq!(second.last().unwrap().id, "sess_once");
}

async fn nobody_reaches_the_sessions_of_another(db: &Db, local: &AccountId, other: &AccountId) {
    start(db, local, "sess_mine", NOON).await.unwrap();
    let of = db.of(other);
    assert_eq!(sessions::find(of, "sess_mine").await.unwrap(), None);
    assert_eq!(sessions::list(of, 10, None).await.unwrap(), []);
    assert!(
        !sessions::finish(of, "sess_mine", NOON, EndReason::ByClient)
            .await
            .unwrap()
    );
}

async fn a_secret_is_found_by_itself_alone(db: &Db, local: &AccountId) {
    let session = json!({"type": "realtime", "instructions": "Ümlaut"});
    let lifetime = Duration::from_secs(600);
    let (secret, expires_at) = secrets::issue(db.of(local), &session, NOON, lifetime, [7; 32])
        .await
        .unwrap();
    assert!(secret.expose().starts_with("ek_") && secret.expose().len() > 40);
    let grant = secrets::find(db, secret.expose()).await.unwrap().unwrap();
    assert_eq!((grant.account, grant.session), (local.clone(), session));
    assert_eq!(
        (grant.expires_at, expires_at.seconds()),
        (expires_at, NOON.seconds() + 600)
    );
    assert_eq!(secrets::find(db, "ek_guess").await.unwrap(), None);
    let kept: Vec<String> = sqlx::query_scalar("SELECT token_hash FROM client_secrets")
        .fetch_all(db.pool())
        .await
        .unwrap();
    assert!(
        kept.iter()
            .all(|hash| !secret.expose().contains(hash.as_str()))
    );
}

async fn old_secrets_are_swept_out(db: &Db, local: &AccountId) {
    let mut issued = 0;
    let mut issue = async |now: Micros| {
        let lifetime = Duration::from_secs(10);
        issued += 1;
        secrets::issue(db.of(local), &json!({}), now, lifetime, [issued; 32])
            .await
            .unwrap()
            .0
    };
    let old = issue(NOON).await;
    let _ = issue(NOON.plus(Duration::from_secs(3600))).await;
    assert!(secrets::find(db, old.expose()).await.unwrap().is_some());
    let _ = issue(NOON.plus(Duration::from_secs(25 * 3600))).await;
    assert!(secrets::find(db, old.expose()).await.unwrap().is_none());
}

async fn many_write_at_once(db: &Db, local: &AccountId) {
    let writers = (0..40).map(|number| {
        let (db, local) = (db.clone(), local.clone());
        tokio::spawn(async move {
            let id = format!("sess_at_once_{number}");
            start(&db, &local, &id, NOON).await?;
            sessions::finish(db.of(&local), &id, NOON, EndReason::ByClient).await
        })
    });
    for writer in futures::future::join_all(writers).await {
        assert!(writer.unwrap().unwrap());
    }
}

async fn what_a_killed_server_left_is_closed(db: &Db, local: &AccountId) {
    start(db, local, "sess_killed", NOON).await.unwrap();
    let later = NOON.plus(Duration::from_secs(3600));
    assert!(sessions::close_left(db, later).await.unwrap() >= 1);
    assert_eq!(sessions::close_left(db, later).await.unwrap(), 0);
    let of = db.of(local);
    let killed = sessions::find(of, "sess_killed").await.unwrap().unwrap();
    assert_eq!(
        (killed.ended_at, killed.end_reason.as_deref()),
        (Some(later.0), Some("lost"))
    );
    let ended = sessions::find(of, "sess_once").await.unwrap().unwrap();
    assert_ne!(ended.ended_at, killed.ended_at);
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
