//! A live session: microphone, speech to text, language model, text to speech, speaker.
