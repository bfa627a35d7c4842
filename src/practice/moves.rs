//! What the coach just did: move and topic of an utterance, recognised through misheard words.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::cues;
use super::words::{Word, tokens, words};

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
    pub(crate) words: Vec<Word>,
}

/// Recognises moves and topics. Deterministic; build once, use for every utterance.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// Every word of every cue, once.
    vocabulary: Vec<Word>,
    topics: Vec<(Topic, Vec<(usize, u32)>)>,
    topic_phrases: Vec<(Topic, Vec<usize>, u32)>,
    moves: Vec<(Move, Vec<Vec<usize>>)>,
}

/// How alike a heard word is to each word of the vocabulary.
type Row = Rc<[u8]>;

/// Rows worked out so far: people use the same few words again and again.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: HashMap<String, Row>,
    words: HashMap<String, Word>,
}

impl Rows {
    fn word(&mut self, token: String) -> Word {
        self.words
            .entry(token)
            .or_insert_with_key(|t| Word::new(t))
            .clone()
    }
}

/// A topic below this is a guess.
const TOPIC_FLOOR: u32 = 180;

impl Default for Recogniser {
    fn default() -> Self {
        let mut vocabulary: Vec<Word> = Vec::new();
        let mut number = |word: Word| match vocabulary.iter().position(|v| *v == word) {
            Some(i) => i,
            None => {
                vocabulary.push(word);
                vocabulary.len() - 1
            }
        };
        let mut phrase = |p: &str| words(p).into_iter().map(&mut number).collect::<Vec<_>>();
        let topic_phrases = cues::TOPIC_PHRASES
            .iter()
            .map(|(t, p, n)| (*t, phrase(p), *n))
            .collect();
        let moves = cues::MOVES
            .iter()
            .map(|(m, ps)| (*m, ps.iter().map(|p| phrase(p)).collect()))
            .collect();
        let topics = cues::TOPICS
            .iter()
            .map(|(t, ws)| {
                (
                    *t,
                    ws.iter()
                        .flat_map(|(w, n)| phrase(w).into_iter().map(|i| (i, *n)))
                        .collect(),
                )
            })
            .collect();
        Self {
            vocabulary,
            topics,
            topic_phrases,
            moves,
        }
    }
}

impl Recogniser {
    /// Understands what the coach said. `client` is what the client said before it: its words
    /// coming back are a reflection. `permitted` says that the coach asked, in the turn before,
    /// whether a thought is welcome.
    pub fn understand(&self, text: &str, client: &str, permitted: bool) -> Understood {
        self.understand_with(&mut Rows::default(), text, client, permitted)
    }

    pub(crate) fn understand_with(
        &self,
        known: &mut Rows,
        text: &str,
        client: &str,
        permitted: bool,
    ) -> Understood {
        let heard: Vec<Word> = tokens(text).into_iter().map(|t| known.word(t)).collect();
        let rows: Vec<Row> = heard.iter().map(|w| self.row(known, w)).collect();
        let clauses = clauses(&heard);
        let last = clauses.last().map_or(0, |c| heard.len() - c.len());
        let echo = echo(known, &heard, client);
        let kind = self.kind(text, &heard, &rows, &clauses, echo, permitted);
        let topic = match kind {
            Move::StackedQuestion => self.topic(&rows[last..]).or_else(|| self.topic(&rows)),
            _ => self.topic(&rows),
        };
        // A question without its opening word is still a question about something.
        let kind = match (kind, topic) {
            (Move::Unclear, Some(_)) if heard.len() >= 4 => Move::OpenQuestion,
            (Move::Backchannel, Some(Topic::More)) => Move::OpenQuestion,
            _ => kind,
        };
        Understood {
            kind,
            topic,
            greets: self.says(Move::Greeting, &rows),
            words: heard,
        }
    }

