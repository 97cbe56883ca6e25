"""The lines of one large capture in DuckDB: one pass over the file, then questions to a table.

Invariant: every line that is not blank is a row, in the order of the file: an exchange, an `opened`
that is counted, or one of `other_lines`, which the ordinary reader judges. Where the two do not
agree on what a line is, and where sequence numbers repeat, `Unfoldable` is raised: then the
ordinary reader takes the whole file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb

from pawwork_proxy.captures.queries import COLUMNS, DAY_US, HOUR_US, HOW_MANY_RUNS, LINES, RUNS
from pawwork_proxy.captures.reader import MAX_LINE_BYTES
from pawwork_proxy.comparison.observations import Arrival, ServerClock

MEMORY = "600MB"
"""What DuckDB may use, for all captures at a time, before it writes to its temporary folder."""


class Unfoldable(Exception):
    """The ordinary reader has to take this file."""


class ExchangeRow(NamedTuple):
    """One exchange, as far as it differs from others of its shape."""

    seq: int
    started_at: datetime
    first_byte_ms: float | None
    total_ms: float | None
    shape: int
    session: str | None
    request: str | None
    signals: str | None
    """JSON; None where the shape's own signals hold."""


class Run(NamedTuple):
    """Admissions of one cell: the latest, and a number of earlier ones from `first` on."""

    latest: ExchangeRow
    first: ExchangeRow | None
    earlier: int
    head: datetime
    end: datetime
    """When the last of the earlier ones was answered and over, by the machine's clock."""
    refused: bool
    """Whether their user actions were also refused, in other requests."""
    one_session: bool


class Cells(NamedTuple):
    """What makes admissions one run."""

    shapes: Collection[int]
    refused: Collection[str]
    """User actions that were refused."""
    clock: ServerClock
    by_session: bool = True
    kept: Collection[str] = ()
    """Sessions that stay apart where others are merged."""

    def values(self) -> dict[str, Any]:
        """For the placeholders of `CELLS`."""
        return {
            "shapes": list(self.shapes),
            "refused": list(self.refused),
            "kept": list(self.kept),
            "by_session": self.by_session,
            "offset": round(self.clock.offset_s * 1e6),
            "error": round(self.clock.error_s * 1e6),
            "hour": HOUR_US,
            "day": DAY_US,
        }


