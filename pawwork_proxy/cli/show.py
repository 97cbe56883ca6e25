"""`show`: captures as a table, with filters."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click
from rich.console import Console

from pawwork_proxy.captures.reader import OBSERVED_IN_PART, Capture
from pawwork_proxy.captures.sources import capture_sources, each_readable, whole_capture
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.report.exchange_table import exchange_table, interrupted_row, plain_line, row_of
from pawwork_proxy.report.plain_text import printable


def show(
    captures: Sequence[Path],
    installs: Sequence[str],
    outcomes: Sequence[str],
    models: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    local: bool,
    output: str,
) -> None:
    """Print the exchanges that pass the filters, capture by capture."""
    zone = datetime.now().astimezone().tzinfo if local else UTC

    def wanted(exchange: Exchange) -> bool:
        at = exchange.timing.started_at
        return (
            (not installs or exchange.context.install in installs)
            and (not outcomes or exchange.outcome.kind in outcomes)
            and (not models or exchange.request.model in models)
            and (since is None or at >= since)
            and (until is None or at < until)
        )

    filtered = bool(installs or outcomes or models or since or until)
    left_out: list[str] = []
    for capture in each_readable(capture_sources(captures), whole_capture, left_out):
        exchanges = [one for one in map(recomputed, capture.exchanges) if wanted(one)]
        if output == "json":
            for exchange in exchanges:
                click.echo(exchange.model_dump_json(exclude_none=True))
        else:
            _print_table(capture, exchanges, zone or UTC, filtered=filtered)
        for line in remarks(capture):
            click.echo(printable(f"{capture.path.name}: {line}"), err=True)
    warn(left_out)


def recomputed(exchange: Exchange) -> Exchange:
    """The exchange with its outcome judged by the rules of this version."""
    return exchange.model_copy(update={"outcome": classify(exchange.signals)})


def print_capture(capture: Capture) -> None:
    """Print a whole capture as a table, times in UTC."""
    _print_table(capture, [recomputed(one) for one in capture.exchanges], UTC, filtered=False)


def _print_table(
    capture: Capture, exchanges: Sequence[Exchange], zone: tzinfo, *, filtered: bool
) -> None:
    header = capture.header
    title = f"{capture.path.name}  {header.started_at:%Y-%m-%d}  network {header.network or '-'}"
    if header.simulated:
        title += "  SIMULATED"
    rows = [row_of(exchange, zone) for exchange in exchanges]
    if not filtered:
        rows += [interrupted_row(opened, zone) for opened in capture.interrupted]
    rows.sort(key=lambda row: row.seq)
    if sys.stdout.isatty():
        Console().print(exchange_table(rows, title))
    else:
        click.echo(printable(title))
        for row in rows:
            click.echo(plain_line(row))
    kinds = Counter(exchange.outcome.kind for exchange in exchanges)
    total = " · ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    click.echo(f"{len(exchanges)} exchanges{': ' + total if total else ''}")


def remarks(capture: Capture) -> Iterator[str]:
    """What a reader must know about a capture's completeness."""
    if capture.end is None:
        yield "no end line: the run goes on, or ended without closing the capture"
    if capture.interrupted:
        yield f"{len(capture.interrupted)} exchanges were under way when the run stopped"
    if capture.stubs:
        yield f"{len(capture.stubs)} records were withheld because they could not be made safe"
    lost = sum(note.count or 0 for note in capture.notes if note.event == "records_lost")
    if lost:
        yield f"{lost} records could not be written while the run went on"
    in_part = sum(one.signals.unobserved is not None for one in capture.exchanges)
    if in_part:
        yield f"{in_part} {OBSERVED_IN_PART}"
    changed = [note for note in capture.notes if note.event == "egress_changed"]
    if changed:
        yield f"changes of the egress during the run: {len(changed)}; exchanges say which holds"
    if any(note.event == "egress_unavailable" for note in capture.notes):
        yield "the edge did not always say as which address it sees this machine"
    joined = [one for one in capture.damages if one.reason == "another_capture"]
    damages = [one for one in capture.damages if one.reason != "another_capture"]
    if damages:
        places = ", ".join(f"{one.number} ({one.reason})" for one in damages[:10])
        more = f" and {len(damages) - 10} more" if len(damages) > 10 else ""
        yield f"{len(damages)} damaged lines skipped: {places}{more}"
    if joined:
        yield (
            f"another capture begins at line {joined[0].number}: it is left out, "
            "give it as a file of its own"
        )
    shifted = sum(
        1 for one in capture.exchanges if recomputed(one).outcome.kind != one.outcome.kind
    )
    if shifted:
        yield f"{shifted} outcomes are judged differently by this version than when captured"
