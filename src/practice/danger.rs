//! A life in danger: what a coach says of their own, and what they ask about the client's, told
//! from figures of speech. In doubt it is meant: stepping out of a role costs little.

use super::moves::{Move, is};
use super::sentences::split;
use super::words::tokens;

/// Which of the two it is, if it is one: the coach's own danger before the question for another's.
pub(super) fn danger(text: &str) -> Option<Move> {
    let sentences = split(text);
    let found = sentences.iter().flat_map(|sentence| {
        let words = tokens(sentence);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let asks = sentence.trim_end().ends_with('?');
        let mut found: Vec<Move> = (0..words.len())
            .filter_map(|at| spoken_of(&words, at, asks))
            .collect();
        found.extend(is_safe(&words));
        found
    });
    found.min_by_key(|kind| *kind != Move::Danger)
}

/// Whose it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Coachs,
    Clients,
    /// Told by the words before it.
    Open,
}

/// Whether the words from a place on name it, and who is meant.
fn spoken_of(words: &[&str], at: usize, asks: bool) -> Option<Move> {
    let (length, whose, wants_no) = named(&words[at..])?;
    let lead = Lead::to(&words[..at]);
    if lead.denied != wants_no || !lead.intends && is_figure(words[at], &words[at + length..]) {
        return None;
    }
    let accident = |word: &&str| is(word, ACCIDENTS);
    if is(words[at], INJURES) && !lead.intends && words.iter().any(accident) {
        return None;
    }
    let whose = match (whose, lead.subject) {
        (Whose::Coachs, _) => Whose::Coachs,
        (Whose::Clients | Whose::Open, Some("you" | "your")) => Whose::Clients,
        (Whose::Clients, None) if lead.intends => Whose::Clients,
        (Whose::Open, Some("i" | "my" | "me")) => Whose::Coachs,
        (Whose::Open, None) if lead.intends && asks => Whose::Clients,
        (Whose::Open, None) if lead.intends => Whose::Coachs,
        _ => Whose::Open,
    };
    match whose {
        Whose::Coachs => Some(Move::Danger),
        // "You do not want to live like this."
        Whose::Clients if words.get(at + length) == Some(&"like") => None,
        Whose::Clients => Some(Move::AskDanger),
        Whose::Open => None,
    }
}

/// How it can be named: in how many words, whose it is by these, and whether it is only meant where
/// there is a no before it.
fn named(rest: &[&str]) -> Option<(usize, Whose, bool)> {
    let whose = |own: &str| match own {
        "myself" | "my" | "me" | "i" => Whose::Coachs,
        _ => Whose::Clients,
    };
    let named = match *rest {
        [verb, own @ ("myself" | "yourself"), ..] if is(verb, HARMS) || is(verb, INJURES) => {
            (2, whose(own), false)
        }
        [verb, own @ ("my" | "your"), "own", "life", ..] if is(verb, ENDS) => {
            (4, whose(own), false)
        }
        [verb, own @ ("my" | "your"), "life", ..] if is(verb, ENDS) => (3, whose(own), false),
        ["end" | "ending", "it", "all", ..] => (3, Whose::Open, false),
        ["suicide" | "suicidal" | "overdose" | "overdosing", ..] => (1, Whose::Open, false),
        [
            "self",
            "harm" | "harming" | "injury" | "injure" | "injuring",
            ..,
        ] => (2, Whose::Open, false),
        ["want" | "wanted" | "wanting" | "ready", "to", "die", ..] => (3, Whose::Open, false),
        ["wanna", "die", ..] => (2, Whose::Open, false),
        ["want" | "wanted", "to", "be", "dead", ..] => (4, Whose::Open, false),
        [
            "wish" | "wished",
            who @ ("i" | "you"),
            "was" | "were",
            "dead",
            ..,
        ] => (4, whose(who), false),
        ["better", "off", "dead", ..] => (3, Whose::Open, false),
        ["better", "off", "without", "me"] => (4, Whose::Coachs, false),
        ["want" | "wanted", "to", "live" | "exist", ..] => (3, Whose::Open, true),
        ["want" | "wanted", "to", "be", "alive", ..] => (4, Whose::Open, true),
        ["want" | "wanted", "to", "wake", "up", ..] => (4, Whose::Open, true),
        ["want", "to", "be", "here", "anymore", ..] => (5, Whose::Open, true),
        ["want", "to", "be", "here", "any", "more" | "longer", ..] => (6, Whose::Open, true),
        ["reason", "to", "live", ..] | ["go", "on", "living", ..] => (3, Whose::Open, true),
        [
            own @ ("my" | "your"),
            "life",
            "is",
            "not",
            "worth",
            "living",
            ..,
        ] => (6, whose(own), false),
        ["nothing", "to", "live", "for", ..] => (4, Whose::Open, false),
        _ => return None,
    };
    Some(named)
}

/// What leads up to it.
struct Lead<'a> {
    /// The first word before it that says more than that somebody means to.
    subject: Option<&'a str>,
    denied: bool,
    /// Whether it is thought of, wanted or planned.
    intends: bool,
}

