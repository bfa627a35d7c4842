//! The voices that can be chosen: four recordings, some of them with pitch and formants moved.

use super::ffi::Recording;
use crate::providers::tts::Voice;

/// A named voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::providers::tts) struct Persona {
    pub name: &'static str,
    pub description: &'static str,
    pub language: &'static str,
    pub recording: Recording,
    /// The rate at which the recording's 16 000 samples a second are played: pitch and formants
    /// move by the ratio, while the pace is kept by stretching the synthesis as much.
    pub play_rate: u32,
    /// Brings speech to −20 dBFS.
    pub gain: f32,
    /// Who speaks in its place where this engine has no language.
    pub abroad: &'static str,
}

/// All of them, the most intelligible first. Only moves that leave a recording as intelligible
/// as it was are here: lowering `rms` or raising `slt` costs words.
pub(in crate::providers::tts) const PERSONAS: [Persona; 7] = [
    Persona {
        name: "reed",
        description: "American, a calm low voice",
        language: "en-US",
        recording: Recording::Rms,
        play_rate: 16_000,
        gain: 1.0,
        abroad: "alder",
    },
    Persona {
        name: "hazel",
        description: "American, a warm middle voice",
        language: "en-US",
        recording: Recording::Slt,
        play_rate: 14_400,
        gain: 0.535,
        abroad: "ivy",
    },
    Persona {
        name: "heath",
        description: "Scottish, an even low voice",
        language: "en-GB",
        recording: Recording::Awb,
        play_rate: 16_000,
        gain: 0.9,
        abroad: "birch",
    },
    Persona {
        name: "linnet",
        description: "American, a bright high voice",
        language: "en-US",
        recording: Recording::Slt,
        play_rate: 16_000,
        gain: 0.535,
        abroad: "fern",
    },
    Persona {
        name: "flint",
        description: "American, a light middle voice",
        language: "en-US",
        recording: Recording::Rms,
        play_rate: 18_000,
        gain: 1.0,
        abroad: "alder",
    },
    Persona {
        name: "rowan",
        description: "Scottish, a young light voice",
        language: "en-GB",
        recording: Recording::Awb,
        play_rate: 18_000,
        gain: 0.9,
        abroad: "birch",
    },
    Persona {
        name: "relay",
        description: "A robot, the same sound each time",
        language: "en-US",
        recording: Recording::Kal16,
        play_rate: 16_000,
        gain: 2.34,
        abroad: "alder",
    },
];

impl Persona {
    /// The persona of that name, else the first.
    pub fn named(name: &str) -> &'static Self {
        PERSONAS
            .iter()
            .find(|persona| persona.name.eq_ignore_ascii_case(name))
            .unwrap_or(&PERSONAS[0])
    }

    /// As the configuration and the page see it.
    pub fn voice(&self) -> Voice {
        Voice {
            name: self.name.to_owned(),
            language: self.language.to_owned(),
            description: self.description.to_owned(),
        }
    }
}
