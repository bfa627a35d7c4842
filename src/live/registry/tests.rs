//! Places taken, taken over, given up and freed, in simulated time.

use super::*;

fn account(id: &str) -> AccountId {
    AccountId::new(id)
}

#[test]
fn a_full_house_takes_nobody_until_somebody_leaves() {
    let registry = Registry::new(1);
    let first = registry.enter("a", &account("me")).unwrap();
    assert!(registry.enter("b", &account("me")).is_none());
    assert_eq!(registry.taken(), 1);
    drop(first);
    assert!(registry.enter("b", &account("me")).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_come_at_once_for_the_last_place_one_has_it() {
    for round in 0..200 {
        let registry = Registry::new(3);
        let me = account("me");
        let _inside = [registry.enter("a", &me), registry.enter("b", &me)];
        let together = Arc::new(tokio::sync::Barrier::new(4));
        let comers: Vec<_> = (0..4)
            .map(|number| {
                let (registry, together) = (registry.clone(), together.clone());
                let (id, me) = (format!("comer_{number}"), me.clone());
                tokio::spawn(async move {
                    together.wait().await;
                    match number % 2 {
                        0 => registry.enter(&id, &me),
                        _ => registry.take_over(&id, &me).await.ok(),
                    }
                })
            })
            .collect();
        let mut places = Vec::new();
        for comer in comers {
            places.extend(comer.await.unwrap());
        }
        assert_eq!(places.len(), 1, "round {round}");
        assert_eq!(registry.taken(), 3);
    }
}

#[test]
fn a_session_can_be_ended_from_outside_by_its_own_account_alone() {
    let registry = Registry::new(2);
    let place = registry.enter("a", &account("me")).unwrap();
    assert_eq!(registry.hang_up("a", &account("you")), HangUp::NotLive);
    assert_eq!(registry.hang_up("b", &account("me")), HangUp::NotLive);
    assert!(!place.orders().hang_up.is_cancelled());
    assert_eq!(registry.hang_up("a", &account("me")), HangUp::Told);
    assert!(place.orders().hang_up.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_session_is_taken_over_once_its_connection_has_put_it_away() {
    let registry = Registry::new(1);
    let me = account("me");
    let first = registry.enter("a", &me).unwrap();
    let stranger = registry.take_over("a", &account("you")).await;
    assert_eq!(stranger.unwrap_err(), TakeOverError::NotFound);
    assert!(!first.orders().displaced.is_cancelled());
    let leaving = tokio::spawn(async move {
        first.orders().displaced.cancelled().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    });
    let began = Instant::now();
    // The house is full, but the session has its place.
    let second = registry.take_over("a", &me).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 2);
    leaving.await.unwrap();
    assert_eq!(registry.taken(), 1);
    // It does not let go.
    let third = registry.take_over("a", &me).await;
    assert_eq!(third.unwrap_err(), TakeOverError::Busy);
    assert!(second.orders().displaced.is_cancelled());
    let other = registry.take_over("b", &me).await;
    assert_eq!(other.unwrap_err(), TakeOverError::Full);
    assert_eq!(registry.taken(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_that_come_at_once_one_stays() {
    let registry = Registry::new(9);
    let serve = |registry: Registry| async move {
        let place = registry.take_over("a", &account("me")).await.unwrap();
        let displaced = place.orders().displaced.cancelled();
        tokio::time::timeout(Duration::from_secs(60), displaced)
            .await
            .is_err()
    };
    let (one, two) = tokio::join!(serve(registry.clone()), serve(registry.clone()));
    assert!(one != two, "{one} {two}");
    assert!(registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_a_crowd_that_waits_the_last_one_stays() {
    const CROWD: u64 = 30;
    let registry = Registry::new(9);
    let me = account("me");
    let first = registry.enter("a", &me).unwrap();
    let crowd: Vec<_> = (0..CROWD)
        .map(|at| {
            let (registry, me) = (registry.clone(), me.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(at)).await;
                registry.take_over("a", &me).await
            })
        })
        .collect();
    // Putting away takes a while, which thirty in a row would wait for thirty times.
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(first);
    let mut came = Vec::new();
    for one in crowd {
        came.push(one.await.unwrap());
    }
    let last = came.pop().unwrap().unwrap();
    assert!(!last.orders().displaced.is_cancelled());
    for one in came {
        assert_eq!(one.unwrap_err(), TakeOverError::Displaced);
    }
    drop(last);
    assert!(registry.is_empty());
}

/// Everything that can run has run.
async fn all_wait() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_in_the_middle_of_a_takeover_reaches_the_new_connection() {
    // While the old connection is put away, and between the two.
    for between in [false, true] {
        let registry = Registry::new(1);
        let me = account("me");
        let first = registry.enter("a", &me).unwrap();
        let (orders, other) = (first.orders().clone(), registry.clone());
        let second =
            tokio::spawn(async move { other.take_over("a", &account("me")).await.unwrap() });
        orders.displaced.cancelled().await;
        if !between {
            assert_eq!(registry.hang_up("a", &me), HangUp::Told);
        }
        drop(first);
        if between {
            assert_eq!(registry.hang_up("a", &me), HangUp::Told);
        }
        let second = second.await.unwrap();
        assert!(second.orders().hang_up.is_cancelled(), "{between}");
        assert!(!second.orders().displaced.is_cancelled());
        // Whoever ends a session waits for all of them.
        let ended = tokio::spawn({
            let registry = registry.clone();
            async move { registry.end("a", &account("me")).await }
        });
        all_wait().await;
        assert!(!ended.is_finished());
        drop(second);
        assert!(ended.await.unwrap() && registry.is_empty());
        // Another time it is not hung up any more.
        let third = registry.take_over("a", &me).await.unwrap();
        assert!(!third.orders().hang_up.is_cancelled());
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_leaves_nothing_behind() {
    let registry = Registry::new(1);
    let me = account("me");
    let first = registry.enter("a", &me).unwrap();
    let heir = tokio::spawn({
        let registry = registry.clone();
        async move { registry.take_over("a", &account("me")).await }
    });
    first.orders().displaced.cancelled().await;
    heir.abort();
    assert!(heir.await.unwrap_err().is_cancelled());
    drop(first);
    assert!(registry.is_empty());
    assert_eq!(registry.hang_up("a", &me), HangUp::NotLive);
    // The other way round: it waits no longer than it may, and the first leaves later.
    let first = registry.enter("a", &me).unwrap();
    let late = registry.take_over("a", &me).await;
    assert_eq!(late.unwrap_err(), TakeOverError::Busy);
    assert!(registry.is_live("a", &me));
    drop(first);
    assert!(registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn hang_ups_that_reached_other_nodes_are_heeded_as_they_are_told() {
    let registry = Registry::new(2);
    let me = account("me");
    let (tell, told) = watch::channel(Vec::new());
    let heeding = tokio::spawn(registry.clone().heed(told));
    let (one, other) = (registry.enter("a", &me), registry.enter("b", &me));
    let (one, other) = (one.unwrap(), other.unwrap());
    let of = |id: &str| (account("me"), id.to_owned());
    tell.send_replace(vec![of("a"), of("c")]);
    one.orders().hang_up.cancelled().await;
    // Again, until it has ended.
    tell.send_replace(vec![of("a"), (account("you"), "b".to_owned())]);
    all_wait().await;
    assert!(!other.orders().hang_up.is_cancelled());
    tell.send_replace(vec![of("a"), of("b")]);
    other.orders().hang_up.cancelled().await;
    drop(tell);
    heeding.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_end_is_awaited() {
    let registry = Registry::new(1);
    let me = account("me");
    assert!(registry.end("a", &me).await);
    let place = registry.enter("a", &me).unwrap();
    tokio::spawn(async move {
        place.orders().hang_up.cancelled().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    assert!(registry.end("a", &me).await);
    assert!(registry.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_counts_at_once_though_the_session_is_put_away_later() {
    let registry = Registry::new(1);
    let me = account("me");
    let first = registry.enter("a", &me).unwrap();
    assert_eq!(registry.hang_up("a", &me), HangUp::Told);
    assert_eq!(registry.hang_up("a", &me), HangUp::Before);
    assert_eq!(registry.hang_up("a", &account("you")), HangUp::NotLive);
    // Nobody goes on with it, and nobody waits to.
    let refused = registry.take_over("a", &me).await;
    assert_eq!(refused.unwrap_err(), TakeOverError::HungUp);
    assert!(!first.orders().displaced.is_cancelled());
    // Its place is free, and whoever waits for its end still waits.
    assert!(registry.taken() == 0 && registry.is_live("a", &me));
    let second = registry.enter("b", &me).unwrap();
    assert_eq!(registry.taken(), 1);
    assert!(registry.enter("c", &me).is_none());
    let ended = tokio::spawn({
        let registry = registry.clone();
        async move { registry.end("a", &account("me")).await }
    });
    all_wait().await;
    assert!(!ended.is_finished());
    // Who comes and goes ever again keeps no more than another house full waiting to be put away.
    assert_eq!(registry.hang_up("b", &me), HangUp::Told);
    assert!(registry.enter("c", &me).is_none());
    drop(first);
    assert!(ended.await.unwrap());
    let third = registry.enter("c", &me).unwrap();
    drop((second, third));
    assert!(registry.is_empty());
}
