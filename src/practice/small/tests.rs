//! What is a question for a small fact, and what is none.

use super::super::Reply;
use super::super::scripted::{gallery, last, talk};
use super::words;

/// The first line of the answer to this, after the opening, and its words.
fn said(client: &str, text: &str) -> (String, String) {
    let sheet = gallery().get(client).unwrap();
    let reply = last(sheet, 3, &["What brings you here?", text]);
    (reply.line_ids[0].clone(), reply.text())
}

#[test]
fn small_questions_get_their_answers() {
    for (client, asked, answer) in [
        ("maya-promotion", "How old are you?", "Thirty four"),
        (
            "maya-promotion",
            "How many people are in your team?",
            "Nine",
        ),
        ("maya-promotion", "What is your husband's name?", "Mark"),
        (
            "maya-promotion",
            "How long have you been in this job?",
            "Seven years",
        ),
        (
            "maya-promotion",
            "You said it went to someone else. To whom?",
            "Daniel",
        ),
        ("maya-promotion", "When is the next post?", "spring"),
        ("maya-promotion", "Who is Daniel?", "head of planning"),
        ("maya-promotion", "What's your name?", "Maya"),
        (
            "victor-feedback",
            "How long have you been in the company?",
            "Thirty years",
        ),
        ("victor-feedback", "How old are you?", "Fifty eight"),
        ("tom-boundaries", "Do you have children?", "Two"),
        (
            "samuel-ward",
            "How many nurses are in your team?",
            "Thirty two",
        ),
        (
            "elena-crossroads",
            "How many people work in your practice?",
            "Six",
        ),
        ("callum-thesis", "What are you studying?", "Puffins"),
        (
            "maya-promotion",
            "How many people are on your team?",
            "Nine",
        ),
        (
            "maya-promotion",
            "How many people do you have in your team?",
            "Nine",
        ),
        (
            "maya-promotion",
            "How long have you been in your current role?",
            "Seven years",
        ),
        (
            "samuel-ward",
            "How many years have you been in this job?",
            "Six years",
        ),
        ("callum-thesis", "When does the money end?", "March"),
        ("callum-thesis", "Who's your supervisor?", "professor"),
        (
            "elena-crossroads",
            "How old is your daughter?",
            "twenty three",
        ),
        ("elena-crossroads", "How old is your youngest?", "nineteen"),
        (
            "elena-crossroads",
            "What's your husband's name?",
            "his name at home",
        ),
        ("tom-boundaries", "How old is your son?", "nine"),
        ("tom-boundaries", "How old are your children?", "twelve"),
        (
            "tom-boundaries",
            "What time do you finish work?",
            "half past three",
        ),
        ("samuel-ward", "What's your wife's name?", "Ruth"),
        ("victor-feedback", "What is your daughter's name?", "A son"),
    ] {
        let (id, text) = said(client, asked);
        assert!(text.contains(answer), "{client}: {asked}: {id} {text}");
    }
}

#[test]
fn every_client_has_an_answer_of_their_own_to_what_coaches_classically_ask() {
    for sheet in gallery().sheets() {
        for asked in [
            "What would make it one point higher?",
            "And what would it take to get one point higher?",
            "Why not a ten?",
            "What would you say to a friend?",
            "What would you tell a good friend in your situation?",
            "So what is the best that could happen?",
        ] {
            let (line, text) = said(&sheet.id, asked);
            assert!(
                line.contains("small"),
                "{} {asked}: {line} {text}",
                sheet.id
            );
        }
        for (asked, topic) in [
            (
                "Imagine a miracle happened tonight. What would be different tomorrow?",
                "future/",
            ),
            ("What have you tried?", "tried/"),
            ("What would be a first step?", "next_step/"),
            ("How will you know?", "measure/"),
            ("What stops you?", "obstacles/"),
            ("What do you want instead?", "goal/"),
        ] {
            let (line, text) = said(&sheet.id, asked);
            assert!(
                line.starts_with(topic),
                "{} {asked}: {line} {text}",
                sheet.id
            );
        }
    }
}

