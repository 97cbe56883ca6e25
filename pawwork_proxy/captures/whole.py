"""Captures that are read whole, for those who list rather than compare: which count, what to say.

Invariant: what `compare` says of a capture's completeness is said here in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.captures.gathering import incomplete, several_studies
from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.model.gathered import CaptureSummary

LOOKS_DIFFERENT = (
    "the same key, session or address has another pseudonym in each, so what is one and the same "
    "across them looks different."
)


def each_once(captures: Iterable[Capture]) -> list[Capture]:
    """A capture and its copy, in a bundle say, count once: the fuller one."""
    kept: dict[str, Capture] = {}
    for capture in captures:
        first = kept.get(capture.header.capture_id)
        if first is None or len(capture.exchanges) > len(first.exchanges):
            kept[capture.header.capture_id] = capture
    return list(kept.values())


def remarks_on(summaries: Sequence[CaptureSummary]) -> Iterator[str]:
    """What a reader must know: how whole each capture is, and what does not belong together."""
    for summary in summaries:
        yield from incomplete(summary)
    yield from several_studies(summaries, LOOKS_DIFFERENT)
    simulated = [summary.name for summary in summaries if summary.simulated]
    if simulated and len(simulated) < len(summaries):
        yield (
            f"{len(simulated)} of {len(summaries)} captures are simulated "
            f"({', '.join(simulated)}), the others are real: a simulator says nothing about the "
            "real server."
        )
