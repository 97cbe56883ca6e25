"""`bundle`: make, check and read the file that support can ask for."""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from pawwork_proxy.captures.sources import DECRYPT
from pawwork_proxy.cli.options import DEFAULT_CAPTURES
from pawwork_proxy.cli.progress import progress_bars
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.errors import BundleError, ConfigurationError
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.report.plain_text import printable
from pawwork_proxy.verification.opening import MIB
from pawwork_proxy.verification.verify import Verification
from pawwork_proxy.verification.verify import verify as verify_bundle


def create(
    captures: Sequence[Path],
    installs: Sequence[str],
    outcomes: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    unlinkable: bool,
    max_size: float,
    out: Path,
    encrypt_to: str | None,
    yes: bool,
    output: str,
) -> None:
    """Show what a bundle would hold, ask, and write it."""
    # Not at the top: `verify` and `show` of a stranger's file load nothing of redaction.
    from pawwork_proxy.bundle.assembly import assemble  # noqa: PLC0415
    from pawwork_proxy.bundle.create import refuse_unshowable, seal_for, write  # noqa: PLC0415
    from pawwork_proxy.bundle.own_secrets import known_here  # noqa: PLC0415
    from pawwork_proxy.bundle.preview import preview  # noqa: PLC0415
    from pawwork_proxy.bundle.selection import Choice, choose  # noqa: PLC0415
    from pawwork_proxy.bundle.unlinkable import ThrowAwayKey  # noqa: PLC0415
    from pawwork_proxy.captures.sources import capture_sources  # noqa: PLC0415
    from pawwork_proxy.environment.clock import utc_now  # noqa: PLC0415
    from pawwork_proxy.environment.machine import read_platform  # noqa: PLC0415
    from pawwork_proxy.model.base import line_of  # noqa: PLC0415

    seal = seal_for(encrypt_to) if encrypt_to is not None else None
    choice = Choice(frozenset(installs), frozenset(map(Kind, outcomes)), since, until)
    throw_away = ThrowAwayKey() if unlinkable else None
    sources = capture_sources(captures or [DEFAULT_CAPTURES])
    remarks: list[str] = []
    with _cleaning_up_when_stopped():
        with progress_bars() as progress:
            task = progress.add_task("reading", total=sum(source.size for source in sources))
            parts = choose(
                sources,
                choice,
                throw_away or line_of,
                lambda done: progress.update(task, completed=done),
                remarks,
            )
            progress.add_task("packing", total=None)
            made = assemble(parts, read_platform(), utc_now(), int(max_size * MIB), throw_away)
        warn(remarks)
        own = known_here()
        refuse_unshowable(made, own)
        for line in preview(made):
            click.echo(printable(line), err=True)
        if not yes and not _agreed():
            click.echo("Nothing was written.", err=True)
            click.get_current_context().exit(1)
        with progress_bars() as progress:
            path = write(made, out, own, lambda step: _next_step(progress, step), seal)
    if output == "json":
        result = {
            "path": str(path),
            "content_hash": made.content_hash,
            "size": len(made.data),
            "records": made.manifest.records,
        }
        click.echo(json.dumps(result))
    else:
        click.echo(path)
        click.echo(f"content hash {made.content_hash}")


def verify(file: Path, output: str) -> None:
    """Print what is wrong with a bundle, or its content hash."""
    result = _verified(file)
    if output == "json":
        click.echo(result.model_dump_json(exclude_none=True))
    elif result.ok and result.manifest:
        click.echo(f"in order: {result.manifest.records} records")
        click.echo(f"content hash {result.content_hash}")
    else:
        for finding in result.findings:
            click.echo(f"{finding.rule}  {finding.place}")
            if finding.rule == "encrypted_file":
                click.echo(f"hint: {DECRYPT}", err=True)
        click.echo(f"refused: do not trust {file.name}, and do not pass it on", err=True)
    if not result.ok:
        click.get_current_context().exit(BundleError.exit_code)


def show(paths: Sequence[Path], output: str) -> None:
    """Print the support view of bundles and captures."""
    from pawwork_proxy.bundle.support_view import SupportRows, row_of  # noqa: PLC0415
    from pawwork_proxy.captures.copies import each_once  # noqa: PLC0415
    from pawwork_proxy.captures.lines import outcome_of  # noqa: PLC0415
    from pawwork_proxy.captures.reader import view_capture  # noqa: PLC0415
    from pawwork_proxy.captures.sources import (  # noqa: PLC0415
        CaptureSource,
        capture_sources,
        each_readable,
    )
    from pawwork_proxy.model.capture import Header  # noqa: PLC0415
    from pawwork_proxy.model.manifest import Summary  # noqa: PLC0415
    from pawwork_proxy.report.support_table import COLUMNS, cells  # noqa: PLC0415

    left_out: list[str] = []
    simulated: set[bool] = set()
    with progress_bars() as progress:
        sources = each_once(capture_sources(paths, _checking(progress)), left_out)

    together = SupportRows()

    def read(source: CaptureSource) -> Header:
        with source.open() as stream:
            capture = view_capture(
                source.path,
                stream,
                lambda one, _: together.add(row_of(one, outcome_of(one.signals))),
            )
        return capture.header

    for header in each_readable(sources, read, left_out):
        simulated.add(header.simulated)
    rows = together.rows()
    warn(left_out)
    if output == "json":
        click.echo(Summary(rows=rows).model_dump_json(exclude_none=True))
        return
    if True in simulated:
        click.echo("SIMULATED: made on a simulator, at least in part")
    _print_rows(COLUMNS, cells(rows))


def _print_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if sys.stdout.isatty():
        table = Table(*columns)
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        Console().print(table)
    else:
        for row in (columns, *rows):
            click.echo(printable("  ".join(row)))


def _verified(file: Path) -> Verification:
    with progress_bars() as progress:
        return verify_bundle(file, _checking(progress))


def _agreed() -> bool:
    try:
        return click.confirm("Write this bundle?", err=True)
    except click.Abort:
        raise ConfigurationError(
            "nobody is at the terminal to agree to what the bundle holds",
            "read the preview above, then repeat the command with --yes",
        ) from None


def _checking(progress: Progress) -> Callable[[int, int], None]:
    task = progress.add_task("checking", total=None)
    return lambda done, total: progress.update(task, completed=done, total=total)


def _next_step(progress: Progress, step: str) -> None:
    for task in progress.tasks:
        progress.remove_task(task.id)
    progress.add_task(step, total=None)


@contextmanager
def _cleaning_up_when_stopped() -> Iterator[None]:
    """A polite request to end unwinds like Ctrl-C does, so that no temporary file stays."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
