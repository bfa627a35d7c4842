//! Every vendor's recogniser against its stand-in on a real socket.

mod ahead;
mod faults;
mod kit;
mod parsers;
mod timeline;

use super::wire::LATE;
use super::{Cloud, CloudSettings, Kind};
use crate::private::Private;
use crate::providers::stt::conformance;
use kit::{KINDS, Vendors};

#[test]
fn no_vendor_is_waited_for_longer_than_another_can_make_up_for() {
    for kind in KINDS {
        let settings = CloudSettings {
            key: Private::new("letters".to_owned()),
            base_url: "http://localhost".to_owned(),
            model: None,
            processor: None,
        };
        let habits = Cloud::new(kind, settings).vendor.habits();
        assert!(habits.quiet <= habits.late, "{kind:?}");
        assert!(habits.late <= LATE, "{kind:?}");
    }
}

#[tokio::test]
async fn assemblyai_is_a_recogniser_like_every_other() {
    conformance::all(&Vendors::start(Kind::AssemblyAi).await.engine()).await;
}

#[tokio::test]
async fn deepgram_is_a_recogniser_like_every_other() {
    conformance::all(&Vendors::start(Kind::Deepgram).await.engine()).await;
}

#[tokio::test]
async fn flux_is_a_recogniser_like_every_other() {
    conformance::all(&Vendors::start(Kind::DeepgramFlux).await.engine()).await;
}

#[tokio::test]
async fn elevenlabs_is_a_recogniser_like_every_other() {
    conformance::all(&Vendors::start(Kind::ElevenLabs).await.engine()).await;
}

#[tokio::test]
async fn openai_is_a_recogniser_like_every_other() {
    conformance::all(&Vendors::start(Kind::OpenAi).await.engine()).await;
}
