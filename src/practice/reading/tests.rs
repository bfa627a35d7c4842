//! What a wrong sheet is told.

use super::super::moves::Topic;
use super::super::sheet::{Reaction, Sheet, SheetErrors};
use super::names;

const MAYA: &str = include_str!("../clients/maya-promotion.toml");

fn refused(changes: &[(&str, &str)]) -> SheetErrors {
    let mut text = MAYA.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Sheet::parse("maya.toml", &text).unwrap_err()
}

/// The one thing that is wrong after a change: its line, and what is said of it.
fn said(from: &str, to: &str) -> (usize, String) {
    let SheetErrors(errors) = refused(&[(from, to)]);
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].file, "maya.toml");
    (errors[0].line, errors[0].message.clone())
}

fn line(needle: &str) -> usize {
    MAYA[..MAYA.find(needle).unwrap()].matches('\n').count() + 1
}

#[test]
fn a_mistake_is_named_with_its_line() {
    for (from, to, at, says) in [
        (
            "age = 34",
            "age = \"old\"",
            "age = ",
            "`age` takes a whole number, not a text in quotes",
        ),
        (
            "age = 34",
            "age = 340",
            "age = ",
            "`age` is 340, which is not between 1 and 120",
        ),
        (
            "id = \"maya-promotion\"",
            "id = \"Maya P\"",
            "id = ",
            "`id` takes lower-case letters, digits and hyphens",
        ),
        (
            "pace = 110",
            "pace = 5",
            "pace = ",
            "`pace` is 5, which is not between 10 and 300",
        ),
        (
            "difficulty = \"gentle\"",
            "difficulty = \"gentel\"",
            "difficulty = ",
            "did you mean `gentle`?",
        ),
        ("who = \"", "who = \"\" # ", "who = ", "`who` is empty"),
        (
            "\"how old are you?\"",
            "\"old are you\"",
            "\"how old are you?\"",
            "\"old are you\" is no whole question",
        ),
        (
            "id = \"maya",
            "id = \"-maya",
            "id = ",
            "`id` takes lower-case letters, digits and hyphens",
        ),
        (
            "name = \"Maya",
            "name = \"Ma\\nya",
            "name = ",
            "`name` takes one line",
        ),
        (
            "id = \"maya",
            &format!("id = \"{}maya", "a".repeat(60)),
            "id = ",
            "at most 64",
        ),
        (
            "name = \"Maya",
            "name = \"<b>Maya",
            "name = ",
            "`name` takes one line",
        ),
        (
            "name = \"Maya",
            &format!("name = \"{}Maya", "a".repeat(60)),
            "name = ",
            "at most 60",
        ),
        (
            "language = \"en\"",
            "language = \"zz\"",
            "language = ",
            "`language` takes a language by its code",
        ),
        (
            "within_ms = [",
            "within_ms = [1, 2, ",
            "within_ms = ",
            "`thinking.within_ms` takes two whole numbers",
        ),
        (
            "moves = [\"advice\"",
            "words = [\"?!\"]\nmoves = [\"advice\"",
            "moves = [\"advice\"",
            "\"?!\" has no word",
        ),
        (
            "portrait = \"maya",
            "portrait = \"faces/maya",
            "portrait = ",
            "`portrait` takes the name of an .svg file, without a folder",
        ),
        (
            "[topics.feelings]",
            "[topics.felings]",
            "[topics.feelings]",
            "there is no field `topics.felings`; did you mean `feelings`?",
        ),
        (
            "patience_ms = ",
            "patience = 3\npatience_ms = ",
            "patience_ms",
            "did you mean `patience_ms`?",
        ),
        (
            "opens = 2",
            "opens = 9",
            "opens = 2",
            "`triggers.opens` is 9, which is not between 1 and 3",
        ),
        (
            "moves = [\"advice\"",
            "moves = [\"advise\"",
            "moves = [\"advice\"",
            "did you mean `advice`?",
        ),
    ] {
        let (found, message) = said(from, to);
        assert!(message.contains(says), "{message}");
        assert_eq!(found, line(at), "{message}");
    }
}

#[test]
fn a_line_must_be_fit_to_be_spoken() {
    for (text, says) in [
        ("This is *bold*.", "'*' cannot be spoken"),
        ("Well 🙂.", "cannot be spoken"),
        ("See https://example.com.", "an address cannot be spoken"),
        ("No end", "ends with a full stop"),
        ("[sighs] Well.", "brackets are for silences only"),
        ("[pause 60000] Well.", "up to 5000"),
        ("Maya: Well, fine.", "it is \"Well, fine.\""),
        ("1. Apples. 2. Pears.", "nothing but what is said"),
        ("- Well.", "nothing but what is said"),
    ] {
        let (at, message) = said(
            "[topics.feelings]\nlevel1 = [",
            &format!("[topics.feelings]\nlevel1 = [\"{text}\","),
        );
        assert!(message.contains(says), "{message}");
        assert_eq!(at, line("[topics.feelings]") + 1);
    }
}

#[test]
fn what_is_not_known_at_once_says_by_which_words_it_is_guarded() {
    for (kind, level) in [("facts", 2), ("feelings", 3), ("beliefs", 4)] {
        for words in ["", "words = [\"…\"]\n"] {
            let added = format!("[[{kind}]]\nlevel = {level}\ntext = \"It is so.\"\n{words}\n");
            let (at, message) = said("[[facts]]", &format!("{added}[[facts]]"));
            assert_eq!(at, line("[[facts]]"));
            let says = format!("what is of level {level} needs `words`");
            assert!(message.starts_with(&says), "{message}");
        }
    }
}

