"""PyPI `openai` against the local engines: a spoken question is understood and answered aloud."""

from support import sound
from support.case import ServerCase


class LocalEngines(ServerCase):
    """pocketsphinx listens, flite speaks, authored lines answer."""

    async def test_a_spoken_question_is_understood_and_answered(self) -> None:
        listening = {
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 800},
        }
        async with self.talk(audio={"input": listening}) as talk:
            updated = talk.of("session.updated")[0]
            self.assertEqual(updated.session.audio.input.turn_detection.silence_duration_ms, 800)

            said = sound.lines()["begin"]
            understood = await talk.ask_aloud("begin")
            self.assertGreaterEqual(sound.likeness(said, understood), 0.75, understood)
            response = await talk.done()
            self.assertEqual(response.status, "completed")

            heard = talk.of("conversation.item.input_audio_transcription.completed")
            self.assertEqual(len(heard), 1)
            started = talk.of("input_audio_buffer.speech_started")[-1]
            self.assertEqual(started.item_id, heard[0].item_id)

            transcript = response.output[0].content[0].transcript
            deltas = "".join(event.delta for event in talk.of("response.output_audio_transcript.delta"))
            self.assertEqual(deltas, transcript)
            answer = talk.sound_of(response.id)
            seconds = len(answer) / 48_000
            # Nobody says a word in less than 0.1 s, or in more than a second with its pauses.
            count = len(sound.words(transcript))
            self.assertTrue(0.1 * count < seconds < 1.0 * count + 1.0, (seconds, transcript))
            self.assertTrue(0.01 < sound.loudness(answer) < 0.5, sound.loudness(answer))
            self.assertEqual(talk.errors(), [])
