"""What changes while a simulator runs: its clock, what it saw, its rules and their counters.

What it saw is the truth that tests compare captures with. It is kept in memory and shown to nobody
but the operator, since it holds raw headers; bodies are kept as length and hash only. Invariant:
one entry per request whose head arrived whole, in order.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pawwork_proxy.simulator.scenario import Scenario
from pawwork_proxy.simulator.world import World
from pawwork_proxy.wire.client_hello import read_client_hello

HOME_REGION = "US"
KEPT = 100_000
"""Requests that are remembered."""
_RAW = {"headers", "client_hello"}
ActualEnd = Literal["open", "complete", "client_left", "fault"]
"""`fault`: the simulator itself cut or broke the response; `open`: not over yet."""


class SimulatedClock:
    """Runs at the speed of real time from wherever it was set."""

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = timedelta()
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """The simulated instant, aware UTC."""
        return datetime.now(UTC) + self._shift

    def set(self, instant: datetime) -> None:
        """From now on it is `instant` (aware)."""
        self._shift = instant.astimezone(UTC) - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Skip `seconds`; negative goes back."""
        self._shift += timedelta(seconds=seconds)


@dataclass(slots=True)
class Seen:
    """One request as it arrived, and what became of it."""

    number: int
    """Of requests, from 1; every method and path counts."""
    received_at: str
    """Simulated time, ISO 8601."""
    peer: str
    address: str
    """Made-up public address of the client."""
    method: str
    target: str
    """Path and query as sent."""
    headers: tuple[tuple[bytes, bytes], ...]
    """Names and values as sent, in order."""
    route: str
    """Protocol of a model call, or what else was asked for."""
    body_length: int = 0
    body_sha256: str = ""
    call: int | None = None
    """Sequence of the model call; None for anything else."""
    kind: str = ""
    """Decision of the world."""
    status: int | None = None
    """Status sent; None: none was."""
    pool_used: int | None = None
    pool_threshold: int | None = None
    sent_bytes: int = 0
    """Body bytes of the response, coded, before transfer framing."""
    ending: ActualEnd = "open"
    duration_ms: float = 0.0
    client_hello: bytes = b""
    """The TLS handshake message with which the client came; empty without TLS."""

    def as_json(self) -> dict[str, Any]:
        """For the inspection endpoint; header bytes as latin-1, which loses nothing."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in _RAW}
        headers = [[part.decode("latin-1") for part in header] for header in self.headers]
        hello = read_client_hello(self.client_hello)
        shown = hello and {"ja4": hello.ja4, "digest": hello.digest}
        return {**fields, "headers": headers, "client_hello": shown}


class SeenLog(deque[Seen]):
    """The latest entries and a total; the oldest is forgotten when there are too many."""

    def __init__(self, keep: int = KEPT) -> None:
        super().__init__(maxlen=keep)
        self.total = 0

    def add(self, entry: Seen) -> None:
        """Append and count."""
        self.append(entry)
        self.total += 1

    def calls(self) -> list[Seen]:
        """The model calls alone."""
        return [entry for entry in self if entry.call is not None]

    def after(self, number: int) -> list[Seen]:
        """Entries later than request `number`."""
        return [entry for entry in self if entry.number > number]


class State:
    """Shared by the server and by the endpoints that control it."""

    def __init__(
        self, scenario: Scenario, seed: int, start: datetime | None, keep: int = KEPT
    ) -> None:
        self.clock = SimulatedClock(start)
        self.seen = SeenLog(keep)
        self._seed = seed
        self.replace_scenario(scenario)

    def replace_scenario(self, scenario: Scenario) -> None:
        """Go on by other rules; all counters start anew, what was seen stays."""
        self.scenario = scenario
        self.world = World(scenario, self._seed)

    def region_of(self, seen: Seen) -> str:
        """The country that a request comes from."""
        return self.scenario.regions.get(seen.address, HOME_REGION)
