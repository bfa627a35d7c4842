//! What phrases are signs of, and the phrases themselves, read from a file.

/// What a phrase is a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Cue {
    /// Asks without the form of a question: `tell me`, `I wonder what`.
    Invites,
    /// Wants agreement at the end of a statement.
    Tag,
    /// Puts the answer into the question.
    Leads,
    /// A number of a scale.
    Scale,
    /// Names that something is given back: `it sounds like`, `you said`.
    GivesBack,
    /// Guesses at what lies beneath, or holds two sides together.
    Deepens,
    /// Gathers.
    Gathers,
    /// Tells the client what to do.
    Directs,
    /// Puts forward, more softly, what could be done.
    Proposes,
    /// What the coach thinks, knows or feels about it.
    Opines,
    /// What is generally so.
    Generalises,
    /// Goes into reasons, conditions, detail.
    Elaborates,
    /// What coach and client will do, or how the session goes.
    Arranges,
    /// Asks whether something is welcome.
    AsksLeave,
    /// Names a strength or a success.
    Praises,
    /// Agrees on the session.
    Contracts,
    /// Says what a coach is there for.
    Roles,
    /// Gives time.
    GivesTime,
    /// Opens the meeting.
    Greets,
    /// Ends it.
    Parts,
    /// Thanks.
    Thanks,
    /// Passes the time.
    Chats,
    /// Makes the client at home.
    Hosts,
    /// Asks what a word means.
    Clarifies,
    /// Asks to hear it again.
    Again,
    /// Speaks of oneself only as people do who are polite.
    Courteous,
    /// Only helps the talk along, and says nothing about anything.
    Minor,
    /// Stands by the client, or says how hard it is.
    Sympathises,
    /// Passes judgement on the client.
    Judges,
    /// Insults, belittles, threatens.
    Hurts,
    /// The client, asked for leave, gives none.
    Refuses,
    /// The client wants nothing told, whether asked or not.
    Declines,
    /// The client gives it.
    Grants,
    /// The client asks to be told.
    SeeksAdvice,
    /// Takes leave while speaking: `with your permission`.
    ByYourLeave,
}

/// The sections of the file.
const SECTIONS: &[(&str, Cue)] = &[
    ("invites", Cue::Invites),
    ("tag", Cue::Tag),
    ("leads", Cue::Leads),
    ("scale", Cue::Scale),
    ("gives_back", Cue::GivesBack),
    ("deepens", Cue::Deepens),
    ("gathers", Cue::Gathers),
    ("directs", Cue::Directs),
    ("proposes", Cue::Proposes),
    ("opines", Cue::Opines),
    ("generalises", Cue::Generalises),
    ("elaborates", Cue::Elaborates),
    ("arranges", Cue::Arranges),
    ("asks_leave", Cue::AsksLeave),
    ("praises", Cue::Praises),
    ("contracts", Cue::Contracts),
    ("roles", Cue::Roles),
    ("gives_time", Cue::GivesTime),
    ("greets", Cue::Greets),
    ("parts", Cue::Parts),
    ("thanks", Cue::Thanks),
    ("chats", Cue::Chats),
    ("hosts", Cue::Hosts),
    ("clarifies", Cue::Clarifies),
    ("again", Cue::Again),
    ("courteous", Cue::Courteous),
    ("minor", Cue::Minor),
    ("sympathises", Cue::Sympathises),
    ("judges", Cue::Judges),
    ("hurts", Cue::Hurts),
    ("refuses", Cue::Refuses),
    ("declines", Cue::Declines),
    ("grants", Cue::Grants),
    ("seeks_advice", Cue::SeeksAdvice),
    ("by_your_leave", Cue::ByYourLeave),
];

/// Every phrase with what it is a sign of.
pub(super) fn phrases() -> impl Iterator<Item = (Cue, &'static str)> {
    let mut cue = None;
    include_str!("phrases.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(move |line| {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                cue = SECTIONS
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, cue)| *cue);
                return Vec::new();
            }
            let texts = line
                .split(';')
                .map(str::trim)
                .filter(|text| !text.is_empty());
            texts.filter_map(|text| Some((cue?, text))).collect()
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_section_is_a_cue_with_phrases_and_none_is_there_twice() {
        let text = include_str!("phrases.txt");
        let sections: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
        assert_eq!(sections.len(), SECTIONS.len());
        for ((name, cue), section) in SECTIONS.iter().zip(sections) {
            assert_eq!(section, format!("[{name}]"), "in the order of the code");
            let of_cue: Vec<_> = phrases().filter(|(c, _)| c == cue).collect();
            let distinct: HashSet<_> = of_cue.iter().map(|(_, text)| text).collect();
            assert!(!of_cue.is_empty(), "{name}: no phrases");
            assert_eq!(distinct.len(), of_cue.len(), "{name}: one is there twice");
        }
    }
}
