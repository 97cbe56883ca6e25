"""The lines of one large capture in DuckDB: one pass over the file, then questions to a table.

Invariant: every line is either an exchange of the table, an `opened` line that is counted, or one
of `other_lines`, which the ordinary reader judges. What DuckDB cannot read as lines, or cannot tell
apart by sequence number, raises `Unfoldable`: then the ordinary reader takes the whole file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, NamedTuple, Self

import duckdb

from pawwork_proxy.capture_file.reader import MAX_LINE_BYTES
from pawwork_proxy.comparison.observations import ServerClock
from pawwork_proxy.model.numbers import EARLIEST, LARGEST_COUNT, LATEST, LONGEST_MS
from pawwork_proxy.model.signals import Signals

MEMORY = "300MB"
"""What DuckDB may use before it writes to its temporary folder."""

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
HEADER = b'{"type":"header"'
EXCHANGE = b'{"type":"exchange","seq":'
"""How the lines of an exchange begin; the number follows."""

FROM_FILE = """
read_csv($path, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '',
  header = false, auto_detect = false, max_line_size = $longest,
  buffer_size = 4 * $longest)
"""

SIGNALS = tuple(name for name in Signals.model_fields if name not in {"date", "events"})
"""What may change an outcome, beside a stream's being empty."""

STRUCTURE = json.dumps(
    {
        "type": "VARCHAR",
        "seq": "BIGINT",
        "context": "JSON",
        "timing": {"started_at": "VARCHAR", "first_byte_ms": "DOUBLE", "total_ms": "DOUBLE"},
        "request": dict.fromkeys(
            (
                *("tier", "model", "model_group", "user_agent", "client"),
                *("session", "request", "project"),
            ),
            "VARCHAR",
        ),
        "auth": {"kind": "VARCHAR", "pseudonym": "VARCHAR"},
        "response": {
            "status": "INTEGER",
            "colo": "VARCHAR",
            "workspace": "VARCHAR",
            "cost": "DOUBLE",
            "date": "VARCHAR",
        },
        "signals": dict.fromkeys(Signals.model_fields, "VARCHAR"),
    }
)
"""What an observation reads of an exchange; the rest of the line is not looked at."""


def _is_moment(column: str) -> str:
    """Whether a text is a time as we write it, within the range; null for null."""
    return (
        f"({column} like '%Z' and coalesce(try_cast({column} as timestamp) "
        f"between '{EARLIEST:%Y-%m-%d}' and '{LATEST:%Y-%m-%d}', false))"
    )


LINES = f"""
create table lines as
with parsed as (
  select line, try(json_transform(line, $structure)) as it from {FROM_FILE} where line <> ''
), judged as (
  select *, coalesce(it.type = 'exchange' and it.seq between 0 and {LARGEST_COUNT}
      and {_is_moment("it.timing.started_at")} and it.signals is not null
      and coalesce({_is_moment("it.response.date")}, true)
      and coalesce(it.timing.first_byte_ms between 0 and {LONGEST_MS}, true)
      and coalesce(it.timing.total_ms between 0 and {LONGEST_MS}, true), false) as is_exchange,
    coalesce(it.type = 'opened' and it.seq between 0 and {LARGEST_COUNT}, false) as is_opened,
    coalesce(it.signals.status = '200' and it.signals.ending = 'complete'
      and it.signals.errors = '[]' and it.signals.retry_hints = '[]', false) as usual
  from parsed
)
select is_exchange, is_opened, it.seq as seq,
  epoch_us(it.timing.started_at::timestamp) as started,
  it.timing.first_byte_ms as first_ms, it.timing.total_ms as total_ms,
  epoch_us(it.response.date::timestamp) as dated,
  it.request.session as session, it.request.request as request,
  case when is_exchange then hash(
    it.context::varchar, it.request.tier, it.request.model, it.request.model_group,
    it.request.user_agent, it.request.client, it.request.project, it.auth, it.response.status,
    it.response.colo, it.response.workspace, it.response.cost > 0, it.response is null,
    it.timing.first_byte_ms is null, case when usual then
      struct_pack({", ".join(f"{name} := it.signals.{name}" for name in SIGNALS)}) end,
    usual and it.signals.events = '0') end as shape,
  case when is_exchange and not usual then json_extract(line, '$.signals')::varchar end as signals,
  case when not is_exchange and not is_opened then line end as other
from judged
"""

COLUMNS = "seq, started, first_ms, total_ms, shape, session, request, signals"

