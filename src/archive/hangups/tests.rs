//! Hang-ups of sessions that are open in the database and have no connection here.

use std::time::Duration;

use media::Position;
use sqlx::{Connection, SqliteConnection};
use tokio_util::sync::CancellationToken;

use super::super::ArchiveParts;
use super::super::ledger::{Begin, End, Image};
use super::super::sessions::SessionRow;
use super::super::writer::Shared;
use super::*;
use crate::clock::Clock;
use crate::config;
use crate::db::Db;
use crate::private::Private;
use crate::telemetry::Metrics;

const NOON: Micros = Micros(1_795_262_400_000_000);
const ID: &str = "sess_1";

struct Scene {
    archive: Archive,
    me: AccountId,
    url: String,
    _folder: tempfile::TempDir,
}

/// An archive with a session that is open, which its disk refuses to finish: at this node, or at
/// another.
async fn scene(elsewhere: bool) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let config = config::Database {
        url: Private::new(url.clone()),
        max_connections: 2,
    };
    let db = Db::open(&config).await.unwrap();
    let me = AccountId::new("me");
    sqlx::query("INSERT INTO accounts (id, created_at) VALUES ($1, $2)")
        .bind(me.as_str())
        .bind(NOON.0)
        .execute(db.pool())
        .await
        .unwrap();
    let parts = ArchiveParts {
        folder: folder.path().join("sessions"),
        resume_within: Duration::from_secs(600),
        home: None,
        db,
        clock: Clock::set_to(NOON),
        metrics: Metrics::new(),
        failed: CancellationToken::new(),
    };
    let archive = Archive::open(parts).await.unwrap();
    let manifest = archive.core.layout.session(&me, ID).unwrap().manifest();
    std::fs::create_dir_all(manifest).unwrap();
    let scene = Scene {
        archive,
        me,
        url,
        _folder: folder,
    };
    let of = scene.archive.core.db.of(&scene.me);
    let begin = scene.image(None).begin;
    let here = &scene.archive.core.node;
    let node = if elsewhere { "there" } else { here };
    sessions::insert(of, &begin, node).await.unwrap();
    scene
}

impl Scene {
    fn image(&self, reason: Option<EndReason>) -> Image {
        Image {
            begin: Begin {
                account: self.me.clone(),
                id: ID.to_owned(),
                part: 1,
                from: Some(Position::ZERO),
                client_id: None,
                transport: "websocket".to_owned(),
                engines: "{}".to_owned(),
                started_at: NOON,
                is_new: true,
                shared: Shared::new(Position::ZERO),
            },
            stopped: None,
            end: reason.map(|reason| End {
                ended_at: NOON.plus(Duration::from_secs(1)),
                reason,
                length_ms: 1000,
                turns: 1,
                interruptions: 0,
            }),
            closed: true,
        }
    }

    async fn row(&self) -> SessionRow {
        let of = self.archive.core.db.of(&self.me);
        sessions::find(of, ID).await.unwrap().unwrap()
    }

    async fn node(&self) -> String {
        self.row().await.node.unwrap()
    }

    async fn mark(&self) -> bool {
        let of = self.archive.core.db.of(&self.me);
        sessions::mark_hung_up(of, ID, NOON).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_dead_node_left_was_hung_up_though_it_is_finished_later() {
    let scene = scene(true).await;
    let Scene { archive, me, .. } = &scene;
    // The row is this node's then, and open.
    assert!(archive.hung_up(me, ID).await.unwrap());
    assert_eq!(scene.node().await, archive.core.node);
    assert_eq!(scene.row().await.ended_at, None);
    assert!(!archive.hung_up(me, ID).await.unwrap(), "twice");
    let manifest = archive.core.layout.session(me, ID).unwrap().manifest();
    std::fs::remove_dir(manifest).unwrap();
    archive.core.sweep().await;
    let row = scene.row().await;
    assert_eq!(row.end_reason.as_deref(), Some("hung_up"));
    assert!(!archive.hung_up(me, ID).await.unwrap(), "it ended before");
}

#[tokio::test]
async fn whoever_ends_a_session_that_was_hung_up_heeds_it() {
    for (said, kept) in [
        (EndReason::ByClient, "hung_up"),
        (EndReason::Lost, "hung_up"),
        (EndReason::ServerStopped, "hung_up"),
        (EndReason::Expired, "expired"),
    ] {
        let scene = scene(false).await;
        let core = &scene.archive.core;
        assert!(scene.mark().await);
        assert!(!scene.mark().await);
        let (of, node) = (core.db.of(&scene.me), scene.node().await);
        let ended = scene.image(Some(said));
        assert!(sessions::update(of, &ended, &node).await.unwrap());
        assert_eq!(scene.row().await.end_reason.as_deref(), Some(kept));
        let left = sessions::marked_hung_up(&core.db, &node).await.unwrap();
        assert!(left.is_empty(), "the mark stays");
    }
}

#[tokio::test]
async fn what_goes_on_was_hung_up_no_more() {
    let scene = scene(false).await;
    let core = &scene.archive.core;
    assert!(scene.mark().await);
    let (of, node) = (core.db.of(&scene.me), scene.node().await);
    let ended = scene.image(Some(EndReason::Lost));
    assert!(sessions::pass_on(of, &ended, &node).await.unwrap());
    let left = sessions::marked_hung_up(&core.db, &node).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test]
async fn a_hang_up_of_a_live_session_that_cannot_be_told_is_refused() {
    let scene = scene(true).await;
    let mut writer = SqliteConnection::connect(&scene.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut writer)
        .await
        .unwrap();
    let refused = scene.archive.hung_up(&scene.me, ID).await;
    assert!(refused.is_err_and(|error| error.is_passing()));
}
