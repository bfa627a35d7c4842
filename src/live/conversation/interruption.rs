//! Barge-in: whether speech over the AI client's voice is an interruption, a back-channel, a
//! cough or an echo.

use std::time::Duration;

/// What speech over the client's voice turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not clear yet; so far there is this.
    Unclear(Sign),
    /// The coach takes the turn.
    Interrupts,
    /// It does not: the client goes on.
    Harmless(Harmless),
}

/// What there is of speech that may become an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Sound, or words that show listening.
    Sound,
    /// Words of the coach's own.
    Words,
    /// Words that the client just said.
    Echo,
}

/// Why speech over the client's voice does not interrupt it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harmless {
    /// No word in it: a cough, a breath, a noise.
    Noise,
    /// "mm-hm", "yeah", "right": the coach is listening.
    BackChannel,
    /// The client's own voice, come back through the microphone.
    Echo,
}

/// What is known of a stretch of speech over the client's voice.
#[derive(Clone, Copy, Debug)]
pub struct Overlap<'a> {
    /// The words understood so far.
    pub text: &'a str,
    /// How long the coach's voice has been on.
    pub voiced: Duration,
    /// Whether it has ended and the words will not change any more.
    pub over: bool,
    /// Whether the client can be heard already. While its answer is still being prepared, nothing
    /// can be an echo, and any word of one's own goes on with the turn before.
    pub audible: bool,
    /// Whether the client's voice is held back.
    pub paused: bool,
    /// What the client was saying about now.
    pub spoken: &'a str,
}

/// The shortest speech whose words may interrupt: shorter ones are as likely a cough that the
/// recogniser turned into a word.
const SHORTEST: Duration = Duration::from_millis(350);

/// From this length on, one word of one's own is enough.
const CLEAR: Duration = Duration::from_millis(700);

/// Speech this long interrupts even if the recogniser has not said a word yet.
const LONG: Duration = Duration::from_millis(1200);

/// Speech this long over a voice that is held back has the turn whatever its words are: neither
/// an echo nor a back-channel lasts so long.
const LONGEST: Duration = Duration::from_millis(3000);

/// Words of an echo are looked for among so many of the last words.
const ECHO_WORDS: usize = 8;

/// Words that show listening and leave the turn where it is.
const BACK_CHANNEL: &[&str] = &[
    "absolutely",
    "ah",
    "aha",
    "eh",
    "er",
    "erm",
    "exactly",
    "hm",
    "hmhm",
    "hmm",
    "huh",
    "mhm",
    "mhmm",
    "mm",
    "mmhm",
    "mmhmm",
    "mmm",
    "oh",
    "ok",
    "okay",
    "right",
    "sure",
    "uh",
    "uhhuh",
    "uhm",
    "uhuh",
    "um",
    "wow",
    "yeah",
    "yep",
    "yes",
    "yup",
];

/// The same in two words.
const BACK_CHANNEL_PAIR: &[[&str; 2]] = &[
    ["i", "see"],
    ["got", "it"],
    ["of", "course"],
    ["i", "understand"],
];

/// Words that take the turn even alone.
const COMMAND: &[&str] = &[
    "wait", "stop", "pause", "sorry", "hold", "excuse", "actually", "hang",
];

/// Words that nobody says alone: what a recogniser makes of a cough or a breath.
const NEVER_ALONE: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "but", "by", "for", "from", "had", "has", "her", "him",
    "his", "in", "is", "it", "its", "of", "on", "or", "that", "the", "their", "them", "they",
    "this", "to", "was", "were", "with",
];

/// Judges speech over the client's voice by its words, its length and what the client was saying.
#[must_use]
pub fn judge(overlap: Overlap<'_>) -> Verdict {
    let words = normalised(overlap.text);
    let sign = sign(&words, overlap);
    if interrupts(&words, sign, overlap) {
        Verdict::Interrupts
    } else if !overlap.over {
        Verdict::Unclear(sign)
    } else {
        Verdict::Harmless(match sign {
            Sign::Echo => Harmless::Echo,
            Sign::Sound if !words.is_empty() => Harmless::BackChannel,
            Sign::Sound | Sign::Words => Harmless::Noise,
        })
    }
}

fn sign(words: &[String], overlap: Overlap<'_>) -> Sign {
    if overlap.audible && is_echo(words, overlap.spoken) {
        Sign::Echo
    } else if telling(words) > 0 {
        Sign::Words
    } else {
        Sign::Sound
    }
}

fn interrupts(words: &[String], sign: Sign, overlap: Overlap<'_>) -> bool {
    if overlap.paused && overlap.voiced >= LONGEST && !overlap.over {
        return true;
    }
    match sign {
        Sign::Echo => false,
        Sign::Sound => words.is_empty() && overlap.voiced >= LONG && !overlap.over,
        Sign::Words => {
            let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            let telling = telling(words);
            let enough = if overlap.audible { 2 } else { 1 };
            let alone = words.len() == 1 && any(NEVER_ALONE);
            if overlap.voiced < SHORTEST {
                overlap.over && (any(COMMAND) || telling >= 2)
            } else if alone {
                false
            } else {
                overlap.over || telling >= enough || any(COMMAND) || overlap.voiced >= CLEAR
            }
        }
    }
}

