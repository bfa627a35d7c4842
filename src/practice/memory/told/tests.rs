//! Tests of what was told, and of what was not.

use super::super::super::Heard;
use super::super::super::scripted::{gallery, remembered};
use super::super::super::words::words;

fn told(client: &str, said: &str, asked: &str) -> Option<bool> {
    let sheet = gallery().get(client).unwrap();
    let memory = remembered(sheet, &[Heard::coach("Hello."), Heard::client(said)]);
    memory.told(sheet, 1, &words(asked))
}

const ROLE: &str = "It's about work. I applied for a bigger role and I didn't get it.";

#[test]
fn what_they_said_or_what_is_open_is_so() {
    for (client, said, asked) in [
        ("maya-promotion", ROLE, "Did you apply for the promotion?"),
        ("maya-promotion", ROLE, "So you didn't get it?"),
        ("maya-promotion", ROLE, "You didn't get it, did you?"),
        ("maya-promotion", "", "Did you apply for the promotion?"),
        ("maya-promotion", "", "You applied for a promotion, right?"),
        ("maya-promotion", "", "Do you lead a planning team?"),
        (
            "maya-promotion",
            "",
            "Were you passed over for a promotion?",
        ),
        ("tom-boundaries", "", "Are you a teacher?"),
        ("tom-boundaries", "", "Do you run the department?"),
        ("samuel-ward", "", "Are you a nurse?"),
        ("samuel-ward", "", "Do you do the rota yourself?"),
        ("elena-crossroads", "", "So you're an architect, right?"),
        ("elena-crossroads", "", "Do you have an offer?"),
        ("callum-thesis", "", "Are you in your fourth year?"),
        ("callum-thesis", "", "Do you study puffins?"),
        ("victor-feedback", "", "Are you a sales director?"),
        ("victor-feedback", "", "Did you get some feedback?"),
        (
            "maya-promotion",
            "It went to Daniel, so Daniel got it.",
            "Did Daniel get it?",
        ),
        (
            "callum-thesis",
            "My funding ends in March.",
            "Is your funding ending in March?",
        ),
        (
            "victor-feedback",
            "There were two complaints.",
            "Were there two complaints?",
        ),
        (
            "samuel-ward",
            "I take the nights nobody wants.",
            "You take the nights, is that right?",
        ),
    ] {
        assert_eq!(told(client, said, asked), Some(true), "{client}: {asked}");
    }
}

#[test]
fn nothing_else_is_so() {
    for (client, said, asked) in [
        ("maya-promotion", "", "Are you head of planning?"),
        (
            "maya-promotion",
            "I'd like to be head of planning.",
            "Are you head of planning?",
        ),
        (
            "maya-promotion",
            "",
            "Have you been in the company for two years?",
        ),
        (
            "maya-promotion",
            "I applied and Daniel got to run it.",
            "Did you run it?",
        ),
        (
            "maya-promotion",
            "I'm angry. Not at Daniel.",
            "Are you angry at Daniel?",
        ),
        ("maya-promotion", "", "Did you train Daniel?"),
        (
            "victor-feedback",
            "I got some feedback.",
            "Have you got a coach already?",
        ),
        (
            "victor-feedback",
            "There were two complaints.",
            "Were there three complaints?",
        ),
        (
            "maya-promotion",
            "I ran it with Daniel.",
            "Did Daniel run it?",
        ),
        ("maya-promotion", "Daniel got it.", "Did he get it?"),
        ("elena-crossroads", "", "Did you sell the practice?"),
        (
            "elena-crossroads",
            "",
            "Are you going to sell the practice?",
        ),
        ("callum-thesis", "", "Are you writing your thesis?"),
        ("callum-thesis", "", "Are you disciplined?"),
        ("tom-boundaries", "", "Are you a nurse?"),
        ("samuel-ward", "", "Are you calm?"),
        ("victor-feedback", "", "Are you difficult?"),
    ] {
        assert_eq!(told(client, said, asked), None, "{client}: {asked}");
    }
}

#[test]
fn the_contrary_of_what_they_said_is_not_so() {
    for (client, said, asked) in [
        ("maya-promotion", ROLE, "Did you get it?"),
        ("maya-promotion", ROLE, "Did you get the promotion?"),
        ("maya-promotion", ROLE, "Didn't you apply?"),
        ("maya-promotion", "", "Did you get the job?"),
        (
            "maya-promotion",
            "Daniel did not get it.",
            "Did Daniel get it?",
        ),
        (
            "samuel-ward",
            "I take the nights.",
            "You don't take any nights.",
        ),
        (
            "elena-crossroads",
            "I have not drawn anything by hand for four years.",
            "Have you drawn by hand?",
        ),
    ] {
        assert_eq!(told(client, said, asked), Some(false), "{client}: {asked}");
    }
}
