//! What spoken words leave when stutter and fillers are gone, and shorthand is written out.

use super::text::is;

/// Spoken shorthand written out; fillers, and words said twice while looking for the next, left
/// out.
pub(super) fn plain(words: &[String], starts: &[bool]) -> (Vec<String>, Vec<bool>) {
    let mut kept: Vec<(String, bool)> = Vec::with_capacity(words.len());
    let mut starting = false;
    for (i, (word, starts)) in words.iter().zip(starts).enumerate() {
        starting |= *starts;
        let before = i.checked_sub(1).map_or("", |b| words[b].as_str());
        let after = words.get(i + 1).map_or("", String::as_str);
        let written: &[&str] = match word.as_str() {
            "wanna" => &["want", "to"],
            "gotta" => &["got", "to"],
            "cuz" | "coz" => &["because"],
            "cause" if is(after, SUBJECTS) => &["because"],
            "alright" => &["all", "right"],
            "ok" => &["okay"],
            "yep" | "yup" => &["yeah"],
            "ya" => &["you"],
            broken if breaks_off(broken, after) => &[],
            filler if is(filler, FILLERS) => &[],
            "of" if matches!(before, "kind" | "sort") && !is_kind(words, i - 1) => &[],
            "kind" | "sort" if after == "of" && !is_kind(words, i) => &[],
            "you" if after == "know" && is_filler(words, i) => &[],
            "know" if before == "you" && is_filler(words, i - 1) => &[],
            "mean" | "guess" if before == "i" => &[],
            "i" if is(after, "mean guess") => &[],
            word => &[word],
        };
        for word in written {
            kept.push(((*word).to_owned(), starting));
            starting = false;
            say_once(&mut kept);
        }
    }
    kept.into_iter().unzip()
}

/// `wh- what`, `th- those`: the beginning of the word that follows, and no word itself.
fn breaks_off(word: &str, next: &str) -> bool {
    let spoken = word.contains(['a', 'e', 'i', 'o', 'u']);
    !spoken && word.len() <= 3 && word.len() < next.len() && next.starts_with(word)
}

/// `what kind of`, `a kind of`: means a kind.
fn is_kind(words: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |b| words[b].as_str());
    matches!(
        before,
        "what"
            | "which"
            | "some"
            | "any"
            | "this"
            | "that"
            | "these"
            | "those"
            | "all"
            | "same"
            | "other"
            | "certain"
    )
}

/// `you know` that only asks to be listened to.
fn is_filler(words: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |b| words[b].as_str());
    let after = words.get(at + 2).map_or("", String::as_str);
    let governed = is(
        before,
        "do did not if that would could as how what because when will let should might",
    );
    let governs = is(after, "that what how why where who your about this a it");
    !governed && !governs
}

/// Takes back what was just said for the second time in a row: `do you do you`, `the the`.
fn say_once(kept: &mut Vec<(String, bool)>) {
    for length in 1..=3 {
        let Some(first) = kept.len().checked_sub(2 * length) else {
            return;
        };
        let second = first + length;
        if (0..length).all(|i| kept[first + i].0 == kept[second + i].0) {
            kept.truncate(second);
            return;
        }
    }
}

/// Sounds that say nothing by themselves.
const FILLERS: &str = "um umm uh uhm er erm ah hm hmm mm mmm mhm mmh eh kinda sorta";

/// After these `cause` is short for `because`.
const SUBJECTS: &str = "you i we it they he she that there if then this your my when what";

#[cfg(test)]
mod tests {
    use super::super::text::sentences;

    fn words(text: &str) -> String {
        sentences(text)[0].words.join(" ")
    }

    #[test]
    fn fillers_go_and_words_that_mean_something_stay() {
        for (said, plain) in [
            ("you know, there was kind of no end", "there was no end"),
            (
                "what kind of work do you know",
                "what kind of work do you know",
            ),
            (
                "do you know that 'cause you asked",
                "do you know that because you asked",
            ),
            ("I mean I'm gonna, I wanna go", "i am going to i want to go"),
            ("what what do you what do you want", "what do you want"),
            ("mm-hmm, okay, alright", "okay all right"),
            ("I guess wh- what th-those y- you say", "what those you say"),
        ] {
            assert_eq!(words(said), plain, "{said}");
        }
    }
}
