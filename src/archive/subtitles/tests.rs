//! What comes out is read again as the W3C and SubRip players read it.

use proptest::prelude::*;

use super::super::event::{Said, Speaker, TimedWord};
use super::super::shapes::{Break, BreakKind, Transcript};

/// Of a session, in milliseconds.
const LENGTH: u64 = 3_700_000;

fn line(speaker: Speaker, from_ms: u64, text: &str) -> Said {
    let word = |(index, text): (usize, &str)| TimedWord {
        text: text.to_owned(),
        from_ms: from_ms + 300 * index as u64,
        to_ms: from_ms + 300 * index as u64 + 250,
    };
    let words: Vec<TimedWord> = text.split(' ').enumerate().map(word).collect();
    Said {
        item_id: format!("item_{from_ms}"),
        speaker,
        from_ms,
        to_ms: words.last().map_or(from_ms, |word| word.to_ms),
        text: text.to_owned(),
        words,
        cut: false,
        typed: false,
        afterwards: false,
    }
}

fn transcript(lines: Vec<Said>) -> Transcript {
    Transcript {
        session_id: "sess_1".to_owned(),
        length_ms: LENGTH,
        lines,
        silences: Vec::new(),
        breaks: Vec::new(),
    }
}

/// A cue as a reader finds it.
#[derive(Debug)]
struct Read {
    from_ms: u64,
    to_ms: u64,
    voice: String,
    text: String,
}

fn ms(time: &str, separator: char) -> u64 {
    let (clock, thousandths) = time.split_once(separator).unwrap();
    assert_eq!(thousandths.len(), 3);
    let parts: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else {
        panic!("{time}");
    };
    assert!(
        hours.len() >= 2 && minutes.len() == 2 && seconds.len() == 2,
        "{time}"
    );
    let number = |text: &str| text.parse::<u64>().unwrap();
    assert!(number(minutes) < 60 && number(seconds) < 60, "{time}");
    ((number(hours) * 60 + number(minutes)) * 60 + number(seconds)) * 1000 + number(thousandths)
}

/// Reads WebVTT by the grammar of the W3C's section 4.1 and 4.2.2, strictly.
fn read_vtt(text: &str) -> Vec<Read> {
    let mut blocks = text.split("\n\n");
    assert_eq!(blocks.next().map(str::trim_end), Some("WEBVTT"));
    let mut cues: Vec<Read> = Vec::new();
    for block in blocks.filter(|block| !block.trim().is_empty()) {
        if let Some(note) = block.strip_prefix("NOTE ") {
            assert!(!note.contains("-->"));
            continue;
        }
        let (times, payload) = block.split_once('\n').unwrap();
        let (from, to) = times.split_once(" --> ").unwrap();
        let (from_ms, to_ms) = (ms(from, '.'), ms(to, '.'));
        assert!(from_ms < to_ms, "{times}");
        assert!(
            cues.last().is_none_or(|cue| cue.from_ms <= from_ms),
            "{times}"
        );
        assert!(!payload.contains("-->"), "{payload}");
        let inner = payload.trim_end().strip_prefix("<v ").unwrap();
        let (voice, inner) = inner.split_once('>').unwrap();
        let inner = inner.strip_suffix("</v>").unwrap();
        assert!(!inner.contains(['<', '>']), "{inner}");
        let plain = inner.replace("&lt;", "<").replace("&gt;", ">");
        assert_eq!(
            inner.matches('&').count(),
            inner.matches("&amp;").count()
                + inner.matches("&lt;").count()
                + inner.matches("&gt;").count()
        );
        cues.push(Read {
            from_ms,
            to_ms,
            voice: voice.to_owned(),
            text: plain.replace("&amp;", "&"),
        });
    }
    cues
}

fn read_srt(text: &str) -> Vec<Read> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty());
    let read = |(index, block): (usize, &str)| {
        let (number, rest) = block.split_once('\n').unwrap();
        assert_eq!(number, (index + 1).to_string());
        let (times, text) = rest.split_once('\n').unwrap();
        let (from, to) = times.split_once(" --> ").unwrap();
        assert!(!text.is_empty());
        Read {
            from_ms: ms(from, ','),
            to_ms: ms(to, ','),
            voice: String::new(),
            text: text.to_owned(),
        }
    };
    blocks.enumerate().map(read).collect()
}

