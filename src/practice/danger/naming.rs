//! How a danger to a life is named, and whose it is by that.

use super::super::moves::is;

/// Whose it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Coachs,
    Clients,
    /// Told by the words before it.
    Open,
}

/// How it can be named: in how many words, whose it is by these, and whether it is only meant where
/// there is a no before it.
pub(super) fn named(rest: &[&str]) -> Option<(usize, Whose, bool)> {
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
        [
            "want" | "wants" | "wanted" | "wanting" | "ready",
            "to",
            "die",
            ..,
        ] => (3, Whose::Open, false),
        ["wanna", "die", ..] => (2, Whose::Open, false),
        ["want" | "wanted", "to", "be", "dead", ..] => (4, Whose::Open, false),
        ["rather", "be", "dead", ..] => (3, Whose::Open, false),
        ["life", "is", "not", "worth", "living", ..] => (5, Whose::Open, false),
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

/// What is done to oneself, and what also happens to one.
const HARMS: &str = "kill killing harm harming hang hanging poison poisoning";
pub(super) const INJURES: &str =
    "hurt hurting cut cutting injure injuring shoot shooting stab stabbing drown drowning";
const ENDS: &str = "end ending take taking";
