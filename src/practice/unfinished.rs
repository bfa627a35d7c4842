//! An answer that was cut at its greatest length, so that nobody speaks half a sentence as if it
//! were one.

/// Whether a piece of text ends as a sentence does.
#[must_use]
pub fn is_whole(text: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || "\"”'’)]」』".contains(c);
    let end = text.trim_end_matches(closing);
    end.ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

/// A sentence that stops anywhere as one that trails off: without its last word, which may be half
/// of one. `None` if nothing is left.
#[must_use]
pub fn trailing_off(text: &str) -> Option<String> {
    let words = match text.rfind('[').filter(|at| !text[*at..].contains(']')) {
        // Half of a mark.
        Some(at) => &text[..at],
        None => text.trim_end().rsplit_once(char::is_whitespace)?.0,
    };
    let trails = |c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | ']');
    let words = words.trim_end_matches(trails);
    (!words.trim().is_empty()).then(|| format!("{words}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_sentences_are_known_by_their_ends() {
        for whole in [
            "It hurts. ",
            "Really?",
            "She said “no.” ",
            "Well…",
            "(No!)",
            "「是。」",
        ] {
            assert!(is_whole(whole), "{whole}");
        }
        for part in [
            "It ends in the",
            "When I came home, ",
            "",
            "\"",
            "It is 3.5",
        ] {
            assert!(!is_whole(part), "{part}");
        }
    }

    #[test]
    fn what_was_cut_trails_off_at_its_last_whole_word() {
        let off = |text| trailing_off(text);
        assert_eq!(
            off("It ends in the middle of a sen").as_deref(),
            Some("It ends in the middle of a…")
        );
        assert_eq!(off("I don’t, you kn").as_deref(), Some("I don’t, you…"));
        assert_eq!(off("Well, I").as_deref(), Some("Well…"));
        assert_eq!(off("hal"), None);
        assert_eq!(off("– hal"), None);
        assert_eq!(off("Well [pause 8").as_deref(), Some("Well…"));
        assert_eq!(off("[pause 800] hal").as_deref(), Some("[pause 800]…"));
    }
}
