//! A live session: microphone, speech to text, language model, text to speech, speaker.

pub mod conversation;
mod sound;
mod speaker;
