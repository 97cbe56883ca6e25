"""Faults on demand: a table of kinds, and the rule that says which request gets one.

What each kind does is in `data/faults.toml`. Invariant: the same scenario, seed and order of
requests give the same faults.
"""

import random
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from pawwork_proxy.model.base import Noun
from pawwork_proxy.simulator.model_call import ModelCall
from pawwork_proxy.simulator.refusals import REFUSALS, WholeBody, own_error, text_of
from pawwork_proxy.simulator.tables import one_of, read_table

LONGEST_WAIT_S = 366 * 86400
Stage = Literal["edge", "provider", "stream", "transport"]


class FaultEffect(NamedTuple):
    """What a kind of fault does, and where in the world."""

    kind: str
    stage: Stage
    effect: str
    """In words."""
    status: int = 0
    """0: there is none, the connection is reset."""
    counted: bool = True
    """Whether the free limiter counts such a response."""
    body: WholeBody | None = None
    """Of kinds that are a whole response, whatever was asked."""
    refusal: str = ""
    """Of kinds that are a refusal of the server's own."""


class ErrorFrame(NamedTuple):
    """How providers word one kind of error inside a stream."""

    type: str
    code: str
    message: str


def _effect(
    kind: str,
    *,
    refusal: str = "",
    body: str | None = None,
    content_type: str = "",
    headers: Mapping[str, str] | None = None,
    **row: Any,
) -> FaultEffect:
    whole = None
    if refusal:
        whole = own_error(REFUSALS[refusal].type, text_of(REFUSALS[refusal].message))
    elif body is not None:
        whole = WholeBody(content_type, body.encode(), tuple((headers or {}).items()))
    return FaultEffect(kind, body=whole, **row)


_TABLE = read_table("faults")
_ON_DEMAND = {
    name: FaultEffect(name, "edge", f"refused with {row.type}", row.status, refusal=name)
    for name, row in REFUSALS.items()
}
_ROWS = {kind: _effect(kind, **row) for kind, row in (_TABLE["kind"] | _TABLE["answer"]).items()}
FAULTS: Mapping[str, FaultEffect] = _ROWS | {
    name: row for name, row in _ON_DEMAND.items() if name not in _ROWS
}
"""Every refusal can be had on demand, too, whatever the pools hold."""
FAILING: tuple[str, ...] = tuple(_TABLE["kind"])
"""The kinds that are failures."""
ERROR_FRAMES: Mapping[str, ErrorFrame] = {
    name: ErrorFrame(**row) for name, row in _TABLE["frame"].items()
}
Wait = Annotated[int, Field(ge=0, le=LONGEST_WAIT_S)] | Literal["midnight"]
FaultKind = Annotated[str, one_of(FAULTS)]


class Fault(Noun):
    """One kind of fault and the requests that get it: all conditions given must hold.

    Without any condition every request gets it.
    """

    kind: FaultKind
    every: int | None = Field(default=None, ge=1)
    """Every n-th model call, counted from 1."""
    at: tuple[int, ...] = ()
    """Sequence numbers of model calls, from 1."""
    header: str | None = Field(default=None, pattern=r"^\s*[^\s:]")
    """`name: substring`; both compared in lower case."""
    model: str | None = None
    """Model id."""
    chance: float | None = Field(default=None, gt=0, le=1)
    error: Annotated[str, one_of(ERROR_FRAMES)] = "overload"
    """What an error frame says."""
    after: int = Field(default=2, ge=0)
    """Events before the fault."""
    seconds: float = Field(default=1.0, ge=0, le=3600)
    at_once: bool = False
    """Strikes before anything is looked at or counted, as faults of the edge do."""
    wait: Wait | None = None
    """What `retry-after` names: seconds, or `midnight`, the next 00:00 UTC."""
    size: int = Field(default=8_000_000, ge=1, le=200_000_000)
    """Bytes of `big_body` and `huge_event`."""

    @property
    def stage(self) -> Stage:
        """Where in the pipeline this fault strikes."""
        return FAULTS[self.kind].stage

    def strikes(self, call: ModelCall, sequence: int, chance: random.Random) -> bool:
        """Does the `sequence`-th model call get this fault?

        Draws from `chance` only when every other condition holds.
        """
        if self.every is not None and sequence % self.every:
            return False
        if self.at and sequence not in self.at:
            return False
        if self.model is not None and call.model != self.model:
            return False
        if self.header is not None:
            name, _, wanted = self.header.partition(":")
            if not call.header_contains(name.strip(), wanted.strip()):
                return False
        return self.chance is None or chance.random() < self.chance