    fn row(&self, known: &mut Rows, word: &Word) -> Row {
        let row = known.rows.entry(word.text.clone()).or_insert_with(|| {
            self.vocabulary
                .iter()
                .map(|v| u8::try_from(v.likeness(word)).unwrap_or(100))
                .collect()
        });
        Rc::clone(row)
    }

    fn kind(
        &self,
        text: &str,
        heard: &[Word],
        rows: &[Row],
        clauses: &[&[Word]],
        echo: usize,
        permitted: bool,
    ) -> Move {
        if heard
            .iter()
            .all(|w| cues::LISTENING.contains(&w.text.as_str()))
        {
            return Move::Backchannel;
        }
        for kind in [
            Move::Repeat,
            Move::Clarify,
            Move::InviteSilence,
            Move::AskPermission,
        ] {
            if self.says(kind, rows) {
                return kind;
            }
        }
        let small_talk = self.says(Move::SmallTalk, rows);
        if small_talk && heard.len() <= 14 {
            return Move::SmallTalk;
        }
        if self.says(Move::Goodbye, rows) && heard.len() <= 25 {
            return Move::Goodbye;
        }
        if self.says(Move::Summary, rows) {
            return Move::Summary;
        }
        if self.says(Move::LeadingQuestion, rows) {
            return Move::LeadingQuestion;
        }
        let question = question(text, heard, clauses);
        if self.says(Move::Advice, rows) && question != Some(Move::OpenQuestion) {
            return if permitted {
                Move::AdviceWithPermission
            } else {
                Move::Advice
            };
        }
        if let Some(kind) = question {
            return kind;
        }
        for kind in [Move::Affirmation, Move::Reflection] {
            if self.says(kind, rows) {
                return kind;
            }
        }
        if self.says(Move::Greeting, rows) && heard.len() <= 20 {
            return Move::Greeting;
        }
        if echo >= 2 {
            return if heard.len() > 35 {
                Move::Summary
            } else {
                Move::Reflection
            };
        }
        if permitted && heard.len() >= 6 {
            return Move::AdviceWithPermission;
        }
        let opens_with_you = heard
            .iter()
            .take(2)
            .any(|w| w.text == "you" || w.text == "your");
        if opens_with_you && heard.len() >= 4 {
            return Move::Reflection;
        }
        // More function words than half of an ordinary sentence's: it hangs together.
        let hangs_together = heard.iter().filter(|w| !w.is_content()).count() * 4 >= heard.len();
        if heard.len() >= 9 && hangs_together {
            return Move::Telling;
        }
        Move::Unclear
    }

    fn topic(&self, rows: &[Row]) -> Option<Topic> {
        let mut best: Option<(u32, Topic)> = None;
        for (topic, cues) in &self.topics {
            // Each heard word counts once, with the cue that it is most like.
            let single: u32 = rows
                .iter()
                .map(|row| {
                    cues.iter()
                        .map(|(cue, n)| n * u32::from(row[*cue]))
                        .max()
                        .unwrap_or(0)
                })
                .sum();
            let phrases: u32 = self
                .topic_phrases
                .iter()
                .filter(|(t, p, _)| t == topic && self.contains(rows, p))
                .map(|(_, _, n)| n * 100)
                .sum();
            let score = single + phrases;
            if score >= TOPIC_FLOOR && best.is_none_or(|(top, _)| score > top) {
                best = Some((score, *topic));
            }
        }
        best.map(|(_, topic)| topic)
    }

    fn says(&self, kind: Move, rows: &[Row]) -> bool {
        self.moves
            .iter()
            .filter(|(m, _)| *m == kind)
            .any(|(_, phrases)| phrases.iter().any(|p| self.contains(rows, p)))
    }

