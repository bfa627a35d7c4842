//! What a coach can do with an utterance, and what it can be about.

use serde::{Deserialize, Serialize};

use super::words::Word;

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

/// What the coach does with an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Opens the meeting.
    Greeting,
    /// The weather, the journey.
    SmallTalk,
    /// Asks whether the line is good.
    SoundCheck,
    /// Asks who they are.
    AskName,
    /// Asks whether they are a person.
    AskNature,
    /// Asks what has nothing to do with them, or cannot be placed.
    OffTopic,
    /// Thanks, without more.
    Thanks,
    /// Agrees how to work together.
    Contract,
    /// A question that any answer fits.
    OpenQuestion,
    /// A question for yes or no.
    ClosedQuestion,
    /// Several questions at once.
    StackedQuestion,
    /// A question that asks for reasons.
    WhyQuestion,
    /// A question that carries its answer.
    LeadingQuestion,
    /// Gives back what was said.
    Reflection,
    /// Gathers what was said.
    Summary,
    /// Names a strength or an effort.
    Affirmation,
    /// Says what to do.
    Advice,
    /// Says what to do, having been allowed to.
    AdviceWithPermission,
    /// Asks whether a thought is welcome.
    AskPermission,
    /// Explains.
    Telling,
    /// Gives time.
    InviteSilence,
    /// Mm-hm.
    Backchannel,
    /// Asks what a word means.
    Clarify,
    /// Asks to hear it again.
    Repeat,
    /// Ends the meeting.
    Goodbye,
    /// Could not be understood.
    Unclear,
}

/// An utterance as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// The move.
    pub kind: Move,
    /// The topic, where one could be made out; of stacked questions that of the last.
    pub topic: Option<Topic>,
    /// It also greets.
    pub greets: bool,
    /// No word gives the topic away only by sounding like another.
    pub(crate) sure: bool,
    pub(crate) words: Vec<Word>,
}
