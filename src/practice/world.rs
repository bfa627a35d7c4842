//! What is of the world at large and of nobody's session: food, sport, the weather, machines.

use super::words::{Word, words};

/// How plainly words are of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worldly {
    /// As far as words tell, they are not.
    No,
    /// They may be: a meal, too, can be what keeps somebody from what they want.
    Perhaps,
    /// Nobody coaches with them.
    Plainly,
}

/// The words by which what is of the world is known.
#[derive(Clone, Debug)]
pub(super) struct World {
    pictures: Vec<Word>,
    plain: Vec<Word>,
    everyday: Vec<Word>,
}

impl World {
    pub fn load() -> Self {
        Self {
            pictures: words(PICTURES),
            plain: words(PLAIN),
            everyday: words(EVERYDAY),
        }
    }

    /// Whether words that are not the client's are of the world. In a picture anything may stand: "if
    /// this were a film".
    pub fn holds(&self, heard: &[Word]) -> Worldly {
        let names =
            |list: &[Word], word: &Word| list.iter().any(|one| one.likeness(word) >= Word::FORM);
        let has = |list: &[Word]| heard.iter().any(|word| names(list, word));
        // What is somebody's is not the world's: "your phone number".
        let owned = |at: usize| at > 0 && OWNERS.contains(&&*heard[at - 1].text);
        let is_everyday = |at: usize| names(&self.everyday, &heard[at]) && !owned(at);
        let asks_the_way = |pair: &[Word]| {
            ["do", "can", "should"].contains(&&*pair[0].text) && pair[1].text == "i"
        };
        if has(&self.pictures) {
            Worldly::No
        } else if has(&self.plain) {
            Worldly::Plainly
        } else if (0..heard.len()).any(is_everyday) || heard.windows(2).any(asks_the_way) {
            Worldly::Perhaps
        } else {
            Worldly::No
        }
    }
}

/// What makes a picture of it.
const PICTURES: &str = "if would were imagine suppose";

const OWNERS: [&str; 4] = ["your", "his", "her", "their"];

const PLAIN: &str = "software hardware browser website wifi password microphone headset server database algorithm \
    python javascript chatgpt bluetooth printer keyboard \
    pizza pasta sushi burger sandwich recipe restaurant \
    football soccer basketball baseball cricket rugby hockey olympics \
    president election parliament politician bitcoin crypto \
    netflix celebrity horoscope lottery eiffel \
    planet galaxy dinosaur zebra elephant giraffe penguin spider";

const EVERYDAY: &str = "weather rain snow sunny cloudy forecast temperature umbrella \
    cook bake soup salad dessert cake cheese curry vegetarian breakfast lunch dinner wine beer coffee \
    tennis golf league championship tournament marathon match \
    movie film television actor actress singer song album concert joke riddle \
    computer laptop phone iphone android app internet camera \
    capital minister politics government king queen population moon mars whale lion tower continent \
    inflation currency dollar plus minus multiplied divided equation triangle station airport taxi parking war";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_the_world() {
        let world = World::load();
        for (asked, how) in [
            ("How many legs does a spider have?", Worldly::Plainly),
            ("What does this software do?", Worldly::Plainly),
            ("Which phone is best?", Worldly::Perhaps),
            ("How do I get to town?", Worldly::Perhaps),
            ("Who's your favourite singer?", Worldly::Perhaps),
            ("If this were a film, what's it called?", Worldly::No),
            ("What would a president do?", Worldly::No),
            ("What's your phone number?", Worldly::No),
            ("What does freedom mean?", Worldly::No),
            ("Where does the courage come from?", Worldly::No),
        ] {
            assert_eq!(world.holds(&words(asked)), how, "{asked}");
        }
    }
}
