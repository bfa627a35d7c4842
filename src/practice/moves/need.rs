//! Whether `you need` tells the client what to do, or names what they miss.

use super::context::Echo;
use super::text::{Sentence, is};

/// Words behind `you need` at most: who goes on for longer says more than that.
const LONGEST: usize = 8;

/// `you need a mentor`, `you just need more sleep`: what the client did not speak of. What they need
/// of others, or said that they need, is theirs.
pub(super) fn prescribes(sentence: &Sentence, echo: Echo) -> bool {
    let Some([how, what, rest @ ..]) = needed(sentence) else {
        return false;
    };
    let named = is(how, "a an some more less better") && !is(what, "who to of");
    let of_others = |word: &String| is(word, OF_OTHERS) || is(word, OTHERS);
    let theirs = of_others(what) || rest.iter().any(of_others) || echo.said() > 0;
    named && !theirs && !sentence.leads_with("so")
}

/// `you need to feel safe`, `you need to be seen`, `you need to know that he stays`: nothing that one
/// does.
pub(super) fn misses(sentence: &Sentence) -> bool {
    let Some([to, verb, rest @ ..]) = needed(sentence) else {
        return false;
    };
    let misses = match (verb.as_str(), rest) {
        ("feel", _) => true,
        ("be", [how, ..]) => is(how, SEEN),
        ("know", [that, who, ..]) if that == "that" => is(who, KNOWN),
        ("know", [what, ..]) => is(what, KNOWN),
        _ => false,
    };
    to == "to" && misses
}

/// What stands behind `you need`, where it opens the sentence.
fn needed(sentence: &Sentence) -> Option<&[String]> {
    let body = match sentence.body() {
        [i, think, rest @ ..] if i == "i" && is(think, "think believe feel") => rest,
        body => body,
    };
    let (you, rest) = body.split_first()?;
    let urging = rest.iter().take_while(|word| is(word, URGING)).count();
    let (need, rest) = rest[urging..].split_first()?;
    (you == "you" && need == "need" && rest.len() <= LONGEST).then_some(rest)
}

/// How one says to somebody what they need.
const URGING: &str = "just really only simply clearly definitely probably obviously maybe perhaps";

/// What one is who is not alone with it.
const SEEN: &str = "seen heard loved understood valued recognised recognized respected needed wanted \
    appreciated believed trusted safe accepted acknowledged held";

/// What one wants to know for one's peace.
const KNOWN: &str = "you he she they where who whether";

/// What only others can give.
const OF_OTHERS: &str = "recognition respect support love appreciation attention understanding \
    security safety freedom acknowledgement trust closeness belonging";

/// Who is to give it.
const OTHERS: &str = "who that where he she they him her";