#[test]
fn a_question_for_a_fact_is_not_answered_with_yes() {
    for sheet in gallery().sheets() {
        for asked in [
            "How much do you earn?",
            "How much does your cousin earn?",
            "What is your cousin's name?",
            "What's your phone number?",
            "When is your birthday?",
        ] {
            let (id, text) = said(&sheet.id, asked);
            let unknown = id.contains("unknown/");
            assert!(unknown, "{}: {asked}: {id} {text}", sheet.id);
        }
        for (text, apologises) in [
            ("I'm sorry, I was rude just now.", true),
            ("I do apologise.", true),
            ("My apologies.", true),
            ("Sorry, I did not mean that.", true),
            ("I take that back.", true),
            ("Please forgive me.", true),
            ("I'm sorry.", true),
            ("I notice that you apologise a lot.", false),
            ("I think you want to apologise to Anna.", false),
        ] {
            let (id, said) = said(&sheet.id, text);
            assert_eq!(
                id.contains("apology/"),
                apologises,
                "{}: {text}: {id} {said}",
                sheet.id
            );
        }
    }
}

#[test]
fn what_is_to_be_thought_about_is_not_looked_up() {
    for sheet in gallery().sheets() {
        for asked in [
            "Whose voice is it?",
            "And whose voice is that?",
            "Who else got hurt?",
            "Who told you that?",
            "When was the last time writing was easy?",
            "When did you last feel free?",
        ] {
            let (id, text) = said(&sheet.id, asked);
            let wrong = ["unknown/", "closed/"].iter().any(|kind| id.contains(kind));
            assert!(!wrong, "{}: {asked}: {id} {text}", sheet.id);
        }
    }
}

#[test]
fn questions_of_coaching_get_no_small_facts() {
    for sheet in gallery().sheets() {
        for asked in [
            "How long have you been feeling like this?",
            "How long have you been carrying that?",
            "How long have you been there for everybody else?",
            "How long have you been married to your work?",
            "How many years have you been angry?",
            "How many people know about this?",
            "How many chapters of this story are there?",
            "Who else got hurt?",
            "Who got you through it?",
            "How old are you in that memory?",
            "How do you feel about your age?",
            "When do you decide to stay quiet?",
            "What do you study when you look at them?",
            "What do you teach them by that?",
            "What is your job in all this?",
            "Where do you live that value?",
            "Where are you coming from?",
            "Where do you work on that?",
            "Who is Daniel to you?",
            "Do you have children in mind when you say that?",
            "Do you have a partner in this?",
            "What would it be like if you asked, how old are you?",
            "What is missing in your life?",
            "What is missing?",
            "What have you written on that wall inside you?",
            "What do you first notice in your body?",
            "What do you recognise of yourself in the report?",
            "Who suggested that you have to be strong?",
            "What would your father say to you now?",
            "What would change about your work if you stopped hiding?",
            "When did you start?",
            "How old is her daughter?",
            "What is his job?",
        ] {
            let (id, text) = said(&sheet.id, asked);
            assert!(
                !id.starts_with("small"),
                "{}: {asked}: {id} {text}",
                sheet.id
            );
        }
    }
}

#[test]
fn whoever_has_children_says_so_in_every_form() {
    for sheet in gallery().sheets() {
        let ids = [
            "Do you have children?",
            "And do you have any kids?",
            "Do you have a daughter, if I may ask?",
            "So do you have a son or a daughter?",
        ]
        .map(|asked| said(&sheet.id, asked));
        assert!(ids[0].0.starts_with("small"), "{ids:?}");
        assert!(ids.iter().all(|one| *one == ids[0]), "{ids:?}");
        let (id, text) = said(&sheet.id, "What's your daughter's name?");
        assert!(id.starts_with("small"), "{}: {id} {text}", sheet.id);
        let (id, family) = said(&sheet.id, "Tell me about your family.");
        assert!(id.starts_with("small"), "{}: {id} {family}", sheet.id);
        let has = ["daughter", "son", "children"];
        let named = words(&family).iter().any(|w| has.contains(&&*w.text));
        let childless = ids[0].1.contains("o children");
        assert!(!(childless && named), "{}: {family}", sheet.id);
    }
}

#[test]
fn whoever_only_listens_hears_something_else_each_time() {
    for sheet in gallery().sheets() {
        let coach = [&["What brings you here?"][..], &["Mm-hm."; 29]].concat();
        let said: Vec<String> = talk(sheet, 5, &coach).iter().map(Reply::text).collect();
        for (turn, text) in said.iter().enumerate() {
            let mut lately = said[turn.saturating_sub(8)..turn].iter();
            assert!(
                !lately.any(|one| one == text),
                "{} {turn}: {text}",
                sheet.id
            );
        }
    }
}
