//! Where the archive says that words were: the coach's where they were spoken, the client's where
//! they were heard, pauses and cuts included.

use signaling::event::{ClientEventKind, ResponseParams};
use signaling::link::Carrier::{WebRtc, WebSocket};

use super::sim::{DELAY_MS, Reply, Sim, WORD_MS};
use crate::archive::event::{Event, Said, Speaker};

const QUESTION: &str = "what would you like to change";
const STORY: &[&str] = &[
    "It began in the spring with the new team.",
    "Nobody asked me what I thought about it.",
];

fn told(carrier: signaling::link::Carrier) -> Sim {
    let mut sim = Sim::new(carrier);
    sim.reply = Reply::of(STORY);
    sim.say(1000, 1500, QUESTION);
    sim.run(4500);
    sim
}

/// Every entry about what somebody said.
fn said(sim: &Sim, speaker: Speaker) -> Vec<(u64, Said)> {
    let said = sim.records().filter_map(|entry| match &entry.event {
        Event::Said(said) if said.speaker == speaker => Some((entry.at_ms, said.clone())),
        _ => None,
    });
    said.collect()
}

/// The last one.
fn last(sim: &Sim, speaker: Speaker) -> Said {
    said(sim, speaker).pop().expect("words").1
}

fn begins(said: &Said) -> Vec<u64> {
    said.words.iter().map(|word| word.from_ms).collect()
}

#[test]
fn the_coachs_words_stand_where_they_were_spoken() {
    let sim = told(WebRtc);
    let said = last(&sim, Speaker::Coach);
    assert_eq!(begins(&said), [1000, 1250, 1500, 1750, 2000, 2250]);
    assert_eq!((said.from_ms, said.to_ms), (1000, 2500));
    assert_eq!(said.words[0].text, "What");
    assert_eq!(said.words[5].text, "change?");
    assert!(!said.cut && !said.typed);
    let turn = sim.records().find_map(|entry| match entry.event {
        Event::TurnEnded { from_ms, to_ms, .. } => Some((from_ms, to_ms)),
        _ => None,
    });
    assert_eq!(turn, Some((1000, 2500)));
    let speech = sim.records().find_map(|entry| match entry.event {
        Event::Speech { from_ms, to_ms } => Some((from_ms, to_ms)),
        _ => None,
    });
    assert_eq!(speech, Some((1000, 2500)));
}

#[test]
fn the_clients_words_stand_where_they_were_heard() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = told(carrier);
        sim.run(12_000);
        let heard = sim.sent()[0] + DELAY_MS;
        let said = last(&sim, Speaker::Client);
        let expected: Vec<u64> = (0..17).map(|word| heard + word * WORD_MS).collect();
        assert_eq!(begins(&said), expected, "{carrier:?}");
        assert_eq!(said.from_ms, heard);
        assert_eq!(said.to_ms, heard + 17 * WORD_MS);
        assert_eq!(said.text, STORY.join(" "));
        assert!(!said.cut);
    }
}

#[test]
fn a_pause_of_the_voice_moves_the_words_after_it() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = told(carrier);
        sim.say(4500, 300, "");
        sim.run(14_000);
        let times = |wanted: fn(&Event) -> bool| {
            let all = sim.records().filter(|entry| wanted(&entry.event));
            all.map(|entry| entry.at_ms).collect::<Vec<_>>()
        };
        let paused = times(|event| matches!(event, Event::Paused));
        let resumed = times(|event| matches!(event, Event::Resumed));
        assert_eq!((paused.len(), resumed.len()), (1, 1));
        let (pause, held) = (paused[0], resumed[0] - paused[0]);
        let heard = sim.sent()[0] + DELAY_MS;
        // What had left when the pause began is heard before it over WebRTC; over WebSocket the
        // client holds it back.
        let silent_from = match carrier {
            WebRtc => pause + DELAY_MS,
            WebSocket => pause,
        };
        let said = last(&sim, Speaker::Client);
        assert_eq!(said.words.len(), 17);
        for (index, from) in begins(&said).into_iter().enumerate() {
            let plain = heard + index as u64 * WORD_MS;
            // Frames are 20 ms.
            let moved = if from < silent_from { 0 } else { held };
            assert!(from.abs_diff(plain + moved) <= 20, "word {index} at {from}");
        }
        assert!(said.to_ms.abs_diff(heard + 17 * WORD_MS + held) <= 20);
    }
}

#[test]
fn words_end_where_the_client_was_cut_off() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = told(carrier);
        sim.say(5200, 1400, "can we stay with the spring");
        sim.run(9000);
        let id = sim.items()[1].clone();
        let entries = said(&sim, Speaker::Client);
        let mut of_it = entries.iter().filter(|(_, said)| said.item_id == id);
        let (at, said) = of_it.next_back().expect("words");
        assert_eq!(sim.barge_ins(), [*at]);
        assert!(said.cut);
        assert_eq!(said.text, sim.transcript(&id));
        let heard = sim.sent()[0] + DELAY_MS;
        let expected: Vec<u64> = (0..said.words.len() as u64)
            .map(|word| heard + word * WORD_MS)
            .collect();
        assert_eq!(begins(said), expected);
        // It was held back when the coach began.
        let silent = match carrier {
            WebRtc => 5260 + DELAY_MS,
            WebSocket => 5260,
        };
        assert!(said.to_ms.abs_diff(silent) <= 20, "{} {silent}", said.to_ms);
        let truncated = sim.records().find_map(|entry| match &entry.event {
            Event::Truncated { audio_ms, text, .. } => Some((*audio_ms, text.clone())),
            _ => None,
        });
        let (audio_ms, text) = truncated.unwrap();
        assert_eq!(text, said.text);
        assert!(audio_ms.abs_diff(silent - heard) <= 20);
    }
}