#[test]
fn a_short_turn_is_one_cue_and_what_is_missing_is_told_at_its_place() {
    let mut transcript = transcript(vec![
        line(Speaker::Coach, 3_661_500, "Tom & I <think> so?"),
        line(Speaker::Client, 3_670_000, "No."),
    ]);
    let missing = |kind, from_ms, to_ms| Break {
        from_ms,
        to_ms,
        kind,
    };
    transcript.breaks = vec![
        missing(BreakKind::Unrecorded, 3_662_990, 3_663_000),
        missing(BreakKind::Away, 3_663_000, 3_669_500),
        missing(BreakKind::Unrecorded, 3_690_000, 3_700_000),
    ];
    transcript.lines[1].cut = true;
    assert_eq!(
        transcript.vtt(),
        "WEBVTT\n\n01:01:01.500 --> 01:01:02.950\n<v Coach>Tom &amp; I &lt;think&gt; so?</v>\n\n\
         NOTE Not recorded from 01:01:02.990 to 01:01:03.000\n\n\
         NOTE No connection from 01:01:03.000 to 01:01:09.500\n\n\
         01:01:10.000 --> 01:01:10.250\n<v Client>No. —</v>\n\n\
         NOTE Not recorded from 01:01:30.000 to 01:01:40.000\n"
    );
    assert_eq!(
        transcript.srt(),
        "1\n01:01:01,500 --> 01:01:02,950\nCoach: Tom & I <think> so?\n\n\
         2\n01:01:02,990 --> 01:01:03,000\n(not recorded)\n\n\
         3\n01:01:03,000 --> 01:01:09,500\n(no connection)\n\n\
         4\n01:01:10,000 --> 01:01:10,250\nClient: No. —\n\n\
         5\n01:01:30,000 --> 01:01:40,000\n(not recorded)\n\n"
    );
    assert_eq!(
        transcript.text(),
        "[1:01:01] Coach: Tom & I <think> so?\n\n[1:01:02] (not recorded for 1 s)\n\n\
         [1:01:03] (no connection for 7 s)\n\n[1:01:10] Client: No. —\n\n\
         [1:01:30] (not recorded for 10 s)\n\n"
    );
}

#[test]
fn what_was_said_in_the_moment_of_a_cut_was_said_before_it() {
    let mut transcript = transcript(vec![
        line(Speaker::Coach, 1000, "One."),
        line(Speaker::Coach, 2000, "Two."),
        line(Speaker::Client, 5000, "Yes."),
    ]);
    transcript.breaks = vec![Break {
        from_ms: 2000,
        to_ms: 5000,
        kind: BreakKind::Away,
    }];
    assert_eq!(
        transcript.text(),
        "[0:00:01] Coach: One.\n\n[0:00:02] Coach: Two.\n\n\
         [0:00:02] (no connection for 3 s)\n\n[0:00:05] Client: Yes.\n\n"
    );
}

#[test]
fn a_time_away_is_told_to_the_nearest_second_if_anybody_notices_it() {
    let mut transcript = transcript(vec![line(Speaker::Coach, 1000, "One.")]);
    let away = [
        (7160, 7),
        (5030, 5),
        (3007, 3),
        (2500, 3),
        (500, 1),
        (499, 0),
        (7, 0),
    ];
    for (lasted, seconds) in away {
        transcript.breaks = vec![Break {
            from_ms: 2000,
            to_ms: 2000 + lasted,
            kind: BreakKind::Away,
        }];
        let told = format!("(no connection for {seconds} s)");
        assert_eq!(transcript.text().contains(&told), seconds > 0, "{lasted}");
        let all = [transcript.text(), transcript.vtt(), transcript.srt()];
        let told = all.map(|text| text.to_lowercase().contains("no connection"));
        assert_eq!(told, [seconds > 0; 3], "{lasted}");
    }
}

#[test]
fn a_long_turn_is_split_between_sentences() {
    let text = "I have been thinking about this for quite some time now. It began last winter, \
                when my manager left and nobody took over what she did. What should I do?";
    let cues = read_vtt(&transcript(vec![line(Speaker::Client, 0, text)]).vtt());
    let texts: Vec<String> = cues.iter().map(|cue| cue.text.replace('\n', " ")).collect();
    assert_eq!(
        texts,
        [
            "I have been thinking about this for quite some time now.",
            "It began last winter, when my manager left and nobody took over what she did.",
            "What should I do?",
        ]
    );
    assert_eq!((cues[1].from_ms, cues[1].to_ms), (11 * 300, 25 * 300 + 250));
}

