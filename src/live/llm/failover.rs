//! Several models, of which one fails in the middle of an answer: nothing is said twice, and the
//! session hears of it once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::*;
use crate::live::conversation::{Memory, shown};
use crate::providers::EngineInfo;
use crate::providers::llm::fallback::Fallback;
use crate::providers::llm::{Finish, Tokens};

/// Says its lines in turn; one that ends in a bar comes to the greatest length of an answer there,
/// any other that does not end in a full stop breaks off.
struct Reader {
    name: &'static str,
    lines: Mutex<VecDeque<&'static str>>,
}

impl Reader {
    fn gone(&self) -> ProviderError {
        ProviderError::Unavailable {
            engine: self.name.to_owned(),
            message: "gone".to_owned(),
        }
    }
}

impl LanguageModel for Reader {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: self.name.to_owned(),
            note: String::new(),
            processor: None,
        }
    }

    fn respond(&self, _: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let Some(line) = self.lines.lock().unwrap().pop_front() else {
            let error = self.gone();
            return async { Err(error) }.boxed();
        };
        let end = |finish| {
            let usage = None;
            Ok(Token::End { finish, usage })
        };
        let last = match line.chars().last() {
            Some('.') => end(Finish::Stop),
            Some('|') => end(Finish::Length),
            _ => Err(self.gone()),
        };
        let words = line.trim_end_matches('|').split_inclusive(' ');
        let words = words.map(|word| Ok(Token::Text(word.to_owned())));
        let tokens = stream::iter(words.chain([last]).collect::<Vec<_>>());
        // Others think meanwhile.
        let tokens = tokens.then(async |token| {
            tokio::task::yield_now().await;
            token
        });
        async { Ok(tokens.boxed()) }.boxed()
    }
}

fn mind(first: &[&'static str], second: &[&'static str]) -> Mind {
    let model = |name, lines: &[&'static str]| -> Arc<dyn LanguageModel> {
        let lines = Mutex::new(lines.iter().copied().collect());
        Arc::new(Reader { name, lines })
    };
    let thinker = Thinker {
        practice: Arc::new(Practice::load().unwrap()),
        gallery: Arc::new(Gallery::load(None).unwrap()),
        model: Some(Arc::new(Fallback::new([
            model("first", first),
            model("second", second),
        ]))),
    };
    Mind::new(thinker, 5)
}

/// What came of an answer: what was said, whether it ended well, and what was told of models.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    said: String,
    failed: bool,
    replaced: Option<String>,
    broke_off: Option<String>,
    authored: bool,
    back: bool,
}

/// Every answer is another.
static ASKED: AtomicU64 = AtomicU64::new(1);

async fn answer(mind: &mut Mind, speaks: bool) -> Heard {
    answer_to(mind, speaks, "What brings you here?").await
}

async fn answer_to(mind: &mut Mind, speaks: bool, coach: &str) -> Heard {
    ask(mind, speaks, coach);
    let mut heard = Heard::default();
    loop {
        match mind.next().await.unwrap() {
            // What is authored is told by what stands before it alone.
            Thought::Sentence(_, text) if !heard.authored => heard.said.push_str(&shown(&text)),
            Thought::Token(_, Token::Text(text)) if !speaks && !heard.authored => {
                heard.said.push_str(&text);
            }
            Thought::Replaced(error) => heard.replaced = Some(error.engine().to_owned()),
            Thought::BrokeOff(error) => heard.broke_off = Some(error.engine().to_owned()),
            Thought::StoodIn(..) => heard.authored = true,
            Thought::Token(_, Token::End { .. }) => {
                let back = mind.next().now_or_never();
                heard.back = matches!(back, Some(Some(Thought::Back)));
                return heard;
            }
            Thought::Failed(..) => {
                heard.failed = true;
                return heard;
            }
            _ => {}
        }
    }
}

