"""Captures in, observations and plain words about what is missing out.

Small captures are read line by line; of large ones only what a verdict can rest on becomes an
object (see `folding`). Invariant: one capture counts once, however often it is given, and a file
that cannot be used is named in the remarks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.captures.folding import MOST_ROWS, fold
from pawwork_proxy.captures.lines import Database, Unfoldable, interrupt_all
from pawwork_proxy.captures.reader import OBSERVED_IN_PART, Capture, capture_from
from pawwork_proxy.captures.sources import CaptureSource, Unreadable, capture_sources, nothing_left
from pawwork_proxy.comparison.observations import (
    Arrival,
    Gap,
    after_last,
    gaps,
    observations,
    server_clock,
    unrecorded,
)
from pawwork_proxy.errors import ConfigurationError, PawworkProxyError
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.gathered import CaptureSummary, Gathered
from pawwork_proxy.model.observation import SEVERAL, Observation
from pawwork_proxy.outcomes.rules import classify

NOT_JOINED = "their pseudonyms cannot be joined, so only the study with most exchanges is compared."
READ_WHOLE_BYTES = 32 * 1024 * 1024
"""Up to this size together, captures are read one exchange at a time: some 7 000 exchanges."""

READERS = 2
"""Large captures folded at a time; more would need more memory."""


class Part(NamedTuple):
    """One capture's share."""

    summary: CaptureSummary
    observations: Sequence[Observation]
    unrecorded: Sequence[Observation]


