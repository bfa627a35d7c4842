//! A database that is locked, or gone, for ten seconds: sessions begin, go on and end as if nothing
//! were, and afterwards every row says what happened.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::time::{Instant, sleep};

use crate::companion::Companion;
use crate::house::{House, STANDINS};
use crate::postgres::Postgres;
use crate::server::client;

/// How long the database does nothing.
const AWAY: Duration = Duration::from_secs(10);

/// Sessions in the middle, at their end and at their beginning while `stop` has the database
/// stopped, until `go`.
async fn goes_on(house: &House, stop: impl AsyncFnOnce(), go: impl AsyncFnOnce()) {
    let mut companion = Companion::begin(house).await;
    let mut ending = Companion::begin(house).await;
    tokio::join!(companion.turn(), ending.turn());
    stop().await;
    let stopped = Instant::now();
    let (ended, answers) = (ending.id(), vec![ending.answers.clone()]);
    let known = companion.id();
    ending.socket.stream.close(None).await.unwrap();
    let others = companion
        .talk_while(async {
            let begun = Instant::now();
            let mut beginning = Companion::begin(house).await;
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(3), "it began after {took:?}");
            let ticket = format!("/api/sessions/{known}/ticket");
            let asked = ["/v1/realtime/client_secrets", ticket.as_str()];
            let refused = join_all(asked.map(|path| unavailable(house, path)));
            let (_, passed) = tokio::join!(refused, async {
                beginning.turn().await;
                // It is there, though the database does not know of it.
                let path = format!("/api/sessions/{}", beginning.id());
                assert_eq!(house.get(&path).await["status"], "live");
                // One that begins and ends without the database ever hearing of it.
                let mut passing = Companion::begin(house).await;
                passing.turn().await;
                let passed = (passing.id(), passing.answers.clone());
                passing.socket.stream.close(None).await.unwrap();
                passed
            });
            sleep((stopped + AWAY).saturating_duration_since(Instant::now())).await;
            go().await;
            beginning.turn().await;
            (beginning, passed)
        })
        .await;
    let (beginning, (passed, passed_answers)) = others;
    companion.assert_undisturbed("a database that was away");
    beginning.assert_undisturbed("a session that began meanwhile");
    for (id, answers) in [(&ended, &answers[0]), (&passed, &passed_answers)] {
        let session = house.ended(id).await;
        assert_eq!(session["end_reason"], "by_client", "{session}");
        house.assert_kept(&session, answers).await;
    }
    join_all([companion, beginning].map(async |companion| {
        assert!(companion.notices().is_empty(), "{:?}", companion.notices());
        let answers = companion.answers.clone();
        let session = companion.leave(house).await;
        house.assert_kept(&session, &answers).await;
    }))
    .await;
    let listed = house.get("/api/sessions").await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 4, "{listed}");
}

/// Asserts that a request waits for the database in vain, and is told to come back.
async fn unavailable(house: &House, path: &str) {
    let url = format!("{}{path}", house.process.url());
    let response = client().post(url).send().await.unwrap();
    assert_eq!(response.status(), 503, "{path}");
    assert_eq!(response.headers()["retry-after"], "2", "{path}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "database_unavailable", "{path}");
}

#[tokio::test]
async fn sqlite_locked_for_ten_seconds() {
    let house = House::start();
    let path = house.data.join("praxiloom.db");
    assert!(path.exists(), "the database is elsewhere");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let other = &mut other;
    let held = tokio::sync::Mutex::new(other);
    goes_on(
        &house,
        async || {
            held.lock().await.execute("BEGIN EXCLUSIVE").await.unwrap();
        },
        async || {
            held.lock().await.execute("COMMIT").await.unwrap();
        },
    )
    .await;
}

#[tokio::test]
async fn postgresql_stopped_for_ten_seconds() {
    let database = Postgres::start();
    let url = database.url("postgres");
    let mut variables = STANDINS.to_vec();
    variables.push(("PRAXILOOM_DATABASE_URL", &url));
    let house = House::with(&variables);
    goes_on(
        &house,
        async || database.signal("-STOP"),
        async || database.signal("-CONT"),
    )
    .await;
}

#[tokio::test]
async fn postgresql_restarted_in_the_middle() {
    let database = Postgres::start();
    let url = database.url("postgres");
    let mut variables = STANDINS.to_vec();
    variables.push(("PRAXILOOM_DATABASE_URL", &url));
    let house = House::with(&variables);
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
    // Every connection to it breaks.
    for backend in database.family().into_iter().skip(1) {
        let _ = Command::new("kill").args(["-TERM", &backend]).status();
    }
    companion.turn().await;
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
}
