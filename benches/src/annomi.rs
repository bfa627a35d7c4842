//! Reads AnnoMI: counselling sessions whose utterances experts labelled.
//!
//! Columns and labels: Wu et al., "Anno-MI: A Dataset of Expert-Annotated Counselling Dialogues",
//! ICASSP 2022. A row is an utterance as one annotator labelled it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::BenchError;

/// What the annotators say of an utterance of the counsellor, by majority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// How many annotators there were.
    pub annotators: usize,
    /// It asks.
    pub question: bool,
    /// What it asks is open; `None` where nobody says.
    pub open: Option<bool>,
    /// It reflects.
    pub reflection: bool,
    /// What it reflects is complex; `None` where nobody says.
    pub complex: Option<bool>,
    /// It informs, advises, gives options or negotiates goals.
    pub input: bool,
    /// It advises; `None` where nobody says what kind of input it is.
    pub advice: Option<bool>,
    /// The main behaviour: `question`, `reflection`, `therapist_input` or `other`.
    pub main: String,
}

/// An utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// The words.
    pub text: String,
    /// The labels; `None` where the client speaks.
    pub labels: Option<Labels>,
    /// Where several annotated it, what each of them says beside the majority of the others.
    pub each: Vec<(Labels, Labels)>,
}

/// A session, its utterances in order.
pub type Session = Vec<Utterance>;

/// Reads every session of a file, by the session's number.
///
/// # Errors
///
/// If the file cannot be read or lacks a column.
pub fn read(path: &Path) -> Result<BTreeMap<u32, Session>, BenchError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BenchError::Io(path.display().to_string(), error))?;
    let mut rows = rows(text.trim_start_matches('\u{feff}')).into_iter();
    let head = rows.next().unwrap_or_default();
    let column = |name: &str| {
        let place = head.iter().position(|column| column == name);
        place.ok_or_else(|| BenchError::Labels(format!("{}: no column {name}", path.display())))
    };
    let columns = Columns {
        session: column("transcript_id")?,
        utterance: column("utterance_id")?,
        speaker: column("interlocutor")?,
        text: column("utterance_text")?,
        input: column("therapist_input_exists")?,
        input_kind: column("therapist_input_subtype")?,
        reflection: column("reflection_exists")?,
        reflection_kind: column("reflection_subtype")?,
        question: column("question_exists")?,
        question_kind: column("question_subtype")?,
        main: column("main_therapist_behaviour")?,
    };
    let mut labelled: BTreeMap<(u32, u32), Vec<Vec<String>>> = BTreeMap::new();
    for row in rows.filter(|row| row.len() == head.len()) {
        let number = |at: usize| {
            let wrong = |_| BenchError::Labels(format!("{}: `{}`", path.display(), row[at]));
            row[at].parse::<u32>().map_err(wrong)
        };
        let key = (number(columns.session)?, number(columns.utterance)?);
        labelled.entry(key).or_default().push(row);
    }
    let mut sessions: BTreeMap<u32, Session> = BTreeMap::new();
    for ((session, _), rows) in labelled {
        sessions
            .entry(session)
            .or_default()
            .push(columns.utterance(&rows));
    }
    Ok(sessions)
}

struct Columns {
    session: usize,
    utterance: usize,
    speaker: usize,
    text: usize,
    input: usize,
    input_kind: usize,
    reflection: usize,
    reflection_kind: usize,
    question: usize,
    question_kind: usize,
    main: usize,
}

impl Columns {
    fn utterance(&self, rows: &[Vec<String>]) -> Utterance {
        let speaks = rows[0][self.speaker] == "therapist";
        let all: Vec<&Vec<String>> = rows.iter().collect();
        let several = speaks && rows.len() > 1;
        let beside = |at: usize| {
            let others = all.iter().enumerate().filter(|(i, _)| *i != at);
            let others: Vec<&Vec<String>> = others.map(|(_, row)| *row).collect();
            (self.labels(&all[at..=at]), self.labels(&others))
        };
        Utterance {
            text: rows[0][self.text].clone(),
            labels: speaks.then(|| self.labels(&all)),
            each: (0..rows.len()).filter(|_| several).map(beside).collect(),
        }
    }

    /// What most of these annotators say.
    fn labels(&self, rows: &[&Vec<String>]) -> Labels {
        let most = |column: usize, value: &str| {
            2 * rows.iter().filter(|row| row[column] == value).count() > rows.len()
        };
        let kind = |column: usize, value: &str| {
            let named = rows.iter().filter(|row| row[column] != "n/a");
            let named: Vec<bool> = named.map(|row| row[column] == value).collect();
            let count = named.iter().filter(|is| **is).count();
            (!named.is_empty()).then_some(2 * count > named.len())
        };
        let mut mains: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            *mains.entry(&row[self.main]).or_default() += 1;
        }
        let main = mains.iter().max_by_key(|(_, count)| **count);
        Labels {
            annotators: rows.len(),
            question: most(self.question, "True"),
            open: kind(self.question_kind, "open"),
            reflection: most(self.reflection, "True"),
            complex: kind(self.reflection_kind, "complex"),
            input: most(self.input, "True"),
            advice: kind(self.input_kind, "advice"),
            main: main.map(|(main, _)| (*main).to_owned()).unwrap_or_default(),
        }
    }
}

/// The fields of a file of comma-separated values; quoted fields may hold commas and line breaks
/// (RFC 4180).
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if !row.is_empty() || !field.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "transcript_id,utterance_id,interlocutor,utterance_text,\
        therapist_input_exists,therapist_input_subtype,reflection_exists,reflection_subtype,\
        question_exists,question_subtype,main_therapist_behaviour";

    #[test]
    fn the_majority_of_the_annotators_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.csv");
        let text = format!(
            "\u{feff}{HEAD}\r\n\
             7,0,therapist,\"Who, \"\"me\"\"?\nYou.\",False,n/a,True,simple,True,closed,question\r\n\
             7,0,therapist,x,False,n/a,False,n/a,True,open,question\r\n\
             7,0,therapist,x,False,n/a,False,n/a,True,open,other\r\n\
             7,1,client,Yes.,n/a,n/a,n/a,n/a,n/a,n/a,n/a\n"
        );
        std::fs::write(&path, text).unwrap();
        let sessions = read(&path).unwrap();
        let [asks, answers] = &sessions[&7][..] else {
            panic!("{sessions:?}");
        };
        assert_eq!(asks.text, "Who, \"me\"?\nYou.");
        let labels = asks.labels.as_ref().unwrap();
        assert!(labels.question && !labels.reflection && labels.open == Some(true));
        assert_eq!((labels.annotators, labels.main.as_str()), (3, "question"));
        assert_eq!(labels.advice, None);
        let (first, others) = &asks.each[0];
        assert!(first.reflection && !others.reflection && asks.each.len() == 3);
        assert_eq!((first.open, others.open), (Some(false), Some(true)));
        assert!(answers.labels.is_none() && answers.each.is_empty());
        std::fs::write(&path, "transcript_id\n").unwrap();
        assert!(
            read(&path)
                .unwrap_err()
                .to_string()
                .contains("utterance_id")
        );
    }
}
