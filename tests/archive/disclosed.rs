//! What leaves the machine about a person is on record, and stays so.

use std::time::Duration;

use media::Position;
use praxiloom::archive::disclosures::{self, DisclosureRow};
use praxiloom::archive::sessions::EndReason;
use praxiloom::clock::Clock;
use praxiloom::disclosure::{Data, Purpose};

use crate::postgres::Postgres;
use crate::scene::{NOON, Scene};

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    every_call_is_on_record(Scene::sqlite(folder.path()).await).await;
}

#[tokio::test]
async fn on_postgres() {
    let server = Postgres::start();
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::open(&server.url("postgres"), folder.path(), Clock::set_to(NOON)).await;
    every_call_is_on_record(scene).await;
}

async fn every_call_is_on_record(scene: Scene) {
    let recorder = scene.record("sess_a");
    let witness = recorder.witness();
    let name = "Vendor (vendor.example)";
    let vendor = Some(name);
    witness.tell(
        vendor,
        "vendor",
        Data::Voice { ms: 60_000 },
        Purpose::Listening,
    );
    scene.clock.advance(Duration::from_secs(1));
    let words = Data::Words { characters: 1_200 };
    witness.tell(vendor, "vendor", words, Purpose::Answering);
    witness.tell(None, "local", words, Purpose::Speaking);
    recorder
        .finish(Position::from_ms(2_000), EndReason::ByClient)
        .await;
    // An engine may have a last word when the recording is over.
    witness.tell(vendor, "vendor", words, Purpose::Speaking);
    scene.archive.settled().await;
    let rows = disclosures::of_session(scene.db.of(&scene.me), "sess_a")
        .await
        .unwrap();
    let told = |row: &DisclosureRow| {
        assert_eq!(
            (row.processor.as_str(), row.engine.as_str()),
            (name, "vendor")
        );
        let since = (row.at - NOON.0) / 1_000_000;
        (since, row.data.clone(), row.amount, row.purpose.clone())
    };
    let told: Vec<_> = rows.iter().map(told).collect();
    let row = |since, data: &str, amount, purpose: &str| {
        (since, data.to_owned(), amount, purpose.to_owned())
    };
    let expected = [
        row(0, "voice", 60_000, "listening"),
        row(1, "words", 1_200, "answering"),
        row(1, "words", 1_200, "speaking"),
    ];
    assert_eq!(told, expected);
    let none = disclosures::of_session(scene.db.of(&scene.me), "sess_b").await;
    assert!(none.unwrap().is_empty());
    scene.archive.delete(&scene.me, "sess_a").await.unwrap();
    let kept = disclosures::of_session(scene.db.of(&scene.me), "sess_a").await;
    assert_eq!(kept.unwrap(), rows, "who received something stays known");
}

#[tokio::test]
async fn a_database_that_is_away_for_a_while_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let recorder = scene.record("sess_a");
    scene.archive.settled().await;
    let lock = "ALTER TABLE disclosures RENAME TO elsewhere";
    sqlx::query(lock).execute(scene.db.pool()).await.unwrap();
    let witness = recorder.witness();
    for characters in 1..=20 {
        witness.tell(
            Some("V"),
            "v",
            Data::Words { characters },
            Purpose::Answering,
        );
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let unlock = "ALTER TABLE elsewhere RENAME TO disclosures";
    sqlx::query(unlock).execute(scene.db.pool()).await.unwrap();
    scene.archive.settled().await;
    let rows = disclosures::of_session(scene.db.of(&scene.me), "sess_a")
        .await
        .unwrap();
    let amounts: Vec<i64> = rows.iter().map(|row| row.amount).collect();
    assert_eq!(amounts, (1..=20).collect::<Vec<_>>());
    recorder
        .finish(Position::from_ms(10), EndReason::ByClient)
        .await;
}
