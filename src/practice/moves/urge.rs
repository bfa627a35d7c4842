//! Whether a sentence tells the client what to do: in the imperative, as what they could do, or in
//! the form of a question.

use super::context::Echo;
use super::lexicon::Cues;
use super::need::{misses, prescribes};
use super::order::denies;
use super::phrases::Cue;
use super::text::{Sentence, is};

/// What somebody does who acts: as an imperative these are orders whatever follows.
const DOES: &str = "write call phone email text ask tell say talk speak use try start stop \
    continue take bring go walk ride read send show visit join meet look set plan leave keep \
    move practise practice offer invite suggest sleep eat drink buy check sign share breathe \
    make give find book apologise apologize forgive avoid consider quit cut reduce choose pick \
    focus note list schedule arrange contact confront download learn teach relax rest skip wear cook drive \
    exercise swim run listen prepare organise organize track switch turn delete throw flip";

/// What is also an order, if something follows that is done to: `put it`, `be honest`.
const DOES_TO: &str = "put get be have let come think remember cut pay do sit stand work hold \
    accept believe trust allow treat reward respect follow build create end begin finish add \
    change save open close limit replace face help see wait hear drop forget ignore reach step \
    slow calm pull push count seek enjoy celebrate notice decide";

/// What a verb of an order has behind it rather than a noun: what it is done to, how, or when.
const FOLLOWS: &str = "the a an your her him them it this that these those his their my some any \
    more less every each all two three four five ten to with about for at into on in up down out \
    off away back over through yourself somebody someone something nothing no how what whether \
    where when as until before after together today tonight tomorrow now slowly carefully first \
    again regularly daily only enough plenty there here and honest kind patient clear brave strong \
    careful gentle realistic specific open proud fair faith fun not";

/// What may stand before an order: `tonight write it down`.
const WHEN: &str = "first second third next tonight tomorrow today instead simply always never";

/// What opens a clause before an order: `if he calls, ask him`.
const BEFORE: &str =
    "if when whenever once before after until between for with in at on every as by";

/// What one asks the other to do for the talk, and not for themselves.
const FOR_THE_TALK: &str = "me us ahead you is we see was are";

/// Whether it opens with what to do: `try`, `be honest`, `do not`.
pub(super) fn commands(sentence: &Sentence) -> bool {
    let (body, first) = (sentence.body, sentence.word(sentence.body));
    let begins = |at: &usize| {
        *at == body
            || *at == body + 1 && is(first, WHEN)
            || *at == body + 2 && first == "next"
            || sentence.starts(*at) && (is(first, WHEN) || is(first, BEFORE))
    };
    (body..sentence.words.len())
        .filter(begins)
        .any(|at| orders(sentence, at))
}

/// Whether an order begins at a place.
fn orders(sentence: &Sentence, at: usize) -> bool {
    let (first, second) = (sentence.word(at), sentence.word(at + 1));
    if first == "do" && second == "not" {
        let third = sentence.word(at + 2);
        return is(third, DOES) || is(third, DOES_TO) || is(third, "worry give feel lose");
    }
    if second.is_empty() || is(second, FOR_THE_TALK) {
        return false;
    }
    let said = first == "remember" && is(second, "when how what that");
    // How people part.
    let parts = first == "take" && second == "care" && sentence.word(at + 3) == "yourself";
    let kept = first == "keep" && is(second, "going up it");
    !said && !kept && !parts && (is(first, DOES) || is(first, DOES_TO) && is(second, FOLLOWS))
}

/// Whether it says what the client is to do: `you should`, `you must set limits`. What they said
/// themselves that they must do is only given back.
pub(super) fn directs(sentence: &Sentence, cues: Cues, echo: Echo) -> bool {
    let directs = cues.has(Cue::Directs) && !misses(sentence);
    (directs || obliges(sentence) || prescribes(sentence, echo)) && !echo.obliged()
}

/// `you must set limits`, `you must have a plan`, but not `you must be tired`, `you must get that often`.
pub(super) fn obliges(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    let must = |at: &usize| sentence.word(*at) == "you" && sentence.word(at + 1) == "must";
    (0..words.len()).filter(must).any(|at| {
        let mut after = words[at + 2..].iter().skip_while(|word| is(word, ADVERBS));
        let Some(verb) = after.next() else {
            return false;
        };
        let does = (is(verb, DOES) || is(verb, DOES_TO)) && !is(verb, GUESSED);
        does || verb == "have" && after.take(3).any(|word| is(word, SETS))
    })
}

/// What one sets, so that who must have it is told to: `you must have boundaries`.
const SETS: &str = "boundaries boundary limits limit rules plan priorities routine structure";

/// What `must` only supposes of somebody.
const GUESSED: &str = "be have think hold see hear wait work enjoy believe trust get sleep drink \
    eat drive walk travel read need find help leave hope";

/// Whether the coach says what they would do: `I would talk to her`.
pub(super) fn would_do(sentence: &Sentence) -> bool {
    let body = sentence.body();
    let opens = |i: usize, word: &str| body.get(i).is_some_and(|said| said == word);
    let adverbs = body
        .iter()
        .skip(2)
        .take_while(|w| is(w, ADVERBS) || *w == "not");
    let at = sentence.body + 2 + adverbs.count();
    let says = is(sentence.word(at), "say think suggest");
    opens(0, "i") && opens(1, "would") && !says && orders(sentence, at)
}

