"""The servers that stand in for vendors, and sound whose words they can be foretold to hear."""

import array
import json
import math
import os
import subprocess
import unittest
from pathlib import Path

from pydantic import BaseModel

from .server import ROOT

# The key that they take.
KEY = "letters"


class StandIns:
    """Every stand-in, running. Use it as a context."""

    def __init__(self) -> None:
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        binary = target / "debug" / "examples" / "standins"
        if not binary.is_file():
            raise FileNotFoundError(f"{binary} is missing: run scripts/test.sh build")
        self._process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        addresses = self._line()
        self.listen: dict[str, str] = addresses["listen"]
        self.speak: dict[str, str] = addresses["speak"]
        self.think: dict[str, str] = addresses["think"]

    def close(self) -> list[str]:
        """Ends them; what they were sent that their vendors would have refused."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        complaints = self._line()["complaints"]
        self._process.stdout.close()
        self._process.wait()
        return complaints

    def _line(self) -> dict[str, dict[str, str]]:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())


class StandInCase(unittest.IsolatedAsyncioTestCase):
    """Tests that share one set of stand-ins, which must have had nothing to complain of."""

    standins: StandIns

    @classmethod
    def setUpClass(cls) -> None:
        cls.standins = StandIns()

    @classmethod
    def tearDownClass(cls) -> None:
        complaints = cls.standins.close()
        assert complaints == [], complaints

    def check(self, event: BaseModel) -> None:
        """Holds that the client knows all of an event, and misses nothing in it: most clients take
        whatever comes."""
        whole = type(event).model_validate(event.model_dump(by_alias=True))
        self.assertEqual(list(_unknown(whole)), [], event)


def _unknown(value: object) -> list[str]:
    """Names of members that a client's own types do not have."""
    if isinstance(value, BaseModel):
        own = list(value.model_extra or {})
        fields = (getattr(value, name) for name in type(value).model_fields)
        return own + [name for field in fields for name in _unknown(field)]
    if isinstance(value, list):
        return [name for item in value for name in _unknown(item)]
    return []


def tones(*peaks: int, rate: int = 16_000, silence: float = 0.6) -> bytes:
    """A tone of 150 ms for each word that is to be heard (3000 is `w30`), 50 ms apart, and then
    silence."""
    made = array.array("h")
    for peak in peaks:
        for index in range(rate * 3 // 20):
            edge = min(index, rate * 3 // 20 - 1 - index) / (rate / 100)
            wave = math.sin(2 * math.pi * 400 * index / rate)
            made.append(int(wave * peak * min(edge, 1.0)))
        made.extend([0] * (rate // 20))
    made.extend([0] * int(rate * silence))
    return made.tobytes()


def chunks(sound: bytes, milliseconds: int, rate: int = 16_000) -> list[bytes]:
    """Sound in messages of this length."""
    size = rate * milliseconds // 1000 * 2
    return [sound[at : at + size] for at in range(0, len(sound), size)]