    /// Whether the words of the phrase come in this order with at most one other word between
    /// each. One word that only holds the phrase together may be lost, if two of meaning are there.
    fn contains(&self, rows: &[Row], phrase: &[usize]) -> bool {
        (0..rows.len()).any(|start| {
            let (mut at, mut found, mut meaning) = (start, 0, 0);
            for &word in phrase {
                let content = self.vocabulary[word].is_content();
                if let Some(i) = (at..rows.len().min(at + 2)).find(|&i| rows[i][word] >= 70) {
                    if found == 0 && i != start {
                        return false;
                    }
                    at = i + 1;
                    found += 1;
                    meaning += usize::from(content);
                } else if content {
                    return false;
                }
            }
            found == phrase.len() || (found + 1 == phrase.len() && meaning >= 2)
        })
    }
}

/// Whether and how it asks.
fn question(text: &str, heard: &[Word], clauses: &[&[Word]]) -> Option<Move> {
    let is = |w: &Word, list: &[&str]| list.contains(&w.text.as_str());
    let invites = |c: &[Word]| {
        let tells = |w: &Word| is(w, &["tell", "describe", "share", "explain", "say", "walk"]);
        c.first().is_some_and(|w| is(w, &["tell", "describe"]))
            || c.windows(2)
                .any(|w| tells(&w[0]) && is(&w[1], &["me", "more"]))
            || c.windows(3)
                .any(|w| is(&w[0], cues::CLOSED) && w[1].text == "you" && tells(&w[2]))
    };
    let wonders = heard
        .iter()
        .any(|w| is(w, &["wonder", "wondering", "curious"]));
    let asks: Vec<Move> = clauses
        .iter()
        .filter_map(|clause| {
            let mut lead = clause.iter().skip_while(|w| is(w, LEAD_IN));
            let first = lead.next()?;
            let second = lead.next();
            if first.text == "why" {
                let reasons = clause
                    .iter()
                    .any(|w| ["important", "matter", "matters", "now"].contains(&w.text.as_str()));
                Some(if reasons {
                    Move::OpenQuestion
                } else {
                    Move::WhyQuestion
                })
            } else if invites(clause) || is(first, cues::OPENERS) {
                Some(Move::OpenQuestion)
            } else if is(first, cues::CLOSED) && second.is_some_and(|w| is(w, SUBJECTS)) {
                Some(Move::ClosedQuestion)
            } else {
                None
            }
        })
        .collect();
    let marks = text.matches('?').count();
    match (asks.len(), asks.last()) {
        (2.., _) if marks != 1 || asks.len() > 2 => Some(Move::StackedQuestion),
        (_, Some(kind)) => Some(*kind),
        (0, None) if marks > 1 => Some(Move::StackedQuestion),
        (0, None) if wonders => Some(Move::OpenQuestion),
        (0, None) if marks == 1 => {
            let open = heard.iter().any(|w| is(w, cues::OPENERS));
            Some(if open {
                Move::OpenQuestion
            } else {
                Move::ClosedQuestion
            })
        }
        _ => None,
    }
}

/// What may stand before a question.
const LEAD_IN: &[&str] = &[
    "so", "and", "but", "well", "okay", "ok", "um", "uh", "now", "then", "maya", "just", "alright",
    "right", "yeah", "yes", "hmm", "oh",
];

/// What a closed question asks of.
const SUBJECTS: &[&str] = &[
    "you", "your", "it", "that", "this", "there", "they", "he", "she", "we", "the", "i", "someone",
    "anyone", "anything", "not", "these", "those", "people",
];

