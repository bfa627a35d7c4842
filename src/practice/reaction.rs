//! How a client can answer the way in which a coach speaks.

use serde::{Deserialize, Serialize};

/// An answer to how the coach speaks rather than to what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// To a greeting; also their own first words.
    Greeting,
    /// To small talk.
    SmallTalk,
    /// To the question whether they hear well.
    SoundCheck,
    /// To the question who they are.
    Name,
    /// To the question whether they are a person.
    Nature,
    /// To a question that has nothing to do with them.
    OffTopic,
    /// To a question for a fact that they do not know, or do not tell.
    Unknown,
    /// To a question for yes or no, or a guess, about what one does not tell whoever asks: neither,
    /// whether it is right or not.
    Private,
    /// To an apology.
    Apology,
    /// To thanks.
    Thanks,
    /// To how they are to work together.
    Contract,
    /// To a reflection, before going deeper.
    Reflection,
    /// To a summary.
    Summary,
    /// To an affirmation.
    Affirmation,
    /// To advice nobody asked for.
    Advice,
    /// To advice that was asked leave for.
    AdviceWelcome,
    /// To the question whether a thought is welcome.
    Permission,
    /// To being explained something.
    Telling,
    /// To any other question for yes or no that nothing they told answers: neither.
    Closed,
    /// To several questions at once.
    Stacked,
    /// To a why question.
    Why,
    /// To a leading question that nothing they told answers: neither yes nor no.
    Leading,
    /// To a question for yes or no about what they told, or what is no secret: yes.
    So,
    /// To what is not so: a picture of them that is not theirs, or a question for yes or no that
    /// they told the contrary of.
    NotSo,
    /// To an insult or a threat.
    Hostility,
    /// To listening sounds and to time given, before going on.
    Listened,
    /// To "what do you mean" of nothing in particular.
    Clarify,
    /// Before saying it again.
    Repeat,
    /// Before giving back what the coach said, who asks for it.
    Recalled,
    /// Did not understand.
    Misheard,
    /// Was spoken over.
    Interrupted,
    /// Out of the role: to a coach who says that their own life is in danger.
    Danger,
    /// To the question whether theirs is.
    Safe,
    /// Takes up what was cut off.
    Resume,
    /// The session opens with silence.
    Opening,
    /// A long silence.
    Idle,
    /// To goodbye.
    Goodbye,
    /// Asked for more of what is told, or the very same again.
    AllTold,
    /// Before saying what only lies near the question.
    Aside,
    /// To a question that nothing is at hand for: thinks aloud, or hands it back.
    Musing,
}
