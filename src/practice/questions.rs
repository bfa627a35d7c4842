//! Where questions begin in an utterance without punctuation.

use super::cues::Cues;
use super::words::Word;

/// After these a question word asks nothing.
const EMBEDS: &[&str] = &[
    "know",
    "see",
    "of",
    "about",
    "wonder",
    "wondering",
    "is",
    "like",
    "curious",
    "to",
    "me",
    "when",
    "if",
    "understand",
    "notice",
];

/// Cuts an utterance where a new question begins. A recogniser gives no punctuation: an opening
/// word followed by a verb, after at least three words, begins one.
pub(super) fn clauses<'a>(cues: &Cues, heard: &'a [Word]) -> Vec<&'a [Word]> {
    let mut cuts = vec![0];
    for i in 0..heard.len().saturating_sub(2) {
        let opener = cues.openers.contains(&heard[i].text) || heard[i].text == "why";
        let verb = cues.closed.contains(&heard[i + 1].text);
        let turned = cues.closed.contains(&heard[i].text)
            && matches!(heard[i + 1].text.as_str(), "you" | "it" | "there" | "they");
        let before = i
            .checked_sub(1)
            .map(|b| heard[b].text.as_str())
            .unwrap_or_default();
        let embedded = EMBEDS.contains(&before) || cues.openers.contains(before) || before == "why";
        let joined = matches!(before, "and" | "or");
        let since = i - cuts.last().copied().unwrap_or(0);
        let begins = (opener && verb && !embedded)
            || (turned
                && (joined || opener_free(cues, heard, cuts.last().copied().unwrap_or(0), i)));
        if begins && since >= 3 {
            cuts.push(i);
        }
    }
    cuts.push(heard.len());
    cuts.windows(2).map(|w| &heard[w[0]..w[1]]).collect()
}

/// Whether no question word opened the stretch, so that `would you` in it begins a question
/// rather than belonging to `what … would you`.
fn opener_free(cues: &Cues, heard: &[Word], from: usize, to: usize) -> bool {
    heard[from..to]
        .iter()
        .all(|w| !cues.openers.contains(&w.text) && w.text != "why")
}