impl<'a> Lead<'a> {
    fn to(before: &[&'a str]) -> Self {
        let (mut denied, mut intends) = (false, false);
        for (at, word) in before.iter().enumerate().rev() {
            if !is(word, LINKS) {
                let subject = Some(*word);
                return Self {
                    subject,
                    denied,
                    intends,
                };
            }
            // "I cannot stop thinking of it."
            let helpless = before.get(at + 1).is_some_and(|next| is(next, "stop help"));
            denied |= is(word, "not never no") && !helpless;
            intends |= is(word, INTENDS);
        }
        Self {
            subject: None,
            denied,
            intends,
        }
    }
}

/// Whether what comes after it makes it a way of speaking.
fn is_figure(verb: &str, after: &[&str]) -> bool {
    let (first, second) = (after.first().copied(), after.get(1).copied());
    let Some(first) = first else {
        return false;
    };
    let doing = first.len() > 4 && first.ends_with("ing") && !is(first, "during evening morning");
    match verb {
        "want" | "wanted" | "wanting" | "wanna" | "ready" => is(first, LATER),
        "suicide" => is(
            first,
            "mission squad note prevention line hotline watch rate rates",
        ),
        "take" | "taking" => is(
            first,
            "seriously back in into as to apart forward further for",
        ),
        "end" | "ending" => first == "as",
        _ if doing || is(first, "over for by here some off short loose laughing") => true,
        _ if is(first, "with in") && second.is_some_and(|second| is(second, BURDENS)) => true,
        _ if verb.ends_with("ing") && first == "to" => {
            !second.is_some_and(|second| is(second, "stop end escape be"))
        }
        _ => {
            is(verb, INJURES)
                && is(first, "in on at the")
                && after.iter().take(4).any(|word| is(word, ACCIDENTS))
        }
    }
}

/// What is asked or said without naming it: `are you safe`, `I am in danger`.
fn is_safe(words: &[&str]) -> Option<Move> {
    (0..words.len()).find_map(|at| match words[at..] {
        ["are", "you", "safe", ref rest @ ..] | ["do", "you", "feel", "safe", ref rest @ ..]
            if is_now(rest) =>
        {
            Some(Move::AskDanger)
        }
        ["are", "you", "in", "danger", ref rest @ ..]
        | [
            "are",
            "you",
            "in",
            "any" | "immediate",
            "danger",
            ref rest @ ..,
        ]
        | ["are", "you", "at", "risk", ref rest @ ..]
            if rest.first() != Some(&"of") =>
        {
            Some(Move::AskDanger)
        }
        ["is", who, how, "you", ..]
            if is(who, "anyone anybody someone somebody")
                && is(how, "hurting hitting threatening abusing") =>
        {
            Some(Move::AskDanger)
        }
        ["i", "am", "in", "danger", ref rest @ ..] if rest.first() != Some(&"of") => {
            Some(Move::Danger)
        }
        ["i", "am", "not", "safe", ref rest @ ..]
        | ["i", "do", "not", "feel", "safe", ref rest @ ..]
            if is_now(rest) =>
        {
            Some(Move::Danger)
        }
        _ => None,
    })
}

/// Whether it is about now, and not about the work or an opinion.
fn is_now(rest: &[&str]) -> bool {
    matches!(
        *rest,
        [] | ["now" | "today" | "tonight" | "there", ..]
            | ["right", "now", ..]
            | ["at", "home", ..]
            | ["with", "myself" | "yourself", ..]
    )
}

/// What is done to oneself, and what also happens to one.
const HARMS: &str = "kill killing harm harming hang hanging poison poisoning";
const INJURES: &str =
    "hurt hurting cut cutting injure injuring shoot shooting stab stabbing drown drowning";
const ENDS: &str = "end ending take taking";
/// What may stand between whoever it is and what they mean to do.
const LINKS: &str = "am are is was were be been being have has had having do did does not never no longer \
    will would could might may must can should going gonna to of about on with the a an any some and in at \
    want wanted wanting wanna wish wished need like feel felt feeling think thinking thought thoughts \
    consider considering considered contemplating plan planning planned plans idea ideas urge urges \
    tempted try trying tried commit committing attempt attempted attempting decided decide intend \
    intending ready dealing struggling danger risk stop help really just still often sometimes always \
    even ever again so very deeply actually serious seriously getting become maybe also only keep \
    suicidal took take taking by";
const INTENDS: &str = "want wanted wanting wanna wish think thinking thought thoughts consider considering considered \
    contemplating plan planning planned plans idea ideas urge urges tempted try trying tried intend \
    intending decided commit committing attempt attempted attempting feeling felt any ever suicidal";
/// After these a wish to die or to live is none.
const LATER: &str = "of than happy old happily peacefully knowing laughing here there in with near at by on under \
    through up without next someday";
/// What one kills oneself with in words alone.
const BURDENS: &str =
    "work this that all these those overwork effort stress worry worries deadlines it";
/// Where and how one is hurt by accident.
const ACCIDENTS: &str = "shaving cooking skiing gym foot kitchen garden process stairs bike ice training football \
    fell slipped tripped accident accidentally";

#[cfg(test)]
mod tests;
