"""The voices' stand-ins, told by the vendors' own clients to be what they stand for."""

import asyncio
import base64
import json

import openai
import websockets
from cartesia import AsyncCartesia
from deepgram import AsyncDeepgramClient
from deepgram.environment import DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text
from elevenlabs.client import ElevenLabs
from elevenlabs.types import (
    AudioOutputMulti,
    CloseContext,
    FinalOutputMulti,
    FlushContext,
    InitializeConnectionMulti,
    KeepContextAlive,
    SendTextMulti,
)
from elevenlabs.url_utils import build_ws_url
from support import sound
from support.standins import KEY, StandInCase

PATIENCE = 30.0
TEXT = "Well, I know Zoë. "
# Bytes of a character: 40 ms.
STEP = 1920


class Speakers(StandInCase):
    """A sentence is spoken, and another is given up."""

    def check_sound(self, heard: bytes) -> None:
        self.assertEqual(len(heard), len(TEXT.strip()) * STEP)
        self.assertAlmostEqual(sound.loudness(heard), 0.1, 2)

    async def test_deepgram(self) -> None:
        http = self.standins.speak["deepgram"]
        where = http.replace("http", "ws")
        environment = DeepgramClientEnvironment(base=http, production=where, agent=where, agent_rest=http)
        client = AsyncDeepgramClient(api_key=KEY, environment=environment)
        connecting = client.speak.v1.connect(model="aura-2-thalia-en", encoding="linear16", sample_rate="24000")
        async with connecting as socket:
            await socket.send_text(SpeakV1Text(text=TEXT.strip()))
            await socket.send_flush()
            heard, events = b"", []
            while not events or events[-1].type != "Flushed":
                event = await asyncio.wait_for(socket.recv(), PATIENCE)
                if isinstance(event, bytes):
                    heard += event
                else:
                    events.append(event)
            self.check_sound(heard)
            await socket.send_text(SpeakV1Text(text=TEXT * 50))
            await socket.send_flush()
            await socket.send_clear()
            while events[-1].type != "Cleared":
                event = await asyncio.wait_for(socket.recv(), PATIENCE)
                if not isinstance(event, bytes):
                    events.append(event)
            await socket.send_close()
        for event in events:
            self.check(event)
        self.assertEqual([event.type for event in events], ["Metadata", "Flushed", "Cleared"])

    async def test_cartesia(self) -> None:
        http = self.standins.speak["cartesia"]
        client = AsyncCartesia(api_key=KEY, base_url=http, websocket_base_url=http.replace("http", "ws"))
        self.addAsyncCleanup(client.close)
        constant = {
            "model_id": "sonic-3",
            "voice": {"mode": "id", "id": "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"},
            "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
            "add_timestamps": True,
            "timeout": PATIENCE,
        }
        async with client.tts.websocket_connect() as socket:
            spoken = socket.context(**constant)
            await spoken.push(TEXT, flush=True)
            await spoken.push("Do you?", continue_=False)
            events = [event async for event in spoken.receive()]
            given_up = socket.context(**constant)
            await given_up.push(TEXT * 50)
            await given_up.cancel()
        for event in events:
            self.check(event)
        kinds = [event.type for event in events]
        self.assertEqual(list(dict.fromkeys(kinds)), ["timestamps", "chunk", "flush_done", "done"])
        first = events[: kinds.index("flush_done")]
        self.check_sound(b"".join(event.audio for event in first if event.type == "chunk"))
        words = [event.word_timestamps for event in events if event.type == "timestamps"]
        self.assertEqual(words[0].words, ["Well,", "I", "know", "Zoë."])
        self.assertEqual([round(start / 0.04) for start in words[0].start], [0, 6, 8, 13])
        # Times go on within a context.
        self.assertEqual(round(words[1].start[0] / 0.04), len(TEXT.strip()))

    async def test_elevenlabs(self) -> None:
        """The vendor's client has no call for contexts: it has the address, the headers and every
        message of both sides, and the socket is opened here."""
        wrapper = ElevenLabs(api_key=KEY, base_url=self.standins.speak["elevenlabs"])._client_wrapper
        path = ["v1", "text-to-speech", "voice", "multi-stream-input"]
        where = build_ws_url(wrapper.get_base_url(), path, {"model_id": "eleven_flash_v2_5"})
        events: dict[str, list[AudioOutputMulti]] = {"a": [], "b": []}
        async with websockets.connect(where, additional_headers=wrapper.get_headers()) as socket:
            for message in [
                InitializeConnectionMulti(context_id="a"),
                SendTextMulti(context_id="a", text=TEXT),
                InitializeConnectionMulti(context_id="b"),
                KeepContextAlive(context_id="b"),
                FlushContext(context_id="a", flush=True),
                SendTextMulti(context_id="b", text="Do you? ", flush=True),
                CloseContext(context_id="a", close_context=True),
                CloseContext(context_id="b", close_context=True),
            ]:
                await socket.send(json.dumps(message.dict()))
            finals: list[str | None] = []
            while len(finals) < len(events):
                message = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
                if message.get("isFinal"):
                    final = FinalOutputMulti.model_validate(message)
                    self.check(final)
                    finals.append(final.context_id)
                    continue
                self.assertIsNone(message.pop("isFinal"))
                event = AudioOutputMulti.model_validate(message)
                self.check(event)
                self.assertNotIn(event.context_id, finals)
                events[event.context_id or ""].append(event)
        self.assertEqual(finals, ["a", "b"])
        self.check_sound(b"".join(base64.b64decode(event.audio) for event in events["a"]))
        said = {name: "".join(c for event in of for c in event.alignment.chars) for name, of in events.items()}
        self.assertEqual(said, {"a": TEXT.strip(), "b": "Do you?"})

    async def test_elevenlabs_without_contexts(self) -> None:
        """The one call of the vendor's client that streams text: the same wire but for the contexts."""
        http = self.standins.speak["elevenlabs"]
        speech = ElevenLabs(api_key=KEY, base_url=http).text_to_speech
        # It takes TLS for granted, whatever the address says.
        speech._ws_base_url = http.replace("http", "ws")
        of = {"model_id": "eleven_flash_v2_5", "output_format": "pcm_24000"}
        heard = await asyncio.to_thread(lambda: b"".join(speech.convert_realtime("voice", text=iter([TEXT]), **of)))
        self.check_sound(heard)

    async def test_openai(self) -> None:
        client = openai.AsyncOpenAI(api_key=KEY, base_url=self.standins.speak["openai"], max_retries=0)
        self.addAsyncCleanup(client.close)
        asking = client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="coral", input=TEXT.strip(), response_format="pcm"
        )
        async with asking as response:
            self.check_sound(b"".join([chunk async for chunk in response.iter_bytes()]))
