//! The clients to choose from, and the card that the page may show of each.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use utoipa::ToSchema;

use super::own::Own;
use super::sheet::{Difficulty, Sheet, SheetErrors};

/// Every client's sheet, built into the binary.
const SHEETS: &[(&str, &str)] = &[
    (
        "clients/maya-promotion.toml",
        include_str!("clients/maya-promotion.toml"),
    ),
    (
        "clients/tom-boundaries.toml",
        include_str!("clients/tom-boundaries.toml"),
    ),
    (
        "clients/elena-crossroads.toml",
        include_str!("clients/elena-crossroads.toml"),
    ),
    (
        "clients/victor-feedback.toml",
        include_str!("clients/victor-feedback.toml"),
    ),
    (
        "clients/callum-thesis.toml",
        include_str!("clients/callum-thesis.toml"),
    ),
    (
        "clients/samuel-ward.toml",
        include_str!("clients/samuel-ward.toml"),
    ),
];

/// The clients, in the order in which they are shown.
#[derive(Clone, Debug)]
pub struct Gallery {
    sheets: Vec<Sheet>,
    /// Portraits that the page does not carry, by name.
    portraits: BTreeMap<String, Vec<u8>>,
}

/// What may be known of a client before the session. Nothing that they disclose only in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Client)]
pub struct Card {
    /// Names the client on the wire (`prompt.id`).
    pub id: String,
    /// First name.
    pub name: String,
    /// As in "she/her".
    pub pronouns: String,
    /// Years.
    pub age: u8,
    /// Who they are, in a line.
    pub who: String,
    /// The topic, in their own words.
    pub brings: String,
    /// How demanding they are for the coach.
    pub difficulty: Difficulty,
    /// What a coach practises with them.
    pub trains: Vec<String>,
    /// Name of the voice.
    pub voice: String,
    /// Path of the portrait on this server; empty if there is none.
    pub portrait: String,
    /// BCP 47 language.
    pub language: String,
    /// Silence, in milliseconds, that they leave the coach before they take the turn.
    pub patience_ms: u32,
}

impl Gallery {
    /// Reads and checks every sheet: those that are built in, then those of a folder. One of the
    /// folder that has the id of one that is built in takes its place.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn load(folder: Option<&Path>) -> Result<Self, SheetErrors> {
        let built_in = SHEETS.iter().map(|(file, text)| Sheet::parse(file, text));
        let mut sheets: Vec<Sheet> = built_in.collect::<Result<_, _>>()?;
        let carried: Vec<&str> = sheets
            .iter()
            .filter_map(|s| s.portrait.as_deref())
            .collect();
        let own = folder.map(|folder| Own::read(folder, &carried));
        let own = own.transpose()?.unwrap_or_default();
        for sheet in own.sheets {
            match sheets.iter_mut().find(|other| other.id == sheet.id) {
                Some(other) => *other = sheet,
                None => sheets.push(sheet),
            }
        }
        let portraits = own.portraits;
        Ok(Self { sheets, portraits })
    }

    /// A portrait that the page does not carry.
    pub fn portrait(&self, name: &str) -> Option<&[u8]> {
        self.portraits.get(name).map(Vec::as_slice)
    }

    /// The client of this name.
    pub fn get(&self, id: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|s| s.id == id)
    }

    /// The client that a session has if it names none.
    pub fn first(&self) -> Option<&Sheet> {
        self.sheets.first()
    }

    /// Every client.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The cards for the page.
    pub fn cards(&self) -> Vec<Card> {
        self.sheets.iter().map(Card::from).collect()
    }
}

impl From<&Sheet> for Card {
    fn from(sheet: &Sheet) -> Self {
        Self {
            id: sheet.id.clone(),
            name: sheet.name.clone(),
            pronouns: sheet.pronouns.clone(),
            age: sheet.age,
            who: sheet.who.clone(),
            brings: sheet.brings.clone(),
            difficulty: sheet.difficulty,
            trains: sheet.trains.clone(),
            voice: sheet.voice.clone(),
            portrait: sheet
                .portrait
                .as_ref()
                .map_or_else(String::new, |name| format!("/portraits/{name}")),
            language: sheet.language.clone(),
            patience_ms: sheet.patience_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_sheet_is_sound_and_has_a_portrait() {
        let gallery = Gallery::load(None).unwrap();
        let ids: BTreeSet<_> = gallery.sheets().iter().map(|s| &s.id).collect();
        assert_eq!(ids.len(), gallery.sheets().len());
        assert!(gallery.sheets().len() >= 6);
        for (i, sheet) in gallery.sheets().iter().enumerate() {
            println!(
                "{}: {} lines, {} facts",
                sheet.id,
                sheet.lines.len(),
                sheet.facts.len()
            );
            assert!(
                sheet.lines.len() >= if i == 0 { 90 } else { 30 },
                "{}",
                sheet.id
            );
            for level in 1..=4 {
                assert!(
                    sheet.lines.iter().any(|l| l.level == level),
                    "{} level {level}",
                    sheet.id
                );
                assert!(
                    sheet.facts.iter().any(|f| f.level == level),
                    "{} fact {level}",
                    sheet.id
                );
            }
            let portrait = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("web/public/portraits")
                .join(sheet.portrait.as_ref().unwrap());
            assert!(
                std::fs::read_to_string(&portrait).unwrap().contains("<svg"),
                "{portrait:?}"
            );
        }
        let voices: BTreeSet<_> = gallery.sheets().iter().map(|s| &s.voice).collect();
        assert_eq!(
            voices.len(),
            gallery.sheets().len(),
            "each has a voice of their own"
        );
    }

    #[test]
    fn a_card_hides_what_is_hidden() {
        let gallery = Gallery::load(None).unwrap();
        for (sheet, card) in gallery.sheets().iter().zip(gallery.cards()) {
            let json = serde_json::to_string(&card).unwrap().to_lowercase();
            assert!(!json.contains(&sheet.beneath.to_lowercase()));
            for fact in sheet.facts.iter().filter(|f| f.level > 1) {
                assert!(!json.contains(&fact.text.to_lowercase()));
                for word in &fact.words {
                    assert!(
                        !json.contains(&word.to_lowercase()),
                        "{} in the card of {}",
                        word,
                        sheet.id
                    );
                }
            }
        }
    }
}
