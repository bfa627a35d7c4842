//! Coaches who are no coaches: whoever insults, judges or talks nonsense opens nobody.

use super::State;
use super::scripted::{GOOD, gallery, last, talk};
use super::sheet::Sheet;

const SEEDS: [u64; 3] = [1, 7, 23];
const TURNS: usize = 20;

/// A good coach in other words than the cues are written in.
const KIND: &[&str] = &[
    "Where shall we begin? What would be worth our time?",
    "There's some disappointment in how you tell it.",
    "If our hour went really well, what would be different afterwards?",
    "And what makes that matter to you at this point in your life?",
    "You sound worn out by it.",
    "What goes on inside you when you hear yourself say that?",
    "Part of you would rather hide, it seems, and part of you is longing to be seen.",
    "What has kept you going through all this?",
    "You've carried this on your own for a long time.",
    "What do the people close to you notice?",
    "I really appreciate your honesty with me here.",
    "What are you most afraid of losing?",
    "It must be lonely to hold that.",
    "What do you truly care about in this?",
    "There's no hurry. Take your time.",
    "When you look at yourself in this story, who do you see?",
    "Underneath it all there's some grief, and some hope as well.",
    "What could you try that would be small and new?",
    "Suppose it is next spring and it worked. What is different?",
    "What are you taking with you from today?",
];
const INSULTS: &[&str] = &[
    "You are an idiot.",
    "You're pathetic and lazy.",
    "So you are a failure.",
    "What on earth is wrong with you?",
    "It sounds like you're just whining.",
    "You are boring me to death.",
    "I hear you are a crybaby.",
    "Shut up for once.",
    "So part of you is a coward.",
    "That's ridiculous.",
    "You disgust me.",
    "How stupid can one person be?",
    "Nobody likes you, and I see the reason.",
    "You're lying to me.",
    "Stop whining.",
    "You will regret this.",
    "You seem like such a baby.",
    "Loser.",
    "You're a worthless person, and you know it.",
    "I think you are a joke.",
];
const NONSENSE: &[&str] = &[
    "You are a purple elephant.",
    "So you are a banana.",
    "It sounds like you eat stones.",
    "You feel like a toaster.",
    "So part of you is a spoon.",
    "You drink the sea on Mondays.",
    "It seems like your elbow sings opera.",
    "You would marry a lamp if you could.",
    "Your shoes are made of thunder.",
    "So you live under a mushroom.",
    "I hear that the triangles bark at you.",
    "You hope for a green trumpet.",
    "You want to iron the clouds.",
    "I sense a bicycle in you.",
    "So you are waiting for the cheese to speak.",
    "It's as if a walrus had knitted your hat.",
    "You wish that the carpets would vote.",
    "You paint the wind with soup.",
    "So for you it is all about penguins.",
    "You sound like a piano full of sand.",
];
const ELEPHANT: &[&str] = &["You are a purple elephant."];
const JUDGING: &[&str] = &[
    "You lack confidence.",
    "You are wrong about that.",
    "You always make it about yourself.",
    "You don't even try.",
    "You are making excuses again.",
    "You want too much too quickly.",
    "You never finish what you start.",
    "You are not a leader type.",
    "You have no idea how this works.",
    "You are just jealous of the others.",
    "You feel entitled to it.",
    "You're too sensitive for this.",
    "Your problem is that you give up.",
    "You were not good enough for it.",
    "You are overreacting.",
    "You blame everybody else.",
    "You only complain about it.",
    "You refuse to see the truth.",
    "You failed, and that's that.",
    "You can't even say what you want.",
];
const LECTURE: &[&str] = &[
    "Leadership is about visibility.",
    "Studies show that people who speak up get promoted twice as often.",
    "The brain sees criticism as a threat.",
    "Feelings are chemical reactions, they pass after ninety seconds.",
    "Goals have to be specific, everybody knows that.",
    "Most obstacles are imaginary.",
    "Values are what drives behaviour according to the research.",
    "My old boss was the same and I simply ignored him.",
    "Write down three strengths every evening.",
    "Book a course on presenting.",
    "The next step is obvious: a meeting with the boss.",
    "Support from a mentor is essential, find one.",
    "Fear is just false evidence appearing real.",
    "The future belongs to those who plan it.",
];

/// Where the client stands after a coach, and the deepest level it allowed.
fn after(sheet: &Sheet, seed: u64, coach: &[&str]) -> (State, u8) {
    let turns: Vec<&str> = coach.iter().cycle().take(TURNS).copied().collect();
    let replies = talk(sheet, seed, &turns);
    let levels = replies.iter().map(|reply| reply.state.level());
    let deepest = levels.max().unwrap_or(1);
    (replies[TURNS - 1].state, deepest)
}

#[test]
fn insults_judgements_and_nonsense_open_nobody() {
    let coaches = [
        ("insults", INSULTS),
        ("nonsense", NONSENSE),
        ("elephant", ELEPHANT),
        ("judging", JUDGING),
        ("lecture", LECTURE),
    ];
    let mut wrong = Vec::new();
    for sheet in gallery().sheets() {
        for seed in SEEDS {
            let (good, depth) = after(sheet, seed, GOOD);
            let (kind, kind_depth) = after(sheet, seed, KIND);
            println!(
                "{:18} start {:2} good {:2} level {depth} kind {:2} level {kind_depth}",
                sheet.id, sheet.start.trust, good.trust, kind.trust
            );
            if kind.trust < sheet.start.trust + 8 {
                wrong.push(format!("{} kind {kind:?}", sheet.id));
            }
            for (name, coach) in coaches {
                let (state, deepest) = after(sheet, seed, coach);
                println!(
                    "    {name:10} trust {:2} openness {:2} resistance {:2} level {deepest}",
                    state.trust, state.openness, state.resistance
                );
                let worse = state.trust <= sheet.start.trust && deepest == 1;
                if !worse || state.trust >= good.trust.min(kind.trust) {
                    wrong.push(format!("{} {seed} {name}: {state:?}", sheet.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_insult_is_answered_and_one_who_is_seen_wrongly_says_so() {
    for sheet in gallery().sheets() {
        for (text, prefix) in [
            ("You're an idiot.", "hostility/"),
            ("So you are a purple elephant.", "not_so/"),
        ] {
            let reply = last(sheet, 1, &["What brings you here today?", text]);
            assert!(reply.line_ids[0].contains(prefix), "{text}: {reply:?}");
            assert_eq!(reply.line_ids.len(), 1, "{text}: {reply:?}");
        }
    }
}
