//! A life in danger: what a coach says of their own, and what they ask about the client's, told
//! from figures of speech. In doubt it is meant: stepping out of a role costs little.

mod naming;

use super::moves::{Move, is};
use super::sentences::split;
use super::words::tokens;
use naming::{INJURES, Whose, named};

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

/// Whether what is said after it takes up the practice: it speaks to the client and not of who speaks,
/// or of going on.
pub(super) fn goes_on<'a>(words: impl Iterator<Item = &'a str> + Clone) -> bool {
    let has = |list: &str| words.clone().any(|word| is(word, list));
    has(RESUMES) || has("you your yours") && !has("i me my mine myself")
}

/// Whether the words from a place on name it, and who is meant.
fn spoken_of(words: &[&str], at: usize, asks: bool) -> Option<Move> {
    let (length, whose, wants_no) = named(&words[at..])?;
    let lead = Lead::to(&words[..at]);
    let after = &words[at + length..];
    if lead.denied != wants_no || is_other(words[at], after, wants_no) {
        return None;
    }
    if !lead.intends && is_figure(words[at], after) {
        return None;
    }
    let accident = |word: &&str| is(word, ACCIDENTS);
    if is(words[at], INJURES) && !lead.intends && words.iter().any(accident) {
        return None;
    }
    let whose = match (whose, lead.subject) {
        (Whose::Coachs, _) => Whose::Coachs,
        // "You are hurting yourself with that."
        (Whose::Clients, _) if is(words[at], INJURES) && !lead.intends && !asks => Whose::Open,
        (Whose::Clients | Whose::Open, Some("you" | "your" | "yourself")) => Whose::Clients,
        (Whose::Clients, None) if lead.intends => Whose::Clients,
        (Whose::Open, Some("i" | "my" | "me" | "myself")) => Whose::Coachs,
        // "There is no reason to live.", "Life is not worth living."
        (Whose::Open, None) if !asks && is(words[at], "reason life") => Whose::Coachs,
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
        let (mut denied, mut intends, mut joined) = (false, false, false);
        for (at, word) in before.iter().enumerate().rev() {
            joined |= is(word, "and or but so");
            if !is(word, LINKS) {
                // "I hate myself and want to die."
                let mut people = before[..=at].iter().rev().filter(|word| is(word, PEOPLE));
                let subject = match joined {
                    true => people.next().copied(),
                    false => Some(*word),
                };
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

/// Whether what comes after it makes it something else, whatever is meant by it.
fn is_other(verb: &str, after: &[&str], wants_no: bool) -> bool {
    let Some(first) = after.first() else {
        return false;
    };
    match verb {
        // "You do not want to wake up one day and …"
        _ if wants_no => !is(first, NO_MORE),
        "want" | "wanted" => is(first, "honest sure certain clear right") && after.len() < 3,
        "rather" => *first == "than",
        "take" | "taking" => is(
            first,
            "seriously back in into to as apart forward further for",
        ),
        _ => is(verb, INJURES) && is(first, "some slack off short loose a open"),
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
        "end" | "ending" => first == "as",
        _ if doing || is(first, "over for by here laughing") => true,
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

/// What may stand between whoever it is and what they mean to do.
const LINKS: &str = "am are is was were be been being have has had having do did does not never no longer \
    will would could might may must can should going gonna to of about on with the a an any some and in at \
    want wanted wanting wanna wish wished need like feel felt feeling think thinking thought thoughts \
    consider considering considered contemplating plan planning planned plans idea ideas urge urges \
    tempted try trying tried commit committing attempt attempted attempting decided decide intend \
    intending ready dealing struggling danger risk stop help really just still often sometimes always \
    even ever again so very deeply actually serious seriously getting become maybe also only keep \
    suicidal took take taking by see there wants";
const INTENDS: &str = "want wanted wanting wanna wish think thinking thought thoughts consider considering considered \
    contemplating plan planning planned plans idea ideas urge urges tempted try trying tried intend \
    intending decided commit committing attempt attempted attempting feeling felt any ever suicidal";
/// Of whom a sentence can speak.
const PEOPLE: &str = "i me my myself you your yourself he she they we who people somebody someone anybody anyone \
    him her them us his their our that";
/// What takes up the practice again.
const RESUMES: &str =
    "practice practise session continue back again go start test testing joke joking kidding role";
/// After these a wish not to live is one.
const NO_MORE: &str =
    "anymore any and but because if at now like either longer right today tonight";
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
