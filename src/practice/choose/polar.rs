//! Questions for yes or no that no line of the sheet answers: nothing is confirmed or denied by chance.

use super::super::memory::{is_check, locked, names};
use super::super::moves::{Move, Understood};
use super::super::sheet::{Line, Reaction, Slot};
use super::super::small;
use super::super::words::words;
use super::Chooser;

impl Chooser<'_> {
    /// Whether what the coach says takes up what they do not speak of yet.
    pub(super) fn is_locked(&self, coach: &Understood) -> bool {
        locked(self.sheet, self.ceiling, &coach.words)
            .next()
            .is_some()
    }

    /// Whether a question for yes or no takes up what is locked and this small fact says nothing of.
    pub(super) fn is_beyond(&self, fact: usize, coach: &Understood) -> bool {
        let forms = || self.sheet.small[fact].iter();
        let mut phrases = locked(self.sheet, self.ceiling, &coach.words);
        let polar = matches!(coach.kind, Move::ClosedQuestion | Move::LeadingQuestion);
        polar && phrases.any(|phrase| !forms().any(|form| names(&words(form), phrase)))
    }

    /// Whether what is asked is no secret and so.
    pub(super) fn confirms(&self, coach: &Understood) -> bool {
        let heard = &coach.words;
        !small::touches_locked(self.sheet, self.ceiling, heard)
            && self.memory.confirms(self.sheet, self.ceiling, heard)
    }

    /// Says neither yes nor no, unless it is asked whether what was given back is right.
    pub(super) fn neither(&mut self, coach: &Understood) {
        match self.memory.agrees().filter(|_| is_check(&coach.words)) {
            Some(true) => self.only(Reaction::Reflection),
            Some(false) => self.deny(),
            None => self.must(Reaction::Closed),
        }
    }

    /// Says that something is not so: no line that says yes to please, and the same again rather
    /// than another answer.
    pub(super) fn deny(&mut self) {
        let denies = |line: &&Line| {
            line.slot == Slot::Reaction(Reaction::Leading)
                && line.level <= self.ceiling
                && !line.words.iter().any(|word| word == "yes")
        };
        let lines = self.sheet.lines.iter().filter(denies);
        match lines.min_by_key(|line| self.memory.said.get(&line.id)) {
            Some(line) => self.say(line),
            None => self.must(Reaction::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Heard;
    use super::super::super::scripted::{gallery, reply};
    use super::super::super::sheet::{Line, Sheet, Slot};
    use super::super::super::words::tokens;
    use super::*;

    /// How whoever confirms or denies begins.
    const TAKES_SIDES: &[&str] = &[
        "yes",
        "no",
        "yeah",
        "obviously",
        "probably",
        "exactly",
        "mostly",
        "absolutely",
        "right",
        "true",
        "never",
        "always",
        "sometimes",
        "not really",
        "not quite",
        "not yet",
        "i think so",
        "i would say so",
        "i do",
        "i did",
        "i doubt",
        "that is right",
        "that is it",
        "in part",
        "sort of",
    ];

    fn takes_sides(text: &str) -> bool {
        let words = tokens(text).join(" ") + " ";
        let mut sides = TAKES_SIDES.iter();
        sides.any(|side| words.starts_with(&format!("{side} ")) && !words.starts_with("i do not"))
    }

    fn said(sheet: &Sheet, seed: u64, asked: &[&str]) -> (String, String) {
        let mut history = vec![Heard::coach("Hello."), Heard::client("Hello.")];
        let mut last = (String::new(), String::new());
        for text in asked {
            history.push(Heard::coach(text));
            let reply = reply(sheet, &history, seed);
            last = (reply.line_ids[0].clone(), reply.text());
            history.push(Heard::client(&last.1));
        }
        last
    }

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
        ] {
            let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
            assert!(id.contains("private/"), "{client}: {asked}: {id} {text}");
        }
    }

    #[test]
    fn asked_again_they_say_nothing_else() {
        for sheet in gallery().sheets() {
            for asked in [
                "Are you going to sell the practice?",
                "Do you like your work?",
                "Is your boss a man or a woman?",
                "Are you angry with them?",
            ] {
                for seed in 0..2 {
                    for times in 1..5 {
                        let (id, text) = said(sheet, seed, &vec![asked; times]);
                        assert!(!takes_sides(&text), "{}: {asked}: {id} {text}", sheet.id);
                    }
                }
            }
        }
    }

    #[test]
    fn whoever_checks_what_they_gave_back_hears_whether_it_is_right() {
        let sheet = gallery().get("maya-promotion").unwrap();
        for (asked, prefix) in [
            (
                &["So you want that promotion. Is that right?"][..],
                "reflection/",
            ),
            (
                &["You want that promotion.", "Is that right?"],
                "reflection/",
            ),
            (
                &["So you are a purple elephant. Is that right?"],
                "leading/",
            ),
            (&["So you want to hide. Is that right?"], "private/"),
        ] {
            let (id, text) = said(sheet, 2, asked);
            assert!(id.contains(prefix), "{asked:?}: {id} {text}");
        }
    }

    #[test]
    fn what_they_said_or_tell_openly_is_not_put_off() {
        for (client, asked) in [
            ("maya-promotion", "Did you apply for the promotion?"),
            ("maya-promotion", "You applied for a promotion, right?"),
            ("tom-boundaries", "Are you a teacher?"),
            ("samuel-ward", "Are you a nurse?"),
            ("elena-crossroads", "Are you an architect?"),
            ("callum-thesis", "Do you study puffins?"),
            ("victor-feedback", "Are you a sales director?"),
        ] {
            let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
            assert!(id.contains("reflection/"), "{client}: {asked}: {id} {text}");
        }
        let sheet = gallery().get("maya-promotion").unwrap();
        for (asked, prefix) in [
            ("So you didn't get it?", "reflection/"),
            ("Did you get the promotion?", "closed/"),
        ] {
            let history = [
                Heard::coach("What brings you here?"),
                Heard::client("I applied for a bigger role and I didn't get it."),
                Heard::coach(asked),
            ];
            let id = reply(sheet, &history, 1).line_ids[0].clone();
            assert!(id.contains(prefix), "{asked}: {id}");
        }
    }

    #[test]
    fn no_check_confirms_what_is_locked_or_was_not_given_back_just_now() {
        for sheet in gallery().sheets() {
            let agrees = |asked: &[&str]| {
                let (id, _) = said(sheet, 1, asked);
                id.contains("reflection/") || id.contains("summary/")
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
    fn what_is_wrong_is_not_confirmed() {
        for sheet in gallery().sheets() {
            for seed in 0..4 {
                let wrong = "So you are a purple elephant. Is that right?";
                for times in 1..4 {
                    let (id, text) = said(sheet, seed, &vec![wrong; times]);
                    assert!(id.contains("leading/"), "{}: {id} {text}", sheet.id);
                    let yes = tokens(&text).iter().any(|word| word == "yes");
                    assert!(!yes, "{}: {text}", sheet.id);
                }
            }
        }
    }

    #[test]
    fn small_facts_deny_nothing_that_is_locked() {
        for (client, asked) in [
            ("samuel-ward", "Did this start when Joseph died?"),
            ("maya-promotion", "Did this start at the factory?"),
            ("tom-boundaries", "Did it start with your brother?"),
            ("elena-crossroads", "Did this start with the little house?"),
            ("callum-thesis", "Did this begin with your paper?"),
            ("victor-feedback", "Did it begin with Kessler?"),
        ] {
            let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
            assert!(id.contains("private/"), "{client}: {asked}: {id} {text}");
        }
        let elena = gallery().get("elena-crossroads").unwrap();
        let (id, text) = said(elena, 1, &["Are you married?"]);
        assert!(id.starts_with("small"), "{id} {text}");
    }

    #[test]
    fn everyday_words_are_not_locked_by_their_stem() {
        for (client, asked) in [
            ("maya-promotion", "Could you use that in the interview?"),
            ("elena-crossroads", "Do you have plans for this evening?"),
            ("victor-feedback", "Is there a weakness in that plan?"),
        ] {
            let (id, text) = said(gallery().get(client).unwrap(), 1, &[asked]);
            assert!(!id.contains("private/"), "{client}: {asked}: {id} {text}");
        }
    }

    #[test]
    fn the_lines_themselves_take_no_side() {
        let open = |line: &&Line| {
            matches!(
                line.slot,
                Slot::Reaction(Reaction::Closed | Reaction::Private)
            )
        };
        for sheet in gallery().sheets() {
            for line in sheet.lines.iter().filter(open) {
                assert!(!takes_sides(&line.text), "{}: {}", sheet.id, line.text);
            }
        }
    }
}
