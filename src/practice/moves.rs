//! What a coach can do with an utterance, and what it can be about.

mod ask;
mod asking;
mod classify;
mod context;
#[cfg(test)]
mod examples;
mod fits;
mod general;
mod give;
mod hurt;
mod lexicon;
mod list;
mod looked;
mod need;
mod order;
mod phrases;
mod reflect;
pub mod report;
mod stating;
mod stutter;
mod text;
pub mod transcript;
mod urge;
mod weight;

use serde::{Deserialize, Serialize};

use super::words::Word;

pub use classify::classify;
pub use context::Context;
pub(super) use context::meanings;
pub use list::Moves;
pub(super) use reflect::FEELINGS;
pub(super) use text::is;

/// What the coach asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What they bring.
    WhatBrings,
    /// What they want from the session.
    Goal,
    /// Why it matters now.
    WhyNow,
    /// How success would show.
    Measure,
    /// Emotions and the body.
    Feelings,
    /// Values and beliefs.
    Values,
    /// Who they are, how they see themselves.
    Identity,
    /// What is in the way.
    Obstacles,
    /// Other people and their view.
    Others,
    /// What they are afraid of.
    Fears,
    /// How sure or how far they are, as a number.
    Scale,
    /// What they did about it so far.
    Tried,
    /// Past success, strengths.
    Strengths,
    /// What could be done.
    Options,
    /// The future they want.
    Future,
    /// What they will do.
    NextStep,
    /// Who and what helps.
    Support,
    /// How they keep themselves to it.
    Accountability,
    /// What they learned.
    Learning,
    /// How to end the session.
    Closing,
    /// More of what was just said.
    More,
}

/// What the coach does with an utterance, or with the time around it.
///
/// The names are those of the list that `praxiloom moves --help` prints; a name once given stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// A question that any answer fits.
    OpenQuestion,
    /// A question that a word or a number answers.
    ClosedQuestion,
    /// Besides open or closed: carries its answer.
    LeadingQuestion,
    /// Besides open or closed: asks why.
    WhyQuestion,
    /// Besides open or closed: several questions at once.
    StackedQuestion,
    /// Gives back what was said, close to its words.
    SimpleReflection,
    /// Gives back what was meant: a feeling, a picture, both sides.
    ComplexReflection,
    /// Gathers what was said over more than one turn.
    Summary,
    /// Names a strength, an effort, a success.
    Affirmation,
    /// Says what to do.
    Advice,
    /// Says what to do, having been allowed to or asked.
    AdviceWithPermission,
    /// Explains, informs, says what the coach thinks.
    Telling,
    /// Explains, having been allowed to or asked.
    TellingWithPermission,
    /// Asks whether a thought or a topic is welcome.
    AskPermission,
    /// Agrees what the session is about and how to work together.
    Contracting,
    /// Gives time to think.
    InviteSilence,
    /// Mm-hm: listens, and says no more.
    Backchannel,
    /// Opens the meeting.
    Greeting,
    /// Ends the meeting.
    Goodbye,
    /// Thanks.
    Thanks,
    /// The weather, the journey.
    SmallTalk,
    /// Asks what a word means.
    Clarify,
    /// Asks to hear it again.
    Repeat,
    /// Asks whether the line is good.
    SoundCheck,
    /// Asks who they are.
    AskName,
    /// Asks whether they are a person.
    AskNature,
    /// Asks what has nothing to do with them, or cannot be placed.
    OffTopic,
    /// Could not be understood.
    Unclear,
    /// Spoke over the client. Told by the timeline, not by words.
    Interruption,
    /// Let the client's silence be. Told by the timeline, not by words.
    SilenceHeld,
    /// Insults, belittles, threatens.
    Hostility,
    /// Says that their own life is in danger.
    Danger,
    /// Asks whether the client's is.
    AskDanger,
}

impl Move {
    /// Gives back what was said.
    pub(super) fn reflects(self) -> bool {
        matches!(
            self,
            Self::SimpleReflection | Self::ComplexReflection | Self::Summary
        )
    }
}

/// An utterance as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The move.
    pub kind: Move,
    /// The topic, where one could be made out; of stacked questions that of the last.
    pub topic: Option<Topic>,
    /// All its moves.
    pub moves: Moves,
    /// It also greets.
    pub greets: bool,
    /// No word gives the topic away only by sounding like another.
    pub(crate) sure: bool,
    /// A question, and nobody can tell what about.
    pub(crate) lost: bool,
    pub(crate) words: Vec<Word>,
}

impl Understood {
    /// The move that works on the client, which need not be the one that is answered: after a
    /// reflection a question is answered, and what opens is the reflection.
    pub(super) fn felt(&self) -> Move {
        if self.lost {
            return Move::OffTopic;
        }
        self.moves.felt()
    }
}
