//! Tests of speech.

use super::*;

pub(super) fn spoken(texts: &[&str]) -> Speech {
    let mut speech = Speech::default();
    for (id, text) in texts.iter().enumerate() {
        let id = id as u64;
        speech.push(id, (*text).to_owned());
        let mut at = 0;
        let mut words = Vec::new();
        for word in text.split_inclusive(' ') {
            let length = word.trim_end().len();
            let index = words.len() as u64;
            words.push(SpokenWord {
                text: at..at + length,
                start: index * 100,
                end: (index + 1) * 100,
            });
            at += word.len();
        }
        speech.produced(id, words.len() as u64 * 100);
        speech.words(id, words);
        speech.complete(id);
    }
    speech
}

#[test]
fn words_are_heard_once_half_of_them_was() {
    let speech = spoken(&["I see, well.", "It is hard."]);
    assert_eq!(speech.heard(0), "");
    assert_eq!(speech.heard(49), "");
    assert_eq!(speech.heard(50), "I");
    assert_eq!(speech.heard(160), "I see,");
    assert_eq!(speech.heard(300), "I see, well.");
    assert_eq!(speech.heard(360), "I see, well. It");
    assert_eq!(speech.heard(9999), "I see, well. It is hard.");
}

#[test]
fn half_of_a_mark_for_a_pause_is_never_shown() {
    let mut speech = Speech::default();
    speech.push(0, "[pause 1200] Well, [pause 800] yes.".to_owned());
    speech.produced(0, 100_000);
    speech.break_off(0);
    for samples in (0..=100_000).step_by(1000) {
        let heard = speech.heard(samples);
        assert!(["", "Well,", "Well, yes."].contains(&&*heard), "{heard}");
        let words = speech.words_heard(samples);
        let words: Vec<&str> = words.iter().map(|word| word.text).collect();
        assert_eq!(words.join(" "), heard);
    }
}

#[test]
fn a_silence_says_nothing_however_long_it_is() {
    const MS: u64 = 24;
    // The voice fails in the silence: nothing was said.
    for produced in [0, 20, 1000, 1799, 1800] {
        let mut speech = Speech::default();
        speech.push(0, "[pause 1800] I turned thirty four.".to_owned());
        speech.produced(0, produced * MS);
        speech.break_off(0);
        assert_eq!(speech.text(), "", "{produced} ms");
        assert_eq!(speech.untold(), "");
        assert!(speech.words_heard(produced * MS).is_empty());
    }
    // Later, what sounded after it.
    let mut speech = Speech::default();
    speech.push(
        0,
        "[pause 1800] I turned [pause 900] thirty four.".to_owned(),
    );
    speech.produced(0, 3400 * MS);
    assert_eq!(speech.heard(1790 * MS), "");
    assert_eq!(speech.heard(2000 * MS), "I");
    assert_eq!(speech.heard(2400 * MS), "I turned");
    assert_eq!(speech.heard(3200 * MS), "I turned", "in the silence");
    let from: Vec<u64> = speech
        .words_heard(u64::MAX)
        .iter()
        .map(|word| word.from / MS)
        .collect();
    // A space before each word, at fifteen letters a second.
    assert_eq!(from, [1866, 2000, 3433, 3900]);
    speech.break_off(0);
    assert_eq!(speech.text(), "I turned");
    // Of a sentence that is complete the length is known, silences included.
    let mut speech = Speech::default();
    speech.push(0, "[pause 1000] Yes. [pause 1000] No.".to_owned());
    speech.produced(0, 2500 * MS);
    speech.complete(0);
    assert_eq!(speech.heard(990 * MS), "");
    assert_eq!(speech.heard(1500 * MS), "Yes.");
    assert_eq!(speech.heard(2200 * MS), "Yes.");
    assert_eq!(speech.heard(2500 * MS), "Yes. No.");
}

#[test]
fn the_transcript_keeps_step_with_the_sound() {
    let mut speech = spoken(&["I see, well.", "It is hard."]);
    let mut told = String::new();
    for (id, samples) in [(0, 20), (0, 120), (0, 300), (1, 150), (1, 300)] {
        speech.sent(id, samples);
        told.push_str(&speech.untold());
        assert!(speech.text().starts_with(&told), "{told}");
    }
    assert_eq!(told, speech.text());
    assert_eq!(speech.unsent(), Some(Duration::ZERO));
    assert_eq!(speech.sent_samples(), 600);
    assert_eq!(speech.untold(), "");
}

#[test]
fn the_words_heard_are_those_of_the_text_and_stand_where_they_sound() {
    let speech = spoken(&["I see, well.", "It is hard."]);
    for samples in (0..700).step_by(10) {
        let words = speech.words_heard(samples);
        let text: Vec<&str> = words.iter().map(|word| word.text).collect();
        assert_eq!(text.join(" "), speech.heard(samples));
        assert!(words.iter().all(|word| word.from < word.to));
    }
    let words = speech.words_heard(560);
    let ends: Vec<_> = words.iter().map(|word| (word.from, word.to)).collect();
    assert_eq!(
        ends,
        [
            (0, 100),
            (100, 200),
            (200, 300),
            (300, 400),
            (400, 500),
            (500, 560)
        ]
    );
}

#[test]
fn where_the_voice_gives_no_times_they_follow_the_letters() {
    let mut speech = Speech::default();
    speech.push(1, "Well, [pause 500] I see.".to_owned());
    // The silence, and a hundred samples a letter.
    speech.produced(1, 13_300);
    speech.complete(1);
    let words = speech.words_heard(13_300);
    let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
    assert_eq!(texts, ["Well,", "I", "see."]);
    assert_eq!((words[0].from, words[0].to), (0, 500));
    assert_eq!((words[2].from, words[2].to), (12_900, 13_300));
    // Only the last is left to be estimated.
    let known = |text, start, end| SpokenWord { text, start, end };
    speech.words(1, vec![known(0..5, 0, 400), known(18..19, 13_000, 13_100)]);
    let words = speech.words_heard(13_300);
    assert_eq!((words[1].from, words[1].to), (13_000, 13_100));
    assert_eq!((words[2].from, words[2].to), (13_140, 13_300));
}

#[test]
fn words_outside_the_text_are_ignored() {
    let mut speech = Speech::default();
    speech.push(7, "Ünd".to_owned());
    let word = |text| SpokenWord {
        text,
        start: 0,
        end: 10,
    };
    speech.words(7, vec![word(0..1), word(0..99), word(0..2)]);
    speech.produced(7, 10);
    assert_eq!(speech.heard(9), "Ü");
    assert!(speech.has(7) && !speech.has(8));
}

#[test]
fn marks_for_pauses_are_not_shown() {
    assert_eq!(
        shown("Well. [pause 1200] I think so. [pause 300]"),
        "Well. I think so."
    );
    assert_eq!(shown("[pause 500] Hm [pause"), "Hm [pause");
}
