"""What the simulator saw: the truth that tests compare captures with.

Kept in memory and shown to nobody but the operator, since it holds raw headers; bodies are kept
as length and hash only. Invariant: one entry per request whose head arrived whole, in order.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

ActualEnd = Literal["open", "complete", "client_left", "fault"]
"""`fault`: the simulator itself cut or broke the response; `open`: not over yet."""


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

    def as_json(self) -> dict[str, Any]:
        """For the inspection endpoint; header bytes as latin-1, which loses nothing."""
        fields: dict[str, Any] = {
            name: getattr(self, name) for name in self.__slots__ if name != "headers"
        }
        fields["headers"] = [
            [name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers
        ]
        return fields


class SeenLog:
    """The latest entries and a total."""

    def __init__(self, keep: int = 100_000) -> None:
        self._entries: deque[Seen] = deque(maxlen=keep)
        self.total = 0

    def add(self, entry: Seen) -> None:
        """Append; the oldest is forgotten when there are too many."""
        self._entries.append(entry)
        self.total += 1

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Seen:
        return self._entries[index]

    def calls(self) -> list[Seen]:
        """The model calls alone."""
        return [entry for entry in self._entries if entry.call is not None]

    def after(self, number: int) -> list[Seen]:
        """Entries later than request `number`."""
        return [entry for entry in self._entries if entry.number > number]
