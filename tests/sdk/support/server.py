"""The real `praxiloom` binary, on a free port, with its data in a temporary folder."""

import json
import os
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Engines that need no time of their own, for tests that are about the wire.
STANDINS = ("--stt-engine", "standin", "--tts-engine", "standin", "--llm-engine", "standin")
# Longest wait until a server answers: the recogniser loads its models first.
PATIENCE = 60.0


class Server:
    """A running server. Use it as a context."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        binary = Path(os.environ.get("PRAXILOOM_BINARY", target / "debug" / "praxiloom"))
        if not binary.is_file():
            raise FileNotFoundError(f"{binary} is missing: run scripts/test.sh build")
        self._folder = tempfile.TemporaryDirectory(prefix="praxiloom-sdk-")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PRAXILOOM_")}
        self._process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--data", self._folder.name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=clean | environment,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        try:
            self.url = self._first_line().rsplit(" ", 1)[-1].rstrip("/")
            self._reader.start()
            self._wait_for_health()
        except BaseException:
            self.close()
            raise

    @property
    def api(self) -> str:
        """Where its API is, as clients want to be told."""
        return f"{self.url}/v1"

    def get(self, path: str) -> object:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._reader.is_alive():
            self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _first_line(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            self.log.append(line)
            if "http://" in line or "https://" in line:
                return line.strip()
        raise RuntimeError("the server ended: " + "".join(self.log))

    def _read(self) -> None:
        # Nobody else reads the pipe; a full one would hold the server up.
        assert self._process.stdout
        self.log.extend(self._process.stdout)

    def _wait_for_health(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.get("/health")
                return
            except OSError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError("the server does not answer: " + "".join(self.log)) from None
                time.sleep(0.05)
