//! Whether an utterance asks, and how: found by its words, since a recogniser gives no question marks.

use super::cues::Cues;
use super::moves::Move;
use super::words::Word;

/// Whether and how it asks.
pub(super) fn question(
    cues: &Cues,
    text: &str,
    heard: &[Word],
    clauses: &[&[Word]],
) -> Option<Move> {
    let is = |w: &Word, list: &[&str]| list.contains(&w.text.as_str());
    let invites = |c: &[Word]| {
        let tells = |w: &Word| is(w, &["tell", "describe", "share", "explain", "say", "walk"]);
        c.first().is_some_and(|w| is(w, &["tell", "describe"]))
            || c.windows(2)
                .any(|w| tells(&w[0]) && is(&w[1], &["me", "more"]))
            || c.windows(3)
                .any(|w| cues.closed.contains(&w[0].text) && w[1].text == "you" && tells(&w[2]))
    };
    let wonders = heard
        .iter()
        .any(|w| is(w, &["wonder", "wondering", "curious"]));
    // "Okay great, what makes this important": what stands before says nothing.
    let opens_late = || {
        let at = heard
            .iter()
            .take(6)
            .position(|w| cues.openers.contains(&w.text));
        at.is_some_and(|at| {
            let before = &heard[..at];
            let tells = |w: &Word| is(w, SUBJECTS) || EMBEDS.contains(&w.text.as_str());
            heard.len() >= at + 3 && !before.iter().any(tells)
        })
    };
    let asks: Vec<Move> = clauses
        .iter()
        .filter_map(|clause| {
            let mut lead = clause.iter().skip_while(|w| is(w, LEAD_IN));
            let first = lead.next()?;
            let second = lead.next();
            if first.text == "why" {
                let reasons = clause
                    .iter()
                    .any(|w| ["important", "matter", "matters", "now"].contains(&w.text.as_str()));
                Some(if reasons {
                    Move::OpenQuestion
                } else {
                    Move::WhyQuestion
                })
            } else if invites(clause) || cues.openers.contains(&first.text) {
                Some(Move::OpenQuestion)
            } else if cues.closed.contains(&first.text) && second.is_some_and(|w| is(w, SUBJECTS)) {
                Some(Move::ClosedQuestion)
            } else {
                None
            }
        })
        .collect();
    let marks = text.matches('?').count();
    match (asks.len(), asks.last()) {
        (2.., _) if marks != 1 || asks.len() > 2 => Some(Move::StackedQuestion),
        (_, Some(kind)) => Some(*kind),
        (0, None) if marks > 1 => Some(Move::StackedQuestion),
        (0, None) if wonders || (marks == 0 && opens_late()) => Some(Move::OpenQuestion),
        (0, None) if marks == 1 => {
            let open = heard.iter().any(|w| cues.openers.contains(&w.text));
            Some(if open {
                Move::OpenQuestion
            } else {
                Move::ClosedQuestion
            })
        }
        _ => None,
    }
}

/// What may stand before a question.
const LEAD_IN: &[&str] = &[
    "so", "and", "but", "well", "okay", "ok", "um", "uh", "now", "then", "maya", "just", "alright",
    "right", "yeah", "yes", "hmm", "oh",
];

/// What a closed question asks of.
const SUBJECTS: &[&str] = &[
    "you", "your", "it", "that", "this", "there", "they", "he", "she", "we", "the", "i", "someone",
    "anyone", "anything", "not", "these", "those", "people",
];

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
