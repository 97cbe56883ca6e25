"""Answers that are made here in place of the server's, as `--answer` asks.

They are made by the simulator, on a port of loopback that only this run knows, so that an
application gets the very bytes that the simulator's preset of that name sends. Invariant: nothing
of the traffic is kept there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pawwork_proxy.recording.answering import Answering, Choice
from pawwork_proxy.recording.destination import Upstream

if TYPE_CHECKING:
    from pawwork_proxy.simulator.scenario import Scenario


@dataclass(frozen=True)
class LocalAnswers:
    """What is answered with, and which model calls are."""

    state: str
    """Name of the outcome."""
    wait: str | None
    """As the user wrote it."""
    scenario: Scenario
    choice: Choice


@asynccontextmanager
async def answering(wanted: LocalAnswers | None) -> AsyncIterator[Answering | None]:
    """What answers inside the block; None where the server is to answer all."""
    if wanted is None:
        yield None
        return
    # Not at the top: a run that answers nothing listens sooner without.
    from pawwork_proxy.simulator.server import LOOPBACK, Simulator  # noqa: PLC0415

    async with Simulator(wanted.scenario, watched=False) as simulator:
        yield Answering(wanted.choice, Upstream("http", LOOPBACK, simulator.port))
