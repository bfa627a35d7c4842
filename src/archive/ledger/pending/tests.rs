//! In which order a session is written, whatever comes meanwhile.

use super::*;

/// A part of `sess_1` that begins, …
pub fn begin(part: u32) -> Begin {
    let from = Position::from_ms(u64::from(part) * 1000);
    Begin {
        account: AccountId::new("me"),
        id: "sess_1".to_owned(),
        part,
        from: Some(from),
        client_id: None,
        transport: "websocket".to_owned(),
        engines: "{}".to_owned(),
        started_at: Micros(0),
        is_new: part == 1,
        shared: Shared::new(from),
    }
}

/// … and that ends.
pub fn ended(part: u32) -> End {
    End {
        ended_at: Micros(1),
        reason: EndReason::Lost,
        length_ms: u64::from(part) * 1000 + 500,
        turns: 2,
        interruptions: 1,
    }
}

fn end(pending: &mut Pending) {
    close(pending);
    pending.tell(|image| image.end = Some(ended(image.begin.part)));
}

fn close(pending: &Pending) {
    let shared = &pending.image.begin.shared;
    shared.closed.store(true, Ordering::Release);
}

fn next(pending: &mut Pending) -> Option<(u32, bool, bool)> {
    let news = pending.news()?;
    pending.wrote(&news);
    Some((news.image.begin.part, news.inserted, news.followed))
}

#[test]
fn parts_are_written_one_after_the_other() {
    let mut pending = Pending::new(begin(1));
    for part in 2..4 {
        end(&mut pending);
        pending.hold(true);
        assert!(!pending.is_settled() && pending.news().is_none());
        pending.follow(begin(part));
    }
    let row = pending.row("here");
    let known = (row.part, row.length_ms, row.turns, row.interruptions);
    assert_eq!((known, row.ended_at), ((3, 2500, 4, 2), None));
    assert!(!pending.is_settled());
    assert_eq!(next(&mut pending), Some((1, false, true)));
    assert_eq!(next(&mut pending), Some((2, true, true)));
    assert_eq!(next(&mut pending), Some((3, true, false)));
    assert_eq!(next(&mut pending), None);
    assert!(pending.is_idle());
    end(&mut pending);
    assert_eq!(next(&mut pending), Some((3, true, false)));
    assert!(pending.is_over());
}

#[test]
fn a_session_has_not_ended_before_its_files_are_complete() {
    let mut pending = Pending::new(begin(1));
    pending.tell(|image| image.end = Some(ended(1)));
    let news = pending.news().unwrap();
    assert!(news.image.over().is_none());
    // That the part did is known at once.
    let part = PartRow::of(&news.image).unwrap();
    assert_eq!(part.end_reason.as_deref(), Some("lost"));
    pending.wrote(&news);
    assert!(!pending.has_news() && !pending.is_over());
    assert_eq!(pending.row("here").ended_at, None);
    close(&pending);
    assert_eq!(pending.row("here").ended_at, Some(1));
    let news = pending.news().unwrap();
    assert!(news.image.over().is_some());
    assert!(!pending.is_over());
    pending.wrote(&news);
    assert!(!pending.has_news() && pending.is_over());
}

#[test]
fn what_follows_while_an_end_is_written_is_written_too() {
    let mut pending = Pending::new(begin(1));
    end(&mut pending);
    let on_its_way = pending.news().unwrap();
    pending.hold(true);
    pending.follow(begin(2));
    pending.wrote(&on_its_way);
    assert_eq!(next(&mut pending), Some((1, true, true)));
    assert_eq!(next(&mut pending), Some((2, true, false)));
    // Let go of while it is written, it is over.
    end(&mut pending);
    let on_its_way = pending.news().unwrap();
    pending.hold(true);
    pending.wrote(&on_its_way);
    assert!(!pending.is_over());
    pending.hold(false);
    assert!(pending.is_over() && pending.news().is_none());
}

#[test]
fn what_is_on_record_follows_from_the_parts() {
    let part = |from_ms, stopped_at_ms| PartRow {
        number: 1,
        transport: String::new(),
        from_ms,
        to_ms: None,
        end_reason: None,
        stopped_at_ms,
        stopped_reason: None,
    };
    let (whole, never) = (part(0, None), part(5, Some(5)));
    let stopped = part(0, Some(3));
    assert_eq!(recording(&[whole.clone(), whole.clone()]), "whole");
    assert_eq!(recording(&[never.clone(), never.clone()]), "none");
    assert_eq!(recording(&[stopped.clone(), never.clone()]), "stopped");
    assert_eq!(recording(&[whole.clone(), stopped.clone()]), "stopped");
    assert_eq!(recording(&[never, whole.clone()]), "interrupted");
    assert_eq!(recording(&[stopped, whole]), "interrupted");
}
