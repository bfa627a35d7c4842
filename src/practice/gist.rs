//! What is left of words that are too long ago to be sent word for word: the sentences that say
//! most, in their order.

use std::collections::BTreeSet;

use super::Heard;
use super::sentences::{split, without_pauses};
use super::words::{Word, tokens};

/// Longest sentence that is kept whole, in characters.
const LONGEST: usize = 160;

/// A sentence that may be kept.
struct Candidate {
    client: bool,
    text: String,
    /// How much room it takes as a line, in characters.
    length: usize,
    words: BTreeSet<String>,
    /// The client's first words: what they came with.
    first: bool,
}

/// The gist of what was said, in no more than `most` characters: a line for each sentence kept.
/// Empty if nothing was said. Of equal words always the same.
#[must_use]
pub fn gist(said: &[Heard], most: usize) -> String {
    let mut left: Vec<(usize, Candidate)> = candidates(said).into_iter().enumerate().collect();
    let (mut kept, mut room) = (Vec::new(), most);
    let mut known: BTreeSet<String> = BTreeSet::new();
    while let Some(best) = best(&left, &known, room) {
        let (at, candidate) = left.swap_remove(best);
        room -= candidate.length;
        kept.push((at, line(candidate.client, &candidate.text)));
        known.extend(candidate.words);
    }
    kept.sort_by_key(|(at, _)| *at);
    let lines: Vec<String> = kept.into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

fn candidates(said: &[Heard]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut first = true;
    for heard in said {
        let (client, text) = match heard {
            Heard::Coach(text) => (false, text),
            Heard::Client { text, .. } => (true, text),
            Heard::Silence(_) => continue,
        };
        for sentence in split(text) {
            let text = without_pauses(sentence.trim());
            let content = tokens(&text).into_iter();
            let words: BTreeSet<String> = content
                .filter(|token| Word::new(token).is_content())
                .collect();
            if words.is_empty() || text.chars().count() > LONGEST {
                continue;
            }
            candidates.push(Candidate {
                client,
                length: line(client, &text).chars().count() + 1,
                text,
                words,
                first: client && std::mem::replace(&mut first, false),
            });
        }
    }
    candidates
}

/// The sentence that says most that is not known yet, of those there is room for; of equals the
/// earlier one.
fn best(left: &[(usize, Candidate)], known: &BTreeSet<String>, room: usize) -> Option<usize> {
    let says = |candidate: &Candidate| {
        let new = candidate.words.difference(known).count();
        // What the client said is what the client has to remember.
        let weight = if candidate.client { 3 } else { 1 };
        let first = if candidate.first { 100 } else { 0 };
        if new == 0 { 0 } else { new * weight + first }
    };
    let scored = left.iter().enumerate();
    let scored = scored.filter(|(_, (_, candidate))| candidate.length <= room);
    let scored = scored.map(|(at, (order, candidate))| (says(candidate), usize::MAX - order, at));
    let best = scored.filter(|(score, _, _)| *score > 0).max();
    best.map(|(_, _, at)| at)
}

fn line(client: bool, text: &str) -> String {
    let who = if client { "You" } else { "Coach" };
    format!("{who}: {text}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn talk() -> Vec<Heard> {
        let pair = |coach: &str, client: &str| [Heard::coach(coach), Heard::client(client)];
        [
            pair(
                "What brings you here?",
                "I was passed over for a promotion. It hurts.",
            ),
            pair("Mm.", "My boss Henrik said that I am a rock."),
            pair("How do you feel?", "Angry, and ashamed of the anger."),
            pair("Go on.", "Angry. Ashamed. Yes."),
        ]
        .concat()
    }

    #[test]
    fn what_says_most_is_kept_in_its_order() {
        let all = gist(&talk(), 1000);
        assert_eq!(
            all,
            "Coach: What brings you here?\nYou: I was passed over for a promotion.\nYou: It hurts.\n\
             You: My boss Henrik said that I am a rock.\nCoach: How do you feel?\n\
             You: Angry, and ashamed of the anger."
        );
        let short = gist(&talk(), 90);
        assert!(
            short.starts_with("You: I was passed over for a promotion."),
            "{short}"
        );
        assert!(short.contains("Henrik"), "{short}");
        assert_eq!(gist(&[], 100), "");
    }

    proptest! {
        #[test]
        fn it_stays_within_its_room_and_says_nothing_new(texts in prop::collection::vec("\\PC{0,80}|[a-z ]{0,80}\\.", 0..20), most in 0usize..400) {
            let said: Vec<Heard> = texts.iter().map(|text| Heard::client(text)).collect();
            let gist = gist(&said, most);
            prop_assert!(gist.chars().count() <= most);
            prop_assert!(gist.lines().count() <= said.iter().map(|_| 80).sum::<usize>() + 1);
        }
    }
}
