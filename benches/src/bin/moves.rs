//! Measures the recognition of the coach's moves on sessions labelled by experts.
#![expect(
    clippy::print_stdout,
    reason = "the table on standard output is what it is for"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use benches::agreement::{Hits, intraclass, share};
use benches::annomi::{self, Labels, Session};
use clap::{Parser, ValueEnum};
use praxiloom::practice::moves::{Context, Moves, classify};
use praxiloom::practice::{Move, Recogniser};

/// Recognises the moves of AnnoMI's counsellors and compares with the experts' labels.
///
/// FOLDER holds annomi-dev.csv. Each utterance is compared with the majority of its annotators.
///
/// Example: cargo run -p benches --bin moves -- FOLDER
#[derive(Parser)]
struct Arguments {
    /// Folder with the labelled sessions.
    folder: PathBuf,
    /// Measures half of the sessions, or those that ten annotators labelled.
    #[arg(long)]
    only: Option<Only>,
    /// Takes the punctuation and the capitals away first, as in the words of a recogniser.
    #[arg(long)]
    plain: bool,
    /// Measures the one move that a client answers, instead of all moves.
    #[arg(long)]
    live: bool,
    /// Prints the utterances where the two differ.
    #[arg(long)]
    differ: Option<Label>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Only {
    Even,
    Odd,
    Ten,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Label {
    Question,
    Open,
    Reflection,
    Input,
}

/// An utterance with what was recognised and what the experts say.
struct Judged {
    session: u32,
    text: String,
    moves: Moves,
    labels: Labels,
}

type Finds = fn(&Judged) -> bool;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let mut sessions = annomi::read(&arguments.folder.join("annomi-dev.csv"))?;
    let order: BTreeMap<u32, usize> = sessions.keys().copied().zip(0..).collect();
    sessions.retain(|session, utterances| match arguments.only {
        None => true,
        Some(Only::Even) => order[session].is_multiple_of(2),
        Some(Only::Odd) => !order[session].is_multiple_of(2),
        Some(Only::Ten) => utterances
            .iter()
            .filter_map(|u| u.labels.as_ref())
            .any(|labels| labels.annotators > 1),
    });
    let live = arguments.live.then(Recogniser::load).transpose()?;
    let begun = Instant::now();
    let judged: Vec<Judged> = sessions
        .iter()
        .flat_map(|(session, utterances)| judge(*session, utterances, &arguments, live.as_ref()))
        .collect();
    let took = begun.elapsed();
    if let Some(label) = arguments.differ {
        return differ(&judged, label);
    }
    println!(
        "{} sessions, {} utterances of the counsellor; recognised in {:.1} ms\n",
        sessions.len(),
        judged.len(),
        took.as_secs_f64() * 1000.0
    );
    rules(&judged);
    opens("open against closed", &judged, |j| {
        j.moves.contains(Move::OpenQuestion)
    });
    opens("open against closed, by question words", &judged, |j| {
        has_word(&j.text)
    });
    people(&sessions);
    tallies(&sessions, &judged);
    Ok(())
}

/// The moves of a session.
fn judge(
    session: u32,
    utterances: &Session,
    arguments: &Arguments,
    live: Option<&Recogniser>,
) -> Vec<Judged> {
    let (mut context, mut client) = (Context::new(), String::new());
    let mut judged = Vec::new();
    for utterance in utterances {
        let text = if arguments.plain {
            without_punctuation(&utterance.text)
        } else {
            utterance.text.clone()
        };
        let Some(labels) = utterance.labels.clone() else {
            context.client(&text);
            client = text;
            continue;
        };
        let all = classify(&text, &context);
        let moves = match live {
            Some(live) => {
                let heard = live.understand(&text, &client, &context);
                let besides = [
                    Move::LeadingQuestion,
                    Move::WhyQuestion,
                    Move::StackedQuestion,
                ];
                let asks = heard.moves.iter().filter(|kind| {
                    besides.contains(&heard.kind)
                        && matches!(kind, Move::OpenQuestion | Move::ClosedQuestion)
                });
                asks.chain([heard.kind]).collect()
            }
            None => all,
        };
        context.coach(all);
        judged.push(Judged {
            session,
            text,
            moves,
            labels,
        });
    }
    judged
}

fn without_punctuation(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’');
    let text: String = text
        .to_lowercase()
        .chars()
        .map(|c| if kept(c) { c } else { ' ' })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Precision, recall and F1 of each move and of rules that anybody would think of.
fn rules(judged: &[Judged]) {
    let lines: &[(&str, Finds, Finds)] = &[
        ("question", |j| j.moves.asks(), |j| j.labels.question),
        (
            "question, by `?`",
            |j| j.text.contains('?'),
            |j| j.labels.question,
        ),
        (
            "question, as main behaviour",
            |j| j.moves.asks(),
            |j| j.labels.main == "question",
        ),
        (
            "open question",
            |j| j.moves.contains(Move::OpenQuestion),
            |j| j.labels.question && j.labels.open == Some(true),
        ),
        (
            "closed question",
            |j| j.moves.contains(Move::ClosedQuestion),
            |j| j.labels.question && j.labels.open == Some(false),
        ),
        (
            "reflection",
            |j| j.moves.reflects(),
            |j| j.labels.reflection,
        ),
        (
            "reflection, by openers",
            |j| opens_like_reflection(&j.text),
            |j| j.labels.reflection,
        ),
        (
            "reflection, as main behaviour",
            |j| j.moves.reflects(),
            |j| j.labels.main == "reflection",
        ),
        (
            "simple reflection",
            |j| j.moves.contains(Move::SimpleReflection),
            |j| j.labels.reflection && j.labels.complex == Some(false),
        ),
        (
            "complex reflection",
            |j| j.moves.contains(Move::ComplexReflection),
            |j| j.labels.reflection && j.labels.complex == Some(true),
        ),
        ("telling or advice", |j| j.moves.tells(), |j| j.labels.input),
        (
            "telling or advice, as main",
            |j| j.moves.tells(),
            |j| j.labels.main == "therapist_input",
        ),
        (
            "advice",
            |j| j.moves.advises(),
            |j| j.labels.input && j.labels.advice == Some(true),
        ),
    ];
    println!("| move | labelled | found | precision | recall | F1 |\n|---|---|---|---|---|---|");
    for (name, finds, is) in lines {
        let hits: Hits = judged.iter().map(|j| (finds(j), is(j))).collect();
        println!(
            "| {name} | {} | {} | {:.3} | {:.3} | {:.3} |",
            hits.hits + hits.misses,
            hits.hits + hits.alarms,
            hits.precision(),
            hits.recall(),
            hits.f1()
        );
    }
    println!();
}

/// How often open is told from closed as the experts do: of what both call a question, and of all
/// that the experts call one.
fn opens(name: &str, judged: &[Judged], open: Finds) {
    let labelled = judged.iter().filter(|j| j.labels.question);
    let cases: Vec<(bool, bool)> = labelled
        .filter_map(|j| Some((j.moves.asks(), j.labels.open? == open(j))))
        .collect();
    let found = cases.iter().filter(|(asks, _)| *asks).count();
    let right = cases.iter().filter(|(asks, right)| *asks && *right).count();
    println!(
        "{name}: {right} of {found} that both call a question, {:.3}; of all that are labelled {:.3}",
        share(right, found),
        share(right, cases.len())
    );
}

/// How far one annotator agrees with the majority of the others, where several labelled a session:
/// as far as anything can be told that only one of them labelled.
fn people(sessions: &BTreeMap<u32, Session>) {
    let each: Vec<&(Labels, Labels)> = sessions.values().flatten().flat_map(|u| &u.each).collect();
    if each.is_empty() {
        return;
    }
    let f1 = |is: fn(&Labels) -> bool| {
        let hits: Hits = each.iter().map(|(one, most)| (is(one), is(most))).collect();
        hits.f1()
    };
    let open = each.iter().filter(|(_, most)| most.question);
    let open: Vec<bool> = open
        .filter_map(|(one, most)| Some(one.open? == most.open?))
        .collect();
    let right = open.iter().filter(|right| **right).count();
    println!(
        "one annotator against the majority of the others: question F1 {:.3}, reflection {:.3}, \
         telling or advice {:.3}, open against closed {:.3} of {}",
        f1(|labels| labels.question),
        f1(|labels| labels.reflection),
        f1(|labels| labels.input),
        share(right, open.len()),
        open.len()
    );
}

/// Whether the number of each move in a session is that of the experts.
fn tallies(sessions: &BTreeMap<u32, Session>, judged: &[Judged]) {
    let kinds: &[(&str, Finds, Finds)] = &[
        ("questions", |j| j.moves.asks(), |j| j.labels.question),
        (
            "open questions",
            |j| j.moves.contains(Move::OpenQuestion),
            |j| j.labels.question && j.labels.open == Some(true),
        ),
        (
            "reflections",
            |j| j.moves.reflects(),
            |j| j.labels.reflection,
        ),
        (
            "telling and advice",
            |j| j.moves.tells(),
            |j| j.labels.input,
        ),
    ];
    println!(
        "\n| per session | ICC of the number | ICC of the share of the utterances |\n|---|---|---|"
    );
    for (name, finds, is) in kinds {
        let count = |session: u32, what: &Finds| {
            let of = judged.iter().filter(|j| j.session == session && what(j));
            of.count() as f64
        };
        let all: Finds = |_| true;
        let numbers = |session: &u32| (count(*session, finds), count(*session, is));
        let pairs: Vec<(f64, f64)> = sessions.keys().map(numbers).collect();
        let shares: Vec<(f64, f64)> = sessions
            .keys()
            .map(|session| {
                let ((found, there), whole) = (numbers(session), count(*session, &all));
                (found / whole, there / whole)
            })
            .collect();
        let shown = |icc: Option<f64>| icc.map_or("–".to_owned(), |icc| format!("{icc:.2}"));
        println!(
            "| {name} | {} | {} |",
            shown(intraclass(&pairs)),
            shown(intraclass(&shares))
        );
    }
}

fn differ(judged: &[Judged], label: Label) -> Result<(), Box<dyn Error>> {
    for j in judged {
        let (found, there) = match label {
            Label::Question => (j.moves.asks(), j.labels.question),
            Label::Reflection => (j.moves.reflects(), j.labels.reflection),
            Label::Input => (j.moves.tells(), j.labels.input),
            Label::Open if j.moves.asks() && j.labels.question => (
                j.moves.contains(Move::OpenQuestion),
                j.labels.open == Some(true),
            ),
            Label::Open => continue,
        };
        if found != there {
            let sign = if found { '+' } else { '-' };
            let moves = serde_json::to_string(&j.moves)?;
            println!(
                "{sign} {} {} {moves} | {}",
                j.session, j.labels.main, j.text
            );
        }
    }
    Ok(())
}

/// A question word anywhere in a sentence that asks.
fn has_word(text: &str) -> bool {
    let words = [
        "what", "how", "why", "where", "when", "who", "which", "tell",
    ];
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

fn opens_like_reflection(text: &str) -> bool {
    let text = text.to_lowercase();
    [
        "it sounds like",
        "sounds like",
        "so you",
        "it seems",
        "you feel",
        "what i'm hearing",
        "i hear",
    ]
    .iter()
    .any(|opener| text.starts_with(opener))
}
