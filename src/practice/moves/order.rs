//! The order of words that asks: a question word with verb and subject turned round, or the verb
//! first.

use super::text::{End, Sentence, is};

const WORDS: &str = "what how who where which when why whose";

const VERBS: &str = "do does did are is was were have has had can could would will should shall \
    may might am";

const PRONOUNS: &str = "you it that this there they he she we i these those your someone anyone \
    anything anybody something everything any";

const NOUNS: &str = "the a an his her their our my people some things all having being one other \
    others";

/// What follows a question word that is itself what is asked for: `what brings you`.
const DOES: &str = "brings brought makes made happens happened helps helped keeps stops stopped \
    worries matters comes came gets gives led leads drew sounds feels seems looks works else about \
    told knows if come not kind kinds sort type other things would might could really exactly";

const HAPPENS: &str = "happens brings makes helps matters keeps stops";

/// After these a question word asks nothing: `I know what you mean`.
const EMBEDS: &str = "know see of about understand to with is like than that exactly matter on for \
    notice knowing from at get by in after before because";

const PREPOSITIONS: &str = "in for with to at on from by about of";

/// Where a question word asks.
pub(super) fn question_word(sentence: &Sentence) -> Option<usize> {
    let marked = sentence.end == End::Asks;
    (0..sentence.words.len()).find(|&at| {
        let (word, next) = (sentence.word(at), sentence.word(at + 1));
        if !is(word, WORDS) {
            return false;
        }
        // "In what ways": the question word begins behind what it hangs on.
        let hangs = at > 0 && is(sentence.word(at - 1), PREPOSITIONS) && sentence.starts(at - 1);
        let starts = sentence.starts(at) || hangs && inverts(sentence, at);
        let embedded = at > 0 && !starts && is(sentence.word(at - 1), EMBEDS);
        let relative = matches!(word, "which" | "who" | "when") && !marked && at != sentence.body;
        if cleft(sentence, at) || relates(sentence, at) {
            return false;
        }
        if starts && marked {
            // "When you are there, is it …" only tells when.
            return !(word == "when" && is(next, PRONOUNS));
        }
        if inverts(sentence, at) {
            let plainly = marked || sentence.end == End::Open || asks_you(sentence, at);
            return starts && !relative || !embedded && plainly;
        }
        let opens = at == sentence.body && sentence.end == End::Open && !comes_to(sentence, at);
        // "What shifted", "what's new": the question word is itself what is asked for.
        let subject = word == "what" && !is(next, PRONOUNS) && !is(next, NOUNS);
        let happens = word == "what" && is(next, HAPPENS) && !embedded && !comes_to(sentence, at);
        if happens && (marked || sentence.end == End::Open) {
            return true;
        }
        let known = starts && !relative && is(next, DOES) && sentence.end == End::Open;
        known || opens && !next.is_empty() && (subject || word == "who" && next == "is")
    })
}

/// `what you are saying is you`, `what is going on is that`: says what it is.
fn cleft(sentence: &Sentence, at: usize) -> bool {
    let asks = is(sentence.word(at + 1), "do does did would could can");
    let says = |i| is(sentence.word(i), "is was") && is(sentence.word(i + 1), PRONOUNS);
    sentence.word(at) == "what" && !asks && (at + 3..at + 9).any(says)
}

/// `…, which is a lot`, `which you were not aware of`: says more of what was just named.
fn relates(sentence: &Sentence, at: usize) -> bool {
    let next = sentence.word(at + 1);
    let goes_on = is(next, VERBS) && !is(sentence.word(at + 2), PRONOUNS);
    let clause = is(next, "you i we he she they");
    sentence.word(at) == "which" && (clause || at != sentence.body && goes_on)
}

/// `what matters is`, `what I see is`: says what, and does not ask.
fn comes_to(sentence: &Sentence, at: usize) -> bool {
    (at + 2..at + 7).any(|i| is(sentence.word(i), "is was are"))
}

/// Whether verb and subject change places after the question word: `what do you`, `how important
/// is it`.
fn inverts(sentence: &Sentence, at: usize) -> bool {
    let marked = sentence.end == End::Asks;
    for verb in at + 1..=at + 4 {
        let (word, next) = (sentence.word(verb), sentence.word(verb + 1));
        if is(word, VERBS) {
            let adjoins = verb == at + 1 && matches!(word, "is" | "are" | "was" | "were");
            let names = adjoins && matches!(sentence.word(at), "what" | "how" | "where");
            let not = next == "not" && is(sentence.word(verb + 2), PRONOUNS);
            let noun = is(next, NOUNS) && (marked || adjoins || at == sentence.body);
            // "What would happen": the question word is itself what is asked for.
            let subject = verb == at + 1
                && sentence.word(at) == "what"
                && is(word, "would could might will")
                && is(next, "be happen help change make it need keep stop")
                && !comes_to(sentence, at + 1);
            return not || is(next, PRONOUNS) || noun || names && marked || subject;
        }
        if is(word, PRONOUNS) && word != "that" {
            return false;
        }
    }
    false
}

