//! Both sides of the line between what is meant and what is only said so.

use super::*;

#[test]
fn what_is_meant_is_heard() {
    for said in [
        "I am having thoughts of ending my life.",
        "I'm going to hurt myself tonight.",
        "I want to kill myself.",
        "i want to kill myself",
        "I don't want to live anymore.",
        "I no longer want to live.",
        "I'm suicidal.",
        "I have been feeling suicidal lately.",
        "I keep having suicidal thoughts.",
        "Sometimes I think about suicide.",
        "I can't stop thinking about killing myself.",
        "I can't stop thinking about suicide.",
        "I just want to die.",
        "I wish I was dead.",
        "I don't know if I want to kill myself.",
        "Sorry, this is not about you. I want to end it all.",
        "I've been cutting myself.",
        "I self-harm.",
        "I'm thinking of killing myself over this.",
        "I took an overdose last night.",
        "I have no reason to live.",
        "My life is not worth living.",
        "They would be better off without me.",
        "I am in danger.",
        "I don't feel safe with myself.",
        "I feel like hurting myself and I don't know what to do",
        "I hate myself and want to die.",
        "I'm depressed and suicidal.",
        "I'm so tired and just want to die.",
        "I feel hopeless and think about suicide.",
        "I see no reason to live.",
        "There's no reason to live.",
        "Part of me wants to die.",
        "Life isn't worth living.",
        "I'd rather be dead.",
        "I can't go on living like this.",
    ] {
        assert_eq!(danger(said), Some(Move::Danger), "{said}");
    }
    for asked in [
        "Have you thought about hurting yourself?",
        "Are you suicidal?",
        "Are you safe?",
        "Are you safe right now?",
        "Do you feel safe at home?",
        "Are you in danger?",
        "are you thinking of killing yourself",
        "Have you ever had thoughts of suicide?",
        "Any thoughts of harming yourself?",
        "Do you want to die?",
        "Do you sometimes wish you were dead?",
        "I'm worried that you want to hurt yourself.",
        "Do you feel that you don't want to live?",
        "Have you ever tried to take your own life?",
        "Do you self-harm?",
        "Is anybody hurting you?",
        "Are you feeling hopeless or suicidal?",
    ] {
        assert_eq!(danger(asked), Some(Move::AskDanger), "{asked}");
    }
}

#[test]
fn figures_of_speech_and_others_are_not_taken_for_it() {
    for said in [
        "This job is killing me.",
        "I could kill for a coffee.",
        "I'm dying to know what you said.",
        "I nearly died of embarrassment.",
        "I'd rather die than give that talk.",
        "I just want to die of shame when I hear that.",
        "You're killing yourself for this job.",
        "I was killing myself laughing.",
        "I'm killing myself with work.",
        "Don't kill yourself over it.",
        "You are hurting yourself by saying yes.",
        "Cut yourself some slack.",
        "You shot yourself in the foot there.",
        "I hurt myself at the gym.",
        "I cut myself shaving.",
        "I'm not going to hurt myself.",
        "That would be career suicide.",
        "My brother committed suicide.",
        "I think my neighbour is suicidal.",
        "Did Joseph die?",
        "What do you want at the end of your life?",
        "You take your life seriously.",
        "I don't want to live in London.",
        "Where do you want to live?",
        "Do you want to live by the sea?",
        "You drown yourself in work.",
        "Do you feel safe with your team?",
        "You are in danger of losing the post.",
        "Are you at risk of losing the job?",
        "Is it safe to say that?",
        "What ends it all for you?",
        "I hurt you, and I'm sorry.",
        "The deadline is a killer.",
        "Have you tried cutting yourself some slack?",
        "You might want to cut yourself some slack.",
        "So you want to take your life back.",
        "You want to take your life in a new direction.",
        "I want to take my life back.",
        "You could cut yourself a little slack.",
        "You hurt yourself when you say yes to everything.",
        "You're hurting yourself with your perfectionism.",
        "You don't want to wake up one day and regret it.",
        "You don't want to live that way any more.",
        "You can't go on living this way.",
        "I don't want to live my life on autopilot.",
        "I want to be dead honest.",
        "I would rather be dead than wear that.",
        "I work with people who feel hopeless and want to die.",
        "You hurt.",
        "",
    ] {
        assert_eq!(danger(said), None, "{said}");
    }
}

#[test]
fn the_practice_is_taken_up_by_speaking_to_the_client() {
    let takes_up = |said: &str| goes_on(tokens(said).iter().map(String::as_str));
    for said in ["And what do you want?", "Let us go on.", "That was a test."] {
        assert!(takes_up(said), "{said}");
    }
    for said in [
        "I mean it.",
        "I don't know who to call.",
        "Can you help me?",
        "Yes.",
    ] {
        assert!(!takes_up(said), "{said}");
    }
}