class Database:
    """DuckDB in memory, for any number of captures, as long as the block lasts."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="pawwork-engine-")
        self._connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": 1,
                "temp_directory": self._folder.name,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._folder.cleanup()

    def session(self) -> duckdb.DuckDBPyConnection:
        """A connection with temporary tables of its own, for one thread."""
        return self._connection.cursor()


class LargeCapture:
    """A capture file in a table of its own, as long as the block lasts."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database.session()
        self._stopped = False

    def __enter__(self) -> Self:
        _OPEN.add(self)
        try:
            self._ask(LINES, path=str(self._path))
        except duckdb.Error as error:
            self.close()
            if isinstance(error, duckdb.InterruptException):
                raise
            raise Unfoldable(type(error).__name__) from None
        self.rows: int
        self.exchanges: int
        self.rows, self.exchanges, different = self._ask(
            "select count(*), count(*) filter (is_exchange), "
            "count(distinct seq) filter (is_exchange) from lines"
        )[0]
        if self.exchanges != different:
            self.close()
            raise Unfoldable("sequence numbers repeat")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the table took."""
        _OPEN.discard(self)
        self._database.close()

    def interrupt(self) -> None:
        """Make whoever reads it, in whatever thread, fail soon."""
        self._stopped = True
        self._database.interrupt()

    @property
    def ends_torn(self) -> bool:
        """Whether the last line was no JSON object when it was read."""
        found = self._ask("select is_object from lines order by rowid desc limit 1")
        return bool(found) and not found[0][0]

    @property
    def under_way(self) -> int:
        """Requests with an `opened` line and no exchange; stubs are not counted off."""
        found: int = self._ask(
            "select count(*) from (select seq from lines where is_opened "
            "except select seq from lines where is_exchange)"
        )[0][0]
        return found

    @property
    def last_exchange(self) -> Arrival | None:
        """The exchange with the highest sequence number."""
        found = self._ask("select max(seq), arg_max(started, seq) from lines where is_exchange")[0]
        return None if found[0] is None else Arrival(found[0], utc(found[1]))

    @property
    def last_opened(self) -> Arrival | None:
        """The `opened` with the highest sequence number."""
        found = self._ask("select max(seq), arg_max(opened, seq) from lines where is_opened")[0]
        return None if found[0] is None else Arrival(found[0], utc(found[1]))

    def holes(self) -> list[tuple[Arrival | None, Arrival]]:
        """The exchanges on both sides of missing sequence numbers; None: there is none before."""
        found = self._ask(
            "select before, was, seq, started from (select seq, started, "
            "lag(seq) over places as before, lag(started) over places as was "
            "from lines where is_exchange window places as (order by seq)) "
            "where seq - coalesce(before, 0) > 1 order by seq"
        )
        return [
            (None if before is None else Arrival(before, utc(was)), Arrival(seq, utc(started)))
            for before, was, seq, started in found
        ]

    def others(self) -> list[int]:
        """Row numbers of the lines that are neither an exchange nor an `opened`."""
        found = self._ask("select rowid from lines where not is_exchange and not is_opened")
        return sorted(number for (number,) in found)

    def clock_bounds(self) -> tuple[float, float, float, float] | None:
        """Of all dated answers, in seconds: greatest lower and least upper bound of what to add
        to the machine's clock, then the least lower and the greatest upper one."""
        found = self._ask(
            "with bounds as (select (dated - started - coalesce(first_ms, 0) * 1000) / 1e6 as low, "
            "(dated + 1000000 - started) / 1e6 as high from lines "
            "where is_exchange and dated is not null) "
            "select max(low), min(high), min(low), max(high) from bounds"
        )[0]
        return None if found[0] is None else (found[0], found[1], found[2], found[3])

    def examples(self) -> dict[int, int]:
        """Row number of one exchange of each shape, and the shape."""
        return dict(
            self._ask("select min(rowid), shape from lines where is_exchange group by shape")
        )

    def texts(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The lines of these rows, from the file; reading stops after the last of them."""
        found: dict[int, bytes] = {}
        number = 0
        with self._path.open("rb", buffering=2**20) as file:
            while len(found) < len(numbers) and (line := file.readline(MAX_LINE_BYTES)):
                if len(line) == MAX_LINE_BYTES:
                    raise Unfoldable("a line is too long")
                if line.isspace():
                    continue
                if number in numbers:
                    found[number] = line
                number += 1
        if len(found) < len(numbers):
            raise Unfoldable("DuckDB saw more lines than there are")
        return found

    def unusual(self) -> Iterator[ExchangeRow]:
        """Every exchange whose answer was not simply whole, in order."""
        found = self._ask(
            f"select {COLUMNS} from lines where is_exchange and signals is not null order by seq"
        )
        yield from self._rows(found)

    def usual_of(self, shapes: Collection[int]) -> Iterator[ExchangeRow]:
        """The other exchanges, of these shapes, one by one."""
        found = self._ask(
            f"select {COLUMNS} from lines where is_exchange and signals is null "
            "and shape in (select unnest($shapes)) order by seq",
            shapes=list(shapes),
        )
        yield from self._rows(found)

    def how_many_runs(self, cells: Cells) -> int:
        """How many `runs` would find, without reading them."""
        found: int = self._ask(HOW_MANY_RUNS, **cells.values())[0][0]
        return found

    def runs(self, cells: Cells) -> list[Run]:
        """The exchanges of some shapes as runs per session, hour and reset day."""
        found = self._ask(RUNS, **cells.values())
        return [
            Run(
                latest=_row(**latest),
                first=None if first is None else _row(**first),
                earlier=earlier,
                head=utc(head or 0),
                end=utc(end or 0),
                refused=again,
                one_session=one_session,
            )
            for earlier, again, one_session, head, end, latest, first in found
        ]

    def _rows(self, found: Iterable[Any]) -> Iterator[ExchangeRow]:
        for values in found:
            self._go_on()
            yield _row(*values)

    def _go_on(self) -> None:
        if self._stopped:
            raise duckdb.InterruptException

    def _ask(self, query: str, **values: Any) -> list[Any]:
        self._go_on()
        found: list[Any] = self._database.execute(query, values).fetchall()
        return found


_OPEN: set[LargeCapture] = set()


def interrupt_all() -> None:
    """Stop reading large captures in all threads: nobody waits for the answers any more."""
    for capture in list(_OPEN):
        capture.interrupt()


def utc(microseconds: float) -> datetime:
    """Microseconds since 1970 as a UTC time."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _row(
    seq: int,
    started: int,
    first_ms: float | None,
    total_ms: float | None,
    shape: int,
    session: str | None,
    request: str | None,
    signals: str | None,
) -> ExchangeRow:
    return ExchangeRow(seq, utc(started), first_ms, total_ms, shape, session, request, signals)
