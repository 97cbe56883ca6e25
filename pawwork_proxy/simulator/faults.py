"""Faults on demand: a table of kinds, and the rule that says which request gets one.

A fault of stage `edge` answers before the pipeline, so nothing is counted; `provider` faults stand
for what the provider or the relay answers; `stream` and `transport` faults spoil an
answer that began well. Invariant: the same scenario, seed and order of requests give the same
faults.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from pawwork_proxy.model.base import Noun
from pawwork_proxy.simulator.facts import RequestFacts

FaultKind = Literal[
    "bad_gateway",
    "edge_timeout",
    "edge_blocked",
    "site_page",
    "redirect",
    "reset",
    "overload",
    "overloaded_529",
    "no_provider",
    "provider_limit",
    "provider_error",
    "client_closed",
    "internal_error",
    "empty_body",
    "big_body",
    "error_first",
    "error_later",
    "error_flat",
    "error_event",
    "no_end",
    "huge_event",
    "slow_first_byte",
    "slow_events",
    "stall",
    "cut",
    "truncated_encoding",
]
Stage = Literal["edge", "provider", "stream", "transport"]


class FaultRow(NamedTuple):
    """What a kind of fault does, and where it is seen in the world."""

    kind: FaultKind
    stage: Stage
    status: int | None
    effect: str
    counted: bool = True
    """Whether the free limiter counts such an answer (zen-facts 7.2)."""


FAULT_ROWS: tuple[FaultRow, ...] = (
    FaultRow("bad_gateway", "edge", 502, "the edge's own HTML page: bad gateway"),
    FaultRow("edge_timeout", "edge", 524, "the edge's own HTML page: origin timed out"),
    FaultRow("edge_blocked", "edge", 403, "`error code: 1010`, the edge refuses the client"),
    FaultRow("site_page", "edge", 404, "HTML of the web site instead of the API"),
    FaultRow("redirect", "edge", 302, "a redirect to the web site"),
    FaultRow("reset", "edge", None, "the connection is reset before any header"),
    FaultRow("overload", "provider", 503, "JSON `api_error`, no outer type: relay failed", False),
    FaultRow("overloaded_529", "provider", 529, "`overloaded_error` of an Anthropic-like provider"),
    FaultRow("no_provider", "provider", 401, "`ModelError`, no provider available", False),
    FaultRow("provider_limit", "provider", 429, "a provider's own rate limit, relayed"),
    FaultRow("provider_error", "provider", 500, "a provider's server error, relayed"),
    FaultRow("client_closed", "provider", 499, "empty 499: server thinks the client left", False),
    FaultRow("internal_error", "provider", 500, "`error`, Internal server error", False),
    FaultRow("empty_body", "provider", 200, "200 without a body"),
    FaultRow("big_body", "provider", 200, "a JSON answer of `size` bytes"),
    FaultRow("error_first", "stream", 200, "the first frame of the stream is an error"),
    FaultRow("error_later", "stream", 200, "an error frame after `after` events"),
    FaultRow("error_flat", "stream", 200, "a flat error frame after `after` events"),
    FaultRow("error_event", "stream", 200, "`event: error` after `after` events"),
    FaultRow("no_end", "stream", 200, "the stream ends without finish, trailer and [DONE]"),
    FaultRow("huge_event", "stream", 200, "one event of `size` bytes among the others"),
    FaultRow("slow_first_byte", "transport", 200, "`seconds` before the first byte"),
    FaultRow("slow_events", "transport", 200, "`seconds` before each event"),
    FaultRow("stall", "transport", 200, "silence after `after` events, until somebody leaves"),
    FaultRow("cut", "transport", 200, "the connection is reset in the middle of an event"),
    FaultRow("truncated_encoding", "transport", 200, "compressed body that ends too early"),
)
FAULTS: Mapping[FaultKind, FaultRow] = {row.kind: row for row in FAULT_ROWS}

FrameError = Literal["overload", "rate_limit", "server_error", "free_limit"]


class Fault(Noun):
    """One kind of fault and the requests that get it: all conditions given must hold.

    Without any condition every request gets it.
    """

    kind: FaultKind
    every: int | None = Field(default=None, ge=1)
    """Every n-th model call, counted from 1."""
    at: tuple[int, ...] = ()
    """Sequence numbers of model calls, from 1."""
    header: str | None = None
    """`name: substring`; both compared in lower case."""
    model: str | None = None
    """Model id."""
    chance: float | None = Field(default=None, gt=0, le=1)
    error: FrameError = "overload"
    """What an error frame says."""
    after: int = Field(default=2, ge=0)
    """Events before the fault."""
    seconds: float = Field(default=1.0, ge=0, le=3600)
    size: int = Field(default=8_000_000, ge=1, le=200_000_000)
    """Bytes of `big_body` and `huge_event`."""

    @model_validator(mode="after")
    def _header_has_name_and_value(self) -> Self:
        if self.header is not None and not self.header.partition(":")[0].strip():
            raise ValueError("header must look like 'name: substring'")
        return self

    @property
    def stage(self) -> Stage:
        """Where in the pipeline this fault strikes."""
        return FAULTS[self.kind].stage

    def strikes(self, facts: RequestFacts, sequence: int, chance: random.Random) -> bool:
        """Does the `sequence`-th model call get this fault?

        Draws from `chance` only when every other condition holds.
        """
        if self.every is not None and sequence % self.every:
            return False
        if self.at and sequence not in self.at:
            return False
        if self.model is not None and facts.model != self.model:
            return False
        if self.header is not None:
            name, _, wanted = self.header.lower().partition(":")
            value = facts.headers.get(name.strip())
            if value is None or wanted.strip() not in value.lower():
                return False
        return self.chance is None or chance.random() < self.chance
