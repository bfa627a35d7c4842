//! Barge-in: whether speech over the AI client's voice is an interruption, a back-channel, a
//! cough or an echo.

use std::time::Duration;

/// What speech over the client's voice turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not clear yet.
    Undecided,
    /// The coach takes the turn.
    Interrupts,
    /// It does not: the client goes on.
    Harmless(Harmless),
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
    /// What the client was saying in the last seconds.
    pub spoken: &'a str,
}

/// The shortest speech whose words may interrupt: shorter ones are as likely a cough that the
/// recogniser turned into a word.
const SHORTEST: Duration = Duration::from_millis(350);

/// Speech this long interrupts even if the recogniser has not said a word yet.
const LONG: Duration = Duration::from_millis(1200);

/// Words that show listening and leave the turn where it is.
const BACK_CHANNEL: &[&str] = &[
    "ah", "aha", "hm", "hmm", "huh", "i", "mhm", "mm", "mmm", "oh", "ok", "okay", "right", "see",
    "sure", "uh", "uhhuh", "uhuh", "um", "wow", "yeah", "yep", "yes",
];

/// Words that take the turn even alone.
const COMMAND: &[&str] = &[
    "wait", "stop", "pause", "sorry", "hold", "excuse", "actually", "hang",
];

/// Judges speech over the client's voice by its words, its length and what the client was saying.
#[must_use]
pub fn judge(overlap: Overlap<'_>) -> Verdict {
    let words = normalised(overlap.text);
    if words.is_empty() {
        return if overlap.over {
            Verdict::Harmless(Harmless::Noise)
        } else if overlap.voiced >= LONG {
            Verdict::Interrupts
        } else {
            Verdict::Undecided
        };
    }
    if is_echo(&words, overlap.spoken) {
        return if overlap.over {
            Verdict::Harmless(Harmless::Echo)
        } else {
            Verdict::Undecided
        };
    }
    let telling = words
        .iter()
        .filter(|word| !BACK_CHANNEL.contains(&word.as_str()))
        .count();
    if telling == 0 {
        return if overlap.over {
            Verdict::Harmless(Harmless::BackChannel)
        } else {
            Verdict::Undecided
        };
    }
    if overlap.voiced >= SHORTEST
        && (telling >= 2 || words.iter().any(|word| COMMAND.contains(&word.as_str())))
    {
        return Verdict::Interrupts;
    }
    match (overlap.over, telling) {
        (true, 1) if overlap.voiced < SHORTEST => {
            if words.iter().any(|word| COMMAND.contains(&word.as_str())) {
                Verdict::Interrupts
            } else {
                Verdict::Harmless(Harmless::Noise)
            }
        }
        (true, _) => Verdict::Interrupts,
        (false, _) if overlap.voiced >= SHORTEST * 2 => Verdict::Interrupts,
        (false, _) => Verdict::Undecided,
    }
}

/// Whether most of `words` stand, in order, in what the client was saying.
fn is_echo(words: &[String], spoken: &str) -> bool {
    let spoken = normalised(spoken);
    let mut from = 0;
    let mut found = 0;
    for word in words {
        if let Some(at) = spoken[from..].iter().position(|said| said == word) {
            from += at + 1;
            found += 1;
        }
    }
    // One word in common proves nothing; most of several do, though the recogniser errs.
    words.len() >= 2 && found * 10 >= words.len() * 6
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

    fn verdict(text: &str, voiced: u64, over: bool) -> Verdict {
        let spoken = "I keep thinking about the promotion and what my team will say";
        judge(Overlap {
            text,
            voiced: Duration::from_millis(voiced),
            over,
            spoken,
        })
    }

    #[test]
    fn a_cough_does_not_interrupt() {
        assert_eq!(verdict("", 250, false), Verdict::Undecided);
        assert_eq!(verdict("", 250, true), Verdict::Harmless(Harmless::Noise));
        assert_eq!(
            verdict("the", 250, true),
            Verdict::Harmless(Harmless::Noise)
        );
    }

    #[test]
    fn a_back_channel_does_not_interrupt() {
        for text in ["mm-hm", "yeah", "okay right", "uh-huh", "I see"] {
            assert_eq!(verdict(text, 500, false), Verdict::Undecided, "{text}");
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
            Verdict::Undecided
        );
        assert_eq!(
            verdict("my team will say", 900, true),
            Verdict::Harmless(Harmless::Echo)
        );
    }

    #[test]
    fn words_of_ones_own_interrupt() {
        assert_eq!(verdict("wait", 250, false), Verdict::Undecided);
        assert_eq!(verdict("wait", 360, false), Verdict::Interrupts);
        assert_eq!(verdict("stop", 200, true), Verdict::Interrupts);
        assert_eq!(verdict("can we go back", 600, false), Verdict::Interrupts);
        assert_eq!(
            verdict("yeah but what about you", 900, false),
            Verdict::Interrupts
        );
        assert_eq!(verdict("", 1300, false), Verdict::Interrupts);
    }
}
