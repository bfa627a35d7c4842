//! Guesses at what is locked, and at what one does not tell whoever asks: put off, right or wrong.

use super::*;

#[test]
fn nothing_locked_is_confirmed_or_denied() {
    for sheet in gallery().sheets() {
        let words = sheet
            .facts
            .iter()
            .filter(|f| f.level > 1)
            .flat_map(|f| &f.words);
        for word in words {
            for asked in [
                format!("Is this about {word}?"),
                format!("Did it have to do with {word}?"),
                format!("Are you thinking of {word}?"),
                format!("Was it {word} that hurt you?"),
                format!("Would you say that it is {word}?"),
            ] {
                for seed in 0..2 {
                    let (id, text) = said(sheet, seed, &[&asked]);
                    assert!(!takes_sides(&text), "{}: {asked}: {id} {text}", sheet.id);
                }
            }
        }
    }
    for (client, asked) in [
        ("samuel-ward", "Did Joseph die?"),
        ("tom-boundaries", "Do you have a brother?"),
        ("elena-crossroads", "Do you love your husband?"),
        ("maya-promotion", "Did this start at the factory?"),
    ] {
        let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
        assert!(id.contains("private/"), "{client}: {asked}: {id} {text}");
    }
}

#[test]
fn what_is_put_off_is_put_off_however_it_is_said_and_earns_nothing() {
    for (client, given) in [
        ("tom-boundaries", "I think this is about your brother Ben."),
        ("tom-boundaries", "Your brother died."),
        (
            "tom-boundaries",
            "You should talk to your brother about it.",
        ),
        (
            "samuel-ward",
            "I guess that Joseph died, and that you blame yourself for it.",
        ),
    ] {
        let sheet = gallery().get(client).unwrap();
        let before = last(sheet, 1, &["Hello."]).state;
        for seed in 0..3 {
            let last = last(sheet, seed, &["Hello.", given]);
            assert!(
                last.line_ids[0].contains("private/"),
                "{client}: {given}: {last:?}"
            );
            assert!(
                last.state.trust <= before.trust,
                "{client}: {given}: {last:?}"
            );
        }
    }
}

#[test]
fn no_check_confirms_what_is_locked_or_was_not_given_back_just_now() {
    for sheet in gallery().sheets() {
        let agrees = |asked: &[&str]| {
            let (id, _) = said(sheet, 1, asked);
            let answers = ["reflection", "summary", "so"];
            id.split('/').any(|part| answers.contains(&part))
        };
        assert!(!agrees(&["Is that right?"]), "{}", sheet.id);
        let given = format!("So {}", sheet.brings.replace("I ", "you "));
        let later = [&*given, "What do you need for that?", "Is that right?"];
        assert!(!agrees(&later), "{}: {later:?}", sheet.id);
        for fact in sheet.facts.iter().filter(|fact| fact.level > 1) {
            for word in &fact.words {
                for given in [
                    format!("So it is about {word}."),
                    format!("It sounds like {word} is what hurts you."),
                ] {
                    for asked in [&[&*given][..], &[&*given, "Is that right?"]] {
                        assert!(!agrees(asked), "{}: {asked:?}", sheet.id);
                    }
                }
            }
        }
    }
    let maya = gallery().get("maya-promotion").unwrap();
    for seed in 0..6 {
        let given = ["Your father lost his job at the factory.", "Is that right?"];
        for asked in [&given[..1], &given] {
            let (id, text) = said(maya, seed, asked);
            assert!(!takes_sides(&text), "{asked:?}: {id} {text}");
        }
    }
}

#[test]
fn being_put_off_does_not_tell_whether_the_guess_was_right() {
    for (client, right, wrong) in [
        ("samuel-ward", "Did Joseph die?", "Did Peter die?"),
        ("samuel-ward", "Do you miss Joseph?", "Do you miss Peter?"),
        (
            "samuel-ward",
            "Did this start when Joseph died?",
            "Did this start when Anna left?",
        ),
        (
            "maya-promotion",
            "Did this start at the factory?",
            "Did this start at the airport?",
        ),
        (
            "maya-promotion",
            "Did your father lose his job?",
            "Did your mother lose her job?",
        ),
        ("maya-promotion", "Are you hiding?", "Are you running away?"),
        (
            "maya-promotion",
            "You lie awake at night, don't you?",
            "You shout at night, don't you?",
        ),
        (
            "tom-boundaries",
            "Do you have a brother?",
            "Do you have a sister?",
        ),
        (
            "tom-boundaries",
            "Did you have pain in your chest?",
            "Did you have pain in your leg?",
        ),
        (
            "elena-crossroads",
            "Do you love your husband?",
            "Do you love your lover?",
        ),
        (
            "elena-crossroads",
            "Is it about the sea?",
            "Is it about the mountains?",
        ),
        (
            "callum-thesis",
            "Did this begin with your paper?",
            "Did this begin with your exam?",
        ),
        (
            "callum-thesis",
            "Has it to do with your father?",
            "Has it to do with your sister?",
        ),
        (
            "victor-feedback",
            "Did it begin with Kessler?",
            "Did it begin with Miller?",
        ),
        ("victor-feedback", "Are you lonely?", "Are you jealous?"),
        (
            "maya-promotion",
            "It was your father who lost his job.",
            "It was your mother who left you.",
        ),
    ] {
        let sheet = gallery().get(client).unwrap();
        for seed in 0..3 {
            let (one, text) = said(sheet, seed, &[right]);
            let (other, _) = said(sheet, seed, &[wrong]);
            assert_eq!(one, other, "{client}: {right} {wrong}");
            assert!(!takes_sides(&text), "{client}: {right} {text}");
        }
    }
    let elena = gallery().get("elena-crossroads").unwrap();
    let (id, text) = said(elena, 1, &["Are you married?"]);
    assert!(id.starts_with("small"), "{id} {text}");
}

#[test]
fn everyday_questions_are_not_put_off() {
    for (client, asked) in [
        ("maya-promotion", "Could you use that in the interview?"),
        ("maya-promotion", "Does your husband know?"),
        ("elena-crossroads", "Do you have plans for this evening?"),
        ("victor-feedback", "Is there a weakness in that plan?"),
        ("tom-boundaries", "Have you told your wife?"),
        ("samuel-ward", "Was it hard for you?"),
    ] {
        let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
        assert!(!id.contains("private/"), "{client}: {asked}: {id} {text}");
    }
}
