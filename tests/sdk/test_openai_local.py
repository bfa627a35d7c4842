"""PyPI `openai` against the local engines: a spoken question is understood and answered aloud."""

import unittest

import openai

from support import sound
from support.server import Server
from support.talk import Talk


class LocalEngines(unittest.IsolatedAsyncioTestCase):
    """pocketsphinx listens, flite speaks, authored lines answer."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()

    async def test_a_spoken_question_is_understood_and_answered(self) -> None:
        client = openai.AsyncOpenAI(api_key="none", base_url=self.server.api)
        async with client.realtime.connect(model="gpt-realtime") as connection, Talk(connection) as talk:
            await connection.session.update(
                session={
                    "type": "realtime",
                    "audio": {
                        "input": {
                            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                            "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
                        }
                    },
                }
            )
            updated = await talk.until("session.updated")
            self.assertEqual(updated.session.audio.input.turn_detection.silence_duration_ms, 400)

            said = sound.lines()["begin"]
            await talk.listen().speak(sound.pcm("begin"))
            response = await talk.done()
            self.assertEqual(response.status, "completed")

            understood = talk.of("conversation.item.input_audio_transcription.completed")
            self.assertEqual(len(understood), 1)
            self.assertGreaterEqual(sound.likeness(said, understood[0].transcript), 0.75, understood[0].transcript)
            started = talk.of("input_audio_buffer.speech_started")[0]
            self.assertEqual(started.item_id, understood[0].item_id)

            transcript = response.output[0].content[0].transcript
            deltas = "".join(event.delta for event in talk.of("response.output_audio_transcript.delta"))
            self.assertEqual(deltas, transcript)
            answer = talk.sound(response.id)
            seconds = len(answer) / 48_000
            # Nobody says a word in less than 0.1 s, or in more than a second with its pauses.
            count = len(sound.words(transcript))
            self.assertTrue(0.1 * count < seconds < 1.0 * count + 1.0, (seconds, transcript))
            self.assertTrue(0.01 < sound.loudness(answer) < 0.5, sound.loudness(answer))
            self.assertEqual(talk.errors(), [])
            talk.order.finish()


if __name__ == "__main__":
    unittest.main()
