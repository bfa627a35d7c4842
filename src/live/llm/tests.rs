//! Long sessions with a language model: what it is sent stays small, nobody forgets who they are,
//! and what it writes is fit to be heard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::*;
use crate::live::conversation::Memory;
use crate::providers::EngineInfo;
use crate::providers::llm::{Finish, Message, Tokens};

/// Answers with what it is given, and keeps what it was asked.
#[derive(Default)]
struct Scripted {
    asked: Mutex<Vec<Prompt>>,
    answers: Mutex<VecDeque<&'static str>>,
    notes: Option<&'static str>,
}

const ANSWER: &str = "<think>Be careful.</think>\n*sighs* It is about the team, and about me. \
    I keep thinking of it in the evenings, when it is quiet. I do not know where it goes.";

impl Scripted {
    fn asked(&self) -> Vec<Prompt> {
        self.asked.lock().unwrap().clone()
    }
}

fn is_for_notes(prompt: &Prompt) -> bool {
    prompt.system.starts_with("You keep the notes")
}

impl LanguageModel for Scripted {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "scripted".to_owned(),
            note: String::new(),
            processor: None,
        }
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let notes = is_for_notes(&prompt);
        self.asked.lock().unwrap().push(prompt);
        let answer = match (notes, self.notes) {
            (true, None) => {
                let engine = "scripted".to_owned();
                let message = "busy".to_owned();
                let error = ProviderError::Unavailable { engine, message };
                return async { Err(error) }.boxed();
            }
            (true, Some(notes)) => notes,
            (false, _) => self.answers.lock().unwrap().pop_front().unwrap_or(ANSWER),
        };
        let pieces = answer
            .split_inclusive(' ')
            .map(|piece| Ok(Token::Text(piece.to_owned())));
        let (finish, usage) = (Finish::Stop, None);
        let end = Ok(Token::End { finish, usage });
        let tokens: Tokens = stream::iter(pieces.chain([end]).collect::<Vec<_>>()).boxed();
        async { Ok(tokens) }.boxed()
    }
}

fn mind(model: Arc<Scripted>) -> Mind {
    let thinker = Thinker {
        practice: Arc::new(Practice::load().unwrap()),
        gallery: Arc::new(Gallery::load(None).unwrap()),
        model: Some(model),
    };
    Mind::new(thinker, 5)
}

fn ask(generation: u64, client: &str, memory: &[Memory]) -> Ask {
    Ask {
        generation: Generation(generation),
        client: Some(client.to_owned()),
        instructions: String::new(),
        memory: memory.to_vec(),
        fixed: false,
        tools: Vec::new(),
        tool_choice: None,
        speaks: true,
        max_tokens: None,
    }
}