#[test]
fn a_pause_within_a_turn_ends_a_cue() {
    let mut turn = line(Speaker::Coach, 0, "Well, maybe.");
    turn.words[1].from_ms = 9000;
    turn.words[1].to_ms = 9500;
    let cues = read_vtt(&transcript(vec![turn]).vtt());
    assert_eq!((cues[0].to_ms, cues[1].from_ms), (250, 9000));
}

#[test]
fn what_was_typed_stands_as_long_as_it_takes_to_read() {
    let mut turn = line(Speaker::Coach, 5000, "Typed.");
    (turn.words, turn.to_ms, turn.typed) = (Vec::new(), 5000, true);
    turn.text = "This was typed\n\nin two paragraphs.\0".to_owned();
    let cues = read_vtt(&transcript(vec![turn.clone()]).vtt());
    assert_eq!(cues[0].text, "This was typed in two paragraphs.");
    assert!(cues[0].to_ms > 6500);
    assert_eq!(read_srt(&transcript(vec![turn]).srt()).len(), 1);
}

#[test]
fn what_was_typed_stands_alone() {
    let typed = |from_ms, text: &str| {
        let mut line = line(Speaker::Coach, from_ms, text);
        (line.words, line.to_ms, line.typed) = (Vec::new(), from_ms, true);
        line
    };
    let transcript = transcript(vec![
        line(Speaker::Client, 4000, "It began in the spring."),
        line(Speaker::Coach, 4100, "Mm."),
        typed(4500, "What would you like to change about that?"),
        line(Speaker::Client, 5200, "Well, I do not know."),
        typed(9000, "First, which takes long to be read."),
        typed(9000, "And second."),
    ]);
    for cues in [read_vtt(&transcript.vtt()), read_srt(&transcript.srt())] {
        let times: Vec<_> = cues.iter().map(|cue| (cue.from_ms, cue.to_ms)).collect();
        let expected = [
            (4000, 4500),
            (4100, 4350),
            (4500, 5200),
            (5200, 6650),
            (9000, 10_080),
            (10_080, 11_160),
        ];
        assert_eq!(times, expected);
    }
}

#[test]
fn what_was_heard_afterwards_says_so() {
    let mut heard = line(Speaker::Coach, 1000, "And then?");
    heard.afterwards = true;
    let mut lost = line(Speaker::Coach, 3000, "");
    (lost.words, lost.to_ms, lost.afterwards) = (Vec::new(), 4000, true);
    let transcript = transcript(vec![heard, lost]);
    assert_eq!(
        transcript.vtt(),
        "WEBVTT\n\nNOTE Heard afterwards, as the server broke off\n\n\
         00:00:01.000 --> 00:00:01.550\n<v Coach>And then?</v>\n\n\
         NOTE Heard afterwards, as the server broke off\n\n\
         00:00:03.000 --> 00:00:04.000\n<v Coach>(not understood)</v>\n"
    );
    assert_eq!(
        transcript.srt(),
        "1\n00:00:01,000 --> 00:00:01,550\nCoach (heard afterwards): And then?\n\n\
         2\n00:00:03,000 --> 00:00:04,000\nCoach (heard afterwards): (not understood)\n\n"
    );
    assert_eq!(
        transcript.text(),
        "[0:00:01] Coach (heard afterwards): And then?\n\n\
         [0:00:03] Coach (heard afterwards): (not understood)\n\n"
    );
}

#[test]
fn no_cue_outlasts_the_session() {
    let mut turn = line(Speaker::Coach, 5000, "Typed.");
    (turn.words, turn.to_ms, turn.typed) = (Vec::new(), 5000, true);
    turn.text = "This takes longer to read than there is time left.".to_owned();
    for (length, expected) in [
        (6000, (5000, 6000)),
        (5000, (4800, 5000)),
        (100, (0, 100)),
        (0, (0, 1)),
    ] {
        let mut transcript = transcript(vec![turn.clone()]);
        transcript.length_ms = length;
        let cues = read_vtt(&transcript.vtt());
        assert_eq!((cues[0].from_ms, cues[0].to_ms), expected, "of {length} ms");
    }
}

