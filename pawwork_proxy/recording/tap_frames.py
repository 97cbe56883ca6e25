"""Frames that the tap in a client sends (`clients/tap.mjs`): JSON, one a line.

Pure. Invariant: whatever the bytes are, nothing is raised, no more than one frame is held, and what
is no frame of a type below is counted and skipped.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

LONGEST_FRAME = 1024 * 1024
"""The tap cuts bodies into pieces that stay far below it."""

Milliseconds = Annotated[float, Meta(ge=0, lt=32_503_680_000_000)]
"""The client's clock, since 1970; before the year 3000."""
Number = Annotated[int, Meta(ge=0, lt=2**31)]
Short = Annotated[str, Meta(max_length=128)]
Kind = Literal["open", "body", "sent", "head", "chunk", "end"]


class _Frame(Struct, frozen=True, gc=False, kw_only=True, tag_field="t"):
    at: Milliseconds


class Hello(_Frame, frozen=True, gc=False, kw_only=True, tag="hello"):
    """The first frame of a connection: which process this is."""

    token: Short
    pid: Number
    runtime: Literal["bun", "node"]
    version: Short
    program: Short


class Client(_Frame, frozen=True, gc=False, kw_only=True, tag="client"):
    """The process is a client, also if it has asked nothing yet."""


class Unseen(_Frame, frozen=True, gc=False, kw_only=True, tag="unseen"):
    """A request went out that could not be described."""


class _OfExchange(_Frame, frozen=True, gc=False, kw_only=True):
    id: Number
    lost: dict[Kind, Number] = {}
    """Frames of this exchange that were dropped since its last one, since nobody took them."""


class Open(_OfExchange, frozen=True, gc=False, kw_only=True, tag="open"):
    """A request as it was given to `fetch`."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]


class Body(_OfExchange, frozen=True, gc=False, kw_only=True, tag="body"):
    """A piece of the request's body."""

    data: bytes


class Sent(_OfExchange, frozen=True, gc=False, kw_only=True, tag="sent"):
    """The request has been handed over, its body seen or not."""

    seen: bool


class Head(_OfExchange, frozen=True, gc=False, kw_only=True, tag="head"):
    """The response has begun."""

    status: Number
    headers: tuple[tuple[str, str], ...]


class Chunk(_OfExchange, frozen=True, gc=False, kw_only=True, tag="chunk"):
    """A piece of the response's body, without its content coding."""

    data: bytes


class Ended(_OfExchange, frozen=True, gc=False, kw_only=True, tag="end"):
    """The exchange is over: `left` by the client, `unseen` from here on."""

    how: Literal["complete", "left", "failed", "unseen"]
    code: Short = ""


Frame = Hello | Client | Unseen | Open | Body | Sent | Head | Chunk | Ended
_DECODER: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)


class FrameReader:
    """Cuts the bytes of one connection into frames."""

    def __init__(self) -> None:
        self.damaged = 0
        """Lines that were no frame."""
        self._held = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that these bytes complete."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._held) + line
            self._held.clear()
            skipped, self._skipping = self._skipping, False
            if skipped or len(whole) > LONGEST_FRAME:
                self.damaged += 1
            elif (frame := self._frame(whole)) is not None:
                yield frame
        if self._skipping or len(self._held) + len(rest) > LONGEST_FRAME:
            self._skipping = True
            self._held.clear()
        else:
            self._held += rest

    def _frame(self, line: bytes) -> Frame | None:
        try:
            return _DECODER.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            self.damaged += 1
            return None
