"""Which records go into a bundle, and the lines they become.

Lines are written anew from validated records; no byte of a capture file is copied. The time span,
the installs and the outcomes choose; what is older goes first when the file would be too large.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pawwork_proxy.bundle.archive import COMPRESSION_LEVEL
from pawwork_proxy.bundle.support_view import row_of
from pawwork_proxy.captures.copies import each_once
from pawwork_proxy.captures.lines import Damage, read_line
from pawwork_proxy.captures.reader import Lines, no_capture
from pawwork_proxy.captures.sources import CaptureSource, each_readable
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import End, Header, Line, Note, Opened, Stub, StubReason
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.rules import classify

LineOf = Callable[[Noun], bytes]
"""Writes a noun as the line it will be in the bundle."""


@dataclass(frozen=True)
class Choice:
    """What the user asked for; empty means all."""

    installs: frozenset[str] = frozenset()
    outcomes: frozenset[Kind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, at: datetime, install: str | None) -> bool:
        """Whether a moment of an install is asked for; None: of no install in particular."""
        return (
            (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
            and (install is None or not self.installs or install in self.installs)
        )

    def covers_no_outcome(self, at: datetime, install: str | None) -> bool:
        """Whether a record without an outcome is asked for."""
        return not self.outcomes and self.covers(at, install)

    def takes(self, exchange: Exchange) -> bool:
        """Whether an exchange is asked for; its outcome by the rules of this version."""
        return self.covers(exchange.timing.started_at, exchange.context.install) and (
            not self.outcomes or classify(exchange.signals).kind in self.outcomes
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One exchange, withheld or interrupted exchange, as the line it will be."""

    at: datetime
    seq: int
    line: bytes
    number: int
    """Of its line in the capture file."""
    row: SupportRow | None = None
    """None unless it is an exchange; under the pseudonyms of the capture."""
    outcome: Kind | None = None
    """As the record states it."""
    observed_in_part: bool = False
    suppressed: StubReason | None = None
    redactions: tuple[tuple[str, int], ...] = ()


@dataclass
class Part:
    """What goes in of one capture."""

    path: Path
    header: bytes
    started_at: datetime
    simulated: bool
    words: tuple[str, ...] = ()
    """What the user calls its installs and its network."""
    records: list[Record] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    end: bytes = b""
    damaged: int = 0
    lost: int = 0

    def pieces(self) -> tuple[bytes, ...]:
        """The lines of the capture that this makes."""
        lines = (record.line for record in self.records)
        return tuple(filter(None, (self.header, *lines, *self.notes, self.end)))


def choose(
    sources: Sequence[CaptureSource],
    choice: Choice,
    written: LineOf = line_of,
    progress: Callable[[int], None] = lambda _: None,
    remarks: list[str] | None = None,
) -> list[Part]:
    """The chosen part of each capture that has one, oldest capture first.

    A capture and its copy go in once. `progress` is told how many bytes are read by now; sources
    that are left out are named in `remarks`. Raises CaptureFormatError or BundleError when none can
    be read.
    """
    remarks = [] if remarks is None else remarks
    once = each_once(sources, remarks)
    before = sum(source.size for source in sources) - sum(source.size for source in once)

    def part(source: CaptureSource) -> Part:
        nonlocal before
        start, before = before, before + source.size
        with source.open() as stream:
            lines = Lines(stream, source.path, read_line)
            made = _part(source.path, lines, choice, written, lambda done: progress(start + done))
        progress(before)
        return made

    parts = each_readable(once, part, remarks)
    chosen = [one for one in parts if one.records]
    return sorted(chosen, key=lambda part: (part.started_at, part.header))


def _part(
    path: Path, lines: Lines, choice: Choice, written: LineOf, progress: Callable[[int], None]
) -> Part:
    collector: _Collector | None = None
    damages: list[Damage] = []
    for line in lines:
        progress(lines.offset)
        match line:
            case Damage():
                damages.append(line)
            case Header():
                collector = _Collector(path, line, choice, written)
            case Opened() | Exchange() | Stub() | Note() | End() if collector:
                collector.add(line, lines.number)
    if collector is None:
        raise no_capture(path, damages)
    part = collector.finished()
    part.damaged = len(damages)
    return part


class _Collector:
    """Takes the lines of one capture behind its header."""

    def __init__(self, path: Path, header: Header, choice: Choice, written: LineOf) -> None:
        self._choice = choice
        self._written = written
        self._opened: dict[int, tuple[int, Opened]] = {}
        narrowed = _narrowed(header, choice)
        words = [*(install.label for install in narrowed.installs), narrowed.network]
        self._part = Part(
            path,
            self._written(narrowed),
            header.started_at,
            header.simulated,
            tuple(word for word in words if word),
        )

    def add(self, line: Line, number: int) -> None:
        """Keep of a line what is chosen; `number` is its place in the file."""
        match line:
            case Opened():
                self._opened[line.seq] = (number, line)
            case Exchange():
                self._opened.pop(line.seq, None)
                if self._choice.takes(line):
                    self._part.records.append(self._record(line, number))
            case Stub():
                self._opened.pop(line.seq, None)
                if self._choice.covers_no_outcome(line.at, line.install):
                    self._part.records.append(
                        Record(
                            line.at, line.seq, self._written(line), number, suppressed=line.reason
                        )
                    )
            case Note() if self._choice.covers(line.at, line.install):
                self._part.notes.append(self._written(line))
                self._part.lost += (line.count or 0) if line.event == "records_lost" else 0
            case End():
                self._part.end = self._written(line)

    def finished(self) -> Part:
        """The part, with the requests that were under way when the run stopped."""
        self._part.records += [
            Record(one.at, one.seq, self._written(one), number)
            for number, one in self._opened.values()
            if self._choice.covers_no_outcome(one.at, one.install)
        ]
        self._part.records.sort(key=lambda record: record.seq)
        return self._part

    def _record(self, exchange: Exchange, number: int) -> Record:
        return Record(
            exchange.timing.started_at,
            exchange.seq,
            self._written(exchange),
            number,
            row=row_of(exchange),
            outcome=exchange.outcome.kind,
            observed_in_part=exchange.signals.unobserved is not None,
            redactions=tuple((one.rule, one.count) for one in exchange.redactions),
        )


def _narrowed(header: Header, choice: Choice) -> Header:
    """A header that names no install which was not asked for."""
    if not choice.installs:
        return header
    kept = tuple(one for one in header.installs if one.label in choice.installs)
    return header.model_copy(update={"installs": kept})


def newest(parts: Sequence[Part], count: int) -> list[Part]:
    """The `count` newest records of all parts, and the parts that have any of them."""
    kept = {id(record) for record in _newest_first(parts)[:count]}
    narrowed = (
        replace(part, records=[one for one in part.records if id(one) in kept]) for part in parts
    )
    return [part for part in narrowed if part.records]


def count_that_fits(parts: Sequence[Part], limit: int) -> int:
    """How many of the newest records fit into `limit` bytes once compressed, at most."""
    packer = zlib.compressobj(COMPRESSION_LEVEL)
    packed = count = 0
    for record in _newest_first(parts):
        packed += len(packer.compress(record.line))
        if packed > limit:
            break
        count += 1
    return count


def _newest_first(parts: Sequence[Part]) -> list[Record]:
    return sorted(
        (record for part in parts for record in part.records),
        key=lambda record: (record.at, record.seq, record.line),
        reverse=True,
    )