/// `how confident would you`, `what do you`: nothing but a question has this order.
fn asks_you(sentence: &Sentence, at: usize) -> bool {
    is(sentence.word(at), "what how where")
        && (at + 1..at + 4).any(|verb| {
            is(sentence.word(verb), "do did would could are were have")
                && sentence.word(verb + 1) == "you"
        })
}

/// Where verb and subject change places without a question word: `do you`, `is there`.
pub(super) fn verb_first(sentence: &Sentence) -> Option<usize> {
    let marked = sentence.end == End::Asks;
    (0..sentence.words.len()).find(|&at| {
        let (word, next) = (sentence.word(at), sentence.word(at + 1));
        if !is(word, VERBS) {
            return false;
        }
        let (second, third) = (sentence.word(at + 2), sentence.word(at + 3));
        let not = next == "not" && is(second, PRONOUNS);
        let somebody = (next.starts_with("some") || next.starts_with("any"))
            && !(at == sentence.body && is(word, "has have did does do can could will would"));
        let pronoun = not || agrees(word, next) && (marked || !somebody);
        // "…, is your exercise": says what it is.
        if !marked && at != sentence.body && is(next, "your these those") {
            return false;
        }
        // "is you are", "am I hearing that": the one goes on, the other gives back.
        let goes_on =
            !not && is(second, "are is am was were") || word == "am" && second == "hearing";
        let whole = marked || !(second.is_empty() || not && third.is_empty());
        let noun = is(next, NOUNS) && marked && !is(word, "have had has");
        if sentence.starts(at) {
            // "Do it", "do your best".
            let commands = word == "do" && !marked && is(next, "it that this your");
            return (pronoun && !goes_on && whole || noun) && !commands;
        }
        // Inside a sentence only what cannot be anything else.
        let plain = is(next, "you there we they")
            && agrees(word, next)
            && is(word, "do did are have can could would will is were")
            || is(word, "do does did") && pronoun && next != "it";
        let before = at.checked_sub(1).map_or("", |b| sentence.word(b));
        let governed = is(
            before,
            "as than so nor neither when if i you that what how which it",
        );
        let asks = plain && whole && !goes_on && !governed || tag(sentence, at);
        asks && (marked || sentence.end == End::Open)
    })
}

/// `is it not`, `can you not see`: a question for yes or no that denies what it asks.
pub(super) fn denies(sentence: &Sentence) -> bool {
    (0..sentence.words.len()).any(|at| {
        let asks = sentence.starts(at) && is(sentence.word(at), VERBS);
        asks && sentence.word(at + 1) == "not" && is(sentence.word(at + 2), PRONOUNS)
    })
}

/// Whether this can be the subject of the verb: `is there`, but not `is you`.
fn agrees(verb: &str, subject: &str) -> bool {
    let wrong = match verb {
        "is" | "was" | "has" | "does" => "you we they i these those",
        "are" | "were" | "have" | "do" => "he she it this that",
        "am" => "you it that this there they he she we these those your",
        _ => "",
    };
    is(subject, PRONOUNS) && !is(subject, wrong)
}

/// `…, are you`, `…, isn't it` at the end.
fn tag(sentence: &Sentence, at: usize) -> bool {
    let last = match &sentence.words[at..] {
        [_, not, last] if not == "not" => last,
        [_, last] => last,
        _ => return false,
    };
    let asks = is(sentence.word(at), VERBS) && !is(sentence.word(at), "have had may might");
    at >= 2 && asks && is(last, "you it they he she")
}

/// How many times the order of the words asks.
pub(super) fn inversions(sentence: &Sentence) -> usize {
    let words = sentence
        .words
        .iter()
        .take_while(|word| !is(word, WORDS))
        .count();
    let polar = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |b| sentence.word(b));
        let (word, next) = (sentence.word(*at), sentence.word(at + 1));
        let asks = is(
            word,
            "do did does are is was were have has can could will would",
        );
        asks && agrees(word, next)
            && !is(before, "or as than so nor neither when if i you that it")
            && !tag(sentence, *at)
    };
    (0..words).filter(polar).count() + question_words(sentence).count()
}

/// Where the order of the words asks behind a question word.
pub(super) fn question_words(sentence: &Sentence) -> impl Iterator<Item = usize> {
    let asks = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |b| sentence.word(b));
        let joins = is(before, "and or") && is(sentence.word(at + 1), VERBS);
        let embedded = is(
            before,
            "know of about see me us say tell wonder wondering understand",
        );
        let inverts = inverts(sentence, *at) && !embedded;
        is(sentence.word(*at), WORDS) && (inverts || joins)
    };
    (0..sentence.words.len()).filter(asks)
}
