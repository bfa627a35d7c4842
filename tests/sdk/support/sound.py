"""Speech for the tests, in the formats of the protocol, and how loud what comes back is."""

import array
import math
import struct
import wave
from pathlib import Path

from .server import ROOT

SPEECH = ROOT / "tests" / "fixtures" / "speech"


def lines() -> dict[str, str]:
    """What each fixture says."""
    rows = (row.split("|") for row in (SPEECH / "lines.txt").read_text().splitlines())
    return {name: words for name, _, words in rows}


def samples(name: str, rate: int = 24_000) -> array.array:
    """A fixture at another rate, between whose samples straight lines are drawn."""
    with wave.open(str(SPEECH / f"{name}.wav"), "rb") as file:
        own = file.getframerate()
        given = array.array("h", file.readframes(file.getnframes()))
    if own == rate:
        return given
    made = array.array("h")
    for index in range(len(given) * rate // own):
        at, rest = divmod(index * own, rate)
        left = given[at]
        right = given[min(at + 1, len(given) - 1)]
        made.append(left + (right - left) * rest // rate)
    return made


def pcm(name: str) -> bytes:
    """A fixture as `audio/pcm`."""
    return samples(name).tobytes()


def pcmu(name: str) -> bytes:
    """A fixture as `audio/pcmu`."""
    return bytes(_mu(sample) for sample in samples(name, 8_000))


def loudness(sound: bytes) -> float:
    """Root mean square of 16-bit samples, from 0 to 1."""
    given = struct.unpack(f"<{len(sound) // 2}h", sound)
    return math.sqrt(sum(sample * sample for sample in given) / max(len(given), 1)) / 32768


def from_pcmu(sound: bytes) -> bytes:
    """μ-law as 16-bit samples (ITU-T G.711)."""
    return array.array("h", (_linear(byte) for byte in sound)).tobytes()


def words(text: str) -> list[str]:
    """A text's words, without what a recogniser cannot hear."""
    kept = "".join(c if c.isalnum() or c in "' " else " " for c in text.lower())
    return kept.split()


def likeness(said: str, understood: str) -> float:
    """How many of the words said were understood in their order, from 0 to 1."""
    a, b = words(said), words(understood)
    row = [0] * (len(b) + 1)
    for x in a:
        above = row[:]
        for at, y in enumerate(b, 1):
            row[at] = above[at - 1] + 1 if x == y else max(above[at], row[at - 1])
    return row[-1] / max(len(a), 1)


def _mu(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    level = min(abs(sample), 32635) + 132
    exponent = level.bit_length() - 8
    return ~(sign | exponent << 4 | (level >> exponent + 3) & 15) & 255


def _linear(byte: int) -> int:
    byte = ~byte & 255
    level = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -level if byte & 0x80 else level
