"""Reads an answer as it passes, in bounded memory.

Invariant: never raises, never changes a byte, keeps no more than a bounded head and tail.
"""

from __future__ import annotations

from collections.abc import Sequence

from pawwork_proxy.classification.answer import Answer, RawFinds
from pawwork_proxy.model.signals import Ending, Signals

__all__ = ["Answer", "AnswerReader", "RawFinds"]


class AnswerReader:
    """Fed with the bytes of one answer as on the wire; then asked once what they were."""

    def __init__(
        self,
        status: int | None,
        headers: Sequence[tuple[str, str]] = (),
        streaming: bool | None = None,
        made_by_proxy: bool = False,
    ) -> None:
        self._status = status
        self._made_by_proxy = made_by_proxy

    def feed(self, raw: bytes) -> int:
        """Take the next bytes; return how many events of a stream they completed."""
        return 0

    def finish(self, ending: Ending) -> Answer:
        """What the answer was."""
        return Answer(
            signals=Signals(status=self._status, ending=ending, made_by_proxy=self._made_by_proxy)
        )
