"""The server answers as its OpenAPI document says, whatever schemathesis thinks of asking."""

import json
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

from support.case import ServerCase
from support.server import STANDINS, Server

# What fits the document and is refused all the same: offers that are no SDP, upgrades by what is no
# WebSocket client, sessions that make no sense, windows that end before they begin.
CONFIG = """
[parameters]
"path.id" = "{session}"

[[operations]]
include-tag = "realtime"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "get_peaks"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "404", "429"]
"""


KEY = "a key that is long enough"


class Document(ServerCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(*STANDINS, PRAXILOOM_ACCESS_TOKEN=KEY)

    async def test_holds_for_whatever_is_asked(self) -> None:
        async with self.talk(KEY) as talk:
            await talk.say("What would you like to talk about?")
            await talk.connection.response.create()
            await talk.done()
        [session] = self.sessions()
        with tempfile.TemporaryDirectory(prefix="praxiloom-document-") as folder:
            config = Path(folder, "schemathesis.toml")
            config.write_text(CONFIG.format(session=session["id"]))
            done = subprocess.run(
                [
                    Path(sys.executable).with_name("schemathesis"),
                    f"--config-file={config}",
                    "--no-color",
                    "run",
                    f"{self.server.url}/api/openapi.json",
                    f"--header=Authorization: Bearer {KEY}",
                    "--exclude-method=DELETE",
                    "--phases=examples,coverage,fuzzing",
                    "--max-examples=20",
                    "--seed=1",
                    "--warnings=off",
                ],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=120,
            )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def sessions(self) -> list:
        request = urllib.request.Request(f"{self.server.url}/api/sessions")
        request.add_header("Authorization", f"Bearer {KEY}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["sessions"]


if __name__ == "__main__":
    unittest.main()
