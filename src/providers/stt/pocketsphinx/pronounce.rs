//! Guesses how a name that is not in the dictionary is said: English letters to phones.

/// Spellings and their phones, the longest match first within each letter. Vowels take their
/// short sound; names seldom have another one that spelling would tell.
const RULES: &[(&str, &[&str])] = &[
    ("augh", &["AO"]),
    ("eigh", &["EY"]),
    ("ough", &["AO"]),
    ("tion", &["SH", "AH", "N"]),
    ("sch", &["SH"]),
    ("tch", &["CH"]),
    ("igh", &["AY"]),
    ("ai", &["EY"]),
    ("au", &["AO"]),
    ("aw", &["AO"]),
    ("ay", &["EY"]),
    ("aa", &["AA"]),
    ("ee", &["IY"]),
    ("ea", &["IY"]),
    ("ei", &["EY"]),
    ("ew", &["UW"]),
    ("ey", &["IY"]),
    ("ia", &["IY", "AH"]),
    ("ie", &["IY"]),
    ("io", &["IY", "OW"]),
    ("oa", &["OW"]),
    ("oe", &["OW"]),
    ("oi", &["OY"]),
    ("oo", &["UW"]),
    ("ou", &["UW"]),
    ("ow", &["OW"]),
    ("oy", &["OY"]),
    ("ue", &["UW"]),
    ("ui", &["UW", "IY"]),
    ("bh", &["B"]),
    ("ch", &["CH"]),
    ("ck", &["K"]),
    ("dh", &["D"]),
    ("gh", &["G"]),
    ("kn", &["N"]),
    ("ng", &["NG"]),
    ("ph", &["F"]),
    ("qu", &["K", "W"]),
    ("rh", &["R"]),
    ("sh", &["SH"]),
    ("th", &["TH"]),
    ("wh", &["W"]),
    ("wr", &["R"]),
    ("zh", &["ZH"]),
    ("ce", &["S", "EH"]),
    ("ci", &["S", "IY"]),
    ("cy", &["S", "IY"]),
    ("a", &["AA"]),
    ("b", &["B"]),
    ("c", &["K"]),
    ("d", &["D"]),
    ("e", &["EH"]),
    ("f", &["F"]),
    ("g", &["G"]),
    ("h", &["HH"]),
    ("i", &["IY"]),
    ("j", &["JH"]),
    ("k", &["K"]),
    ("l", &["L"]),
    ("m", &["M"]),
    ("n", &["N"]),
    ("o", &["OW"]),
    ("p", &["P"]),
    ("q", &["K"]),
    ("r", &["R"]),
    ("s", &["S"]),
    ("t", &["T"]),
    ("u", &["UW"]),
    ("v", &["V"]),
    ("w", &["W"]),
    ("x", &["K", "S"]),
    ("y", &["Y"]),
    ("z", &["Z"]),
];

/// Phones for a lower-case word, `None` if no letter of it has a sound.
pub(super) fn phones(word: &str) -> Option<String> {
    let mut rest = word;
    let mut phones: Vec<&str> = Vec::new();
    while let Some(letter) = rest.chars().next() {
        let last = rest.len() == letter.len_utf8();
        let before = phones.len();
        let mut step = letter.len_utf8();
        if last && letter == 'e' && phones.len() > 1 {
            // Silent, as in "Jane".
        } else if last && letter == 'y' {
            phones.push("IY");
        } else if last && letter == 'a' {
            phones.push("AH");
        } else if rest.starts_with("er") {
            phones.push("ER");
            step = 2;
        } else if let Some((spelling, sound)) = RULES
            .iter()
            .find(|(spelling, _)| rest.starts_with(spelling))
        {
            phones.extend(*sound);
            step = spelling.len();
        }
        // A doubled consonant sounds once.
        if phones.len() == before + 1 && before > 0 && phones[before] == phones[before - 1] {
            phones.pop();
        }
        rest = &rest[step..];
    }
    (!phones.is_empty()).then(|| phones.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sound_roughly_right() {
        for (word, expected) in [
            ("priya", "P R IY Y AH"),
            ("anneke", "AA N EH K"),
            ("jasper", "JH AA S P ER"),
            ("shen", "SH EH N"),
            ("philippa", "F IY L IY P AH"),
            ("o'neill", "OW N EY L"),
        ] {
            assert_eq!(phones(word).as_deref(), Some(expected), "{word}");
        }
        assert_eq!(phones("'"), None);
    }
}
