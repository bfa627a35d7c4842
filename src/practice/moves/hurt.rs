//! Whether a sentence insults, belittles or threatens the client.

use super::lexicon::Cues;
use super::phrases::Cue;
use super::text::{Sentence, is};
use super::urge::commands;

/// Whether it does. What others say or the client thinks of themselves is reported, not said:
/// `you feel stupid`, `you are afraid that you are a failure`.
pub(super) fn hurts(sentence: &Sentence, cues: Cues) -> bool {
    let words = &sentence.words;
    let called = (0..words.len()).any(|at| {
        let names = match words[at].as_str() {
            "you" => called_names(&words[at + 1..]),
            "your" | "yourself" => words.get(at + 1).is_some_and(|word| is(word, NAMES)),
            _ => false,
        };
        names && !reported(&words[..at])
    });
    let bare = sentence.body().len() <= 3
        && sentence.body().iter().any(|word| is(word, NAMES))
        && !words.iter().any(|word| {
            is(
                word,
                "i he she they it that you not feel feeling sounds sounding",
            )
        });
    called || bare || cues.has(Cue::Hurts) && (commands(sentence) || !reported(words))
}

/// Whether it calls the client weak, selfish and the like.
pub(super) fn finds_fault(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    (1..words.len()).any(|at| {
        let mut after = words[at..].iter().skip_while(|word| is(word, HOW_MUCH));
        let says = words[at - 1] == "you" && (words[at] == "are" || has_been(&words[at..]));
        let told = |before: &[String]| before.iter().any(|word| word == "when") || reported(before);
        says && after.next().is_some_and(|word| is(word, FAULTS)) && !told(&words[..at])
    })
}

/// Whether it names what the client is like, as if the coach knew: `you are a bit of a control freak`,
/// `you clearly have imposter syndrome`.
pub(super) fn labels(sentence: &Sentence) -> bool {
    const KINDS: &str =
        "perfectionist workaholic procrastinator pessimist micromanager overthinker";
    const PAIRS: &[(&str, &str)] = &[
        ("control", "freak"),
        ("people", "pleaser"),
        ("drama", "queen"),
        ("attention", "seeker"),
    ];
    const ILLS: &str = "syndrome disorder complex adhd burnout";
    let body = sentence.body();
    let [you, rest @ ..] = body else {
        return false;
    };
    let plain = rest.iter().skip_while(|word| is(word, HOW_SURE)).count();
    let Some((verb, rest)) = rest[rest.len() - plain..].split_first() else {
        return false;
    };
    let plain = rest
        .iter()
        .skip_while(|word| is(word, HOW_MUCH) || is(word, HOW_SURE) || is(word, "of the typical"))
        .count();
    let named = match &rest[rest.len() - plain..] {
        [kind, ..] if is(kind, KINDS) => true,
        [first, second, ..] => PAIRS.contains(&(first.as_str(), second.as_str())),
        _ => false,
    };
    let ill = || rest.iter().take(4).any(|word| is(word, ILLS));
    you == "you" && (verb == "are" && named || is(verb, "have suffer") && ill())
}

/// Whether it denies what somebody may think of themselves: `you are not a failure`.
pub(super) fn takes_back(sentence: &Sentence) -> bool {
    const BAD: &str = "bad terrible awful horrible broken alone crazy difficult";
    let denies = |w: &[String]| w[0] == "you" && w[1] == "are" && w[2] == "not";
    let at = sentence.words.windows(3).position(denies);
    let rest = at.map_or(&[][..], |at| &sentence.words[at + 3..]);
    let mut names = rest
        .iter()
        .skip_while(|word| is(word, HOW_MUCH) || is(word, "the"));
    let name = names.next();
    let bad = |w: &String| is(w, NAMES) || is(w, NOUNS) || is(w, FAULTS) || is(w, BAD);
    name.is_some_and(bad) && !reported(&sentence.words[..at.unwrap_or(0)])
}

