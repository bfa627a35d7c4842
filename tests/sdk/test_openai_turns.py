"""PyPI `openai`: written and spoken turns, push to talk, interruption, cutting and forgetting."""

from support import sound
from support.case import ServerCase
from support.order import unnoticed
from support.server import STANDINS

VAD = {"type": "server_vad", "silence_duration_ms": 300}
TRANSCRIBED = {"model": "gpt-4o-transcribe"}
FIRST = "I think that is a good question."
LENGTH = 1.56
# The client thinks before, at most so long.
THOUGHT = 0.6


class Turns(ServerCase):
    """Stand-ins listen, think and speak: a tone for a voice."""

    arguments = STANDINS

    async def test_a_written_turn_brings_exactly_the_promised_events(self) -> None:
        async with self.talk(output_modalities=["text"]) as talk:
            await talk.say("Hello")
            await talk.until("conversation.item.done")
            await talk.connection.response.create()
            response = await talk.done()
            await talk.until("rate_limits.updated")
            expected = """session.created conversation.created session.updated
                conversation.item.added conversation.item.done
                response.created response.output_item.added conversation.item.added
                response.content_part.added response.output_text.delta response.output_text.done
                response.content_part.done conversation.item.done response.output_item.done
                response.done rate_limits.updated"""
            self.assertEqual(talk.kinds(), expected.split())
            self.assertEqual(response.status, "completed")
            self.assertEqual(response.output[0].content[0].text, FIRST)
            told = "".join(event.delta for event in talk.of("response.output_text.delta"))
            self.assertEqual(told, FIRST)
            added = talk.of("conversation.item.added")
            self.assertEqual([event.previous_item_id for event in added], [None, added[0].item.id])
            self.assertEqual(unnoticed([event.to_dict(mode="json") for event in talk.events]), [])

    async def test_a_spoken_turn_over_the_telephones_format(self) -> None:
        pcmu = {"type": "audio/pcmu"}
        audio = {
            "input": {"format": pcmu, "turn_detection": VAD, "transcription": TRANSCRIBED},
            "output": {"format": pcmu},
        }
        async with self.talk(audio=audio) as talk:
            await talk.listen(silence=b"\xff" * 160).speak(sound.pcmu("begin"))
            response = await talk.done()
            understood = talk.of("conversation.item.input_audio_transcription.completed")
            self.assertEqual([event.transcript for event in understood], ["What would you like to talk about today?"])
            answer = talk.sound_of(response.id)
            # The stand-in says a letter in 60 ms, at -20 dBFS.
            self.assertTrue(LENGTH <= len(answer) / 8_000 < LENGTH + THOUGHT, len(answer))
            self.assertAlmostEqual(sound.loudness(sound.from_pcmu(answer)), 0.1, delta=0.02)
            self.assertEqual(response.audio.output.format.type, "audio/pcmu")

    async def test_push_to_talk_answers_only_when_asked(self) -> None:
        audio = {"input": {"turn_detection": None, "transcription": TRANSCRIBED}}
        async with self.talk(audio=audio) as talk:
            await talk.connection.input_audio_buffer.commit(event_id="too-soon")
            refused = await talk.until("error")
            self.assertEqual(refused.error.code, "input_audio_buffer_commit_empty")
            self.assertEqual(refused.error.event_id, "too-soon")

            mic = talk.listen()
            await mic.speak(sound.pcm("goal"))
            await mic.stop()
            await talk.connection.input_audio_buffer.commit()
            committed = await talk.until("input_audio_buffer.committed")
            understood = await talk.until("conversation.item.input_audio_transcription.completed")
            self.assertEqual(understood.item_id, committed.item_id)
            # An answer that was not asked for would have begun before this is answered.
            await talk.connection.conversation.item.retrieve(item_id=committed.item_id)
            retrieved = await talk.until("conversation.item.retrieved")
            self.assertEqual(retrieved.item.content[0].transcript, understood.transcript)
            self.assertEqual(talk.of("response.created"), [])
            self.assertEqual(talk.of("input_audio_buffer.speech_started"), [])

            await talk.connection.response.create()
            response = await talk.done()
            self.assertEqual(response.status, "completed")
            answer = talk.sound_of(response.id)
            self.assertTrue(LENGTH <= len(answer) / 48_000 < LENGTH + THOUGHT, len(answer))

            await mic.stop()
            await talk.connection.input_audio_buffer.clear()
            await talk.until("input_audio_buffer.cleared")

    async def test_speaking_over_the_answer_ends_it(self) -> None:
        audio = {"input": {"turn_detection": VAD, "transcription": TRANSCRIBED}}
        async with self.talk(audio=audio) as talk:
            mic = talk.listen()
            # The stand-in's second answer is the long one.
            await talk.say("Hello")
            await talk.say("Tell me more.")
            await talk.connection.response.create()
            await talk.until("response.output_audio.delta")
            await mic.speak(sound.pcm("begin"))
            first = await talk.done()
            self.assertEqual(first.status, "cancelled")
            self.assertEqual(first.status_details.reason, "turn_detected")
            self.assertEqual(first.output[0].status, "incomplete")
            self.assertLess(len(talk.sound_of(first.id)) / 48_000, 3.0)
            # The client owns the playback, so it says what was heard.
            item = first.output[0].id
            await talk.connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=500)
            truncated = await talk.until("conversation.item.truncated")
            self.assertEqual((truncated.item_id, truncated.audio_end_ms), (item, 500))
            second = await talk.done()
            self.assertEqual(second.status, "completed")
            interrupted = talk.of("input_audio_buffer.speech_started")[0].item_id
            self.assertEqual(talk.order.items[2:4], [item, interrupted])
            self.assertEqual(talk.errors(), [])

    async def test_an_answer_is_cut_and_forgotten(self) -> None:
        async with self.talk() as talk:
            items = talk.connection.conversation.item
            await talk.say("Hello")
            await talk.connection.response.create()
            response = await talk.done()
            item = response.output[0].id
            self.assertEqual(response.output[0].content[0].transcript, FIRST)

            await items.truncate(item_id=item, content_index=0, audio_end_ms=99_000, event_id="too-long")
            refused = await talk.until("error")
            self.assertEqual((refused.error.param, refused.error.event_id), ("audio_end_ms", "too-long"))

            await items.truncate(item_id=item, content_index=0, audio_end_ms=1_000)
            await talk.until("conversation.item.truncated")
            await items.retrieve(item_id=item)
            kept = (await talk.until("conversation.item.retrieved")).item.content[0].transcript
            self.assertTrue(kept and FIRST.startswith(kept) and kept != FIRST, kept)

            await items.delete(item_id=item)
            deleted = await talk.until("conversation.item.deleted")
            self.assertEqual(deleted.item_id, item)
            await items.retrieve(item_id=item, event_id="gone")
            refused = await talk.until("error")
            self.assertEqual((refused.error.param, refused.error.event_id), ("item_id", "gone"))

    async def test_items_go_where_they_are_put(self) -> None:
        async with self.talk(output_modalities=["text"]) as talk:
            await talk.say("second")
            system = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "first"}]}
            await talk.connection.conversation.item.create(item=system, previous_item_id="root")
            first = await talk.until("conversation.item.done", fits=lambda event: event.item.role == "system")
            self.assertIsNone(first.previous_item_id)
            await talk.say("third")
            await talk.until("conversation.item.done", fits=lambda event: event.item.content[0].text == "third")
            self.assertEqual(talk.order.items[0], first.item.id)
            await talk.connection.conversation.item.create(
                item=system, previous_item_id="item_unknown", event_id="lost"
            )
            refused = await talk.until("error")
            self.assertEqual((refused.error.param, refused.error.event_id), ("previous_item_id", "lost"))