/// Asks, and hears the whole answer: its sentences.
async fn answer(mind: &mut Mind, ask: Ask) -> Vec<String> {
    let at_once = mind.ask(ask);
    assert!(matches!(at_once[..], [Thought::Inner(..)]), "{at_once:?}");
    let mut sentences = Vec::new();
    loop {
        match mind.next().await.unwrap() {
            Thought::Sentence(_, text) => sentences.push(text),
            Thought::Token(_, Token::End { .. }) => return sentences,
            Thought::Token(_, Token::Text(text)) => assert!(!text.contains("careful"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

const COACH: &[&str] = &[
    "It sounds like the evenings are hard for you, and that something in you is waiting for an answer.",
    "What matters most to you in all of this?",
    "So a part of you would like to leave, and a part of you would like to be asked to stay.",
    "Take your time.",
];

/// Turns of the coach in an hour.
const HOUR: usize = 180;

/// So many turns of talk; the prompts of the answers, and how often notes were asked for.
async fn talk(client: &str, turns: usize, notes: Option<&'static str>) -> (Vec<Prompt>, usize) {
    let model = Arc::new(Scripted {
        notes,
        ..Scripted::default()
    });
    let mut mind = mind(model.clone());
    let mut memory = vec![
        Memory::Coach("What brings you here today?".to_owned()),
        Memory::Client {
            text: "My neighbour Wilhelmina keeps seven geese, and I came here about that."
                .to_owned(),
            cut: false,
        },
    ];
    for turn in 0..turns {
        memory.push(Memory::Coach(COACH[turn % COACH.len()].to_owned()));
        let said = answer(&mut mind, ask(turn as u64, client, &memory)).await;
        let text: Vec<String> = said
            .iter()
            .map(|s| super::super::conversation::shown(s))
            .collect();
        let text = text
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        memory.push(Memory::Client { text, cut: false });
        // The voice speaks, and there is time for notes.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    let (for_notes, answers): (Vec<_>, Vec<_>) = model.asked().into_iter().partition(is_for_notes);
    (answers, for_notes.len())
}

fn size(prompt: &Prompt) -> (usize, usize) {
    let messages = prompt.messages.iter().map(|message| match message {
        Message::System(text) | Message::User(text) | Message::Assistant(text) => {
            text.chars().count()
        }
        other => panic!("{other:?}"),
    });
    (prompt.instructions().chars().count(), messages.sum())
}

#[tokio::test]
async fn an_hour_stays_within_the_context_and_nobody_forgets_who_they_are() {
    let gallery = Gallery::load(None).unwrap();
    for sheet in gallery.sheets() {
        // What takes long is an hour's memory, and that is everybody's.
        let first = sheet.id == gallery.first().unwrap().id;
        let turns = if first { HOUR } else { HOUR / 4 };
        let (prompts, _) = talk(&sheet.id, turns, None).await;
        let mut largest = (0, 0);
        for prompt in &prompts {
            let (system, messages) = size(prompt);
            largest = (largest.0.max(system), largest.1.max(messages));
            assert!(
                prompt
                    .system
                    .starts_with(&format!("You are {}", sheet.name))
            );
            assert!(prompt.system.contains(&sheet.brings));
            assert!(prompt.messages.len() <= 61);
            let sent = |part: &str| {
                let mut texts = prompt.messages.iter();
                texts.any(|m| matches!(m, Message::Assistant(text) if text.contains(part)))
            };
            let known =
                sent("Wilhelmina") || prompt.system.contains("Wilhelmina keeps seven geese");
            assert!(known, "{}", prompt.system);
        }
        println!(
            "{}: {} + {} characters at most",
            sheet.id, largest.0, largest.1
        );
        assert!(largest.0 <= 8_500 && largest.1 <= 8_000, "{largest:?}");
        assert!(prompts.last().unwrap().messages.len() < 60);
    }
}

#[tokio::test]
async fn a_model_keeps_notes_of_what_fell_out() {
    let notes =
        "You told of Wilhelmina's geese. **The coach asked about the evenings.** <think>x</think>";
    let (prompts, asked) = talk("maya-promotion", HOUR / 3, Some(notes)).await;
    let last = &prompts.last().unwrap().system;
    assert!(
        last.contains("You told of Wilhelmina's geese. The coach asked about the evenings."),
        "{last}"
    );
    // Once for every large step of the window, and not for every turn.
    assert!((2..=8).contains(&asked), "{asked}");
}

#[tokio::test]
async fn what_was_corrected_is_not_kept_in_old_notes() {
    let model = Arc::new(Scripted {
        notes: Some("You told of seven geese."),
        ..Scripted::default()
    });
    let mut mind = mind(model.clone());
    let long = "a b c d e f g h i j k l m n o p q r s t u v w x y z ".repeat(20);
    let mut memory = Vec::new();
    for turn in 0..12 {
        memory.push(Memory::Coach(format!("{turn} {long}")));
        answer(&mut mind, ask(turn, "maya-promotion", &memory)).await;
        memory.push(Memory::Client {
            text: "Yes, indeed.".to_owned(),
            cut: false,
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    let before = model.asked().pop().unwrap();
    memory[0] = Memory::Coach("Corrected altogether.".to_owned());
    memory.push(Memory::Coach("And now?".to_owned()));
    answer(&mut mind, ask(99, "maya-promotion", &memory)).await;
    let asked = model.asked();
    let after = asked.iter().rfind(|prompt| !is_for_notes(prompt)).unwrap();
    let noted = asked
        .iter()
        .any(|p| !is_for_notes(p) && p.system.contains("seven geese"));
    assert!(noted, "{}", before.system);
    assert!(!after.system.contains("seven geese"), "{}", after.system);
}

#[tokio::test]
async fn a_models_words_pause_where_the_client_would() {
    let model = Arc::new(Scripted::default());
    let mut said = Vec::new();
    for _ in 0..2 {
        let mut mind = mind(model.clone());
        let memory = [Memory::Coach("How do you feel about that?".to_owned())];
        let sentences = answer(&mut mind, ask(1, "elena-crossroads", &memory)).await;
        assert!(sentences[0].starts_with("[pause "), "{sentences:?}");
        assert!(!sentences.concat().contains("sighs"));
        said.push(sentences);
    }
    assert_eq!(said[0], said[1], "of the same seed the same silences");
}

/// An hour of a session whose instructions stand at its beginning; what the model is sent at its end.
async fn instructed(client: Option<&str>) -> Prompt {
    let model = Arc::new(Scripted::default());
    let mut mind = mind(model.clone());
    let mut memory = vec![
        Memory::System("Only ever speak of geese.".to_owned()),
        Memory::Coach("My name is Wilhelmina, and I keep seven geese.".to_owned()),
    ];
    for turn in 0..HOUR {
        let text = format!("That was {turn}. {}", "word ".repeat(60));
        memory.push(Memory::Client { text, cut: false });
        memory.push(Memory::Coach(COACH[turn % COACH.len()].to_owned()));
    }
    let long = "long ".repeat(4_000);
    memory.push(Memory::Client {
        text: "Go on.".to_owned(),
        cut: false,
    });
    memory.push(Memory::Coach(long));
    mind.ask(Ask {
        client: client.map(str::to_owned),
        instructions: "Be brief.".to_owned(),
        ..ask(1, "", &memory)
    });
    while !matches!(
        mind.next().await.unwrap(),
        Thought::Token(_, Token::End { .. })
    ) {}
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let asked = model.asked();
    // Whoever is nobody's client keeps no notes of being coached.
    let for_notes = asked.iter().filter(|prompt| is_for_notes(prompt)).count();
    assert_eq!(for_notes, usize::from(client.is_some()));
    asked[0].clone()
}

#[tokio::test]
async fn an_hour_of_any_session_stays_within_the_context_and_its_instructions_hold() {
    for client in [None, Some("maya-promotion")] {
        let prompt = instructed(client).await;
        let (system, messages) = size(&prompt);
        assert!(system <= 8_500, "{system}");
        assert!(messages <= 8_000 + 4_000, "{messages}");
        assert_eq!(
            prompt.messages[0],
            Message::System("Only ever speak of geese.".to_owned())
        );
        let systems = prompt.messages.iter();
        let systems = systems.filter(|message| matches!(message, Message::System(_)));
        assert_eq!(systems.count(), 1);
        assert!(prompt.system.contains("Be brief."));
        assert!(
            prompt.system.contains("I keep seven geese"),
            "{}",
            prompt.system
        );
        let Some(Message::User(last)) = prompt.messages.last() else {
            panic!("{:?}", prompt.messages.last())
        };
        let most = if client.is_some() { 2_000 } else { 4_000 };
        assert_eq!(last.chars().count(), most);
    }
}

#[tokio::test]
async fn what_a_request_brings_itself_is_sent_whole() {
    let model = Arc::new(Scripted::default());
    let mut mind = mind(model.clone());
    let text = "long ".repeat(4_000);
    mind.ask(Ask {
        client: None,
        fixed: true,
        ..ask(1, "", &[Memory::Coach(text.clone())])
    });
    mind.next().await.unwrap();
    assert_eq!(model.asked()[0].messages, [Message::User(text)]);
}
