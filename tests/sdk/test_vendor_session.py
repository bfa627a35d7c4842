"""Vendors chosen by configuration alone: one listens, one speaks, and what they were asked is told."""

import asyncio
import re
import urllib.request

from support import sound
from support.case import ServerCase
from support.server import Server
from support.standins import KEY, StandIns


class VendorSession(ServerCase):
    """AssemblyAI listens and Cartesia speaks, as their stand-ins."""

    standins: StandIns

    @classmethod
    def setUpClass(cls) -> None:
        cls.standins = StandIns()
        cls.server = Server(
            PRAXILOOM_STT_ENGINE="assemblyai",
            PRAXILOOM_ASSEMBLYAI_KEY=KEY,
            PRAXILOOM_ASSEMBLYAI_BASE_URL=cls.standins.listen["assemblyai"],
            PRAXILOOM_TTS_ENGINE="cartesia",
            PRAXILOOM_CARTESIA_KEY=KEY,
            PRAXILOOM_CARTESIA_BASE_URL=cls.standins.speak["cartesia"],
        )

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.close()
        complaints = cls.standins.close()
        assert complaints == [], complaints

    async def test_a_question_is_heard_and_answered_by_vendors(self) -> None:
        listening = {
            "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 800},
        }
        async with self.talk(audio={"input": listening}) as talk:
            understood = await talk.ask_aloud("begin")
            # The stand-in's words name how loud they are.
            self.assertTrue(all(word[:1] in "wW" for word in understood.split()), understood)
            response = await talk.done()
            self.assertEqual(response.status, "completed")
            answer = talk.sound_of(response.id)
            self.assertTrue(0.05 < sound.loudness(answer) < 0.5, sound.loudness(answer))
            self.assertEqual(talk.errors(), [])
        metrics = await self.metrics_once_it_has_ended()
        for line in (
            'praxiloom_engine_open_seconds_count{kind="stt",engine="assemblyai"}',
            'praxiloom_engine_answer_seconds_count{kind="stt",engine="assemblyai"}',
            'praxiloom_engine_amount_total{kind="stt",engine="assemblyai",unit="milliseconds"}',
            'praxiloom_engine_open_seconds_count{kind="tts",engine="cartesia"}',
            'praxiloom_engine_answer_seconds_count{kind="tts",engine="cartesia"}',
            'praxiloom_engine_amount_total{kind="tts",engine="cartesia",unit="characters"}',
        ):
            self.assertRegex(metrics, re.escape(line) + " [1-9]")
        self.assertNotIn("praxiloom_engine_failures_total{", metrics)
        # Its key is in nothing that it says.
        self.assertNotIn(KEY, "".join(self.server.log))

    async def metrics_once_it_has_ended(self) -> str:
        """A call to a listener is counted when it ends, which is when the session does."""
        async with asyncio.timeout(10):
            while True:
                with urllib.request.urlopen(f"{self.server.url}/metrics", timeout=10) as page:
                    metrics = page.read().decode()
                if 'praxiloom_sessions_live{transport="websocket"} 0' in metrics:
                    return metrics
                await asyncio.sleep(0.05)
