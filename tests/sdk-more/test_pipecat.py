"""PyPI `pipecat-ai`: its `OpenAIRealtimeLLMService` in a pipeline, as its bots are built."""

import asyncio
import unittest

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMRunFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

from support import sound
from support.server import STANDINS, Server

FRAME = 960
PATIENCE = 40
FIRST = "I think that is a good question."
LONG = "Mostly I am tired of deciding everything alone. It has been like that for years."
HEARD = "What would you like to talk about today?"


class Loudspeaker(FrameProcessor):
    """Keeps every frame that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._news = asyncio.Condition()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, InputAudioRawFrame):
            async with self._news:
                self.frames.append(frame)
                self._news.notify_all()
        await self.push_frame(frame, direction)

    async def until(self, kind: type[Frame], count: int = 1) -> None:
        """Waits for so many frames of a kind in all."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)

    def of(self, kind: type[Frame]) -> list[Frame]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    def sound(self) -> bytes:
        return b"".join(frame.audio for frame in self.of(TTSAudioRawFrame))


class Pipecat(unittest.IsolatedAsyncioTestCase):
    """One bot against a server of its own."""

    async def bot(self, *messages: str, arguments: tuple[str, ...] = STANDINS) -> None:
        """Starts a server, and a bot that begins with these messages of its user."""
        asyncio.get_running_loop().set_debug(False)
        self.server = self.enterContext(Server(*arguments))
        hearing = events.AudioInput(
            transcription=events.InputAudioTranscription(),
            turn_detection=events.TurnDetection(silence_duration_ms=300),
        )
        properties = events.SessionProperties(audio=events.AudioConfiguration(input=hearing))
        service = OpenAIRealtimeLLMService(
            api_key="none",
            base_url=self.server.api.replace("http", "ws") + "/realtime",
            settings=OpenAIRealtimeLLMService.Settings(session_properties=properties),
        )
        self.context = LLMContext([{"role": "user", "content": message} for message in messages])
        pair = LLMContextAggregatorPair(self.context)
        self.out = Loudspeaker()
        self.worker = PipelineWorker(
            Pipeline([pair.user(), service, self.out, pair.assistant()]),
            params=PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000),
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        self.running = asyncio.create_task(runner.run())
        await self.worker.queue_frame(LLMRunFrame())

    async def end(self) -> None:
        await self.worker.queue_frame(EndFrame())
        async with asyncio.timeout(PATIENCE):
            await self.running
        self.assertEqual(self.out.of(ErrorFrame), [])

    async def speak(self, name: str) -> None:
        """Says a fixture and half a second of silence, as time passes."""
        speech = sound.pcm(name) + bytes(24_000)
        clock = asyncio.get_running_loop()
        due = clock.time()
        for at in range(0, len(speech) - FRAME + 1, FRAME):
            frame = InputAudioRawFrame(audio=speech[at : at + FRAME], sample_rate=24_000, num_channels=1)
            await self.worker.queue_frame(frame)
            due += 0.02
            await asyncio.sleep(max(0.0, due - clock.time()))

    async def test_a_spoken_question_to_the_local_engines(self) -> None:
        await self.bot("Hello, I am your coach.", arguments=())
        await self.out.until(LLMFullResponseEndFrame)
        greeting = self.out.sound()
        self.assertTrue(0.01 < sound.loudness(greeting) < 0.5)
        await self.speak("begin")
        await self.out.until(LLMFullResponseEndFrame, 2)
        self.assertTrue(0.01 < sound.loudness(self.out.sound()[len(greeting) :]) < 0.5)
        await self.end()
        said = [message["content"] for message in self.context.get_messages() if message["role"] == "user"]
        self.assertGreaterEqual(sound.likeness(sound.lines()["begin"], said[1]), 0.7, said)

    async def test_a_conversation(self) -> None:
        await self.bot("Hello")
        await self.out.until(LLMFullResponseEndFrame)
        greeting = self.out.sound()
        self.assertEqual(len(greeting) / 48_000, 1.56)
        self.assertAlmostEqual(sound.loudness(greeting), 0.1, delta=0.02)
        await self.speak("begin")
        await self.out.until(LLMFullResponseEndFrame, 2)
        self.assertGreater(len(self.out.sound()) - len(greeting), 3 * 48_000)
        await self.end()
        said = [(message["role"], message["content"]) for message in self.context.get_messages()]
        self.assertEqual(
            said,
            [("user", "Hello"), ("assistant", FIRST), ("user", HEARD), ("assistant", LONG)],
        )

    async def test_an_interruption(self) -> None:
        await self.bot("Hello", "Tell me more.")
        await self.out.until(TTSStartedFrame)
        await self.speak("goal")
        await self.out.until(TTSStartedFrame, 2)
        self.assertTrue(self.out.of(InterruptionFrame), "the bot was told to stop its playback")
        before = self.out.frames[: self.out.frames.index(self.out.of(TTSStartedFrame)[1])]
        cut = sum(len(frame.audio) for frame in before if isinstance(frame, TTSAudioRawFrame))
        self.assertTrue(0 < cut < 3 * 48_000, cut)
        await self.out.until(LLMFullResponseEndFrame, 2)
        await self.end()
        said = [message["content"] for message in self.context.get_messages()]
        self.assertIn(HEARD, said)
