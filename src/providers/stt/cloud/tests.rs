//! Every vendor's recogniser against its stand-in on a real socket.

mod ahead;
mod faults;
mod kit;
mod parsers;
mod timeline;

use super::Kind;
use crate::providers::stt::conformance;
use kit::Vendors;

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
