"""A real `pawwork-proxy simulate` process."""

from __future__ import annotations

import json
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.end_to_end.proxy_process import PATIENCE, ROOT, clean_environment, cli


class SimulatorProcess:
    """Context manager around `simulate --format json`."""

    def __init__(self, *options: str) -> None:
        self._command = cli("simulate", "--format", "json", "--quiet", *options)

    def __enter__(self) -> SimulatorProcess:
        self._home = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            self._command,
            env=clean_environment(Path(self._home.name)),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self.started: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.started["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        self._home.cleanup()

    def seen(self) -> list[dict[str, Any]]:
        """Every request that the simulator counted."""
        authority = self.started.get("ca_certificate")
        trusted = ssl.create_default_context(cafile=authority) if authority else None
        address = f"{self.url}/_simulator/seen"
        with urllib.request.urlopen(address, timeout=PATIENCE, context=trusted) as answer:
            found = json.load(answer)
        requests = found["requests"]
        assert isinstance(requests, list)
        return requests

    def requests(self, path: str) -> int:
        """How many requests came for a path."""
        return sum(1 for one in self.seen() if one["target"].partition("?")[0] == path)

    def set_clock(self, now: str) -> None:
        """Move the simulated clock; it runs on from there."""
        self._post("/_simulator/clock", {"now": now})

    def ask(self, model: str) -> int:
        """One small direct request, past the proxy; its status."""
        return self._post("/zen/v1/chat/completions", {"model": model, "messages": []})

    def _post(self, path: str, body: dict[str, Any]) -> int:
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {"content-type": "application/json", "authorization": "Bearer public"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                answer.read()
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
