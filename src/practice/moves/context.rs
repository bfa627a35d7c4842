//! What was said before an utterance, as far as it changes what the utterance is.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::super::words::{Word, tokens};
use super::list::Moves;
use super::phrases::Cue;
use super::text::{End, is, sentences};
use super::{Move, ask, lexicon};

/// How many of the client's utterances are kept: what comes back later is no echo.
const KEPT: usize = 4;
/// For how many of the coach's utterances a permission holds.
const HOLDS: u8 = 3;

/// The conversation so far. Feed it what each says, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The words of meaning of what the client came with.
    matter: BTreeSet<String>,
    /// The words of meaning that open the client.
    doors: BTreeSet<String>,
    /// The words that the client may use.
    vocabulary: Arc<BTreeSet<String>>,
    /// The words of meaning of the client's last utterances, the latest first.
    said: VecDeque<BTreeSet<String>>,
    /// The client's last utterance word by word, whoever says it.
    last: Vec<String>,
    /// The client's last utterance asked something.
    pub(super) client_asked: bool,
    /// The client's last utterance said what they must do.
    client_must: bool,
    /// The client's last utterance was a word or two.
    pub(super) client_nodded: bool,
    /// The coach's last utterance.
    pub(super) coach: Moves,
    /// For how many more utterances a permission holds.
    permission: u8,
}

impl Context {
    /// The beginning of a conversation.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The client comes with what these texts say, and uses these words.
    pub(in super::super) fn brings<'a>(
        &mut self,
        texts: impl Iterator<Item = &'a str>,
        vocabulary: &Arc<BTreeSet<String>>,
    ) {
        self.vocabulary = vocabulary.clone();
        let words = texts.flat_map(tokens);
        self.matter = meanings(words.filter(|word| !is(word, COUNTS))).collect();
    }

    /// What has these words in it opens the client.
    pub(in super::super) fn opened_by<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        self.doors = meanings(words).collect();
    }

    /// The client said this.
    pub fn client(&mut self, text: &str) {
        let sentences = sentences(text);
        let words: Vec<&str> = sentences
            .iter()
            .flat_map(|s| s.words.iter().map(String::as_str))
            .collect();
        let cues: Vec<_> = sentences.iter().map(lexicon::cues).collect();
        let last = sentences.last().zip(cues.last());
        self.client_asked = last
            .is_some_and(|(last, cues)| last.end == End::Asks || ask::asked(last, *cues).is_some());
        self.client_nodded = words.len() <= 3;
        self.client_must = must(&words);
        let has = |cue| cues.iter().any(|cues| cues.has(cue));
        let refuses = has(Cue::Refuses) && !has(Cue::Grants);
        let asked = self.coach.contains(Move::AskPermission);
        let seeks = |cues: &lexicon::Cues| cues.has(Cue::SeeksAdvice) && !cues.has(Cue::Declines);
        if asked && !refuses || cues.iter().any(seeks) {
            self.permission = HOLDS;
        } else if asked || has(Cue::Declines) {
            // A refusal ends what was allowed before as well.
            self.permission = 0;
        }
        self.last = plainly(words.iter().copied());
        self.said.push_front(meanings(words.into_iter()).collect());
        self.said.truncate(KEPT);
    }

    /// The coach's utterance had these moves.
    pub fn coach(&mut self, moves: Moves) {
        self.coach = moves;
        self.permission = self.permission.saturating_sub(1);
    }

    /// Whether the coach may tell or advise.
    pub(in super::super) fn may(&self) -> bool {
        self.permission > 0
    }

    /// Whether the client said a word of this stem lately.
    pub(in super::super) fn holds(&self, stem: &str) -> bool {
        self.said.iter().any(|said| said.contains(stem))
    }

    /// Whether the word is of what the client came with.
    pub(in super::super) fn is_matter(&self, word: &Word) -> bool {
        word.is_content() && self.matter.contains(word.stem())
    }

    /// Whether the word is one of those that open the client.
    pub(in super::super) fn opens(&self, word: &Word) -> bool {
        word.is_content() && self.doors.contains(word.stem())
    }

    /// Whether the client uses just this word.
    pub(in super::super) fn may_mean(&self, word: &Word) -> bool {
        self.vocabulary.contains(&word.text)
    }

    /// Whether the word is of what the client came with, or was said by the client lately.
    pub(in super::super) fn is_theirs(&self, word: &Word) -> bool {
        self.is_matter(word) || word.is_content() && self.holds(word.stem())
    }

    /// How many of these words of meaning are the client's, in the last utterances and before.
    pub(super) fn echo<'a>(&self, words: impl Iterator<Item = &'a str> + Clone) -> Echo {
        let (distinct, said): (BTreeSet<String>, _) =
            (meanings(words.clone()).collect(), plainly(words));
        let returns = said.len() >= RETURNS && !distinct.is_empty();
        let mut echo = Echo {
            must: self.client_must,
            returns: returns && self.last.windows(said.len()).any(|last| last == said),
            ..Echo::default()
        };
        for word in &distinct {
            echo.all += 1;
            match self.said.iter().position(|said| said.contains(word)) {
                Some(0 | 1) => echo.recent += 1,
                Some(_) => echo.earlier += 1,
                None => {}
            }
        }
        echo
    }
}