/// Whether it opens with what could be done: `you could write`, `maybe you can call`. What is felt
/// or had (`you can see`, `you might be`) is nothing that one does.
pub(super) fn suggests(sentence: &Sentence) -> bool {
    let body = sentence.body();
    let at = body.iter().take(3).position(|word| word == "you");
    let Some(rest) = at.and_then(|at| body.get(at + 1..)) else {
        return false;
    };
    let mut rest = rest.iter().map(String::as_str);
    let may = rest
        .next()
        .is_some_and(|word| is(word, "could can might may"));
    let mut verbs = rest.skip_while(|word| is(word, ADVERBS));
    let (verb, next) = (verbs.next().unwrap_or(""), verbs.next().unwrap_or(""));
    let wants = is(verb, "want like wish") && next == "to";
    may && !sentence.leads_with("so") && (is(verb, DOES) || wants)
}

const ADVERBS: &str = "just also always even maybe perhaps simply first not ever instead";

/// What is felt or had, and not done: `why do you not like him` wants a reason.
const STATES: &str = "like want feel think trust know believe need have love hate agree understand \
    see mind enjoy fit care belong";

/// Whether it asks so as to suggest: `have you tried meditation`, `why do not you ask him`, `how
/// about calling her`.
pub(super) fn suggests_asking(sentence: &Sentence, cues: Cues) -> bool {
    const TALKS: &str = "tell telling share sharing give giving walk walking help";
    let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
    // "You should call her, should you not?"
    let wants_yes = cues.has(Cue::Tag) || cues.has(Cue::Leads) || denies(sentence);
    let begins = |at: &usize| {
        // "Why can you not" wants a reason.
        let asked = *at > 0 && is(words[at - 1], "what how who where when why which");
        is(words[*at], "why have how what would could can") && !asked
    };
    let suggests = |at: usize| {
        let rest = words[at..].iter().filter(|word| !is(word, ADVERBS));
        suggestion(&words[at..], &rest.copied().collect::<Vec<_>>())
    };
    let me = |at: usize| words.get(at).is_some_and(|word| is(word, "me us"));
    let talks = (0..words.len()).any(|at| {
        is(words[at], TALKS) && (me(at + 1) || words.get(at + 1) == Some(&"with") && me(at + 2))
    });
    let suggests = || (0..words.len()).filter(begins).any(suggests);
    !talks && (cues.has(Cue::Directs) && wants_yes || suggests())
}

/// Whether a suggestion begins with these words, which `rest` are without adverbs.
fn suggestion(words: &[&str], rest: &[&str]) -> bool {
    match (words, rest) {
        (["why", "do", "not", "you" | "we", ..], [_, _, _, verb, ..])
        | (["why", "not", ..], [_, verb, _, ..]) => {
            !is(verb, STATES) && !is(verb, "be") && !is_number(&rest[1..])
        }
        (["have", "you", ..], ["have", "you", done, what, after @ ..]) => match *done {
            "tried" => !is(what, UNNAMED) && !words.iter().any(|word| is(word, PAST)),
            "considered" => !is(what, UNNAMED),
            "thought" => is(what, "about of") && names_one(after),
            _ => false,
        },
        (["how" | "what", "about", ..], [_, _, what @ ..]) if what.len() >= 2 => {
            is(what[0], "you we if") || doing(what[0]) || words[0] == "how" && names_one(what)
        }
        (["what", "if", "you" | "we", ..], [_, _, _, done, ..]) => is(done, DONE),
        (["would" | "could", "you", ..], [_, _, "consider" | "try", what, ..]) => {
            !is(what, UNNAMED)
        }
        (["can" | "could", "you" | "not", ..], _) => {
            let not = words.get(1) == Some(&"not");
            let you = rest.get(1) == Some(&"you");
            let verb = rest.get(2).is_some_and(|verb| is(verb, DOES));
            let urges = not || words.get(2).is_some_and(|word| is(word, "just simply not"));
            you && verb && urges
        }
        (["would", "not", ..], [_, "it", "be", how, ..]) => is(how, "better easier wiser good"),
        _ => false,
    }
}

/// Whether something is put forward by its name: `calling her`, `a weekly meeting`, but not `a time when`.
fn names_one(what: &[&str]) -> bool {
    match what {
        ["a" | "an", thing, ..] => !is(thing, "time moment day situation reason person"),
        [what, ..] => doing(what),
        [] => false,
    }
}

/// Whether it is a number and no more: `a two`, `7 or 8`, `lower`.
pub(super) fn is_number<W: AsRef<str>>(words: &[W]) -> bool {
    const NAMED: &str = "zero one two three four five six seven eight nine ten lower higher";
    let mut words = words
        .iter()
        .map(AsRef::as_ref)
        .skip_while(|word| is(word, "a an just"));
    let number = |word| is(word, NAMED) || word.parse::<u32>().is_ok();
    words.next().is_some_and(number) && words.next().is_none_or(|next| is(next, "or on instead"))
}

/// What is named by nothing: `have you tried anything`.
const UNNAMED: &str = "anything something it that this what how why where who whether much any to \
    before so all everything hard";

const DONE: &str = "called wrote asked told talked tried went took sent spoke started stopped said \
    gave made left wrote phoned visited joined";

/// What was done already is no suggestion: `have you tried to quit before`.
const PAST: &str = "before ever past already yet last since";

/// `calling`, but not `morning`.
fn doing(word: &str) -> bool {
    const THINGS: &str = "nothing something anything everything morning evening feeling feelings \
        thing being during wedding meeting training";
    word.len() > 4 && word.ends_with("ing") && !is(word, THINGS)
}
