"""Which records go into a bundle, and the lines they become.

Lines are written anew from validated records; no byte of a capture file is copied. The time span,
the installs and the outcomes choose; what is older goes first when the file would be too large.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pawwork_proxy.bundle.support_view import row_of
from pawwork_proxy.captures.lines import Damage, Reading, read_line
from pawwork_proxy.captures.reader import Lines, no_capture
from pawwork_proxy.captures.sources import CaptureSource, each_once, each_readable
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.model.capture import End, Header, Note, Opened, Stub, StubReason
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection, Hello
from pawwork_proxy.model.manifest import SupportRow
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.rules import classify, judge
from pawwork_proxy.report.unmatched import unmatched

COMPRESSION_LEVEL = 6
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

    def takes(self, exchange: Exchange) -> bool:
        """Whether an exchange is asked for; its outcome by the rules of this version."""
        return self.covers(exchange.timing.started_at, exchange.context.install) and (
            not self.outcomes or classify(exchange.signals).kind in self.outcomes
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One exchange, withheld or interrupted exchange, or connection, as the line it will be."""

    at: datetime
    seq: int
    """0 for a connection, which has none."""
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
    hellos: tuple[str | None, ...] = ()
    """Digests of the handshakes that it names."""


@dataclass
class ChosenCapture:
    """What goes in of one capture."""

    path: Path
    header: Header
    header_line: bytes
    installs: tuple[str, ...] = ()
    """Those of the whole capture."""
    hellos: list[bytes] = field(default_factory=list)
    """Those that a record names."""
    records: list[Record] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    end: bytes = b""
    damaged: int = 0
    lost: int = 0

    def words(self) -> list[str]:
        """What the user calls its installs and its network."""
        names = [*(install.label for install in self.header.installs), self.header.network]
        return [name for name in names if name]

    def pieces(self) -> tuple[bytes, ...]:
        """The lines of the capture that this makes."""
        lines = (record.line for record in self.records)
        return tuple(filter(None, (self.header_line, *self.hellos, *lines, *self.notes, self.end)))


def choose(
    sources: Sequence[CaptureSource],
    choice: Choice,
    written: LineOf = line_of,
    progress: Callable[[int], None] = lambda _: None,
    remarks: list[str] | None = None,
    reading: Reading = read_line,
) -> list[ChosenCapture]:
    """The chosen part of each capture that has one, oldest capture first.

    `reading` makes a noun of each line. A capture and its copy go in once. `progress` is told how
    many bytes are read by now; sources that are left out are named in `remarks`. Raises
    CaptureFormatError or BundleError when none can be read.
    """
    remarks = [] if remarks is None else remarks
    once = each_once(sources, remarks)
    before = sum(source.size for source in sources) - sum(source.size for source in once)

    def part(source: CaptureSource) -> ChosenCapture:
        nonlocal before
        start, before = before, before + source.size
        with source.open() as stream:
            lines = Lines(stream, source.path, reading)
            made = _part(source.path, lines, choice, written, lambda done: progress(start + done))
        progress(before)
        return made

    parts = list(each_readable(once, part, remarks))
    there = (name for one in parts for name in one.installs)
    remarks += unmatched("--install", sorted(choice.installs), there)
    chosen = [one for one in parts if one.records]
    return sorted(chosen, key=lambda part: (part.header.started_at, part.header_line))


def _part(
    path: Path, lines: Lines, choice: Choice, written: LineOf, progress: Callable[[int], None]
) -> ChosenCapture:
    part: ChosenCapture | None = None
    damages: list[Damage] = []
    hellos: list[Hello] = []
    for line in lines:
        progress(lines.offset)
        if isinstance(line, Damage):
            damages.append(line)
        elif isinstance(line, Header):
            header = _narrowed(line, choice)
            names = tuple(one.label for one in line.installs)
            part = ChosenCapture(path, header, written(header), names)
        elif part is None:
            continue  # the reader lets nothing pass before a header
        elif isinstance(line, Hello):
            hellos.append(line)
        elif isinstance(line, Exchange | Stub | Connection):
            part.records += filter(None, [_record(line, lines.number, choice, written)])
        elif isinstance(line, Note) and choice.covers(line.at, line.install):
            part.notes.append(written(line))
            part.lost += (line.count or 0) if line.event == "records_lost" else 0
        elif isinstance(line, End):
            part.end = written(line)
    if part is None:
        raise no_capture(path, damages)
    under_way = (_record(one, at, choice, written) for at, one in lines.under_way.values())
    part.records += filter(None, under_way)
    part.records.sort(key=lambda record: record.seq)
    named = {digest for record in part.records for digest in record.hellos}
    part.hellos = [written(one) for one in hellos if one.digest in named]
    part.damaged = len(damages)
    return part


def _record(
    line: Exchange | Stub | Opened | Connection, number: int, choice: Choice, written: LineOf
) -> Record | None:
    """What a line of the capture becomes, if it is chosen."""
    if isinstance(line, Exchange):
        if not choice.takes(line):
            return None
        return Record(
            line.timing.started_at,
            line.seq,
            written(line),
            number,
            row=row_of(line, judge(line.signals)),
            outcome=line.outcome.kind,
            observed_in_part=line.signals.unobserved is not None,
            redactions=tuple((one.rule, one.count) for one in line.redactions),
            hellos=(line.context.client_hello, line.context.upstream_hello),
        )
    if choice.outcomes or not choice.covers(line.at, line.install):
        return None  # a record without an outcome is of none that was asked for
    if isinstance(line, Connection):
        return Record(line.at, 0, written(line), number, hellos=(line.client_hello,))
    suppressed = line.reason if isinstance(line, Stub) else None
    return Record(line.at, line.seq, written(line), number, suppressed=suppressed)


def _narrowed(header: Header, choice: Choice) -> Header:
    """A header that names no install which was not asked for."""
    if not choice.installs:
        return header
    kept = tuple(one for one in header.installs if one.label in choice.installs)
    return header.model_copy(update={"installs": kept})


def newest(parts: Sequence[ChosenCapture], count: int) -> list[ChosenCapture]:
    """The `count` newest records of all parts, and the parts that have any of them."""
    kept = {id(record) for record in _newest_first(parts)[:count]}
    narrowed = (
        replace(part, records=[one for one in part.records if id(one) in kept]) for part in parts
    )
    return [part for part in narrowed if part.records]


def count_that_fits(parts: Sequence[ChosenCapture], limit: int) -> int:
    """How many of the newest records fit into `limit` bytes once compressed, at most."""
    packer = zlib.compressobj(COMPRESSION_LEVEL)
    packed = count = 0
    for record in _newest_first(parts):
        packed += len(packer.compress(record.line))
        if packed > limit:
            break
        count += 1
    return count


def _newest_first(parts: Sequence[ChosenCapture]) -> list[Record]:
    return sorted(
        (record for part in parts for record in part.records),
        key=lambda record: (record.at, record.seq, record.line),
        reverse=True,
    )