def gather(
    paths: Sequence[Path],
    *,
    alone: frozenset[str] = frozenset(),
    real_only: bool = False,
    on_whole: Callable[[Capture], None] = lambda _: None,
    whole_bytes: int = READ_WHOLE_BYTES,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Gathered:
    """Read captures, folders, patterns, bundles.

    `alone`: labels of networks that nobody else uses, as the user vouches. `on_whole` is called
    with each capture that is read whole, `progress` after each with the bytes read so far and in
    all.
    Raises CaptureFormatError or BundleError when no capture can be read, ConfigurationError when
    simulated captures are given together with real ones and `real_only` is not set.
    """
    remarks: list[str] = []
    parts = list(_parts(paths, alone, whole_bytes, remarks, on_whole, progress))
    parts = _each_once(parts, remarks)
    parts = _one_world(parts, real_only, remarks)
    summaries = tuple(part.summary for part in parts)
    remarks.extend(line for summary in summaries for line in incomplete(summary))
    remarks.extend(several_studies(summaries, NOT_JOINED))
    return Gathered(
        captures=summaries,
        observations=tuple(_unsure_of_requests(parts)),
        unrecorded=tuple(one for part in parts for one in part.unrecorded),
        remarks=tuple(remarks),
    )


def _unsure_of_requests(parts: Sequence[Part]) -> Iterator[Observation]:
    """All observations; a folded run forgets its requests if one may be refused in another capture.

    Within its own capture `folding` has seen to that.
    """
    refused: dict[str | None, set[tuple[str, str | None]]] = {}
    for part in parts:
        for one in part.observations:
            if one.kind == "free_usage_limit":
                refused.setdefault(one.who.install, set()).add((one.capture, one.who.session))
    for part in parts:
        for one in part.observations:
            who = one.who
            elsewhere = who.request == SEVERAL and any(
                capture != one.capture and who.session in {None, session}
                for capture, session in refused.get(who.install, ())
            )
            unsure = who.model_copy(update={"request": None})
            yield one.model_copy(update={"who": unsure}) if elsewhere else one


def recomputed(exchange: Exchange) -> Exchange:
    """The exchange with its outcome judged by the rules of this version."""
    return exchange.model_copy(update={"outcome": classify(exchange.signals)})


def summary_of(capture: Capture) -> CaptureSummary:
    """What is said about one capture that was read whole."""
    header = capture.header
    joined = sum(damage.reason == "another_capture" for damage in capture.damages)
    return CaptureSummary(
        name=capture.path.name,
        capture_id=header.capture_id,
        study_id=header.study_id,
        tool_version=header.tool_version,
        started_at=header.started_at,
        network=header.network,
        installs=tuple(install.label for install in header.installs),
        simulated=header.simulated,
        exchanges=len(capture.exchanges),
        under_way=len(capture.interrupted),
        withheld=len(capture.stubs),
        lost=sum(note.count or 0 for note in capture.notes if note.event == "records_lost"),
        in_part=sum(one.signals.unobserved is not None for one in capture.exchanges),
        damaged=len(capture.damages) - joined,
        joined=joined,
        ended=capture.end is not None,
    )


def incomplete(summary: CaptureSummary) -> Iterator[str]:
    """What a reader must know about a capture's completeness."""
    rows = (
        (not summary.exchanges, "it holds no exchange"),
        (not summary.ended, "interrupted: the run ended without closing it"),
        (summary.under_way, f"{summary.under_way} exchanges were under way when the run stopped"),
        (summary.withheld, f"{summary.withheld} records withheld, they could not be made safe"),
        (summary.lost, f"{summary.lost} records could not be written"),
        (summary.in_part, f"{summary.in_part} {OBSERVED_IN_PART}"),
        (summary.damaged, f"{summary.damaged} damaged lines skipped: what they held is missing"),
        (
            summary.joined,
            f"{summary.joined} lines of another capture stand behind it and are left out, "
            "give it as a file of its own",
        ),
    )
    yield from (f"{summary.name}: {words}." for applies, words in rows if applies)


def _parts(
    arguments: Sequence[Path],
    alone: frozenset[str],
    whole_bytes: int,
    remarks: list[str],
    on_whole: Callable[[Capture], None],
    progress: Callable[[int, int], None],
) -> Iterator[Part]:
    sources = capture_sources(arguments)
    done, total = 0, sum(source.size for source in sources)
    large = total > whole_bytes
    share = MOST_ROWS // max(len(sources), 1)

    unreadable: list[Unreadable] = []

    def part(source: CaptureSource) -> Part | Unreadable:
        try:
            if database is not None and source.plain and source.path.is_file():
                return _folded(source, database, alone, share, on_whole)
            return _whole(source, alone, on_whole)
        except PawworkProxyError as error:
            return Unreadable(source.path, error)

    with ExitStack() as stack:
        database = stack.enter_context(Database()) if large else None
        # DuckDB works outside the interpreter's lock, so a second thread uses the second core.
        readers = stack.enter_context(ThreadPoolExecutor(READERS if large else 1))
        progress(done, total)
        try:
            for source, found in zip(sources, readers.map(part, sources), strict=True):
                done += source.size
                progress(done, total)
                if isinstance(found, Unreadable):
                    unreadable.append(found)
                    remarks.append(found.remark)
                else:
                    yield found
        except BaseException:  # Ctrl-C, say: leaving the block would wait for every thread
            readers.shutdown(wait=False, cancel_futures=True)
            interrupt_all()
            raise
    if len(unreadable) == len(sources):
        raise nothing_left(unreadable)


def _folded(
    source: CaptureSource,
    database: Database,
    alone: frozenset[str],
    most_rows: int,
    on_whole: Callable[[Capture], None],
) -> Part:
    try:
        return Part(*fold(source.path, database, alone, most_rows))
    except Unfoldable:
        return _whole(source, alone, on_whole)


def _whole(
    source: CaptureSource, alone: frozenset[str], on_whole: Callable[[Capture], None]
) -> Part:
    with source.open() as stream:
        capture = capture_from(source.path, stream)
    on_whole(capture)
    exchanges = [recomputed(one) for one in capture.exchanges]
    return Part(
        summary_of(capture),
        tuple(observations(capture.header, exchanges, alone)),
        tuple(unrecorded(capture.header, _gaps(capture), server_clock(exchanges))),
    )


def _gaps(capture: Capture) -> Iterator[Gap]:
    """Requests that a capture read whole knows of and has no exchange of."""
    began = Arrival(0, capture.header.started_at)
    arrived = [Arrival(one.seq, one.timing.started_at) for one in capture.exchanges]
    known = [
        *arrived,
        *(Arrival(stub.seq, stub.at) for stub in capture.stubs),
        *(Arrival(one.seq, one.at) for one in capture.interrupted),
    ]
    others = [*capture.stubs, *capture.notes, capture.end]
    closing = after_last([began, *known], len(arrived), others)
    return gaps(pairwise([began, *arrived, closing]))


def _each_once(parts: Sequence[Part], remarks: list[str]) -> list[Part]:
    """A capture and its copy (in a bundle, say) would count every exchange twice."""
    kept: dict[str, Part] = {}
    for part in parts:
        first = kept.get(part.summary.capture_id)
        if first is None:
            kept[part.summary.capture_id] = part
            continue
        more = part.summary.exchanges > first.summary.exchanges
        if more:
            kept[part.summary.capture_id] = part
        gone, stays = (first, part) if more else (part, first)
        remarks.append(
            f"{gone.summary.name}: the same capture as {stays.summary.name}, counted once."
        )
    return list(kept.values())


def _one_world(parts: Sequence[Part], real_only: bool, remarks: list[str]) -> list[Part]:
    simulated = [part for part in parts if part.summary.simulated]
    if not simulated or len(simulated) == len(parts):
        return list(parts)
    if not real_only:
        raise ConfigurationError(
            f"{len(simulated)} of {len(parts)} captures are simulated, the others are real: "
            "a simulator says nothing about the real server",
            "give one kind only, or --real-only to leave the simulated ones out",
        )
    remarks.extend(f"{part.summary.name}: simulated, left out." for part in simulated)
    return [part for part in parts if not part.summary.simulated]


def several_studies(summaries: Sequence[CaptureSummary], so: str) -> Iterator[str]:
    """That captures are of different studies, which, and what follows from it."""
    studies: dict[str, list[str]] = {}
    for summary in summaries:
        studies.setdefault(summary.study_id, []).append(summary.name)
    if len(studies) > 1:
        groups = " | ".join(", ".join(names) for names in studies.values())
        yield (
            f"Captures of {len(studies)} different studies ({groups}): {so} Let every machine join "
            "one study first (pawwork-proxy study join), then capture anew."
        )