/// Cuts an utterance where a new question begins. A recogniser gives no punctuation: an opening
/// word followed by a verb, after at least three words, begins one.
fn clauses(heard: &[Word]) -> Vec<&[Word]> {
    let mut cuts = vec![0];
    for i in 0..heard.len().saturating_sub(2) {
        let opener = cues::OPENERS.contains(&heard[i].text.as_str()) || heard[i].text == "why";
        let verb = cues::CLOSED.contains(&heard[i + 1].text.as_str());
        let turned = cues::CLOSED.contains(&heard[i].text.as_str())
            && matches!(heard[i + 1].text.as_str(), "you" | "it" | "there" | "they");
        let before = i
            .checked_sub(1)
            .map(|b| heard[b].text.as_str())
            .unwrap_or_default();
        let embedded = [
            "know",
            "see",
            "of",
            "about",
            "wonder",
            "wondering",
            "is",
            "like",
            "curious",
            "to",
            "me",
            "when",
            "if",
        ]
        .contains(&before)
            || cues::OPENERS.contains(&before)
            || before == "why";
        let joined = matches!(before, "and" | "or");
        let since = i - cuts.last().copied().unwrap_or(0);
        let begins = (opener && verb && !embedded)
            || (turned && (joined || opener_free(heard, cuts.last().copied().unwrap_or(0), i)));
        if begins && since >= 3 {
            cuts.push(i);
        }
    }
    cuts.push(heard.len());
    cuts.windows(2).map(|w| &heard[w[0]..w[1]]).collect()
}

/// Whether no question word opened the stretch, so that `would you` in it begins a question
/// rather than belonging to `what … would you`.
fn opener_free(heard: &[Word], from: usize, to: usize) -> bool {
    heard[from..to]
        .iter()
        .all(|w| !cues::OPENERS.contains(&w.text.as_str()) && w.text != "why")
}

/// How many words of meaning come back from what the client said.
fn echo(known: &mut Rows, heard: &[Word], client: &str) -> usize {
    let said: Vec<Word> = tokens(client).into_iter().map(|t| known.word(t)).collect();
    heard
        .iter()
        .filter(|w| w.is_content() && said.iter().any(|s| s.is_content() && s.likeness(w) >= 80))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(text: &str) -> (Move, Option<Topic>) {
        let u = Recogniser::default().understand(text, "", false);
        (u.kind, u.topic)
    }

    #[test]
    fn moves_are_told_apart_without_punctuation() {
        for (text, kind) in [
            ("hello maya welcome", Move::Greeting),
            ("hi how are you today", Move::SmallTalk),
            ("what brings you here today", Move::OpenQuestion),
            ("do you want to stay there", Move::ClosedQuestion),
            ("could you tell me more about that", Move::OpenQuestion),
            (
                "what do you want and what is in the way and who could help you",
                Move::StackedQuestion,
            ),
            ("why did you not say anything", Move::WhyQuestion),
            ("so you feel overlooked", Move::Reflection),
            ("it sounds like this has been lonely", Move::Reflection),
            ("you should talk to your boss", Move::Advice),
            ("if i were you i would just tell him", Move::Advice),
            ("may i share a thought", Move::AskPermission),
            (
                "would it be okay if i offered something",
                Move::AskPermission,
            ),
            (
                "don't you think you are overreacting",
                Move::LeadingQuestion,
            ),
            ("let me summarize what i have heard", Move::Summary),
            ("i admire how you stayed with it", Move::Affirmation),
            ("take your time", Move::InviteSilence),
            ("mm hmm", Move::Backchannel),
            ("sorry could you say that again", Move::Repeat),
            ("what do you mean by invisible", Move::Clarify),
            ("thank you for today goodbye", Move::Goodbye),
            ("purple banana seventeen", Move::Unclear),
            (
                "in most companies the process is that the board decides in the spring and then it is published",
                Move::Telling,
            ),
        ] {
            assert_eq!(hear(text).0, kind, "{text}");
        }
    }

    #[test]
    fn words_of_the_client_that_come_back_are_a_reflection() {
        let r = Recogniser::default();
        let said = "I worked three years on that project and nobody noticed.";
        assert_eq!(
            r.understand("three years and nobody noticed", said, false)
                .kind,
            Move::Reflection
        );
        assert_eq!(
            r.understand(
                "there is a book by a professor that explains it",
                said,
                true
            )
            .kind,
            Move::AdviceWithPermission
        );
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_heard(text in "\\PC{0,300}", client in "\\PC{0,80}") {
            Recogniser::default().understand(&text, &client, false);
        }
    }
}