/// Whether a name follows, with nothing between but what joins it to `you`.
fn called_names(after: &[String]) -> bool {
    let joins = |at: usize| is(&after[at], JOINS) || has_been(&after[at..]);
    let name = (0..after.len()).find(|at| is(&after[*at], NAMES) || !joins(*at));
    name.is_some_and(|at| {
        let joined = after[..at].last();
        let article = joined.is_some_and(|word| is(word, "a an such the nothing"));
        is(&after[at], NAMES) || article && is(&after[at], NOUNS)
    })
}

/// `have been`: who only has something is not called it.
fn has_been(words: &[String]) -> bool {
    matches!(words, [have, been, ..] if have == "have" && been == "been")
}

/// Whether it stands under what somebody other than the coach says, thinks or feels.
fn reported(before: &[String]) -> bool {
    before.iter().enumerate().any(|(at, word)| {
        let own = at > 0
            && before[..at]
                .iter()
                .rev()
                .take(3)
                .any(|word| is(word, "i we"));
        is(word, REPORTS) && !own
    })
}

/// What may stand between `you` and a name.
const JOINS: &str = "are were is being be been sound look seem act acting behave behaving like as so \
    such a an the just really very quite pretty rather absolutely totally completely utterly \
    clearly obviously simply nothing but only and or always still probably little total complete \
    big real old silly poor lazy bit kind hopeless damn bloody fucking";

/// What may stand between `you` and a fault.
const HOW_MUCH: &str = "are have been being so too very really just quite pretty rather simply \
    always still such a an bit little";

/// How sure one is of what one says of others.
const HOW_SURE: &str = "clearly obviously definitely probably certainly surely";

/// What nobody says of others without judging them.
const FAULTS: &str = "weak selfish naive stubborn arrogant greedy vain shallow spoiled spoilt bossy rude \
    mean petty needy clingy immature irresponsible careless ungrateful thoughtless inconsiderate \
    dishonest unreliable oversensitive heartless unreasonable egoistic manipulative cruel cynical \
    undisciplined unprofessional unfair ungenerous";

/// Names and what they are made of.
const NAMES: &str = "idiot idiots idiotic stupid pathetic worthless useless lazy coward cowardly loser \
    losers moron moronic dumb fool foolish ridiculous ugly crybaby whiner whining whimpering ignorant \
    incompetent spineless gutless disgusting disgrace disgraceful liar imbecile jerk bastard asshole \
    bitch scum brainless dimwit wimp wuss sissy weakling laughable contemptible hysterical insane \
    crazy retarded parasite fraud clown inferior despicable unlovable childish infantile simpleton \
    dunce halfwit nitwit airhead nutcase lunatic psycho creep stupidly mediocre";

/// Names only where they are nouns: `a failure`, `such a baby`.
const NOUNS: &str = "failure joke baby nobody mess waste embarrassment burden nuisance zero child \
    quitter snowflake sheep doormat pushover freak nothing disappointment nightmare pain victim \
    dinosaur amateur hypocrite egoist narcissist brat";

const REPORTS: &str = "feel feels feeling felt think thinks thinking thought believe believes believed \
    tell tells telling told say says saying said call calls called calling afraid fear fears \
    fearing worry worries worried scared wonder if imagine imagining";

#[cfg(test)]
mod tests {
    use super::super::Move;
    use super::super::classify::classify;
    use super::super::context::Context;

    fn hurts(sentence: &str) -> bool {
        classify(sentence, &Context::new()).contains(Move::Hostility)
    }

    #[test]
    fn insults_are_told_from_words_that_only_resemble_them() {
        for insult in [
            "You are an idiot.",
            "Shut up.",
            "Oh, grow up.",
            "Get over it.",
            "Stop whining.",
            "What is wrong with you?",
        ] {
            assert!(hurts(insult), "{insult}");
        }
        for kind in [
            "Where did you grow up?",
            "How did you get over it?",
            "You deserve to be heard.",
            "You deserve this.",
            "Part of you wants to get over it.",
            "What would it take for your inner critic to shut up?",
            "Sounds crazy.",
            "Feeling useless?",
        ] {
            assert!(!hurts(kind), "{kind}");
        }
    }
}
