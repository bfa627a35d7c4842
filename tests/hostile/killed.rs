//! A server that is killed with several live sessions: the next start finishes them from their
//! files, and at most the last second is lost.

use std::time::Duration;

use futures::future::join_all;
use praxiloom::clock::Clock;
use tokio::time::Instant;

use crate::companion::Companion;
use crate::house::{House, STANDINS};

const SESSIONS: usize = 6;

/// What may be lost: the last second. Half a second more is the way of a frame to the server and what
/// passes until the signal arrives, since the clock here is not the session's.
const LOST: Duration = Duration::from_millis(1500);

/// How long nobody says anything: longer than the shortest time in which a session can be resumed.
const SILENCE: Duration = Duration::from_secs(65);

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
        let reaches = house.files_of(&id, true).reaches;
        let lost = lived.saturating_sub(reaches);
        println!("killed after {lived:?}: {reaches:?} on record, {lost:?} lost");
        assert!(lost < LOST, "{lost:?} lost");
        house.assert_kept(&session, &companion.answers).await;
    }
    // The house is in order: sessions begin, and an old one goes on.
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
}

/// Nothing happens in a session, and nothing is written of it, for longer than it could be resumed
/// after its end: it was there all the same, and goes on.
#[tokio::test]
async fn kill_9_of_a_session_that_was_silent_ends_it_then_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut variables = STANDINS.to_vec();
    variables.push(("PRAXILOOM_LIVE_RESUME_MINUTES", "1"));
    let house = House::at(folder.path(), &variables);
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
    let silent = Clock::system().now().plus(SILENCE);
    // The node lives on.
    let beat = async {
        loop {
            match house.beat() {
                Some(beat) if beat > silent.0 => return beat,
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    };
    let beat = companion.listen_while(beat).await;
    house.process.signal("KILL");
    drop(house);
    let house = House::at(folder.path(), &variables);
    let session = house.ended(&companion.id()).await;
    assert_eq!(session["end_reason"], "lost", "{session}");
    let ended = session["ended_at_ms"].as_i64().unwrap();
    assert!(ended >= beat / 1000, "{session}, alive at {beat}");
    let again = Companion::try_resume(&house, &companion.id()).await;
    let answers = companion.answers.clone();
    let session = again.unwrap().leave(&house).await;
    house.assert_kept(&session, &answers).await;
}