/// Asks for an answer, and does not wait for it.
fn ask(mind: &mut Mind, speaks: bool, coach: &str) {
    mind.ask(Ask {
        generation: Generation(ASKED.fetch_add(1, Ordering::Relaxed)),
        client: Some("maya-promotion".to_owned()),
        instructions: String::new(),
        memory: vec![Memory::Coach(coach.to_owned())],
        fixed: false,
        tools: Vec::new(),
        tool_choice: None,
        speaks,
        max_tokens: None,
    });
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_only_begun_is_told() {
    for speaks in [true, false] {
        let mut mind = mind(
            &["It is about my", "I am back now.", "Still here."],
            &["My sister called me.", "Yes."],
        );
        let heard = answer(&mut mind, speaks).await;
        assert_eq!(heard.said.trim(), "My sister called me.");
        assert_eq!(heard.replaced.as_deref(), Some("first"));
        assert!(!heard.failed && !heard.authored && !heard.back);
        let again = answer(&mut mind, speaks).await;
        assert_eq!(
            (again.said.as_str(), again.replaced, again.back),
            ("Yes.", None, false),
            "told once"
        );
        tokio::time::advance(Duration::from_secs(600)).await;
        let later = answer(&mut mind, speaks).await;
        assert_eq!(later.said.trim(), "I am back now.");
        assert!(later.back);
        let last = answer(&mut mind, speaks).await;
        assert_eq!((last.said.trim(), last.back), ("Still here.", false));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_told_stays_and_the_turn_ends_with_it() {
    for speaks in [true, false] {
        let mut mind = mind(&["It is about my sister. She has never"], &["So it is."]);
        let heard = answer(&mut mind, speaks).await;
        assert_eq!(heard.said.trim(), "It is about my sister.");
        assert_eq!(heard.broke_off.as_deref(), Some("first"));
        assert_eq!(heard.replaced, None, "nobody else answered");
        assert!(!heard.failed && !heard.authored);
        let next = answer(&mut mind, speaks).await;
        assert_eq!(next.said.trim(), "So it is.");
        assert_eq!(next.replaced.as_deref(), Some("first"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_breaks_off_again_is_not_back() {
    let mut mind = mind(
        &["It is about my", "It hurts. She has", "I am back now."],
        &["My sister.", "So it is."],
    );
    assert!(answer(&mut mind, true).await.replaced.is_some());
    tokio::time::advance(Duration::from_secs(600)).await;
    let broken = answer(&mut mind, true).await;
    assert!(broken.broke_off.is_some() && !broken.back);
    let other = answer(&mut mind, true).await;
    assert_eq!((other.said.trim(), other.back), ("So it is.", false));
    tokio::time::advance(Duration::from_secs(600)).await;
    assert!(answer(&mut mind, true).await.back);
}

/// Hears answers to their ends, in whatever order they come. Whether the first model was said to be
/// back in them.
async fn both(mind: &mut Mind) -> bool {
    let (mut ends, mut back) = (0, false);
    while ends < 2 {
        match mind.next().await.unwrap() {
            Thought::Token(_, Token::End { .. }) => ends += 1,
            thought => back |= matches!(thought, Thought::Back),
        }
    }
    back || matches!(mind.next().now_or_never(), Some(Some(Thought::Back)))
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_at_once_none_makes_good_what_failed_in_the_other() {
    // Replaced, or broken off, before the other comes to its end.
    let long = "I am here, and there is a lot more that I can say.";
    for (first, second) in [
        (["It is about my", long, long], "So it is."),
        ([long, "It is about my", long], "So it is."),
        (["It hurts. She has", long, long], "Yes."),
        ([long, "It hurts. She has", long], "Yes."),
    ] {
        let lines = [&["It is about my"], &first[..]].concat();
        let mut mind = mind(&lines, &["My sister.", second, second, second]);
        assert!(answer(&mut mind, true).await.replaced.is_some());
        tokio::time::advance(Duration::from_secs(600)).await;
        ask(&mut mind, true, "What brings you here?");
        ask(&mut mind, true, "And what else?");
        assert!(!both(&mut mind).await, "{first:?}");
        let mut back = false;
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(600)).await;
            back |= answer(&mut mind, true).await.back;
        }
        assert!(back, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_shown_as_it_is() {
    let text = "**Two** things:\n- one. \n- two, and `three|`.";
    let mut mind = mind(&[text], &[]);
    assert_eq!(answer(&mut mind, false).await.said, text);
}

#[tokio::test(start_paused = true)]
async fn half_a_sentence_is_not_said_as_if_it_were_one() {
    for (given, said) in [
        ("It hurts. She has never sa|", "It hurts."),
        ("She has never said so.|", "She has never said so."),
        (
            "It ends in the middle of a sen|",
            "It ends in the middle of a…",
        ),
        ("hal|", "My sister called me."),
    ] {
        let mut mind = mind(&[given], &["My sister called me."]);
        let heard = answer(&mut mind, true).await;
        assert_eq!(heard.said.trim(), said, "{given}");
        assert!(!heard.failed && !heard.authored && heard.broke_off.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_none() {
    for empty in ["|", " |", "<think>Be careful.</think>|"] {
        let mut one = mind(&[empty], &["My sister called me."]);
        let heard = answer(&mut one, true).await;
        assert_eq!(heard.said.trim(), "My sister called me.", "{empty}");
        assert_eq!(heard.replaced.as_deref(), Some("first"));
        assert!(!heard.failed && !heard.authored);
        let mut both = mind(&[empty, "I am here."], &[empty]);
        let heard = answer(&mut both, true).await;
        assert!(heard.authored && !heard.failed, "{heard:?}");
        let again = answer(&mut both, true).await;
        assert_eq!(again.said.trim(), "I am here.", "it is no reason to rest");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silence_is_an_answer() {
    for silence in [
        "*stays silent*.",
        "(long silence).",
        "...",
        "😔.",
        "*sighs|",
    ] {
        let mut mind = mind(&[silence, silence, "I am here."], &["My sister called me."]);
        let heard = answer(&mut mind, true).await;
        assert!(
            !heard.said.contains("sister") && !heard.said.is_empty(),
            "{heard:?}"
        );
        let told = Heard {
            said: String::new(),
            ..heard
        };
        assert_eq!(told, Heard::default(), "{silence} is told to nobody");
        let given = answer_to(&mut mind, true, "Take your time.").await;
        assert_eq!(
            given,
            Heard::default(),
            "{silence}: nothing is asked of them"
        );
        assert_eq!(answer(&mut mind, true).await.said.trim(), "I am here.");
    }
}

#[tokio::test(start_paused = true)]
async fn with_every_model_down_the_authored_lines_answer() {
    for speaks in [true, false] {
        let mut mind = mind(&["It is", "I am back now."], &["My"]);
        let heard = answer(&mut mind, speaks).await;
        assert!(
            heard.authored && heard.said.is_empty() && !heard.failed,
            "{heard:?}"
        );
        let began = Instant::now();
        assert!(!answer(&mut mind, speaks).await.failed);
        assert_eq!(began.elapsed(), Duration::ZERO, "nobody is waited for");
        tokio::time::advance(Duration::from_secs(600)).await;
        assert!(answer(&mut mind, speaks).await.back);
    }
}
