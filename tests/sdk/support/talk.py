"""A conversation through the `openai` package: what is received, held to types and order."""

import asyncio
import base64
import collections
from collections.abc import Callable

import pydantic
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime import RealtimeServerEvent

from . import sound
from .order import Order

# The package itself builds its events without checking them, so its types are asked here.
TYPES = pydantic.TypeAdapter(RealtimeServerEvent)
# Longest wait for one thing to happen, on a busy machine.
PATIENCE = 40.0
FRAME_MS = 20
TRANSCRIPTION = "conversation.item.input_audio_transcription"


class Talk:
    """Everything that one connection received, and a microphone. Use it as a context."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list = []
        self.order = Order()
        self.mic: Microphone | None = None
        self._news = asyncio.Condition()
        self._mark = 0

    async def __aenter__(self) -> "Talk":
        self._reader = asyncio.create_task(self._read())
        await self.until("conversation.created")
        return self

    async def __aexit__(self, kind: type | None, *_: object) -> None:
        if self.mic:
            await self.mic.stop()
        self._reader.cancel()
        if kind is None and self._reader.done() and not self._reader.cancelled():
            self._reader.result()

    async def until(self, *types: str, fits: Callable[[object], bool] = lambda _: True) -> object:
        """The next event of these types that fits, after the one that was waited for last."""

        def found() -> bool:
            while self._mark < len(self.events):
                event = self.events[self._mark]
                self._mark += 1
                if event.type in types and fits(event):
                    self._found = event
                    return True
            return self._reader.done()

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(found), PATIENCE)
            except asyncio.TimeoutError:
                raise AssertionError(f"no {types} came; the last events: {' '.join(self.order.trace)}") from None
        if self._reader.done():
            self._reader.result()
            raise AssertionError(f"the connection ended before {types}")
        return self._found

    async def ask_aloud(self, name: str) -> str:
        """Says a fixture, again if it was not understood in time; gives what was understood."""
        mic = self.mic or self.listen()
        for _ in range(3):
            await mic.speak(sound.pcm(name))
            heard = await self.until(f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed")
            if heard.type.endswith("completed"):
                return heard.transcript
            print("the machine is too busy for the recogniser; saying it again", flush=True)
        raise AssertionError("it was never understood")

    async def done(self) -> object:
        """The end of the response that runs or comes next."""
        return (await self.until("response.done")).response

    def of(self, type_: str) -> list:
        """All events of this type so far."""
        return [event for event in self.events if event.type == type_]

    def kinds(self) -> list[str]:
        """The types of all events so far, each run of the same type once."""
        runs: list[str] = []
        for event in self.events:
            if not runs or runs[-1] != event.type:
                runs.append(event.type)
        return runs

    def sound_of(self, response_id: str) -> bytes:
        """The sound received of a response."""
        deltas = (event for event in self.of("response.output_audio.delta") if event.response_id == response_id)
        return b"".join(base64.b64decode(event.delta) for event in deltas)

    def errors(self) -> list:
        return [event.error for event in self.of("error")]

    def listen(self, silence: bytes = bytes(48 * FRAME_MS)) -> "Microphone":
        """Turns the microphone on."""
        self.mic = Microphone(self.connection, silence)
        return self.mic

    async def say(self, text: str) -> None:
        """A written message of the user."""
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        )

    async def _read(self) -> None:
        try:
            while True:
                event = await self.connection.recv()
                given = event.to_dict(mode="json")
                TYPES.validate_python(given)
                self.order.take(given)
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()
        finally:
            # Not awaited under cancellation: whoever waits wakes up and sees that this is over.
            asyncio.get_running_loop().create_task(self._wake())

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()


class Microphone:
    """Sends sound as time passes, silence if nobody speaks, like a microphone."""

    def __init__(self, connection: AsyncRealtimeConnection, silence: bytes) -> None:
        self._connection = connection
        self._silence = silence
        self._waiting: collections.deque[bytes] = collections.deque()
        self._spoken = asyncio.Event()
        self._spoken.set()
        self._task = asyncio.create_task(self._run())

    async def speak(self, speech: bytes) -> None:
        """Says this, and returns when it is said."""
        size = len(self._silence)
        self._waiting.extend(speech[at : at + size] for at in range(0, len(speech), size))
        self._spoken.clear()
        await self._spoken.wait()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop()
        due = clock.time()
        while True:
            frame = self._waiting.popleft() if self._waiting else self._silence
            if not self._waiting:
                self._spoken.set()
            await self._connection.input_audio_buffer.append(audio=base64.b64encode(frame).decode())
            due += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - clock.time()))


