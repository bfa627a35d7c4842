//! A sentence of the coach with all that was found out about it.

use super::ask;
use super::context::{Context, Echo};
use super::lexicon::{self, Cues};
use super::phrases::Cue;
use super::text::{End, Sentence, is};
use super::{give, hurt};

/// From how many points on a sentence gives of the coach's own.
pub(super) const GIVES: i32 = 10;

/// A sentence with all that was found out about it.
pub(super) struct Looked<'a> {
    pub(super) sentence: &'a Sentence,
    pub(super) cues: Cues,
    pub(super) asked: Option<ask::Asked>,
    pub(super) echo: Echo,
}

impl<'a> Looked<'a> {
    /// Looks at a sentence after what was said before it.
    pub(super) fn at(sentence: &'a Sentence, context: &Context) -> Self {
        let cues = lexicon::cues(sentence);
        let echo = context.echo(sentence.body().iter().map(String::as_str));
        let mut asked = ask::asked(sentence, cues);
        if let Some(asked) = asked.as_mut().filter(|_| echo.returns) {
            asked.suggests = false;
        }
        Self {
            sentence,
            cues,
            asked,
            echo,
        }
    }

    /// Whether it gives of the coach's own, whatever went before.
    pub(super) fn gives(&self) -> bool {
        match self.asked {
            Some(asked) => asked.suggests,
            None => give::gives(self.sentence, self.cues, self.echo) >= GIVES,
        }
    }

    pub(super) fn negates(&self) -> bool {
        self.sentence.words.iter().any(|word| word == "not")
    }

    /// Whether it only shows that the coach listens.
    pub(super) fn nods(&self) -> bool {
        let body = self.sentence.body();
        self.minor() || body.iter().all(|word| is(word, NODS))
    }

    /// Whether it only helps the talk along.
    pub(super) fn minor(&self) -> bool {
        self.cues.has(Cue::Minor) && self.sentence.body().len() <= 6
    }

    /// Whether it only agrees on the session, or on what stays in it: `let us set a goal for today`,
    /// `we have an hour`, `nothing leaves this room`, `my role is to ask`.
    pub(super) fn agrees(&self) -> bool {
        let stays = |word: &String| is(word, "stays stay leaves leave remains confidential");
        let first = self.sentence.word(self.sentence.body);
        let advises = || give::advises(self.sentence, self.cues, self.echo);
        let second = self.sentence.word(self.sentence.body + 1);
        let ours = first == "let" || first == "we" && !self.cues.has(Cue::GivesBack);
        let plans = first == "our" || first == "before" && second == "we";
        let agrees = ours || plans && !advises() || self.sentence.words.iter().any(stays);
        let role = self.cues.has(Cue::Roles) && !advises();
        self.asked.is_none() && (self.cues.has(Cue::Contracts) && agrees || role)
    }

    /// Whether it greets, and does not tell of a greeting: `you said good morning`.
    pub(super) fn greets(&self) -> bool {
        let first = self.sentence.word(0);
        let told = |word: &String| is(word, "said say says saying");
        let told = self.sentence.words.iter().any(told) && !is(first, "hello hi hey good welcome");
        self.cues.has(Cue::Greets) && !told
    }

    /// Whether it asks to hear it again: `what did you say`, `I am sorry?`.
    pub(super) fn again(&self) -> bool {
        let sorry = || {
            self.sentence
                .words
                .ends_with(&["am".into(), "sorry".into()])
        };
        // "Stop repeating yourself", "you keep saying that again": wants no more of it.
        let no_more = |word: &String| is(word, "stop keep keeps always quit enough");
        if self.sentence.words.iter().any(no_more) {
            return false;
        }
        self.cues.has(Cue::Again) || self.sentence.end == End::Asks && sorry()
    }

    /// Whether it denies what the client holds against themselves.
    pub(super) fn stands_by(&self) -> bool {
        self.asked.is_none() && hurt::takes_back(self.sentence) && !self.echo.returns
    }

    /// Whether it insults. What the client said of themselves and gets back is no insult.
    pub(super) fn hurts(&self) -> bool {
        let said_so = self.echo.mostly() && self.sentence.words.iter().any(|w| is(w, "you your"));
        hurt::hurts(self.sentence, self.cues) && !said_so
    }
}

/// What one says who listens, besides what may stand before any sentence.
const NODS: &str = "huh aye uhuh really true indeed definitely totally certainly precisely correct agreed \
    noted understood lovely brilliant wonderful gosh goodness dear god my ha haha aha i see know \
    that is it very of course";
