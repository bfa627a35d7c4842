"""The recognisers' stand-ins, told by the vendors' own clients to be what they stand for."""

import asyncio
import base64
import threading

import openai
from assemblyai.streaming.v3 import (
    BeginEvent,
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    TerminationEvent,
    TurnEvent,
)
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.realtime.connection import RealtimeEvents
from elevenlabs.realtime.scribe import AudioFormat, CommitStrategy
from elevenlabs.types import (
    CommittedTranscriptPayload,
    CommittedTranscriptWithTimestampsPayload,
    PartialTranscriptPayload,
    SessionStartedPayload,
)
from support.standins import KEY, StandInCase, chunks, tones

PATIENCE = 30.0

# The client hands events on as they come; these are its types for them.
SCRIBE = {
    "session_started": SessionStartedPayload,
    "partial_transcript": PartialTranscriptPayload,
    "committed_transcript": CommittedTranscriptPayload,
    "committed_transcript_with_timestamps": CommittedTranscriptWithTimestampsPayload,
}


class Listeners(StandInCase):
    """Three words are said, heard as they come, and settled."""

    def deepgram(self, which: str) -> AsyncDeepgramClient:
        http = self.standins.listen[which]
        where = http.replace("http", "ws")
        environment = DeepgramClientEnvironment(base=http, production=where, agent=where, agent_rest=http)
        return AsyncDeepgramClient(api_key=KEY, environment=environment)

    async def test_assemblyai(self) -> None:
        where = self.standins.listen["assemblyai"].replace("http", "ws")
        client = StreamingClient(StreamingClientOptions(api_key=KEY, api_host=where))
        seen: list[object] = []
        over = threading.Event()

        def see(_: StreamingClient, event: object) -> None:
            seen.append(event)
            if isinstance(event, TerminationEvent):
                over.set()

        for kind in (StreamingEvents.Begin, StreamingEvents.Turn, StreamingEvents.Termination, StreamingEvents.Error):
            client.on(kind, see)

        def talk() -> None:
            client.connect(
                StreamingParameters(
                    sample_rate=16_000, encoding="pcm_s16le", format_turns=True,
                    speech_model="universal-streaming-english",
                )
            )
            for chunk in chunks(tones(3000, 4000, 5000), 100):
                client.stream(chunk)
            client.disconnect(terminate=True)

        await asyncio.to_thread(talk)
        self.assertTrue(await asyncio.to_thread(over.wait, PATIENCE), seen)
        self.assertIsInstance(seen[0], BeginEvent)
        turns = [event for event in seen if isinstance(event, TurnEvent)]
        self.assertEqual(len(turns), len(seen) - 2, seen)
        self.assertFalse(turns[0].end_of_turn)
        self.assertEqual({turn.turn_order for turn in turns}, {0})
        bare, formatted = turns[-2:]
        self.assertEqual(bare.transcript, "w30 w40 w50")
        self.assertTrue(bare.end_of_turn and not bare.turn_is_formatted)
        self.assertTrue(formatted.end_of_turn and formatted.turn_is_formatted)
        self.assertEqual(formatted.transcript, "W30 W40 W50")
        self.assertEqual([round(word.start, -2) for word in formatted.words], [0, 200, 400])
        self.assertTrue(all(word.word_is_final for word in formatted.words))

    async def test_assemblyai_takes_no_other_key(self) -> None:
        where = self.standins.listen["assemblyai"].replace("http", "ws")
        client = StreamingClient(StreamingClientOptions(api_key="other", api_host=where))
        told, errors = threading.Event(), []
        client.on(StreamingEvents.Error, lambda _, error: (errors.append(error), told.set()))
        client.connect(StreamingParameters(sample_rate=16_000, encoding="pcm_s16le", format_turns=True))
        self.assertTrue(await asyncio.to_thread(told.wait, PATIENCE))
        self.assertEqual(errors[0].code, 1008)
        await asyncio.to_thread(client.disconnect)

    async def test_deepgram(self) -> None:
        connecting = self.deepgram("deepgram").listen.v1.connect(
            model="nova-3", encoding="linear16", sample_rate=16_000, interim_results=True
        )
        seen = []
        async with connecting as socket:
            for chunk in chunks(tones(3000, 4000, 5000), 50):
                await socket.send_media(chunk)
            await socket.send_keep_alive()
            await socket.send_media(tones(6000, silence=0.1))
            await socket.send_finalize()
            await socket.send_close_stream()
            async for event in socket:
                seen.append(event)
        for event in seen:
            self.check(event)
        self.assertEqual([event.type for event in seen], ["Results"] * (len(seen) - 1) + ["Metadata"])
        results = seen[:-1]
        self.assertFalse(results[0].is_final)
        final = [result for result in results if result.is_final]
        said = [result.channel.alternatives[0].transcript for result in final]
        self.assertEqual([text for text in said if text], ["w30 w40 w50", "w60"])
        self.assertTrue(final[0].speech_final and final[1].from_finalize)
        words = final[0].channel.alternatives[0].words
        self.assertEqual([round(word.start, 1) for word in words], [0.0, 0.2, 0.4])
        for before, after in zip(final, final[1:]):
            self.assertAlmostEqual(before.start + before.duration, after.start)

    async def test_flux(self) -> None:
        connecting = self.deepgram("deepgram-flux").listen.v2.connect(
            model="flux-general-en", encoding="linear16", sample_rate=16_000
        )
        seen = []
        async with connecting as socket:
            for chunk in chunks(tones(3000, 4000) + tones(5000), 80):
                await socket.send_media(chunk)
            await socket.send_close_stream()
            async for event in socket:
                seen.append(event)
        for event in seen:
            self.check(event)
        self.assertEqual(seen[0].type, "Connected")
        self.assertEqual([event.sequence_id for event in seen], list(range(len(seen))))
        turns = [event for event in seen[1:] if event.event != "Update"]
        order = ["StartOfTurn", "EagerEndOfTurn", "EndOfTurn"]
        self.assertEqual([event.event for event in turns], order * 2)
        self.assertEqual([turn.turn_index for turn in turns], [0] * 3 + [1] * 3)
        self.assertEqual([turn.transcript for turn in turns[2::3]], ["w30 w40", "w50"])
        self.assertEqual(turns[1].transcript, turns[2].transcript)

    async def test_elevenlabs(self) -> None:
        client = AsyncElevenLabs(api_key=KEY, base_url=self.standins.listen["elevenlabs"])
        socket = await client.speech_to_text.realtime.connect(
            {
                "model_id": "scribe_v2_realtime",
                "audio_format": AudioFormat.PCM_16000,
                "sample_rate": 16_000,
                "commit_strategy": CommitStrategy.MANUAL,
                "include_timestamps": True,
            }
        )
        seen: list[tuple[str, dict]] = []
        settled = asyncio.Event()
        for event in RealtimeEvents:
            socket.on(event, lambda *data, event=event: seen.append((event.value, *data)))
        socket.on(RealtimeEvents.COMMITTED_TRANSCRIPT_WITH_TIMESTAMPS, lambda _: settled.set())
        for chunk in chunks(tones(3000, 4000, 5000), 100):
            await socket.send({"audio_base_64": base64.b64encode(chunk).decode()})
        await socket.commit()
        await asyncio.wait_for(settled.wait(), PATIENCE)
        await socket.close()
        kinds = [kind for kind, *_ in seen]
        self.assertNotIn("error", kinds, seen)
        told = [(kind, *data) for kind, *data in seen if kind not in ("open", "close")]
        self.assertEqual({kind for kind, _ in told}, set(SCRIBE))
        for kind, event in told:
            self.check(SCRIBE[kind].model_validate(event, strict=True))
        (committed,) = [data for kind, data in seen if kind == "committed_transcript"]
        self.assertEqual(committed["text"], "w30 w40 w50")
        (timed,) = [data for kind, data in seen if kind == "committed_transcript_with_timestamps"]
        words = [word for word in timed["words"] if word["type"] == "word"]
        self.assertEqual([round(word["start"], 1) for word in words], [0.0, 0.2, 0.4])

    async def test_openai(self) -> None:
        client = openai.AsyncOpenAI(api_key=KEY, base_url=self.standins.listen["openai"], max_retries=0)
        self.addAsyncCleanup(client.close)
        seen = []
        async with client.realtime.connect(extra_query={"intent": "transcription"}) as socket:
            sound = {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                "turn_detection": None,
            }
            await socket.session.update(session={"type": "transcription", "audio": {"input": sound}})
            for chunk in chunks(tones(3000, 4000, 5000, rate=24_000), 100, rate=24_000):
                await socket.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
            await socket.input_audio_buffer.commit()
            # Nothing is left: that is an error, which ends nothing.
            await socket.input_audio_buffer.commit()
            while not seen or seen[-1].type != "error":
                seen.append(await asyncio.wait_for(socket.recv(), PATIENCE))
        of = lambda kind: [event for event in seen if event.type == kind]  # noqa: E731
        self.assertEqual(len(of("input_audio_buffer.committed")), 1)
        transcription = "conversation.item.input_audio_transcription"
        (completed,) = of(f"{transcription}.completed")
        self.check(completed)
        deltas = "".join(event.delta for event in of(f"{transcription}.delta"))
        self.assertEqual((deltas, completed.transcript), ("w30 w40 w50",) * 2)
        self.assertEqual(seen[-1].error.code, "input_audio_buffer_commit_empty")
