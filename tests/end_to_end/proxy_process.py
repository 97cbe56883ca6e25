"""A real `pawwork-proxy run` process, started and stopped by tests; no state is slept for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pawwork_proxy.captures.reader import Capture, read_capture
from pawwork_proxy.errors import CaptureFormatError

Found = TypeVar("Found")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
"""Seconds after which a state that does not come is a failure: a machine may be very busy."""


ON_LOOPBACK = {
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "npm_config_offline": "true",
}
"""With these a real client asks no other server than the one of the test: no catalogue of models,
no newer release, no packages of its plugins, for which it waits at its start."""


def clean_environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without proxies and with a private folder of its own."""
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return env | ON_LOOPBACK | {"PAWWORK_PROXY_HOME": str(home / "private"), **(extra or {})}


def cli(*arguments: str) -> list[str]:
    """The command line of a pawwork-proxy command."""
    return [sys.executable, "-m", "pawwork_proxy", *arguments]


class ProxyProcess:
    """Context manager around `run --format json`."""

    def __init__(
        self,
        home: Path,
        upstream: str,
        *options: str,
        installs: Sequence[str] = ("main@0",),
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "pawwork_proxy"),
    ) -> None:
        self.home = home
        self._command = [sys.executable, *program, "run", "--format", "json"]
        self._command += ["--upstream", upstream]
        self._command += ["--captures", str(home / "captures"), *options]
        for install in installs:
            self._command += ["--install", install]
        self._env = clean_environment(home, env)

    def __enter__(self) -> ProxyProcess:
        self.stderr_path = self.home / "run.stderr"
        with self.stderr_path.open("ab") as stderr:
            self.process = subprocess.Popen(
                self._command, env=self._env, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.stderr_path.read_text()
        self.started: dict[str, Any] = json.loads(line)
        self.ports = {
            label: int(url.rpartition(":")[2]) for label, url in self.started["installs"].items()
        }
        self.port = next(iter(self.ports.values()))
        self.url = f"http://127.0.0.1:{self.port}"
        self.capture_path = Path(self.started["capture"])
        self.ca_certificate = Path(self.started["ca_certificate"])
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self) -> dict[str, Any]:
        """Ask the proxy to end, as Ctrl-C does; its last line of output."""
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, self.stderr_path.read_text()
        return json.loads(out) if out.strip() else {}

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def capture(self) -> Capture:
        """What is on disk now."""
        return read_capture(self.capture_path)

    def wait_for(self, state: Callable[[Capture], bool]) -> Capture:
        """The capture as soon as it is in a state."""

        def look() -> Capture | None:
            try:
                capture = self.capture()
            except CaptureFormatError:
                return None
            return capture if state(capture) else None

        return wait_for(look)

    def wait_for_exchanges(self, number: int) -> Capture:
        """The capture once it holds so many exchanges."""
        return self.wait_for(lambda capture: len(capture.exchanges) >= number)


def wait_for(
    look: Callable[[], Found | None], patience: float = PATIENCE, every: float = 0.01
) -> Found:
    """The first result that is not None, polled until patience ends."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if found is not None:
            return found
        assert time.monotonic() < deadline, "the state did not come"
        time.sleep(every)
