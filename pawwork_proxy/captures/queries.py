"""The SQL that reads a large capture: lines to a table, and admissions to runs.

Invariant: values are parameters; the texts are put together of our own names and limits only.
"""

from __future__ import annotations

from collections.abc import Mapping

from pawwork_proxy.captures.reader import MAX_LINE_BYTES
from pawwork_proxy.model.numbers import EARLIEST, LARGEST_COUNT, LATEST, LONGEST_MS
from pawwork_proxy.model.signals import Signals

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
SIGNALS = tuple(name for name in Signals.model_fields if name not in {"date", "events"})
"""What may change an outcome, beside a stream's being empty."""

Type = str | Mapping[str, "Type"]

READ: Mapping[str, Type] = {
    "type": "VARCHAR",
    "seq": "BIGINT",
    "at": "VARCHAR",
    "context": "JSON",
    "timing": {"started_at": "VARCHAR", "first_byte_ms": "DOUBLE", "total_ms": "DOUBLE"},
    "request": dict.fromkeys(
        (
            *("tier", "protocol", "model", "model_group", "user_agent", "client"),
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
    "signals": dict.fromkeys(Signals.model_fields, "JSON"),
}
"""What an observation reads of an exchange; the rest of a line need only be JSON."""


def _type(of: Type) -> str:
    if isinstance(of, str):
        return of
    return "STRUCT(" + ", ".join(f'"{name}" {_type(part)}' for name, part in of.items()) + ")"


def _is_moment(column: str) -> str:
    """Whether a text is a time as we write it, within the range; null for null."""
    return (
        f"({column} like '%Z' and coalesce(try_cast({column} as timestamp) "
        f"between '{EARLIEST:%Y-%m-%d}' and '{LATEST:%Y-%m-%d}', false))"
    )


# A line that is no JSON object becomes a row of nulls, so it keeps its place.
LINES = f"""
create temp table lines as
with judged as (
  select *,
    coalesce(type = 'exchange' and seq between 0 and {LARGEST_COUNT} and signals is not null
      and {_is_moment("timing.started_at")} and coalesce({_is_moment("response.date")}, true)
      and coalesce(timing.first_byte_ms between 0 and {LONGEST_MS}, true)
      and coalesce(timing.total_ms between 0 and {LONGEST_MS}, true), false) as is_exchange,
    coalesce(type = 'opened' and seq between 0 and {LARGEST_COUNT}
      and {_is_moment('"at"')}, false) as is_opened,
    coalesce(signals.status = '200' and signals.ending = '"complete"'
      and signals.errors = '[]' and signals.retry_hints = '[]', false) as usual
  from read_json($path, format = 'newline_delimited', ignore_errors = true,
    maximum_object_size = {MAX_LINE_BYTES}, compression = 'none', hive_partitioning = false,
    columns = {{{", ".join(f"'{name}': '{_type(of)}'" for name, of in READ.items())}}})
)
select is_exchange, is_opened, type is not null as is_object, seq,
  epoch_us(try_cast(timing.started_at as timestamp)) as started,
  epoch_us(try_cast("at" as timestamp)) as opened,
  timing.first_byte_ms as first_ms, timing.total_ms as total_ms,
  epoch_us(try_cast(response.date as timestamp)) as dated,
  request.session as session, request.request as request,
  case when is_exchange then hash(
    context, request.tier, request.protocol, request.model, request.model_group, request.user_agent,
    request.client, request.project, auth, response.status, response.colo, response.workspace,
    response.cost > 0, response is null, timing.first_byte_ms is null,
    case when usual then
      hash(signals.events = '0', {", ".join(f"signals.{name}" for name in SIGNALS)}) end
    ) end as shape,
  case when is_exchange and not usual then
    json_merge_patch('{{}}', to_json(signals))::varchar end as signals
from judged
"""

COLUMNS = "seq, started, first_ms, total_ms, shape, session, request, signals"

CELLS = """
with placed as (
  select *, started + $offset as moment,
    started + coalesce(first_ms, 0) * 1000 as head,
    started + greatest(coalesce(total_ms, 0), coalesce(first_ms, 0)) * 1000 as ended,
    request in (select unnest($refused)) as again,
    case when $by_session or session in (select unnest($kept)) then coalesce(session, '')
      else '*' end as company
  from lines where is_exchange and shape in (select unnest($shapes))
), celled as (
  select *, moment // $hour as hour, (moment - $error) // $day as early,
    cast(head + $offset + $error as bigint) // $day as late
  from placed
)
"""
CELL = "shape, company, again, hour, early, late"

HOW_MANY_RUNS = f"{CELLS} select count(*) from (select distinct {CELL} from celled)"

RUNS = f"""{CELLS}, numbered as (
  select *, row_number() over (partition by {CELL} order by started desc, seq desc) as place
  from celled
)
select count(*) - 1, coalesce(any_value(again), false),
  count(distinct session) filter (place > 1) <= 1 and
    (count(session) filter (place > 1)) in (0, count(*) - 1),
  max(head) filter (place > 1), max(ended) filter (place > 1),
  arg_max(struct_pack({COLUMNS}), (started, seq)),
  arg_min(struct_pack({COLUMNS}), (started, seq)) filter (place > 1)
from numbered group by {CELL}
"""
