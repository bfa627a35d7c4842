//! Whether a sentence says what holds in general, or of somebody who is not there, and not what the
//! client said.

use super::context::Echo;
use super::text::{Sentence, is};

/// Whether it does. What is made of the client's words alone is theirs.
pub(super) fn holds(sentence: &Sentence, echo: Echo) -> bool {
    let own = echo.returns || echo.all > 0 && echo.recent == echo.all;
    let given_back = sentence.leads_with("so") || sentence.leads_with("because");
    !own && !given_back && (is_true(sentence) || supposes(sentence) || tells_of_oneself(sentence))
}

/// `drinking that much damages your liver`, `exercise is good for your heart`, `four hours is not
/// enough for anybody`: of a thing, and how good or bad it is.
fn is_true(sentence: &Sentence) -> bool {
    let body = sentence.body();
    if of_all(body) {
        return true;
    }
    let does = |w: &String| is(w, HARMS);
    let verb = body.iter().take(7).position(|w| does(w) || is(w, "is are"));
    let Some(at) = verb.filter(|at| *at > 0) else {
        return false;
    };
    // "That much", "that long": only how much.
    let measures =
        |i: usize| body[i] == "that" && is(&body[i + 1], "much many long often hard late");
    if (0..at).any(|i| is(&body[i], POINTS) && !measures(i)) {
        return false;
    }
    if does(&body[at]) {
        return body.len() > at + 1;
    }
    let colours = |w: &&String| is(w, "not really very so also always just never");
    let rest = &body[at + 1..];
    let Some((how, after)) = rest[rest.iter().take_while(colours).count()..].split_first() else {
        return false;
    };
    let to_all = |w: &String| is(w, "anybody anyone everybody everyone nobody people adults");
    match how.as_str() {
        "good" | "great" | "bad" | "dangerous" | "harmful" | "unhealthy" | "healthy"
        | "essential" => after.first().is_some_and(|w| w == "for"),
        "enough" | "too" => after.iter().any(to_all),
        _ => false,
    }
}

/// `every parent shouts`, `kids need limits`.
fn of_all(body: &[String]) -> bool {
    let all = match body {
        [all, who, ..] if is(all, "all every most") => is(who, PEOPLE),
        [who, ..] => who.ends_with('s') && is(who, PEOPLE),
        [] => false,
    };
    all && body.len() > 2 && !body.iter().any(|w| is(w, POINTS) && w != "their")
}

/// `your boss is probably just stressed`: what somebody feels whom the coach never met.
fn supposes(sentence: &Sentence) -> bool {
    let body = sentence.body();
    let somebody = match body {
        [your, who, ..] if your == "your" => is(who, OTHERS),
        [who, ..] => is(who, "he she they"),
        [] => false,
    };
    let maybe = sentence.leads_with("maybe") || sentence.leads_with("perhaps");
    let likely = body
        .iter()
        .take(5)
        .any(|w| is(w, "probably surely certainly likely"));
    somebody && (likely || maybe && sentence.word(sentence.body) == "your")
}

/// `when I was your age`, `it happened to me`, `I lost mine too`; not `when I was listening to you`.
fn tells_of_oneself(sentence: &Sentence) -> bool {
    let past = |w: &[String]| {
        w[0] == "when"
            && w[1] == "i"
            && is(&w[2], "was had worked started lived")
            && !is(
                &w[3],
                "listening hearing reading preparing looking asking asked",
            )
    };
    let body = sentence.body();
    let too = body.len() >= 4
        && body[0] == "i"
        && body.last().is_some_and(|last| last == "too")
        && !is(&body[1], "am hear see feel sense notice would can");
    let mine = |w: &[String]| is(&w[0], "happened worked") && is(&w[1], "to for") && w[2] == "me";
    let own = body.len() >= 4
        && body[0] == "my"
        && body[1..4].iter().any(|w| is(w, "was had did went were"));
    sentence.words.windows(4).any(past) || sentence.words.windows(3).any(mine) || too || own
}

/// What does good or harm to anybody.
const HARMS: &str = "damages harms ruins kills destroys improves weakens strengthens protects boosts raises \
    lowers";

/// Of whom one speaks in general.
const PEOPLE: &str = "parent parents kid kids child couple couples family families person teenager \
    teenagers team teams boss bosses manager managers leader leaders marriage marriages relationship \
    relationships sibling siblings friend friends";

/// What points at somebody or something of the talk.
const POINTS: &str = "i you we he she they it that this these those there your his her their my our who \
    what how";

/// Who may stand behind `your`.
const OTHERS: &str = "boss manager team husband wife partner mother father mum mom dad brother sister \
    son daughter friend colleague colleagues friends parents children kids boyfriend girlfriend \
    director chief";
