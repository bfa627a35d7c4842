//! What the ledger does with sessions that go on, and with a disk that takes nothing.

use std::sync::atomic::Ordering;

use super::pending::tests::{begin, ended};
use super::*;
use crate::archive::flusher::Flusher;
use crate::archive::layout::Layout;
use crate::telemetry::Metrics;

/// A first part that has ended, and that the database knows; its files are complete, or not.
fn written(ledger: &Ledger, closed: bool) -> Begin {
    let first = begin(1);
    first.shared.closed.store(closed, Ordering::Release);
    ledger.begin(first.clone());
    ledger.end(&first.id, ended(1));
    let news = ledger.news(&first.id).unwrap();
    ledger.wrote(&first.id, &news, true);
    first
}

#[test]
fn a_session_whose_files_are_not_closed_is_not_gone_on_with() {
    let ledger = Ledger::new("here".to_owned());
    let Begin {
        account,
        id,
        shared,
        ..
    } = written(&ledger, false);
    // The database is faster than the disk.
    assert!(ledger.news(&id).is_none());
    assert!(matches!(ledger.hold(&account, &id), Known::Closing));
    shared.closed.store(true, Ordering::Release);
    assert!(matches!(ledger.hold(&account, &id), Known::Held(..)));
    let news = ledger.news(&id).unwrap();
    ledger.wrote(&id, &news, true);
    assert!(matches!(ledger.hold(&account, &id), Known::Written));
}

#[tokio::test]
async fn a_session_that_goes_on_as_it_is_forgotten_stays_marked() {
    let root = tempfile::tempdir().unwrap();
    let layout = Layout::open(root.path()).unwrap();
    let ledger = Ledger::new("here".to_owned());
    let Begin { account, id, .. } = written(&ledger, true);
    let mark = || layout.mark("here", &account, &id).unwrap();
    mark();
    let goes_on = async {
        ledger.begin(begin(2));
        mark();
    };
    tokio::join!(biased; ledger.forget(&id, &layout), goes_on);
    let marked = layout.marked("here").unwrap();
    assert_eq!(marked, [(account.clone(), id.clone())]);
    assert!(ledger.knows(&account, &id));
    // It ends, and is forgotten.
    let second = begin(2);
    second.shared.closed.store(true, Ordering::Release);
    ledger.begin(second);
    ledger.end(&id, ended(2));
    let news = ledger.news(&id).unwrap();
    ledger.wrote(&id, &news, true);
    ledger.forget(&id, &layout).await;
    assert!(layout.marked("here").unwrap().is_empty());
    assert!(!ledger.knows(&account, &id));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_no_disclosures_is_not_tried_at_every_one() {
    let root = tempfile::tempdir().unwrap();
    let layout = Layout::open(root.path()).unwrap();
    let metrics = Metrics::new();
    let flusher = Flusher::start(root.path(), metrics.clone()).unwrap();
    let ledger = Ledger::new("here".to_owned());
    let folder = root.path().join(".disclosures");
    std::fs::remove_dir(&folder).unwrap();
    let failed = |times: u32| {
        let counted = format!("praxiloom_errors_total{{place=\"archive\"}} {times}\n");
        metrics.render().contains(&counted)
    };
    let disclosed = async {
        for id in 0..5 {
            ledger.disclosed(AccountId::new("me"), row(id));
            let long = std::time::Instant::now() + Duration::from_secs(60);
            while !failed(1) && std::time::Instant::now() < long {
                tokio::task::yield_now().await;
            }
            // Time enough for another try.
            for _ in 0..20 {
                std::thread::sleep(Duration::from_millis(1));
                tokio::task::yield_now().await;
            }
        }
        assert!(failed(1), "{}", metrics.render());
        std::fs::create_dir(&folder).unwrap();
        let lines = || std::fs::read_to_string(layout.journal("here")).unwrap_or_default();
        let long = std::time::Instant::now() + Duration::from_secs(60);
        while lines().lines().count() < 5 {
            assert!(std::time::Instant::now() < long, "nothing is kept");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(failed(1), "{}", metrics.render());
    };
    tokio::select! {
        () = ledger.keep(&layout, &flusher, &metrics) => panic!("it is kept for ever"),
        () = disclosed => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_took_nothing_holds_up_nobody_once_the_database_has_all() {
    let root = tempfile::tempdir().unwrap();
    let layout = Layout::open(root.path()).unwrap();
    let metrics = Metrics::new();
    let flusher = Flusher::start(root.path(), metrics.clone()).unwrap();
    let ledger = Ledger::new("here".to_owned());
    let folder = root.path().join(".disclosures");
    std::fs::remove_dir(&folder).unwrap();
    ledger.disclosed(AccountId::new("me"), row(1));
    let taken = async {
        let long = std::time::Instant::now() + Duration::from_secs(60);
        while !metrics.render().contains("place=\"archive\"} 1\n") {
            assert!(std::time::Instant::now() < long, "it was not tried");
            tokio::task::yield_now().await;
        }
        std::fs::create_dir(&folder).unwrap();
        let told = tokio::time::Instant::now();
        ledger.waiting().pop();
        ledger.0.settled.notify_waiters();
        ledger.drained().await;
        assert!(told.elapsed() < REVISIT, "{:?}", told.elapsed());
    };
    tokio::select! {
        () = ledger.keep(&layout, &flusher, &metrics) => panic!("it is kept for ever"),
        () = taken => {}
    }
}

#[test]
fn a_session_goes_on_until_the_database_knows_its_present_part() {
    let ledger = Ledger::new("here".to_owned());
    let Begin { account, id, .. } = written(&ledger, true);
    assert!(!ledger.goes_on(&id));
    ledger.end(&id, ended(1));
    let Known::Held(hold, _) = ledger.hold(&account, &id) else {
        panic!("it is not held");
    };
    assert!(ledger.goes_on(&id));
    ledger.begin(begin(2));
    drop(hold);
    assert!(ledger.goes_on(&id));
    let news = ledger.news(&id).unwrap();
    ledger.wrote(&id, &news, true);
    assert!(!ledger.goes_on(&id));
}

fn row(id: u32) -> DisclosureRow {
    DisclosureRow {
        id: id.to_string(),
        session_id: "sess_1".to_owned(),
        at: 0,
        processor: "Vendor (vendor.example)".to_owned(),
        engine: "vendor".to_owned(),
        data: "words".to_owned(),
        amount: 1,
        purpose: "answering".to_owned(),
    }
}
