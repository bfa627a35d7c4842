"""PyPI `openai` `realtime.calls` with a peer in Python (`aiortc`): a whole conversation over WebRTC."""

import asyncio
import contextlib
import fractions
import json

import aiortc
import av
import openai

from support import sound
from support.case import ServerCase
from support.order import Order
from support.talk import PATIENCE, TRANSCRIPTION, TYPES

RATE = 48_000
FRAME = RATE // 50


class Speech(aiortc.MediaStreamTrack):
    """A microphone: silence, and what it is told to say, as time passes."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.waiting = b""
        self._begun: float | None = None
        self._sent = 0

    async def recv(self) -> av.AudioFrame:
        clock = asyncio.get_running_loop().time
        self._begun = self._begun or clock()
        await asyncio.sleep(max(0.0, self._begun + self._sent / RATE - clock()))
        now, self.waiting = self.waiting[: FRAME * 2], self.waiting[FRAME * 2 :]
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.planes[0].update(now.ljust(FRAME * 2, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += FRAME
        return frame


class Call:
    """One call: its events, and how loud what came was, frame by frame."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self.client = client
        self.peer = aiortc.RTCPeerConnection()
        self.mic = Speech()
        self.events: list[dict] = []
        self.levels: list[float] = []
        self.order = Order("webrtc")
        self.failure: Exception | None = None
        self._news = asyncio.Event()
        self._mark = 0

    async def begin(self, session: dict) -> None:
        self.peer.addTrack(self.mic)
        self.channel = self.peer.createDataChannel("oai-events")
        self.channel.on("message", self._take)
        self.peer.on("track", lambda track: setattr(self, "hearing", asyncio.create_task(self._hear(track))))
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await self.client.realtime.calls.create(sdp=self.peer.localDescription.sdp, session=session)
        self.status = answer.response.status_code
        self.id = answer.response.headers["location"].rsplit("/", 1)[-1]
        await self.peer.setRemoteDescription(aiortc.RTCSessionDescription(sdp=answer.text, type="answer"))

    def send(self, event: dict) -> None:
        self.channel.send(json.dumps(event))

    async def ask_aloud(self, name: str) -> str:
        """Says a fixture, again if it was not understood in time; gives what was understood."""
        for _ in range(3):
            self.mic.waiting = sound.samples(name, RATE).tobytes()
            heard = await self.until(f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed")
            if heard["type"].endswith("completed"):
                return heard["transcript"]
            print("the machine is too busy for the recogniser; saying it again", flush=True)
        raise AssertionError("it was never understood")

    async def until(self, *kinds: str) -> dict:
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._mark < len(self.events):
                    self._mark += 1
                    if self.events[self._mark - 1]["type"] in kinds:
                        return self.events[self._mark - 1]
                if self.failure:
                    raise self.failure
                self._news.clear()
                await self._news.wait()

    def _take(self, message: str) -> None:
        try:
            event = json.loads(message)
            TYPES.validate_python(event)
            self.order.take(event)
            self.events.append(event)
        except Exception as failure:  # noqa: BLE001 - it is told to whoever waits
            self.failure = failure
        self._news.set()

    async def _hear(self, track: aiortc.MediaStreamTrack) -> None:
        with contextlib.suppress(aiortc.mediastreams.MediaStreamError):
            while True:
                frame = await track.recv()
                self.levels.append(sound.loudness(bytes(frame.planes[0])))


class Calls(ServerCase):
    """The local engines, over UDP, Opus and a data channel."""

    async def test_a_spoken_conversation_over_webrtc(self) -> None:
        client = self.client()
        call = Call(client)
        self.addAsyncCleanup(call.peer.close)
        transcribed = {"transcription": {"model": "gpt-4o-transcribe"}}
        await call.begin({"type": "realtime", "model": "gpt-realtime", "audio": {"input": transcribed}})
        self.assertEqual(call.status, 201)
        self.assertTrue(call.id.startswith("rtc_"), call.id)
        created = await call.until("session.created")
        self.assertEqual(created["session"]["audio"]["input"]["transcription"]["model"], "gpt-4o-transcribe")

        understood = await call.ask_aloud("begin")
        self.assertGreaterEqual(sound.likeness(sound.lines()["begin"], understood), 0.7, understood)
        quiet = len(call.levels)
        response = (await call.until("response.done"))["response"]
        self.assertEqual(response["status"], "completed")
        await call.until("output_audio_buffer.stopped")
        self.assertGreater(max(call.levels[quiet:]), 0.02)
        self.assertLess(max(call.levels[: max(quiet - 50, 1)], default=0), 0.001)

        # Spoken over, the server stops by itself and says how much was heard.
        call.send({"type": "response.create"})
        await call.until("output_audio_buffer.started")
        call.send({"type": "response.cancel"})
        response = (await call.until("response.done"))["response"]
        self.assertEqual(response["status_details"]["reason"], "client_cancelled")
        call.order.finish()

        await client.realtime.calls.hangup(call.id)
        with self.assertRaises(openai.NotFoundError):
            await client.realtime.calls.hangup(call.id)
