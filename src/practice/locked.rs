//! What a client does not speak of yet: whether words take it up.

use super::forms::says;
use super::sheet::Sheet;
use super::words::Word;

/// Whether words take up what may not be told up to this level, in whatever form: "hid" is the
/// same secret as "hide". Some words only share a form with a secret ("use", "useful") and are
/// taken for it as well. That leaves out a yes now and then, where the other mistake would tell.
pub(super) fn is_locked(sheet: &Sheet, ceiling: u8, heard: &[Word]) -> bool {
    let mut locked = sheet.facts.iter().filter(|fact| fact.level > ceiling);
    locked.any(|fact| fact.words.iter().any(|phrase| says(heard, phrase)))
}

#[cfg(test)]
mod tests {
    use super::super::scripted::gallery;
    use super::super::words::words;
    use super::*;

    #[test]
    fn a_secret_is_locked_in_every_form_until_its_level() {
        let maya = gallery().get("maya-promotion").unwrap();
        for (said, level) in [
            ("you trained him", 2),
            ("training Daniel was your task", 2),
            ("you lie there awake", 3),
            ("your father's factory", 4),
        ] {
            let said = words(said);
            assert!(is_locked(maya, level - 1, &said), "{said:?}");
            assert!(!is_locked(maya, level, &said), "{said:?}");
        }
        assert!(!is_locked(maya, 1, &words("you were passed over")));
    }
}
