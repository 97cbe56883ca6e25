"""Reads captures, and data sets made of them, into observations, and says in words what is missing.

Invariant: one capture counts once, however often it is given, and a file that cannot be used is
named in the remarks.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from pawwork_proxy.captures.aggregation import aggregate
from pawwork_proxy.captures.completeness import (
    NOT_COMPARED,
    incomplete,
    named,
    of_answers,
    of_handshakes,
    of_several_studies,
    summary_of,
)
from pawwork_proxy.captures.lake import read_part
from pawwork_proxy.captures.reader import Capture, view_capture
from pawwork_proxy.captures.sources import CaptureSource, each_once, each_readable
from pawwork_proxy.captures.tally import Tally
from pawwork_proxy.comparison.observations import Arrival, Neighbours, after_last, unrecorded
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.export.observations import Part, captures_of
from pawwork_proxy.model.comparison_input import CaptureSummary, ComparisonInput
from pawwork_proxy.model.observation import SEVERAL, Observation
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.unmatched import unmatched

ONE_BY_ONE = 8000
"""Exchanges of all captures together up to which each becomes an observation of its own."""
MOST_ROWS = 4000
"""Observations of all captures together beyond which sessions are merged as well."""

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


class _Part(NamedTuple):
    """One capture's share."""

    summary: CaptureSummary
    observations: Sequence[Observation]
    unrecorded: Sequence[Observation]


def gather(
    sources: Sequence[CaptureSource],
    *,
    exclusive: frozenset[str] = frozenset(),
    real_only: bool = False,
    one_by_one: int = ONE_BY_ONE,
    progress: Progress = lambda _done, _total: None,
    language: Language = ENGLISH,
) -> ComparisonInput:
    """Everything that a comparison or a report is made from.

    `exclusive`: labels of networks that nobody else uses, as the user vouches. Exchanges beyond
    `one_by_one` are aggregated. `progress` is called after each capture.
    Raises CaptureFormatError or BundleError when no capture can be read, ConfigurationError when
    simulated captures are given together with real ones and `real_only` is not set.
    """
    remarks: list[str] = []
    sources = each_once(sources, remarks, language)
    found = _parts(sources, exclusive, one_by_one, remarks, progress, language)
    parts = list(_not_stored_too(found, remarks, language))
    parts = _one_world(parts, real_only, remarks, language)
    summaries = tuple(part.summary for part in parts)
    remarks += unmatched("--alone", sorted(exclusive), (one.network for one in summaries), language)
    remarks += incomplete(summaries, language)
    remarks += of_answers(summaries, language)
    remarks += of_handshakes(summaries, language)
    remarks += of_several_studies(summaries, NOT_COMPARED, language)
    return ComparisonInput(
        captures=summaries,
        observations=tuple(_unsure_of_requests(parts)),
        unrecorded=tuple(one for part in parts for one in part.unrecorded),
        remarks=tuple(remarks),
    )


class _Read(NamedTuple):
    """One capture that was read, and its exchanges."""

    source: CaptureSource
    capture: Capture
    tally: Tally


def _parts(
    sources: Sequence[CaptureSource],
    exclusive: frozenset[str],
    one_by_one: int,
    remarks: list[str],
    progress: Progress,
    language: Language,
) -> Iterator[_Part]:
    done, total = 0, sum(source.size for source in sources)
    progress(done, total)

    def read(source: CaptureSource) -> _Read | Part:
        nonlocal done
        tally = Tally()
        try:
            if source.part is not None:
                return read_part(source.part, source.path)
            with source.open() as stream:
                return _Read(source, view_capture(source.path, stream, tally.add), tally)
        finally:
            done += source.size
            progress(done, total)

    exchanges = 0
    few: list[_Read] = []
    stored: list[Part] = []
    for one in each_readable(sources, read, remarks, language):
        if isinstance(one, Part):
            stored.append(one)
            continue
        few.append(one)
        exchanges += one.capture.count
        if exchanges > one_by_one:
            for many in few:
                share = MOST_ROWS * many.source.size // max(total, 1)
                rows = aggregate(
                    many.tally, many.capture.header, exclusive, share, many.capture.notes
                )
                yield _part(many, rows, language, aggregated=True)
            few.clear()
    for one in few:
        rows = one.tally.one_by_one(one.capture.header, exclusive, one.capture.notes)
        yield _part(one, rows, language)
    for summary, kept in captures_of(stored):
        yield _Part(
            summary,
            [_vouched(row.observation, exclusive) for row in kept if row.recorded],
            [row.observation for row in kept if not row.recorded],
        )


def _vouched(one: Observation, exclusive: frozenset[str]) -> Observation:
    """A stored observation, with what the user vouches for now."""
    vouched = one.who.network in exclusive
    return one if one.exclusive == vouched else one.model_copy(update={"exclusive": vouched})


def _not_stored_too(
    parts: Iterable[_Part], remarks: list[str], language: Language
) -> Iterator[_Part]:
    """Each capture once: what a data set has of a capture that is there itself is left out."""
    known: set[str] = set()
    twice: list[str] = []
    for part in parts:
        if part.summary.capture_id in known:
            twice.append(part.summary.name)
        else:
            known.add(part.summary.capture_id)
            yield part
    if twice:
        names = named(twice, language)
        remarks.append(language.say("In a data set as well, counted once: {names}.", names=names))


def _part(
    read: _Read, rows: Sequence[Observation], language: Language, *, aggregated: bool = False
) -> _Part:
    capture, tally = read.capture, read.tally
    return _Part(
        summary_of(capture, aggregated=aggregated, language=language),
        rows,
        tuple(unrecorded(capture.header, _around_gaps(capture, tally), tally.clock)),
    )


def _around_gaps(capture: Capture, tally: Tally) -> Iterator[Neighbours]:
    """The exchanges before and after requests of which a capture knows, but has no exchange.

    The moment when it began counts as number 0, the one when it ended as the number after the last.
    """
    began = Arrival(0, capture.header.started_at)
    known = [
        began,
        Arrival(*(tally.last or began)),
        *(Arrival(stub.seq, stub.at) for stub in capture.stubs),
        *(Arrival(one.seq, one.at) for one in capture.interrupted),
    ]
    closing = after_last(known, capture.count, [*capture.stubs, *capture.notes, capture.end])
    if capture.count < closing.seq - 1:  # in most captures each number has its exchange
        for one, other in pairwise(sorted([began, closing, *tally.arrivals()])):
            if other[0] - one[0] > 1:
                yield Arrival(*one), Arrival(*other)


def _one_world(
    parts: Sequence[_Part], real_only: bool, remarks: list[str], language: Language
) -> list[_Part]:
    simulated = [part.summary.name for part in parts if part.summary.simulated]
    if not simulated or len(simulated) == len(parts):
        return list(parts)
    if not real_only:
        raise ConfigurationError(
            f"{len(simulated)} of {len(parts)} captures are simulated, the others are real: "
            "a simulator says nothing about the real server",
            "give one kind only, or --real-only to leave the simulated ones out",
        )
    names = named(simulated, language)
    remarks.append(language.say("{names}: simulated, left out.", names=names))
    return [part for part in parts if not part.summary.simulated]


def _unsure_of_requests(parts: Sequence[_Part]) -> Iterator[Observation]:
    """All observations; a run forgets its user actions if one may be refused in another capture.

    Within its own capture `aggregation` has seen to that.
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
            if elsewhere:
                unsure = who.model_copy(update={"request": None})
                yield one.model_copy(update={"who": unsure})
            else:
                yield one