/// How many words come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Echo {
    /// Words of meaning.
    pub(super) all: usize,
    /// Of them said by the client just before.
    pub(super) recent: usize,
    /// Of them said by the client some time before.
    pub(super) earlier: usize,
    /// The client just said what they must do.
    must: bool,
    /// It is said word by word as the client said it last.
    pub(super) returns: bool,
}

impl Echo {
    /// Whether most of the words are the client's.
    pub(super) fn mostly(self) -> bool {
        self.recent > 0 && self.recent * 2 >= self.all
    }

    /// Of them said by the client at all.
    pub(super) fn said(self) -> usize {
        self.recent + self.earlier
    }

    /// Whether it gives back what the client said that they must do: more than half of it is theirs.
    pub(super) fn obliged(self) -> bool {
        self.must && self.recent * 2 > self.all
    }
}

/// Whether the client says what they must do: `I must`, `I have to`.
fn must(words: &[&str]) -> bool {
    words.windows(3).any(|w| {
        let to = is(w[1], "have need ought got") && w[2] == "to";
        w[0] == "i" && (is(w[1], "must should") || to)
    })
}

/// The stems of the words that carry a meaning of their own.
pub(in super::super) fn meanings<W: AsRef<str>>(
    words: impl Iterator<Item = W>,
) -> impl Iterator<Item = String> {
    words
        .map(|word| Word::new(word.as_ref()))
        .filter(|word| word.is_content() && !is(&word.text, EMPTY))
        .map(|word| word.stem().to_owned())
}

/// Words without what only colours them, the client's `I` as the coach's `you`.
fn plainly<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let plain = words
        .filter(|word| !is(word, COLOURS))
        .map(|word| match word {
            "i" | "me" => "you",
            "my" => "your",
            "mine" => "yours",
            "myself" => "yourself",
            "am" => "are",
            other => other,
        });
    plain.map(str::to_owned).collect()
}

/// Words from which on what comes back is an echo.
const RETURNS: usize = 3;

const COLOURS: &str = "just really also simply maybe perhaps actually even so and but well then";

/// Words that come back whatever is talked about.
const EMPTY: &str = "yeah okay know right going want got one thing things think all well \
    actually because little lot now when much more see say said good maybe sure kind something \
    let any way bit";

/// What is counted is no matter of anybody's.
const COUNTS: &str = "two three four five six seven eight nine ten thirty first second time times day \
    days week weeks month year years night nights next last new people nobody everybody \
    number numbers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_come_back_are_counted_by_when_they_were_said() {
        let mut context = Context::new();
        context.client("My brother never called about the wedding.");
        for _ in 0..2 {
            context.client("And then I waited by the telephone.");
        }
        let said = "you waited and your brother calls nobody".split(' ');
        let echo = context.echo(said);
        assert_eq!((echo.all, echo.recent, echo.earlier), (4, 1, 2));
    }

    #[test]
    fn a_permission_is_asked_for_or_granted_and_ends() {
        let asks: Moves = [Move::AskPermission].into_iter().collect();
        let after = |answer: &str| {
            let mut context = Context::new();
            context.coach(asks);
            context.client(answer);
            context
        };
        assert!(after("Yes, please.").may());
        for no in [
            "No, not now.",
            "Honestly I would prefer that you do not.",
            "Let me finish first.",
            "I think I'd like to go on, please don't.",
            "Not really.",
            "Maybe later.",
            "I'd rather you just listened.",
        ] {
            assert!(!after(no).may(), "{no}");
        }
        for yes in [
            "Why not.",
            "I don't mind.",
            "Sure, if you do it quickly.",
            "No, not at all.",
            "No, go ahead.",
            "Yes, no problem.",
        ] {
            assert!(after(yes).may(), "{yes}");
        }
        let again = |coach: Moves, answer: &str| {
            let mut context = after("Yes, please.");
            context.coach(coach);
            context.client(answer);
            context
        };
        for no in [
            "No thanks.",
            "No. Please don't.",
            "No, I'd rather not.",
            "Not now.",
            "I'd rather you just listened.",
            "Please don't tell me what to do.",
        ] {
            assert!(!again(asks, no).may(), "{no}");
        }
        assert!(!again(Moves::default(), "Stop giving me advice.").may());
        for about_it in [
            "No, I didn't know that.",
            "I'm not sure. Maybe the pay.",
            "No. I did not.",
        ] {
            assert!(again(Moves::default(), about_it).may(), "{about_it}");
        }
        assert!(again(asks, "No, go ahead.").may());
        let mut context = Context::new();
        context.client("I have no idea. What would you do?");
        assert!(context.may());
        context = Context::new();
        context.client("Should I call her? How do I begin?");
        assert!(context.may());
        for _ in 0..HOLDS {
            context.coach(Moves::default());
            context.client("I went there yesterday and nothing came of it.");
        }
        assert!(!context.may());
    }
}
