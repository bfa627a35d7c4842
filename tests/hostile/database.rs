//! A database that is locked, or gone, for ten seconds: sessions begin, go on and end as if nothing
//! were, and afterwards every row says what happened.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Error;

use crate::companion::Companion;
use crate::house::{House, STANDINS};
use crate::postgres::Postgres;
use crate::server::client;
use crate::socket::{LONG, Socket};

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
            let (_, passed) = tokio::join!(is_let_in(house, &known), async {
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
    join_all([companion, beginning].map(async |mut companion| {
        // They were told, and that it is over; the time in which it is found out is not theirs.
        while companion.notices().last() != Some(&"database_back") {
            companion.socket.until("praxiloom.notice").await;
        }
        assert_eq!(companion.notices(), ["database_behind", "database_back"]);
        let answers = companion.answers.clone();
        let session = companion.leave(house).await;
        house.assert_kept(&session, &answers).await;
    }))
    .await;
    let listed = house.get("/api/sessions").await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 5, "{listed}");
}

/// Asserts that a client secret and a ticket can be had, and are good, while the database takes
/// nothing, and that a session which has just lost its connection says when to come back for it.
async fn is_let_in(house: &House, known: &str) {
    let post = async |path: &str| {
        let url = format!("{}{path}", house.process.url());
        client().post(url).send().await.unwrap()
    };
    let issued = post("/v1/realtime/client_secrets").await;
    assert_eq!(issued.status(), 200);
    let issued: Value = issued.json().await.unwrap();
    let key = format!("Bearer {}", issued["value"].as_str().unwrap());
    let mut socket = Socket::with(&house.socket(), &[("authorization", &key)])
        .await
        .unwrap();
    let id = socket.id();
    socket.stream.close(None).await.unwrap();
    let ticket = post(&format!("/api/sessions/{known}/ticket")).await;
    assert_eq!(ticket.status(), 200);
    let ticket: Value = ticket.json().await.unwrap();
    let ticket = ticket["ticket"].as_str().unwrap();
    let path = format!("/api/sessions/{known}/audio?ticket={ticket}");
    let heard = client().get(house.process.url().to_owned() + &path);
    let status = heard.send().await.unwrap().status();
    // One that does not even answer knows of no recording.
    assert!(status == 200 || status == 503, "{status}");
    let again = format!("{}?resume={id}", house.socket());
    match Socket::with(&again, &[]).await.err() {
        Some(Error::Http(refused)) => {
            assert_eq!(refused.status(), 503);
            assert_eq!(refused.headers()["retry-after"], "2");
        }
        other => panic!("{other:?}"),
    }
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

/// Asks for something, and gives the status of the answer.
async fn ask(house: &House, method: Method, path: &str) -> u16 {
    let url = format!("{}{path}", house.process.url());
    let answer = client().request(method, url).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn what_a_locked_database_cannot_do_is_not_done_by_half() {
    let house = House::start();
    let path = house.data.join("praxiloom.db");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let mut companion = Companion::begin(&house).await;
    let mut lost = Companion::begin(&house).await;
    tokio::join!(companion.turn(), lost.turn());
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    // A session that cannot be deleted is not hung up either.
    let live = format!("/api/sessions/{}", companion.id());
    let delete = ask(&house, Method::DELETE, &live);
    assert_eq!(companion.talk_while(delete).await, 503);
    companion.turn().await;
    // One that loses its connection and is hung up then was not cut off: it is told as soon as it
    // can be. One that begins is listed.
    let id = lost.id();
    drop(lost);
    let begun = Companion::begin(&house).await;
    let hung_up = format!("/v1/realtime/calls/{id}/hangup");
    let (status, listed) = companion
        .talk_while(async {
            let status = ask(&house, Method::POST, &hung_up).await;
            (status, house.get("/api/sessions").await)
        })
        .await;
    assert_eq!(status, 200);
    let newest = &listed["sessions"][0];
    assert_eq!(newest["id"], *begun.id(), "{listed}");
    assert_eq!(newest["status"], "live", "{listed}");
    let warned = house.warns(json!(["database_behind"]));
    companion.talk_while(warned).await;
    other.execute("COMMIT").await.unwrap();
    let told = async {
        while house.ended(&id).await["end_reason"] != "by_client" {
            sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(LONG, told).await.expect("the hang-up is lost");
    assert_eq!(ask(&house, Method::DELETE, &live).await, 204);
    begun.leave(&house).await;
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
