//! How long a stop waits for what cannot be had.

use std::time::{Duration, Instant};

use praxiloom::archive::EndReason;

use crate::disk::Disk;
use crate::scene::{Scene, Tone, ms, speak};

#[tokio::test]
async fn a_stop_does_not_wait_for_room_on_a_full_disk() {
    let Some(disk) = Disk::mount("32m") else {
        return;
    };
    let scene = Scene::sqlite(disk.path()).await;
    let mut recorder = scene.record("sess_1");
    speak(&mut recorder, &mut Tone::new(), ms(0), ms(1000));
    scene.archive.settled().await;
    // Nothing is kept for the database, and its log would have to grow.
    std::fs::remove_file(disk.path().join("praxiloom.db.reserve")).unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(scene.db.pool())
        .await
        .unwrap();
    disk.fill();
    recorder.finish(ms(1000), EndReason::ByClient).await;
    let began = Instant::now();
    scene.archive.close().await;
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    scene.db.close().await;
    drop(scene);
    // The next start finishes it, once there is room.
    disk.empty();
    let next = Scene::sqlite(disk.path()).await;
    let ended = async {
        loop {
            let found = next
                .archive
                .find(&next.me, "sess_1")
                .await
                .unwrap()
                .unwrap();
            match found.end_reason {
                Some(reason) => return reason,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let reason = tokio::time::timeout(Duration::from_secs(60), ended).await;
    assert!(reason.is_ok(), "it is not finished");
}
