//! A server that is killed with several live sessions: the next start finishes them from their
//! files, and at most the last second is lost.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use crate::companion::Companion;
use crate::house::{House, STANDINS};

const SESSIONS: usize = 6;

/// What may be lost: the half second that is collected, the half second of a page, and what a busy
/// machine adds.
const LOST: Duration = Duration::from_millis(2500);

#[tokio::test]
async fn kill_9_with_live_sessions_loses_no_more_than_the_last_second() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::at(folder.path(), &STANDINS);
    let mut companions = Vec::new();
    for _ in 0..SESSIONS {
        let mut companion = Companion::begin(&house).await;
        companion.in_real_time = true;
        companions.push((Instant::now(), companion));
    }
    join_all(companions.iter_mut().map(|(_, companion)| companion.turn())).await;
    // Killed in the middle of the next turn.
    let turns = companions.iter_mut().map(async |(_, companion)| {
        companion.ask().await;
        companion.socket.until("response.output_audio.delta").await;
    });
    join_all(turns).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lived: Vec<Duration> = companions
        .iter()
        .map(|(begun, _)| begun.elapsed())
        .collect();
    house.process.signal("KILL");
    drop(house);
    let house = House::at(folder.path(), &STANDINS);
    for ((_, companion), lived) in companions.iter().zip(lived) {
        let id = companion.id();
        let session = house.ended(&id).await;
        assert_eq!(session["cut_off"], true, "{session}");
        let length = Duration::from_millis(session["length_ms"].as_u64().unwrap());
        let lost = lived.saturating_sub(length);
        println!("killed after {lived:?}: {length:?} on record, {lost:?} lost");
        assert!(lost < LOST, "{lost:?} lost");
        house.assert_kept(&session, &companion.answers).await;
    }
    // The house is in order: sessions begin, and an old one goes on.
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
}
