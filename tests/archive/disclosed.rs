//! What leaves the machine about a person is on record, and stays so.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use media::Position;
use praxiloom::archive::disclosures::{self, DisclosureRow};
use praxiloom::archive::sessions::EndReason;
use praxiloom::clock::Clock;
use praxiloom::disclosure::{Data, Purpose, VoiceMeter, Witness};
use sqlx::{Connection, SqliteConnection};

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
    let mut meter = voice(&witness, name);
    meter.count(1_600);
    scene.archive.settled().await;
    scene.clock.advance(Duration::from_secs(1));
    meter.count(160_000);
    drop(meter);
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
        row(0, "voice", 10_100, "listening"),
        row(1, "words", 1_200, "answering"),
        row(1, "words", 1_200, "speaking"),
    ];
    assert_eq!(told, expected);
    let none = disclosures::of_session(scene.db.of(&scene.me), "sess_b").await;
    assert!(none.unwrap().is_empty());
    scene.archive.delete(&scene.me, "sess_a").await.unwrap();
    let kept = disclosures::of_session(scene.db.of(&scene.me), "sess_a").await;
    assert_eq!(kept.unwrap(), rows, "who received something stays known");
    assert_eq!(lines(&scene.folder), 0, "the database has them");
}

/// Counts the sound of a connection to a vendor, of 16 000 samples a second.
fn voice(witness: &Witness, name: &str) -> VoiceMeter {
    let (name, engine) = (Some(name.to_owned()), "vendor".to_owned());
    VoiceMeter::new(witness.clone(), name, engine, 16_000)
}

/// How many lines the files have of what the database has not taken.
fn lines(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder.join(".disclosures")).unwrap();
    let text = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap_or_default());
    text.map(|text| text.lines().count()).sum()
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

const CHILD: &str = "ARCHIVE_TEST_DISCLOSES_IN";

/// Not a test of its own: what the killed process does. Once it is told to, it discloses words and
/// voice.
#[tokio::test]
async fn discloses_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else {
        return;
    };
    let scene = Scene::sqlite(Path::new(&folder)).await;
    let witness = scene.record("sess_a").witness();
    scene.archive.settled().await;
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let mut meter = voice(&witness, "V");
    for characters in 1..=20 {
        let words = Data::Words { characters };
        witness.tell(Some("V"), "v", words, Purpose::Answering);
        meter.count(16_000);
    }
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn neither_a_locked_database_nor_a_death_meanwhile_loses_anything() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disclosed::discloses_until_it_is_killed"])
        .arg("--nocapture")
        .env(CHILD, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(told.any(|line| line.unwrap().contains("ready")));
    let url = format!("sqlite:{}", folder.path().join("praxiloom.db").display());
    let mut locked = SqliteConnection::connect(&url).await.unwrap();
    let lock = sqlx::query("BEGIN IMMEDIATE").execute(&mut locked);
    lock.await.unwrap();
    child.stdin.take().unwrap().write_all(b"now\n").unwrap();
    let sessions = folder.path().join("sessions");
    // The voice has a line for its first second, one for ten more, and those between count as one.
    let kept = async {
        while lines(&sessions) < 21 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let kept = tokio::time::timeout(Duration::from_secs(30), kept).await;
    child.kill().unwrap();
    child.wait().unwrap();
    kept.unwrap();
    locked.close().await.unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let rows = async {
        loop {
            let rows = disclosures::of_session(scene.db.of(&scene.me), "sess_a").await;
            match rows.unwrap() {
                rows if rows.len() < 21 => tokio::time::sleep(Duration::from_millis(50)).await,
                rows => return rows,
            }
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(30), rows).await;
    let rows = rows.unwrap();
    let amounts = |data: &str| {
        let rows = rows.iter().filter(|row| row.data == data);
        rows.map(|row| row.amount).collect::<Vec<_>>()
    };
    assert_eq!(amounts("words"), (1..=20).collect::<Vec<_>>());
    // At most ten seconds of it were not told yet.
    let voice = amounts("voice");
    assert!(voice.len() == 1 && voice[0] >= 10_000, "{voice:?}");
    while lines(&sessions) > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