/// How many words are more than a sign of listening.
fn telling(words: &[String]) -> usize {
    let mut count = 0;
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        let pair = |pair: &[&str; 2]| {
            first == pair[0] && after.first().is_some_and(|next| next == pair[1])
        };
        if BACK_CHANNEL_PAIR.iter().any(pair) {
            rest = &after[1..];
            continue;
        }
        // A hum is spelt out by some recognisers: "m m h m".
        let letter = first.len() == 1 && first != "i";
        count += usize::from(!letter && !BACK_CHANNEL.contains(&first.as_str()));
        rest = after;
    }
    count
}

/// Whether most of the last words stand, in order, in what the client was saying.
fn is_echo(words: &[String], spoken: &str) -> bool {
    let words = &words[words.len().saturating_sub(ECHO_WORDS)..];
    let common = common(words, &normalised(spoken));
    match words {
        // One word in common is not yet a word of one's own.
        [word] => common == 1 && !COMMAND.contains(&word.as_str()),
        // Most of several words are an echo, though the recogniser errs.
        _ => common > 0 && common * 10 >= words.len() * 6,
    }
}

/// Length of the longest common subsequence.
fn common(words: &[String], spoken: &[String]) -> usize {
    let mut row = vec![0; spoken.len() + 1];
    for word in words {
        let mut diagonal = 0;
        for (at, said) in spoken.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == said {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

fn normalised(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            word.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOKEN: &str = "I keep thinking about the promotion and what my team will say";

    fn overlap(text: &str, voiced: u64, over: bool) -> Overlap<'_> {
        Overlap {
            text,
            voiced: Duration::from_millis(voiced),
            over,
            audible: true,
            paused: true,
            spoken: SPOKEN,
        }
    }

    fn verdict(text: &str, voiced: u64, over: bool) -> Verdict {
        judge(overlap(text, voiced, over))
    }

    #[test]
    fn a_hum_that_was_spelt_out_does_not_interrupt() {
        assert_eq!(
            verdict("m m h m", 900, true),
            Verdict::Harmless(Harmless::BackChannel)
        );
    }

    #[test]
    fn a_cough_does_not_interrupt() {
        assert_eq!(verdict("", 250, false), Verdict::Unclear(Sign::Sound));
        for text in ["", "of", "it"] {
            assert_eq!(
                verdict(text, 420, true),
                Verdict::Harmless(Harmless::Noise),
                "{text}"
            );
        }
        assert_eq!(
            verdict("been", 200, true),
            Verdict::Harmless(Harmless::Noise)
        );
    }

    #[test]
    fn a_back_channel_does_not_interrupt() {
        for text in ["mm-hm", "yeah", "okay right", "uh-huh", "I see", "Got it."] {
            assert_eq!(
                verdict(text, 500, false),
                Verdict::Unclear(Sign::Sound),
                "{text}"
            );
            assert_eq!(
                verdict(text, 500, true),
                Verdict::Harmless(Harmless::BackChannel),
                "{text}"
            );
        }
    }

    #[test]
    fn an_echo_does_not_interrupt() {
        assert_eq!(
            verdict("thinking about the motion and what", 900, false),
            Verdict::Unclear(Sign::Echo)
        );
        assert_eq!(
            verdict("my team will say", 900, true),
            Verdict::Harmless(Harmless::Echo)
        );
    }

    #[test]
    fn words_of_ones_own_interrupt() {
        assert_eq!(verdict("wait", 250, false), Verdict::Unclear(Sign::Words));
        assert_eq!(verdict("wait", 360, false), Verdict::Interrupts);
        assert_eq!(verdict("stop", 200, true), Verdict::Interrupts);
        assert_eq!(verdict("why", 720, false), Verdict::Interrupts);
        assert_eq!(verdict("why", 400, true), Verdict::Interrupts);
        assert_eq!(verdict("can we go back", 600, false), Verdict::Interrupts);
        assert_eq!(
            verdict("yeah but what about you", 900, false),
            Verdict::Interrupts
        );
        assert_eq!(verdict("", 1300, false), Verdict::Interrupts);
    }

    #[test]
    fn words_of_ones_own_after_an_echo_interrupt() {
        let text = "promotion and what my team will say hold on can we stay with the fear a bit";
        assert_eq!(verdict(text, 2000, false), Verdict::Interrupts);
    }

    #[test]
    fn whoever_speaks_on_over_a_silent_client_has_the_turn() {
        let long = overlap("yeah yeah yeah", 3100, false);
        assert_eq!(judge(long), Verdict::Interrupts);
        let unpaused = Overlap {
            paused: false,
            ..long
        };
        assert_eq!(judge(unpaused), Verdict::Unclear(Sign::Sound));
    }

    #[test]
    fn one_word_stops_an_answer_that_is_not_heard_yet() {
        let early = Overlap {
            audible: false,
            ..overlap("promotion", 400, false)
        };
        assert_eq!(judge(early), Verdict::Interrupts);
        let cough = Overlap {
            text: "",
            over: true,
            ..early
        };
        assert_eq!(judge(cough), Verdict::Harmless(Harmless::Noise));
        let hm = Overlap {
            text: "hm",
            over: true,
            ..early
        };
        assert_eq!(judge(hm), Verdict::Harmless(Harmless::BackChannel));
    }
}
