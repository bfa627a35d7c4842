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
from elevenlabs.types import AudioOutputMulti, FinalOutputMulti
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
        """Its client speaks another of its wires; of this one it has the messages."""
        where = self.standins.speak["elevenlabs"].replace("http", "ws")
        path = f"{where}/v1/text-to-speech/voice/multi-stream-input?model_id=eleven_flash_v2_5"
        heard, chars = b"", []
        async with websockets.connect(path, additional_headers={"xi-api-key": KEY}) as socket:
            await socket.send(json.dumps({"text": " ", "context_id": "a"}))
            await socket.send(json.dumps({"text": TEXT, "context_id": "a", "flush": True}))
            await socket.send(json.dumps({"context_id": "a", "close_context": True}))
            while True:
                message = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
                if message.get("isFinal"):
                    break
                self.assertIsNone(message.pop("isFinal"))
                event = AudioOutputMulti.model_validate(message)
                self.check(event)
                self.assertEqual(event.context_id, "a")
                heard += base64.b64decode(event.audio)
                chars += event.alignment.chars
            final = FinalOutputMulti.model_validate(message)
            self.check(final)
            self.assertEqual(final.context_id, "a")
        self.check_sound(heard)
        self.assertEqual("".join(chars), TEXT.strip())

    async def test_openai(self) -> None:
        client = openai.AsyncOpenAI(api_key=KEY, base_url=self.standins.speak["openai"], max_retries=0)
        self.addAsyncCleanup(client.close)
        asking = client.audio.speech.with_streaming_response.create(
            model="gpt-4o-mini-tts", voice="coral", input=TEXT.strip(), response_format="pcm"
        )
        async with asking as response:
            self.check_sound(b"".join([chunk async for chunk in response.iter_bytes()]))
