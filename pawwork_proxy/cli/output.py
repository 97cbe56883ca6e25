"""What several commands write: tables and files, and on stderr warnings and signs of life.

Invariant: of progress nothing is written unless stderr is a terminal, and nothing of it stays.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.report.words import printable

if TYPE_CHECKING:
    from rich.table import Table


def warn(remarks: Iterable[str]) -> None:
    """Say each remark on a line of its own; the command goes on."""
    for remark in remarks:
        click.echo(f"warning: {remark}", err=True)


def print_table(table: Callable[[], Table], lines: Iterable[str]) -> None:
    """Print a table on a terminal, and its lines in a pipe."""
    if sys.stdout.isatty():
        from rich.console import Console  # a pipe needs none of it

        Console().print(table())
    else:
        for line in lines:
            click.echo(printable(line))


@contextmanager
def progress(words: str) -> Iterator[Callable[..., None]]:
    """A bar for the block; what it gives takes how much is done, of how much, and other words."""
    if not sys.stderr.isatty():
        yield lambda *_, **__: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(words, total=None)

        def show(done: int = 0, total: int | None = None, words: str | None = None) -> None:
            bars.update(task, completed=done, total=total, description=words)

        yield show


def replace_file(out: Path, data: Iterable[bytes]) -> None:
    """Put a file in place, readable by its owner only, replacing an older one in one step.

    Raises ConfigurationError when the folder or the file cannot be written, or something else than
    a file is there: a device or a folder is never replaced.
    """
    try:
        if out.exists() and not out.is_file():
            raise ConfigurationError(
                f"{out} exists and is no regular file", "choose another file with --out"
            )
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(data)
            Path(draft).replace(out)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written: {type(error).__name__}", "choose another file with --out"
        ) from None
