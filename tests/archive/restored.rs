//! A database that was put back without the sessions whose folders are there.

use std::path::Path;
use std::time::Duration;

use praxiloom::archive::event::Speaker;
use praxiloom::archive::{Deletion, EndReason, Part, Voices};
use praxiloom::clock::Clock;

use crate::scene::{NOON, Scene, Tone, configured, ms, said, speak};

async fn on(folder: &Path, database: &str) -> Scene {
    let url = format!("sqlite:{}", folder.join(database).display());
    Scene::open(&url, &folder.join("sessions"), Clock::set_to(NOON)).await
}

/// Waits until there are so many sessions in the list.
async fn listed(scene: &Scene, count: usize) -> Vec<praxiloom::archive::sessions::SessionRow> {
    let listed = async {
        loop {
            let rows = scene.archive.list(&scene.me, 10, None).await.unwrap();
            if rows.len() == count && rows.iter().all(|row| row.ended_at.is_some()) {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), listed)
        .await
        .expect("they are not listed")
}

#[tokio::test]
async fn what_a_database_does_not_know_is_listed_again() {
    let folder = tempfile::tempdir().unwrap();
    let scene = on(folder.path(), "first.db").await;
    for id in ["sess_1", "sess_2", "sess_gone"] {
        let mut recorder = scene.record(id);
        recorder.event(ms(0), &configured(id, Some("maya")));
        recorder.event(ms(100), &said("a", Speaker::Coach, 100, "How are you?"));
        speak(&mut recorder, &mut Tone::new(), ms(0), ms(1000));
        scene.clock.advance(Duration::from_secs(1));
        recorder.finish(ms(1000), EndReason::Lost).await;
    }
    scene.archive.settled().await;
    let reopened = scene.archive.reopen(&scene.me, "sess_2").await.unwrap();
    let from = reopened.from;
    let mut recorder = scene.archive.record(Part {
        number: 2,
        from,
        transport: "webrtc",
        client_id: reopened.client_id,
        claim: Some(reopened.claim),
        ..scene.part("sess_2")
    });
    speak(
        &mut recorder,
        &mut Tone::new(),
        from,
        from + Duration::from_secs(1),
    );
    scene.clock.advance(Duration::from_secs(1));
    let end = from + Duration::from_secs(1);
    recorder.finish(end, EndReason::ByClient).await;
    scene.archive.settled().await;
    let deleted = scene.archive.delete(&scene.me, "sess_gone").await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    let before = listed(&scene, 2).await;
    scene.archive.close().await;
    // Somebody else's, and nothing of ours.
    let of_me = folder.path().join("sessions").join(scene.me.as_str());
    for strange in ["notes", "lost+found"] {
        std::fs::create_dir(of_me.join(strange)).unwrap();
    }
    std::fs::write(folder.path().join("sessions/readme"), "").unwrap();

    let next = on(folder.path(), "second.db").await;
    let mut after = listed(&next, 2).await;
    for (row, before) in after.iter_mut().zip(&before) {
        // Which node it was at is of no account any more.
        assert_ne!(row.node, before.node);
        row.node.clone_from(&before.node);
    }
    assert_eq!(after, before);
    let parts = next.archive.parts(&next.me, "sess_2").await.unwrap();
    assert_eq!(
        parts,
        scene.archive.parts(&scene.me, "sess_2").await.unwrap()
    );
    let sound = next.archive.sound(&next.me, "sess_1", Voices::Both).await;
    assert!(sound.unwrap().metadata().unwrap().len() > 1000);
    let deleted = next.archive.delete(&next.me, "sess_1").await.unwrap();
    assert_eq!(deleted, Deletion::Done);
    assert!(!next.session("sess_1").exists());
    assert_eq!(listed(&next, 1).await[0].id, "sess_2");
}
