//! The voices in the cloud against their vendors' wires.

mod asks;
mod faults;

use std::sync::Arc;
use std::time::Duration;

use praxiloom::providers::ProviderError;
use praxiloom::providers::tts::cloud::{
    CloudSettings, Patience, cartesia, deepgram, elevenlabs, openai,
};
use praxiloom::providers::tts::{SpeakInput, SpeakOutput, Speaking, TextToSpeech};

use crate::speakers::{self, Fault, STEP, Server, tone};
use crate::voice::{Subject, next};

/// Which vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ElevenLabs,
    Cartesia,
    Deepgram,
    OpenAi,
}

use Kind::{Cartesia, Deepgram, ElevenLabs, OpenAi};

/// An engine and its vendor.
pub struct Rig {
    pub server: Server,
    pub subject: Subject,
}

impl Kind {
    pub async fn rig(self, faults: impl IntoIterator<Item = Fault>) -> Rig {
        self.rig_with(faults, |_| {}).await
    }

    pub async fn rig_with(
        self,
        faults: impl IntoIterator<Item = Fault>,
        change: impl FnOnce(&mut CloudSettings),
    ) -> Rig {
        let server = match self {
            ElevenLabs => speakers::start::<speakers::elevenlabs::ElevenLabs>(faults).await,
            Cartesia => speakers::start::<speakers::cartesia::Cartesia>(faults).await,
            Deepgram => speakers::start::<speakers::deepgram::Deepgram>(faults).await,
            OpenAi => speakers::openai::start(faults).await,
        };
        let mut settings = self.settings(&server.url());
        change(&mut settings);
        let engine = self.engine(settings);
        let language = Some("en-GB");
        Rig {
            server,
            subject: Subject { engine, language },
        }
    }

    pub fn settings(self, url: &str) -> CloudSettings {
        let key = "letters".to_owned().into();
        let settings = match self {
            ElevenLabs => elevenlabs::settings(key),
            Cartesia => cartesia::settings(key),
            Deepgram => deepgram::settings(key),
            OpenAi => openai::settings(key),
        };
        CloudSettings {
            base_url: match self {
                OpenAi => format!("{url}/v1"),
                _ => url.to_owned(),
            },
            patience: Patience {
                connect: Duration::from_secs(2),
                first_sound: Duration::from_secs(8),
                stall: Duration::from_secs(3),
                hush: Duration::from_millis(200),
                settle: Duration::from_millis(60),
            },
            ahead: Duration::from_secs(3600),
            ..settings
        }
    }

    pub fn engine(self, settings: CloudSettings) -> Arc<dyn TextToSpeech> {
        match self {
            ElevenLabs => Arc::new(elevenlabs::engine(settings).unwrap()),
            Cartesia => Arc::new(cartesia::engine(settings).unwrap()),
            Deepgram => Arc::new(deepgram::engine(settings).unwrap()),
            OpenAi => Arc::new(openai::Speech::new(settings).unwrap()),
        }
    }

    /// An engine whose vendor lives as long as the test.
    pub async fn subject(self) -> Subject {
        let rig = self.rig([]).await;
        std::mem::forget(rig.server);
        rig.subject
    }
}

/// Hears a sentence that fails; how much of it came, and why no more.
pub async fn hear_fail(speaking: &mut Speaking, expected: u64) -> (usize, ProviderError) {
    let mut samples = 0;
    loop {
        match next(speaking).await.expect("the stream ended") {
            SpeakOutput::Audio { samples: more, .. } => samples += more.len(),
            SpeakOutput::Failed { sentence, error } => {
                assert_eq!(sentence, expected);
                return (samples, error);
            }
            SpeakOutput::Words { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

pub async fn cancel(speaking: &Speaking, through: u64) {
    let cancel = SpeakInput::Cancel { through };
    speaking.input.send(cancel).await.unwrap();
}

pub const TEXT: &str = "Well, I know Zoë. Do you?";

pub fn sound_of(text: &str) -> Vec<i16> {
    (0..text.chars().count() * STEP).map(tone).collect()
}

/// The promises of every voice, and those of this one.
macro_rules! cloud_voice {
    ($name:ident, $kind:expr; asks: $($ask:ident,)*; faults: $($fault:ident,)*) => {
        mod $name {
            use super::{asks, faults};

            async fn subject() -> crate::voice::Subject {
                $kind.subject().await
            }

            voice_conformance!(subject:
                sentences_come_in_order_and_end_once,
                words_lie_in_the_text_and_in_the_sound,
                chunks_are_short_and_even,
                cancelling_stops_the_sentence,
                a_cancelled_sentence_stays_cancelled,
                nothing_to_read_is_done_at_once,
                long_texts_are_spoken_and_endless_ones_refused,
                foreign_letters_do_no_harm,
                pauses_are_silence_in_the_sound,
                voices_differ_in_name_and_agree_in_level,
                an_unknown_voice_falls_back,
                dropping_the_input_ends_the_stream,
                dropping_the_output_ends_the_stream,
                many_sessions_share,
            );

            cloud_voice!($kind, asks:
                asks_as_documented,
                pauses_are_ours,
                what_is_cancelled_is_taken_back,
                ending_the_session_ends_the_call,
                nothing_is_asked_for_far_ahead_of_the_listener,
                $($ask,)*
            );
            cloud_voice!($kind, faults:
                a_connection_lost_before_any_sound_is_replaced,
                a_connection_lost_in_the_middle_fails_the_sentence_alone,
                a_silent_connection_is_not_waited_for_long,
                a_sentence_that_stops_short_fails,
                samples_cut_in_two_are_whole_again,
                sound_that_drips_is_heard_to_its_end,
                a_voice_that_says_nothing_has_failed,
                errors_say_what_they_mean_and_nothing_private,
                a_key_that_is_refused_is_told_at_once,
                $($fault,)*
            );
        }
    };
    ($kind:expr, $group:ident: $($test:ident,)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                $group::$test($kind).await;
            }
        )*
    };
}

cloud_voice!(elevenlabs_wire, super::ElevenLabs;
    asks: words_have_the_vendors_times, sentences_in_a_row_share_a_context,
        many_cancelled_contexts_do_not_pile_up, a_session_speaks_on_what_was_opened_ahead,
        what_no_session_took_is_closed_and_there_are_few,;
    faults: a_connection_that_died_unnoticed_is_replaced_in_time,
        a_lost_mark_of_the_end_is_done_without, missing_times_are_estimated,
        nonsense_does_no_harm,
);
cloud_voice!(cartesia_wire, super::Cartesia;
    asks: words_have_the_vendors_times, sentences_in_a_row_share_a_context,
        many_cancelled_contexts_do_not_pile_up, a_session_speaks_on_what_was_opened_ahead,
        what_no_session_took_is_closed_and_there_are_few,;
    faults: a_connection_that_died_unnoticed_is_replaced_in_time,
        a_lost_mark_of_the_end_is_done_without, missing_times_are_estimated,
        nonsense_does_no_harm,
);
cloud_voice!(deepgram_wire, super::Deepgram;
    asks: many_cancelled_contexts_do_not_pile_up, a_session_speaks_on_what_was_opened_ahead,
        what_no_session_took_is_closed_and_there_are_few,;
    faults: a_connection_that_died_unnoticed_is_replaced_in_time,
        a_lost_mark_of_the_end_is_done_without, nonsense_does_no_harm,
);
cloud_voice!(openai_wire, super::OpenAi; asks: ; faults: what_is_no_sound_is_not_played,);
