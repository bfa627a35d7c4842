//! A database that is locked, or gone, for ten seconds: sessions begin, go on and end as if nothing
//! were, and afterwards every row says what happened.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tokio::time::{Instant, sleep, timeout};

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
    let mut broken = Companion::begin(house).await;
    tokio::join!(companion.turn(), ending.turn(), broken.turn());
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
            let (_, broken, passed) = tokio::join!(
                is_let_in(house, &known),
                Box::pin(resumed(house, broken)),
                async {
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
                }
            );
            sleep((stopped + AWAY).saturating_duration_since(Instant::now())).await;
            go().await;
            beginning.turn().await;
            (beginning, broken, passed)
        })
        .await;
    let (beginning, broken, (passed, passed_answers)) = others;
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
    let answers = broken.answers.clone();
    let session = broken.leave(house).await;
    house.assert_kept(&session, &answers).await;
    assert_parts(&session, &["lost", "displaced", "by_client"]);
    let listed = house.get("/api/sessions").await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 6, "{listed}");
}

/// Goes on with a session whose connection breaks, and again over another connection while it still
/// has that.
async fn resumed(house: &House, broken: Companion) -> Companion {
    let (id, mut answers) = (broken.id(), broken.answers.clone());
    drop(broken);
    let mut again = None;
    for _ in 0..2 {
        let asked = Instant::now();
        let mut next = Companion::try_resume(house, &id).await.unwrap();
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(5), "it went on after {took:?}");
        next.turn().await;
        answers.append(&mut next.answers);
        again = Some(next);
    }
    let mut again = again.unwrap();
    again.answers = answers;
    again
}

/// Asserts that a session has parts that ended for these reasons.
fn assert_parts(session: &Value, reasons: &[&str]) {
    let parts = session["parts"].as_array().unwrap().iter();
    let ends: Vec<&str> = parts
        .map(|part| part["end_reason"].as_str().unwrap())
        .collect();
    assert_eq!(ends, reasons, "{session}");
}

/// Asserts that a client secret and a ticket can be had, and are good, while the database takes
/// nothing, and that a session which it never heard of goes on.
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
    let again = Socket::with(&again, &[("authorization", &key)]).await;
    assert_eq!(again.unwrap().id(), id);
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
async fn sqlite_locked_and_the_server_killed() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::at(folder.path(), &STANDINS);
    let path = house.data.join("praxiloom.db");
    let mut other = SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let mut known = Companion::begin(&house).await;
    known.turn().await;
    house.warns(json!([])).await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    let begun = async {
        let mut new = Companion::begin(&house).await;
        new.turn().await;
        new
    };
    let new = known.listen_while(begun).await;
    let both = join_all([known, new].map(|broken| resumed(&house, broken))).await;
    // What is said reaches the disk within a second.
    sleep(Duration::from_millis(1100)).await;
    house.process.signal("KILL");
    house.process.wait();
    other.execute("COMMIT").await.unwrap();

    let house = House::at(folder.path(), &STANDINS);
    for killed in both {
        let id = killed.id();
        let session = house.ended(&id).await;
        assert_parts(&session, &["lost", "displaced", "lost"]);
        house.assert_kept(&session, &killed.answers).await;
        let mut again = Companion::try_resume(&house, &id).await.unwrap();
        again.turn().await;
        let session = again.leave(&house).await;
        assert_parts(&session, &["lost", "displaced", "lost", "by_client"]);
    }
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
    let mut gone = Companion::begin(&house).await;
    tokio::join!(companion.turn(), lost.turn(), gone.turn());
    let gone = gone.leave(&house).await;
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    // A session that cannot be deleted is not hung up either.
    let live = format!("/api/sessions/{}", companion.id());
    let delete = ask(&house, Method::DELETE, &live);
    let status = lost.listen_while(companion.talk_while(delete)).await;
    assert_eq!(status, 503);
    lost.listen_while(companion.turn()).await;
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
    // One that this server ended is nobody else's by now, SQLite having one server: it goes on.
    let gone = gone["id"].as_str().unwrap();
    let asked = Instant::now();
    let mut again = Companion::try_resume(&house, gone).await.unwrap();
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(3), "it went on after {took:?}");
    again.turn().await;
    other.execute("COMMIT").await.unwrap();
    let told = async {
        while house.ended(&id).await["end_reason"] != "hung_up" {
            sleep(Duration::from_millis(200)).await;
        }
    };
    let told = again.listen_while(timeout(LONG, told)).await;
    told.expect("the hang-up is lost");
    again.listen_while(house.warns(json!([]))).await;
    assert_parts(&again.leave(&house).await, &["by_client", "by_client"]);
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