#[test]
fn a_client_that_knows_better_leaves_fewer_words_or_more() {
    for (audio_end_ms, words) in [(1000, 3), (2400, 8), (0, 0)] {
        let mut sim = told(WebSocket);
        sim.say(5200, 1400, "can we stay with the spring");
        sim.run(6500);
        let item_id = sim.items()[1].clone();
        let before = last(&sim, Speaker::Client);
        sim.send(ClientEventKind::TruncateItem {
            item_id: item_id.clone(),
            content_index: 0,
            audio_end_ms,
        });
        let said = last(&sim, Speaker::Client);
        assert_eq!((&said.item_id, said.cut), (&item_id, true));
        assert_eq!(said.words.len(), words);
        assert_eq!(said.text, sim.transcript(&item_id));
        assert_eq!(said.from_ms, before.from_ms);
        assert_eq!(said.to_ms, before.from_ms + audio_end_ms);
        for (old, new) in before.words.iter().zip(&said.words) {
            assert_eq!((&old.text, old.from_ms), (&new.text, new.from_ms));
        }
    }
}

#[test]
fn while_somebody_speaks_what_was_said_is_kept_every_second() {
    for carrier in [WebRtc, WebSocket] {
        let mut sim = told(carrier);
        sim.run(12_000);
        let heard = sim.sent()[0] + DELAY_MS;
        let entries = said(&sim, Speaker::Client);
        let so_far: Vec<_> = entries.iter().filter(|(_, said)| said.cut).collect();
        assert!(so_far.len() >= 3, "{so_far:?}");
        for (at, said) in so_far {
            let words = (at - heard) / WORD_MS;
            assert!(said.words.len() as u64 + 1 >= words, "{at} {said:?}");
            assert!(said.to_ms <= *at);
        }
        let coach = said(&sim, Speaker::Coach);
        assert!(coach[0].1.cut && coach.len() >= 3, "{coach:?}");
        assert!(
            coach
                .windows(2)
                .all(|pair| pair[0].1.item_id == pair[1].1.item_id)
        );
    }
}

#[test]
fn a_long_speech_leaves_no_more_each_second_than_a_short_one() {
    let words = vec!["remember"; 1500].join(" ");
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 600_000, &words);
    sim.run(605_000);
    let entries = said(&sim, Speaker::Coach);
    let so_far = || entries.iter().filter(|(_, said)| said.cut);
    assert!(so_far().any(|(_, said)| said.words.len() > 1000));
    let bytes: usize = so_far()
        .map(|(_, said)| serde_json::to_vec(said).unwrap().len())
        .sum();
    assert!(bytes < 600 * 10_000, "{bytes}");
    // It is kept up to its end, and whole once it is over.
    assert!(so_far().next_back().unwrap().0 > 570_000);
    assert_eq!(last(&sim, Speaker::Coach).words.len(), 1500);
}

#[test]
fn a_turn_that_was_none_is_taken_back() {
    let mut sim = Sim::new(WebRtc);
    sim.say(1000, 1500, QUESTION);
    sim.run(2400);
    assert!(!last(&sim, Speaker::Coach).text.is_empty());
    sim.send(ClientEventKind::ClearInput);
    sim.run(5000);
    assert_eq!(last(&sim, Speaker::Coach).text, "");
}

#[test]
fn what_was_typed_has_no_words_and_a_correction_keeps_its_place() {
    let mut sim = told(WebRtc);
    let item_id = sim.items()[0].clone();
    let transcript = "what would you like to keep".to_owned();
    sim.send(ClientEventKind::CorrectTurn {
        item_id,
        transcript: transcript.clone(),
    });
    let said = last(&sim, Speaker::Coach);
    assert_eq!((said.from_ms, said.to_ms), (1000, 2500));
    assert_eq!(said.text, transcript);
    assert!(said.typed && said.words.is_empty());
}

#[test]
fn a_spoken_answer_beside_the_conversation_is_said_but_no_item() {
    let mut sim = Sim::new(WebRtc);
    sim.reply = Reply::of(&["Once more from the beginning."]);
    let params = ResponseParams {
        out_of_band: true,
        ..ResponseParams::default()
    };
    sim.send(ClientEventKind::CreateResponse(Box::new(params)));
    sim.run(6000);
    let said = last(&sim, Speaker::Client);
    assert_eq!(said.text, "Once more from the beginning.");
    assert_eq!(said.from_ms, sim.sent()[0] + DELAY_MS);
    let items = sim.records();
    let items = items.filter(|entry| matches!(entry.event, Event::Item { .. }));
    assert_eq!(items.count(), 0);
}
