//! The client as an instrument: scripted coaches hold whole sessions with every client.

use super::*;

fn everyone(test: impl Fn(&Sheet, u64)) {
    for sheet in gallery().sheets() {
        test(sheet, 3);
    }
}

#[test]
fn good_coach_reaches_the_depth_and_telling_coach_does_not() {
    everyone(|sheet, seed| {
        let good = Session::scripted(sheet, seed, 60, GOOD);
        let telling = Session::scripted(sheet, seed, 60, TELLING);
        let closed = Session::scripted(sheet, seed, 60, CLOSED);
        let depth = [
            good.deepest(sheet),
            telling.deepest(sheet),
            closed.deepest(sheet),
        ];
        println!(
            "{} seed {seed}: deepest level good {} telling {} closed {}",
            sheet.id, depth[0], depth[1], depth[2]
        );
        assert!(
            depth[0] >= 3 && depth[1] <= 1 && depth[2] <= 2,
            "{} {depth:?}",
            sheet.id
        );
        good.check(sheet, "good");
        telling.check(sheet, "telling");
        closed.check(sheet, "closed");
    });
}

#[test]
fn disclosure_goes_level_by_level() {
    everyone(|sheet, seed| {
        let good = Session::scripted(sheet, seed, 60, GOOD);
        let levels: BTreeMap<&str, u8> = sheet.lines.iter().map(|l| (&*l.id, l.level)).collect();
        let mut deepest = 0;
        let mut first = BTreeMap::new();
        for (turn, reply) in good.replies.iter().enumerate() {
            for id in &reply.line_ids {
                let level = levels.get(id.as_str()).copied().unwrap_or(1);
                assert!(
                    level <= deepest + 1,
                    "{} {turn}: {id} passes over a level",
                    sheet.id
                );
                first.entry(level).or_insert(turn);
            }
            let now = reply
                .line_ids
                .iter()
                .filter_map(|id| levels.get(id.as_str()))
                .max()
                .copied()
                .unwrap_or(0);
            deepest = deepest.max(now);
        }
        println!(
            "{} seed {seed}: first turn of each level {first:?}",
            sheet.id
        );
        assert!(first.get(&3).is_none_or(|t| *t >= 8), "{}: flips", sheet.id);
    });
}

#[test]
fn an_hour_of_anything_neither_runs_dry_nor_loops() {
    everyone(|sheet, seed| {
        let mut nearest = Vec::new();
        for (name, script) in [
            ("good", GOOD),
            ("telling", TELLING),
            ("closed", CLOSED),
            ("mm", &["mm hmm"][..]),
            ("same", &["what else"][..]),
        ] {
            let session = Session::scripted(sheet, seed, 60, script);
            session.check(sheet, name);
            nearest.push((name, session.nearest_repeat()));
        }
        for (name, turns) in &nearest {
            assert!(
                *turns >= 8,
                "{} {name}: the same answer after {turns} turns",
                sheet.id
            );
        }
    });
}

#[test]
fn idle_coach_is_waited_for_and_asked() {
    everyone(|sheet, seed| {
        let idle = Session::held(sheet, seed, 30, |_| None, Heard::client);
        idle.check(sheet, "idle");
        assert!(idle.nearest_repeat() >= 6, "{}", sheet.id);
        assert_eq!(idle.deepest(sheet), 1);
    });
}

#[test]
fn interrupting_costs_trust_and_what_was_cut_is_not_lost() {
    everyone(|sheet, seed| {
        let coach = |t: usize| Some(INTERRUPTING[t % INTERRUPTING.len()].to_owned());
        let half = |text: &str| {
            let words: Vec<&str> = text.split(' ').take(3).collect();
            Heard::cut(&words.join(" "))
        };
        let cut = Session::held(sheet, seed, 20, coach, half);
        let whole = Session::held(sheet, seed, 20, coach, Heard::client);
        let trust = |s: &Session| s.replies.last().unwrap().state.trust;
        assert!(trust(&cut) < trust(&whole), "{}", sheet.id);
        assert!(cut.deepest(sheet) <= whole.deepest(sheet));
    });
}

#[test]
fn same_history_and_seed_same_words() {
    everyone(|sheet, seed| {
        let (a, b) = (
            Session::scripted(sheet, seed, 30, GOOD),
            Session::scripted(sheet, seed, 30, GOOD),
        );
        assert_eq!(a.history, b.history);
        assert!(a.replies.iter().any(|r| !r.steps.is_empty()));
    });
}

#[test]
fn sample() {
    for sheet in gallery().sheets() {
        let session = Session::scripted(sheet, 1, 26, GOOD);
        println!("\n== {} ==", sheet.name);
        let mut replies = session.replies.iter();
        for heard in &session.history {
            match heard {
                Heard::Coach(text) => println!("Coach:  {text}"),
                Heard::Silence(silence) => println!("        {silence:?}"),
                Heard::Client { text, .. } => {
                    let reply = replies.next().unwrap();
                    println!(
                        "{}: {text}\n        {:?} level {} {:?}",
                        sheet.name,
                        reply.heard_as,
                        reply.state.level(),
                        reply.line_ids
                    );
                }
            }
        }
        assert!(replies.next().is_none());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 48, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_history_has_an_answer(turns in proptest::collection::vec((0..3, "\\PC{0,60}"), 0..12), seed: u64) {
        let (practice, gallery) = (practice(), gallery());
        let history: Vec<Heard> = turns.into_iter().map(|(who, text)| if who == 0 { Heard::Coach(text) } else { Heard::Client { text, cut: who == 1 } }).collect();
        for sheet in gallery.sheets() {
            let memory = remembered(sheet, &history);
            proptest::prop_assert!(!practice.reply(sheet, &memory, seed).sentences.is_empty());
            let (recent, notes) = (&*history, "");
            practice.brief(sheet, &memory, Sent { recent, notes }, seed);
        }
    }
}