#[test]
fn all_mistakes_come_at_once_in_the_order_of_the_file() {
    let SheetErrors(errors) = refused(&[
        ("age = 34", "age = 0"),
        ("voice = ", "voise = "),
        ("[topics.feelings]", "[topics.felings]"),
        ("often = ", "often = -"),
    ]);
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert!(lines.is_sorted() && lines.len() == 5, "{errors:?}");
    let told = SheetErrors(errors).to_string();
    assert!(
        told.starts_with("maya.toml:1: `voice` is missing\nmaya.toml:"),
        "{told}"
    );
    assert!(
        told.contains("there is no field `voise`; did you mean `voice`?"),
        "{told}"
    );
}

#[test]
fn a_broken_file_is_told_where_it_breaks() {
    let SheetErrors(errors) = refused(&[
        ("age = 34", "age = "),
        ("voice = \"hazel\"", "voice = hazel\""),
    ]);
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert!(
        lines.contains(&line("age = ")) && lines.contains(&line("voice = ")),
        "{errors:?}"
    );
}

#[test]
fn a_quote_that_is_not_closed_is_the_last_that_is_named() {
    let (at, says) = said("difficulty = \"gentle\"", "difficulty = \"gentle");
    assert_eq!(at, line("difficulty = "));
    assert!(says.contains("not closed"), "{says}");
    let earlier = [
        ("age = 34", "age = "),
        ("difficulty = \"gentle\"", "difficulty = \"gentle"),
    ];
    let SheetErrors(errors) = refused(&earlier);
    let lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [line("age = "), line("difficulty = ")], "{errors:?}");
}

#[test]
fn a_card_says_what_a_client_trains() {
    let trains = MAYA.lines().find(|l| l.starts_with("trains = ")).unwrap();
    for (to, at, says) in [
        ("trains = []", line("trains = "), "at least one"),
        ("", 1, "`trains` is missing"),
    ] {
        let told = said(trains, to);
        assert!(told.0 == at && told.1.contains(says), "{told:?}");
    }
}

#[test]
fn nothing_gives_away_a_deeper_fact() {
    let sheet = Sheet::parse("maya.toml", MAYA).unwrap();
    let deep = sheet
        .facts
        .iter()
        .find(|f| f.level == 4 && !f.words.is_empty());
    let word = &deep.unwrap().words[0];
    for (from, to) in [
        (
            "[topics.feelings]\nlevel1 = [",
            format!("[topics.feelings]\nlevel1 = [\"Well, {word} it is.\","),
        ),
        ("who = \"", format!("who = \"{word} and all. ")),
        (
            "temperament = \"",
            format!("temperament = \"Fears her {word}. "),
        ),
        ("when = \"", format!("when = \"{word}, ")),
        (
            "[[facts]]\nlevel = 1\ntext = \"",
            format!("[[facts]]\nlevel = 1\ntext = \"Her {word}. "),
        ),
        (
            "words = [\"rock\"]\nsays = { level1 = [\"",
            format!("words = [\"rock\"]\nsays = {{ level1 = [\"My {word}. "),
        ),
    ] {
        let (_, message) = said(from, &to);
        assert!(
            message.contains("gives away a fact of level 4"),
            "{message}"
        );
    }
}

#[test]
fn no_sheet_changes_what_is_said_where_a_life_is_in_danger() {
    let greeting = "[reactions.greeting]";
    let danger = format!("[reactions.danger]\nlevel1 = [\"Go on.\"]\n{greeting}");
    let (at, message) = said(greeting, &danger);
    assert_eq!(at, line(greeting) + 1);
    assert!(message.contains("alike by every client"), "{message}");
}

#[test]
fn the_sheet_in_the_documentation_is_sound() {
    let text = include_str!("../../../docs/clients.md");
    let blocks = text.split("```toml\n").skip(1);
    let blocks: Vec<&str> = blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect();
    let ana = Sheet::parse("docs/clients.md", &blocks.concat()).unwrap();
    assert_eq!((ana.name.as_str(), ana.triggers.len()), ("Ana", 2));
    for name in names::all::<Topic>().iter().chain(names::all::<Reaction>()) {
        assert!(
            *name == "more" || text.contains(&format!("`{name}`")),
            "{name}"
        );
    }
}

#[test]
fn a_sheet_without_a_way_down_is_refused() {
    let text = "id = \"a\"\nname = \"A\"";
    let SheetErrors(errors) = Sheet::parse("a.toml", text).unwrap_err();
    let told = SheetErrors(errors).to_string();
    for says in [
        "`beneath` is missing",
        "`thinking` is missing",
        "no fact, feeling or belief of level 3",
        "no line of level 2 under any topic",
    ] {
        assert!(told.contains(says), "{told}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_refused(text in "(\\PC|\n|id = |\\[\\[facts\\]\\]\n|level1 = \\[){0,60}") {
        let _ = Sheet::parse("any.toml", &text);
    }

    #[test]
    fn a_sheet_torn_anywhere_is_refused_or_sound(cut in 0..MAYA.len()) {
        let cut = MAYA.floor_char_boundary(cut);
        let _ = Sheet::parse("torn.toml", &MAYA[..cut]);
    }
}
