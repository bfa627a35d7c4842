//! Tests of what was heard.

use proptest::prelude::*;

use super::*;

const fn ms(ms: u64) -> Position {
    Position::from_ms(ms)
}

const fn span(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Samples of `ms` milliseconds.
const fn len(ms: u64) -> u64 {
    ms * 24
}

fn heard(tag: u64, heard: u64, sent: u64) -> Heard {
    Heard {
        tag,
        heard: len(heard),
        sent: len(sent),
    }
}

fn paced(delay: u64, frames: impl Iterator<Item = (u64, u64)>) -> Playout {
    let mut playout = Playout::new(Holder::Sender, span(delay));
    for (tag, at) in frames {
        playout.send(tag, ms(at), len(20));
    }
    playout
}

#[test]
fn a_burst_is_heard_in_its_own_time() {
    let mut playout = Playout::new(Holder::Client, span(100));
    assert_eq!(playout.send(1, ms(1000), len(500)), ms(1000));
    assert_eq!(playout.send(1, ms(1010), len(500)), ms(1500));
    assert_eq!(playout.send(2, ms(1020), len(300)), ms(2000));
    assert_eq!(
        playout.heard(ms(1050)),
        [heard(1, 0, 1000), heard(2, 0, 300)]
    );
    assert_eq!(
        playout.heard(ms(1850)),
        [heard(1, 750, 1000), heard(2, 0, 300)]
    );
    assert_eq!(playout.heard_of(2, ms(2200)), Some(heard(2, 100, 300)));
    assert_eq!(playout.heard_of(3, ms(2200)), None);
    assert!(playout.is_playing(ms(2399)) && !playout.is_playing(ms(2400)));
    assert_eq!(playout.ends(), Some(ms(2400)));
    assert_eq!(playout.ahead(ms(1100)), span(1300));
}

#[test]
fn every_sample_is_heard_once_later_or_never() {
    let mut playout = Playout::new(Holder::Client, span(20));
    playout.send(1, ms(1000), len(200));
    playout.send(1, ms(1010), len(200));
    assert_eq!(playout.latest(), Some((1, len(400))));
    assert_eq!(playout.when(1, len(100)), When::At(ms(1120)));
    assert_eq!(playout.when(1, len(400)), When::Never);
    playout.pause(ms(1220));
    assert_eq!(playout.when(1, len(199)), When::At(ms(1219)));
    assert_eq!(playout.when(1, len(200)), When::Waits);
    playout.resume(ms(1720));
    assert_eq!(playout.latest(), Some((1, len(400))));
    assert_eq!(playout.when(1, len(199)), When::At(ms(1219)));
    assert_eq!(playout.when(1, len(200)), When::At(ms(1720)));
    playout.flush(ms(1820));
    assert_eq!(playout.when(1, len(299)), When::At(ms(1819)));
    assert_eq!(playout.when(1, len(300)), When::Never);
    playout.send(2, ms(2000), len(20));
    assert_eq!(playout.latest(), Some((2, len(20))));
    assert_eq!(playout.when(2, 0), When::At(ms(2020)));
    assert_eq!(playout.when(3, 0), When::Never);
}

#[test]
fn a_response_after_a_gap_begins_when_it_is_sent() {
    let mut playout = Playout::new(Holder::Client, span(50));
    playout.send(1, ms(0), len(100));
    assert_eq!(playout.send(2, ms(5000), len(100)), ms(5000));
    assert_eq!(
        playout.heard(ms(5050)),
        [heard(1, 100, 100), heard(2, 0, 100)]
    );
    playout.forget(1, ms(5050));
    assert_eq!(playout.heard(ms(5100)), [heard(2, 50, 100)]);
}

#[test]
fn what_a_pacing_sender_has_sent_will_be_heard() {
    let mut playout = paced(80, (0..10).map(|n| (1, 1000 + n * 20)));
    assert_eq!(playout.heard(ms(1180)), [heard(1, 100, 200)]);
    // The frame at 1180 begins exactly at the cut: it has not left.
    assert_eq!(playout.flush(ms(1180)), [heard(1, 180, 200)]);
    assert_eq!(playout.heard(ms(1200)), [heard(1, 120, 200)]);
    assert_eq!(playout.heard(ms(9000)), [heard(1, 180, 200)]);
    assert!(!playout.is_playing(ms(1260)));
}

#[test]
fn a_client_drops_what_it_has_not_played() {
    let mut playout = Playout::new(Holder::Client, span(100));
    for tag in 1..=3 {
        playout.send(tag, ms(0), len(1000));
    }
    assert_eq!(
        playout.flush(ms(1600)),
        [heard(2, 500, 1000), heard(3, 0, 1000)]
    );
    // The next response does not wait for what was dropped.
    assert_eq!(playout.send(4, ms(1700), len(100)), ms(1700));
}

#[test]
fn the_client_knows_better() {
    let mut playout = Playout::new(Holder::Client, span(100));
    playout.send(1, ms(0), len(1000));
    playout.send(2, ms(0), len(1000));
    // What was not flushed stays as it is, and so does what was never sent.
    playout.correct(2, len(200));
    assert_eq!(playout.flush(ms(1600)), [heard(2, 500, 1000)]);
    playout.correct(2, len(1001));
    playout.correct(9, 0);
    assert_eq!(playout.heard_of(2, ms(1600)), Some(heard(2, 500, 1000)));
    // Its word tells where it stopped, in either direction.
    playout.correct(2, len(350));
    assert_eq!(playout.when(2, len(349)), When::At(ms(1449)));
    assert_eq!(playout.when(2, len(350)), When::Never);
    playout.correct(2, len(560));
    assert_eq!(
        playout.heard(ms(1900)),
        [heard(1, 1000, 1000), heard(2, 560, 1000)]
    );
    playout.correct(1, len(900));
    assert_eq!(
        playout.heard(ms(1900)),
        [heard(1, 900, 1000), heard(2, 0, 1000)]
    );
}

#[test]
fn a_late_word_about_flushed_sound_leaves_the_next_alone() {
    let mut playout = Playout::new(Holder::Client, span(100));
    playout.send(1, ms(0), len(1000));
    assert_eq!(playout.flush(ms(600)), [heard(1, 500, 1000)]);
    playout.send(2, ms(1500), len(1000));
    playout.correct(1, len(420));
    assert_eq!(
        playout.heard(ms(1800)),
        [heard(1, 420, 1000), heard(2, 200, 1000)]
    );
    // A second flush says nothing about the first.
    assert_eq!(playout.flush(ms(1800)), [heard(2, 200, 1000)]);
    playout.correct(2, len(100));
    assert_eq!(
        playout.heard(ms(1900)),
        [heard(1, 420, 1000), heard(2, 100, 1000)]
    );
}

#[test]
fn nothing_is_heard_while_the_timeline_leaps() {
    let mut playout = Playout::new(Holder::Client, span(100));
    playout.send(1, ms(1000), len(1000));
    playout.leap(span(5000), ms(6600));
    assert_eq!(playout.heard(ms(6600)), [heard(1, 500, 1000)]);
    assert_eq!(playout.place(1, len(499)), Some(ms(1599)));
    assert_eq!(playout.place(1, len(500)), Some(ms(6600)));
    assert_eq!(playout.heard(ms(6700)), [heard(1, 600, 1000)]);
    assert_eq!(playout.ends(), Some(ms(7100)));
    // What waits, and what was heard, is none the wiser.
    playout.pause(ms(6700));
    playout.leap(span(1000), ms(7700));
    assert_eq!(playout.heard(ms(7700)), [heard(1, 600, 1000)]);
    playout.resume(ms(7800));
    assert_eq!(playout.ends(), Some(ms(8200)));
    playout.leap(span(1000), ms(9200));
    assert_eq!(playout.heard(ms(9200)), [heard(1, 1000, 1000)]);
}

#[test]
fn a_pause_holds_what_waits() {
    for (holder, held) in [(Holder::Client, 400), (Holder::Sender, 500)] {
        let mut playout = Playout::new(holder, span(100));
        playout.send(1, ms(0), len(1000));
        playout.pause(ms(500));
        assert_eq!(playout.heard(ms(3000)), [heard(1, held, 1000)]);
        assert!(playout.is_paused() && playout.is_playing(ms(3000)));
        assert_eq!(playout.ends(), None);
        playout.send(2, ms(2000), len(100));
        playout.resume(ms(3000));
        assert_eq!(playout.ends(), Some(ms(1100 + 2500 + 100)), "{holder:?}");
        assert_eq!(
            playout.heard(ms(3000)),
            [heard(1, held, 1000), heard(2, 0, 100)]
        );
        assert_eq!(
            playout.heard(ms(3300)),
            [heard(1, 700, 1000), heard(2, 0, 100)]
        );
        assert_eq!(
            playout.heard(ms(4000)),
            [heard(1, 1000, 1000), heard(2, 100, 100)]
        );
    }
}

#[test]
fn every_sample_has_its_place() {
    for (holder, held) in [(Holder::Client, 400), (Holder::Sender, 500)] {
        let mut playout = Playout::new(holder, span(100));
        playout.send(1, ms(0), len(1000));
        playout.pause(ms(500));
        playout.resume(ms(3000));
        let place = |playout: &Playout, sample| playout.place(1, len(sample));
        assert_eq!(place(&playout, 0), Some(ms(100)));
        assert_eq!(place(&playout, held - 1), Some(ms(held + 99)), "{holder:?}");
        assert_eq!(place(&playout, held), Some(ms(held + 2600)), "{holder:?}");
        assert_eq!(place(&playout, 1000), None);
        assert_eq!(playout.place(2, 0), None);
        // What is dropped keeps the place that it would have had.
        playout.flush(ms(3000));
        assert_eq!(place(&playout, 900), Some(ms(3500)));
    }
}

proptest! {
    #[test]
    fn what_stands_before_now_was_heard(
        steps in prop::collection::vec((0u8..5, 0u64..300, 1u64..900), 1..60),
        client in any::<bool>(),
    ) {
        let holder = if client { Holder::Client } else { Holder::Sender };
        let (mut playout, mut now) = (Playout::new(holder, span(80)), ms(0));
        for (what, after, samples) in steps {
            now += span(after);
            match what {
                0..=2 => { playout.send(1, now, samples); }
                3 => playout.pause(now),
                _ => playout.resume(now),
            }
            let heard = playout.heard_of(1, now).map_or(0, |heard| heard.heard);
            if let Some(last) = heard.checked_sub(1) {
                prop_assert!(playout.place(1, last).is_some_and(|at| at <= now));
            }
            let places: Vec<_> = (0..).map_while(|n| playout.place(1, n * 50)).collect();
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}

#[test]
fn a_flush_ends_a_pause() {
    let mut playout = Playout::new(Holder::Client, span(100));
    playout.send(1, ms(0), len(1000));
    playout.pause(ms(500));
    assert_eq!(playout.flush(ms(2000)), [heard(1, 400, 1000)]);
    assert!(!playout.is_paused() && !playout.is_playing(ms(2000)));
}

#[test]
fn hearing_never_goes_back() {
    let mut playout = Playout::new(Holder::Client, span(100));
    playout.send(1, ms(0), len(1000));
    playout.set_delay(span(400), ms(600));
    assert_eq!(playout.heard(ms(600)), [heard(1, 500, 1000)]);
    assert_eq!(playout.heard(ms(1000)), [heard(1, 600, 1000)]);
}

proptest! {
    #[test]
    fn heard_is_bounded_ordered_and_grows(
        steps in prop::collection::vec((0u8..7, 0u64..400, 0u64..2000), 1..120),
        client in any::<bool>(),
    ) {
        let holder = if client { Holder::Client } else { Holder::Sender };
        let (mut playout, mut now, mut tag) = (Playout::new(holder, span(80)), ms(0), 0);
        let mut before: Vec<Heard> = Vec::new();
        for (what, value, extra) in steps {
            now += span(value);
            match what {
                0 | 1 => { playout.send(tag, now, len(extra)); }
                2 => { tag += 1; playout.send(tag, now, len(extra)); }
                3 => playout.pause(now),
                4 => playout.resume(now),
                5 => playout.set_delay(span(extra), now),
                _ => for part in playout.flush(now) {
                    prop_assert!(part.heard < part.sent);
                },
            }
            let heard = playout.heard(now);
            prop_assert!(heard.windows(2).all(|pair| pair[0].tag < pair[1].tag));
            for part in &heard {
                prop_assert!(part.heard <= part.sent);
                let earlier = before.iter().find(|old| old.tag == part.tag);
                prop_assert!(earlier.is_none_or(|old| old.heard <= part.heard), "{what} {earlier:?} {part:?}");
            }
            before = heard;
        }
    }
}

#[test]
fn whoever_held_it_what_was_not_heard_in_the_end_never_is() {
    for holder in [Holder::Sender, Holder::Client] {
        let mut playout = Playout::new(holder, span(100));
        playout.send(1, ms(1000), len(500));
        assert_eq!(playout.end(ms(1300)), [heard(1, 200, 500)]);
        assert_eq!(playout.heard(ms(9000)), [heard(1, 200, 500)]);
        assert_eq!(playout.when(1, len(200)), When::Never);
        // What waits in a pause is not heard either.
        let mut playout = Playout::new(holder, span(100));
        playout.send(1, ms(1000), len(500));
        playout.pause(ms(1200));
        let cut = playout.end(ms(1250))[0];
        assert!(cut.heard <= len(150) && !playout.is_paused(), "{cut:?}");
    }
}