#[test]
fn nothing_said_is_still_a_file() {
    assert_eq!(transcript(Vec::new()).vtt(), "WEBVTT\n");
    assert_eq!(transcript(Vec::new()).srt(), "");
}

fn any_line() -> impl Strategy<Value = Said> {
    let word = (
        "[a-z<>&.,?!\\-]{1,12}|\\PC{1,90}|-->|\n|\u{0}",
        0u64..60_000,
        0u64..2000,
    );
    let words = proptest::collection::vec(word, 0..80);
    (
        any::<bool>(),
        0u64..60_000,
        words,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(coach, from_ms, words, timed, cut, typed)| {
            let text: Vec<&str> = words.iter().map(|(text, ..)| text.as_str()).collect();
            let text = text.join(" ");
            let word = |(text, from_ms, span): (String, u64, u64)| TimedWord {
                text,
                from_ms,
                to_ms: from_ms + span,
            };
            Said {
                item_id: "item".to_owned(),
                speaker: if coach {
                    Speaker::Coach
                } else {
                    Speaker::Client
                },
                from_ms,
                to_ms: from_ms + 3000,
                text,
                words: if timed {
                    words.into_iter().map(word).collect()
                } else {
                    Vec::new()
                },
                cut,
                typed,
                afterwards: false,
            }
        })
}

/// The letters of a text, without spaces and what cannot be seen.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_whitespace() && !char.is_control())
        .collect()
}

proptest! {
    #[test]
    fn every_letter_comes_through_in_cues_that_can_be_read(lines in proptest::collection::vec(any_line(), 0..6)) {
        let mut transcript = transcript(lines);
        // The order of a transcript, which a turn's cues follow even if its words do not.
        transcript.lines.sort_by_key(|line| line.from_ms);
        for line in &mut transcript.lines {
            line.cut = false;
        }
        let vtt = read_vtt(&transcript.vtt());
        let srt = read_srt(&transcript.srt());
        prop_assert_eq!(vtt.len(), srt.len());
        for cue in &vtt {
            prop_assert!(cue.text.lines().all(|line| line.chars().count() <= 42), "{:?}", cue);
            prop_assert!(["Coach", "Client"].contains(&cue.voice.as_str()));
        }
        for speaker in ["Coach", "Client"] {
            let mut heard: Vec<char> = vtt.iter().filter(|cue| cue.voice == speaker).flat_map(|cue| letters(&cue.text).chars().collect::<Vec<_>>()).collect();
            let is_theirs = |line: &&Said| super::name(line.speaker) == speaker;
            let mut said: Vec<char> = transcript.lines.iter().filter(is_theirs).flat_map(|line| letters(&line.text).chars().collect::<Vec<_>>()).collect();
            // Turns may overlap, so their cues take turns.
            heard.sort_unstable();
            said.sort_unstable();
            prop_assert_eq!(heard, said);
        }
        for pair in srt.windows(2) {
            prop_assert!(pair[0].from_ms <= pair[1].from_ms && pair[0].from_ms < pair[0].to_ms);
        }
        let cues = super::cues(&transcript);
        for (index, cue) in cues.iter().enumerate() {
            for other in &cues[index + 1..] {
                let is_apart = cue.to_ms <= other.from_ms || !(cue.typed || other.typed);
                // Many lines at the same few milliseconds have no room.
                prop_assert!(is_apart || cue.to_ms == cue.from_ms + 1, "{cue:?} {other:?}");
            }
        }
    }
}

#[test]
fn what_a_terminal_would_obey_is_in_no_text() {
    let mut typed = line(
        Speaker::Coach,
        1000,
        "Well\u{0}, \u{1b}[31mred\u{7f}\u{9b}2J\r\nthen.",
    );
    (typed.typed, typed.words) = (true, Vec::new());
    let transcript = transcript(vec![typed]);
    for text in [transcript.text(), transcript.vtt(), transcript.srt()] {
        let is_obeyed = |char: char| char.is_control() && char != '\n';
        assert!(!text.contains(is_obeyed), "{text:?}");
        assert!(text.contains("then."), "{text:?}");
    }
    assert_eq!(
        transcript.text(),
        "[0:00:01] Coach: Well , [31mred 2J then.\n\n"
    );
}