RUNS = """
with placed as (
  select *, started + $offset as moment,
    started + coalesce(first_ms, 0) * 1000 as head,
    started + greatest(coalesce(total_ms, 0), coalesce(first_ms, 0)) * 1000 as ended,
    request in (select unnest($refused)) as again,
    case when $by_session or session in (select unnest($kept)) then coalesce(session, '')
      else '*' end as company
  from lines where is_exchange and shape in (select unnest($shapes))
), numbered as (
  select *, row_number() over cell as place
  from placed
  window cell as (
    partition by shape, company, again, moment // $hour, (moment - $error) // $day,
      cast(head + $offset + $error as bigint) // $day
    order by started desc, seq desc)
), celled as (
  select *, moment // $hour as hour, (moment - $error) // $day as early,
    cast(head + $offset + $error as bigint) // $day as late from numbered
)
select count(*) - 1, coalesce(any_value(again), false),
  count(distinct session) filter (place > 1) <= 1 and
    (count(session) filter (place > 1)) in (0, count(*) - 1),
  max(head) filter (place > 1), max(ended) filter (place > 1),
  arg_max(struct_pack(COLUMNS), (started, seq)),
  arg_min(struct_pack(COLUMNS), (started, seq)) filter (place > 1)
from celled group by shape, company, again, hour, early, late
""".replace("COLUMNS", COLUMNS)


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


class LargeCapture:
    """A capture file in a table of its own, as long as the block lasts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = TemporaryDirectory(prefix="pawwork-engine-")
        self._database = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": 1,
                "temp_directory": self._folder.name,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        self._stopped = False
        self._file = {"path": str(path), "longest": MAX_LINE_BYTES}

    def __enter__(self) -> Self:
        _OPEN.add(self)
        try:
            self._ask(LINES, structure=STRUCTURE, **self._file)
        except duckdb.Error as error:
            self.close()
            if isinstance(error, duckdb.InterruptException):
                raise
            raise Unfoldable(type(error).__name__) from None
        total, different = self._ask(
            "select count(*), count(distinct seq) from lines where is_exchange"
        )[0]
        if total != different:
            self.close()
            raise Unfoldable("sequence numbers repeat")
        self.exchanges: int = total
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back memory and temporary files."""
        _OPEN.discard(self)
        self._database.close()
        self._folder.cleanup()

    def interrupt(self) -> None:
        """Make whoever reads it, in whatever thread, fail soon."""
        self._stopped = True
        self._database.interrupt()

    @property
    def begins_with_header(self) -> bool:
        """Whether no record stands before the header."""
        with self._path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER

    @property
    def under_way(self) -> int:
        """Requests with an `opened` line and no exchange; stubs are not counted off."""
        found: int = self._ask(
            "select count(*) from (select seq from lines where is_opened "
            "except select seq from lines where is_exchange)"
        )[0][0]
        return found

    def other_lines(self) -> Iterator[bytes]:
        """Every line that is neither an exchange nor an `opened`, in the order of the file."""
        for (line,) in self._ask("select other from lines where other is not null"):
            yield line.encode()

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
        """Sequence number of one exchange of each shape, and the shape."""
        return dict(self._ask("select min(seq), shape from lines where is_exchange group by shape"))

    def lines_of(self, numbers: Collection[int]) -> Iterator[bytes]:
        """The lines of these exchanges, from the file; reading stops after the last of them."""
        left = set(numbers)
        with self._path.open("rb") as file:
            for line in file:
                if not left:
                    return
                if line.startswith(EXCHANGE):
                    number = line[len(EXCHANGE) : len(EXCHANGE) + 20].partition(b",")[0]
                    if number.isdigit() and int(number) in left:
                        left.remove(int(number))
                        yield line.rstrip(b"\n")

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

    def runs(
        self,
        shapes: Collection[int],
        refused: Collection[str],
        clock: ServerClock,
        *,
        by_session: bool,
        but: Collection[str] = (),
    ) -> list[Run]:
        """The exchanges of these shapes as runs per session, hour and reset day.

        `refused`: user actions that were refused. `by_session=False` merges sessions, `but` these.
        """
        found = self._ask(
            RUNS,
            shapes=list(shapes),
            refused=list(refused),
            kept=list(but),
            by_session=by_session,
            offset=round(clock.offset_s * 1e6),
            error=round(clock.error_s * 1e6),
            hour=HOUR_US,
            day=DAY_US,
        )
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
