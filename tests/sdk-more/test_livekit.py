"""PyPI `livekit-plugins-openai`: its `RealtimeModel` in a written and a spoken turn, and interrupted."""

import asyncio
import unittest

import aiohttp
from livekit import rtc
from livekit.agents import llm
from livekit.plugins.openai.realtime import RealtimeModel

from support import sound
from support.order import Order
from support.server import STANDINS, Server

FRAME = 960
PATIENCE = 40
FIRST = "I think that is a good question."
LONG = "Mostly I am tired of deciding everything alone. It has been like that for years."


class LiveKit(unittest.IsolatedAsyncioTestCase):
    """One session against a server of its own."""

    async def begin(self, *arguments: str) -> None:
        """Starts a server with these arguments, and a session."""
        asyncio.get_running_loop().set_debug(False)
        self.server = self.enterContext(Server(*arguments))
        http = await self.enterAsyncContext(aiohttp.ClientSession())
        model = RealtimeModel(base_url=self.server.api, api_key="none", http_session=http)
        self.session = model.session()
        self.addAsyncCleanup(self.session.aclose)
        self.order = Order()
        self.failures: list[Exception] = []
        self.answers: asyncio.Queue = asyncio.Queue()
        self.heard: asyncio.Queue = asyncio.Queue()
        self.session.on("openai_server_event_received", self._take)
        self.session.on("generation_created", self.answers.put_nowait)
        self.session.on("error", lambda error: self.failures.append(error.error))
        self.session.on(
            "input_audio_transcription_completed",
            lambda event: event.is_final and self.heard.put_nowait(event.transcript),
        )

    def _take(self, event: dict) -> None:
        try:
            self.order.take(event)
        except AssertionError as failure:
            self.failures.append(failure)

    async def answer(self) -> tuple[str, bytes]:
        """The words and the sound of the next answer."""
        async with asyncio.timeout(PATIENCE):
            generation = await self.answers.get()
            async for message in generation.message_stream:
                words = "".join([str(delta) async for delta in message.text_stream])
                frames = [bytes(frame.data) async for frame in message.audio_stream]
                return words, b"".join(frames)
        raise AssertionError("an answer without a message")

    async def speak(self, name: str) -> None:
        """Says a fixture and half a second of silence, as time passes."""
        speech = sound.pcm(name) + bytes(24_000)
        clock = asyncio.get_running_loop()
        due = clock.time()
        for at in range(0, len(speech) - FRAME + 1, FRAME):
            self.session.push_audio(rtc.AudioFrame(speech[at : at + FRAME], 24_000, 1, FRAME // 2))
            due += 0.02
            await asyncio.sleep(max(0.0, due - clock.time()))

    async def test_a_spoken_question_to_the_local_engines(self) -> None:
        await self.begin()
        await self.speak("begin")
        async with asyncio.timeout(PATIENCE):
            heard = await self.heard.get()
        self.assertGreaterEqual(sound.likeness(sound.lines()["begin"], heard), 0.7, heard)
        words, spoken = await self.answer()
        self.assertGreater(len(sound.words(words)), 1)
        self.assertTrue(0.01 < sound.loudness(spoken) < 0.5)
        self.assertEqual(self.failures, [])

    async def test_a_conversation(self) -> None:
        await self.begin(*STANDINS)
        context = llm.ChatContext.empty()
        context.add_message(role="user", content="Hello")
        await self.session.update_chat_ctx(context)
        await self.session.generate_reply()
        words, spoken = await self.answer()
        self.assertEqual(words, FIRST)
        self.assertEqual(len(spoken) / 48_000, 1.56)
        self.assertAlmostEqual(sound.loudness(spoken), 0.1, delta=0.02)

        await self.speak("begin")
        self.assertEqual(await self.heard.get(), "What would you like to talk about today?")
        words, spoken = await self.answer()
        self.assertEqual(words, LONG)
        self.assertGreater(len(spoken), 3 * 48_000)
        messages = [(item.role, item.text_content) for item in self.session.chat_ctx.items]
        self.assertEqual(
            messages,
            [
                ("user", "Hello"),
                ("assistant", FIRST),
                ("user", "What would you like to talk about today?"),
                ("assistant", LONG),
            ],
        )
        self.assertEqual(self.failures, [])

    async def test_an_interruption(self) -> None:
        await self.begin(*STANDINS)
        context = llm.ChatContext.empty()
        context.add_message(role="user", content="Hello")
        context.add_message(role="user", content="Tell me more.")
        await self.session.update_chat_ctx(context)
        await self.session.generate_reply()
        speaking = asyncio.create_task(self.speak("goal"))
        words, spoken = await self.answer()
        self.assertTrue(LONG.startswith(words) and words != LONG, words)
        self.assertLess(len(spoken), 3 * 48_000)
        await speaking
        words, _ = await self.answer()
        self.assertTrue(words)
        self.assertEqual(self.failures, [])
