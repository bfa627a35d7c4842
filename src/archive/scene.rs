//! For tests: an archive on a disk that fails or stalls on purpose.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use media::Position;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::sessions::{self, SessionRow};
use super::writer::WriteAt;
use super::{Archive, ArchiveParts, Part, Recorder};
use crate::clock::{Clock, Micros};
use crate::config;
use crate::db::{AccountId, Db};
use crate::private::Private;
use crate::telemetry::Metrics;

pub(super) const NOON: Micros = Micros(1_795_262_400_000_000);

/// An archive with its database.
pub(super) struct Scene {
    pub archive: Archive,
    pub me: AccountId,
    pub metrics: Metrics,
    /// Where everything is, if it is this scene's alone.
    pub folder: Option<TempDir>,
}

/// Everything in a folder of its own.
pub(super) async fn scene(disk: WriteAt) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let scene = node(&url, &folder.path().join("sessions"), disk).await;
    Scene {
        folder: Some(folder),
        ..scene
    }
}

/// One of several nodes, maybe, with this database and this folder of recordings.
pub(super) async fn node(url: &str, sessions: &Path, disk: WriteAt) -> Scene {
    let config = config::Database {
        url: Private::new(url.to_owned()),
        max_connections: 2,
    };
    let db = Db::open(&config).await.unwrap();
    let me = AccountId::new("me");
    sqlx::query(
        "INSERT INTO accounts (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
    )
    .bind(me.as_str())
    .bind(NOON.0)
    .execute(db.pool())
    .await
    .unwrap();
    let metrics = Metrics::new();
    let parts = ArchiveParts {
        folder: PathBuf::from(sessions),
        resume_within: Duration::from_secs(600),
        home: None,
        db,
        clock: Clock::set_to(NOON),
        metrics: metrics.clone(),
        failed: CancellationToken::new(),
    };
    Scene {
        archive: Archive::open_on(parts, disk).await.unwrap(),
        me,
        metrics,
        folder: None,
    }
}

impl Scene {
    pub(super) fn record(&self, id: &str) -> Recorder {
        self.archive.record(self.part(id))
    }

    pub(super) fn part(&self, id: &str) -> Part {
        Part {
            account: self.me.clone(),
            id: id.to_owned(),
            number: 1,
            from: Position::ZERO,
            transport: "websocket",
            client_id: None,
            engines: serde_json::json!({}),
            began_at: NOON,
            claim: None,
        }
    }

    pub(super) async fn row(&self, id: &str) -> Option<SessionRow> {
        let of = self.archive.core.db.of(&self.me);
        sessions::find(of, id).await.unwrap()
    }
}

/// Records half a second, which is a batch.
pub(super) fn half_a_second(recorder: &mut Recorder, half: u64) {
    // SILK, 20 ms, one frame of noise: of the size of speech.
    let packet = [&[0x48][..], &[0x5A; 60]].concat();
    for frame in 0..25 {
        let at = Position::from_ms(half * 500 + frame * 20);
        recorder.coach(at, &packet, 90);
        recorder.client(at, &packet, 90);
        recorder.trace("{\"input\":\"time\"}");
    }
    recorder.tick(Position::from_ms(half * 500 + 500));
}

/// A disk that does not answer while it is stuck.
pub(super) fn answers_unless(stuck: &Arc<AtomicBool>) -> WriteAt {
    let stuck = stuck.clone();
    Box::new(move |file, bytes, at| {
        while stuck.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        file.write_at(bytes, at)
    })
}
