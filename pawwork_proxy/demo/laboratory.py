"""Networks to try things on: a simulator, and for each network a proxy with its installs.

They are child processes: this program itself, as a user would start it. Invariant: traffic stays on
loopback, and every process ends with the block that started it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pawwork_proxy.demo.conversation import DemoClient
from pawwork_proxy.errors import PawworkProxyError

HOME, OFFICE = "home", "office"
OFFICE_ADDRESS = "203.0.113.7"
"""Made-up public address (RFC 5737) of the office where loopback has one address only."""
MOST_CONVERSATIONS = 12
CLOCKS_APART_S = 3.5
"""The server's dates are whole seconds, so a capture's clock is known to a second and its middle to
half of one: only a gap longer than three shows which of two captures came first."""
_ENDS_WITHIN_S = 15
_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
PROMPTS = ("Why is the sky blue?", "Sort a list in Python.", "Name three rivers.")

Say = Callable[[str], None]


class Laboratory(NamedTuple):
    """What runs: the capture of each network, and the port of each install on it."""

    captures: tuple[Path, ...]
    ports: Mapping[tuple[str, str], int]
    """By network and install."""
    random: Random
    base: str
    """Of the clients: the path of the address that the simulator's catalogue names."""

    def converse(
        self,
        network: str,
        install: str,
        *,
        key: str = "public",
        until_refused: bool = False,
        say: Say = lambda _: None,
    ) -> None:
        """Let an install on a network hold one conversation, or some until one is refused."""
        client = DemoClient(self.ports[network, install], self.random, self.base, key)
        for number in range(MOST_CONVERSATIONS if until_refused else 1):
            statuses = client.converse(PROMPTS[number % len(PROMPTS)])
            say(f"{install}: conversation {number + 1}, HTTP {', '.join(map(str, statuses))}")
            if 429 in statuses:
                return


@contextmanager
def laboratory(
    captures: Path,
    preset: str,
    clock: str,
    installs: Mapping[str, Sequence[str]],
    random: Random,
    say: Say = lambda _: None,
) -> Iterator[Laboratory]:
    """Start everything: `installs` by network, HOME or OFFICE; `clock` is the simulated time.

    The networks are two loopback addresses; where there is but one, two ports of the simulator.
    """
    other = second_address()
    paths = []
    ports = {}
    with ExitStack() as stack:
        simulator = stack.enter_context(
            started("simulate", "--preset", preset, "--network", OFFICE_ADDRESS, "--clock", clock)
        )
        say(f"simulator listens on {simulator['url']}")
        for network, labels in installs.items():
            url, options = simulator["url"], []
            if network == OFFICE and other:
                options = ["--source", other]
            elif network == OFFICE:
                url = simulator["networks"][OFFICE_ADDRESS]
            for label in labels:
                options += ["--install", f"{label}@0"]
            arguments = ["run", "--upstream", url, "--network", network, "--egress-probe"]
            proxy = stack.enter_context(started(*arguments, "--captures", str(captures), *options))
            paths.append(Path(proxy["capture"]))
            for label, at in proxy["installs"].items():
                ports[network, label] = int(at.rpartition(":")[2])
            say(f"proxy for network '{network}': installs {', '.join(labels)}")
        yield Laboratory(tuple(paths), ports, random, simulator["base"])


@contextmanager
def started(*arguments: str) -> Iterator[dict[str, Any]]:
    """Start a command with `--format json`; yields its first line, ends it with the block."""
    command = [sys.executable, "-m", "pawwork_proxy", *arguments, "--format", "json"]
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    child = subprocess.Popen(  # noqa: S603  this program itself
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        creationflags=_OWN_GROUP,
    )
    assert child.stdout is not None
    try:
        line = child.stdout.readline()
        if not line:
            _, errors = child.communicate(timeout=_ENDS_WITHIN_S)
            said, _, hint = errors.strip()[-500:].removeprefix("error: ").partition("\nhint: ")
            raise PawworkProxyError(f"'{arguments[0]}' did not start: {said}", hint)
        yield json.loads(line)
    finally:
        _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    """Ask it to finish, as Ctrl-C does; a child that does not is killed."""
    if child.poll() is None:
        if sys.platform == "win32":
            child.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            child.terminate()
    try:
        child.communicate(timeout=_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


def second_address() -> str | None:
    """A second loopback address to leave from, or None (macOS has but one until told otherwise)."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return None
    return "127.0.0.2"
