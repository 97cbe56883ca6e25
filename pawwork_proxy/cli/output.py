"""What several commands write: tables and files, and on stderr warnings and signs of life.

Invariant: of progress nothing is written unless stderr is a terminal, and nothing of it stays.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli.naming import tell, typed
from pawwork_proxy.errors import ConfigurationError, reason_of
from pawwork_proxy.report.words import printable

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language
    from pawwork_proxy.report.layout import Sheet

WIDEST = 100
"""Lines of running text are hard to read where they are longer."""
PIPED = 80
"""Columns of running text where no terminal says how many there are."""


def warn(remarks: Iterable[str], language: Language | None = None) -> None:
    """Say each remark on a line of its own, in English unless told; the command goes on."""
    for remark in remarks:
        said = f"warning: {printable(remark)}"
        if language is not None:
            said = language.say("warning: {remark}", remark=printable(remark))
        tell(said, err=True)


def text_of(sheet: Sheet) -> Iterator[str]:
    """A table as text: as wide as the terminal, and whole and aligned in a pipe."""
    if not sys.stdout.isatty():
        yield from (f"{line}\n" for line in sheet.lines())
        return
    from rich.console import Console  # a pipe needs none of it

    # Both are told, or rich takes 80 columns for a terminal that calls itself dumb.
    columns, lines = shutil.get_terminal_size((PIPED, 24))
    console = Console(width=columns, height=lines)
    for part in sheet.parts(console.width):
        with console.capture() as shown:
            console.print(part)
        yield shown.get()


def width(most: int) -> int:
    """How wide running text may be: as the terminal, and not wider than `most`."""
    return min(
        most, shutil.get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else PIPED
    )


def page(pieces: Iterable[str]) -> None:
    """Print text; on a terminal, what is longer than the terminal is shown by the user's pager."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()):
        for piece in pieces:
            click.echo(typed(piece), nl=False)
        return
    room = shutil.get_terminal_size().lines - 1
    begun: list[str] = []
    coming = map(typed, pieces)
    for piece in coming:
        begun.append(piece)
        room -= piece.count("\n")
        if room < 0:
            os.environ.setdefault("LESS", "FRX")  # colours; and what was shown stays
            click.echo_via_pager(chain(begun, coming))
            return
    click.echo("".join(begun), nl=False)


@contextmanager
def uncollected() -> Iterator[None]:
    """The block runs without looks for cyclic garbage, of which reading and comparing make none.

    Among millions of values that stay, looking for it takes as long as the work itself.
    """
    gc.disable()
    try:
        yield
    except KeyboardInterrupt:
        gc.freeze()  # nor are they looked through at the end of the process, which is now
        raise
    finally:
        gc.enable()


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


def replace_file(out: Path, data: Iterable[bytes], option: str = "--out") -> None:
    """Put a file in place, readable by its owner only, replacing an older one in one step.

    `option` is what the user has named it by.

    Raises ConfigurationError when the folder or the file cannot be written, or something else than
    a file is there: a device or a folder is never replaced.
    """
    try:
        if out.exists() and not out.is_file():
            raise ConfigurationError(
                f"{out} exists and is no regular file", f"choose another file with {option}"
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
            f"{out} cannot be written: {reason_of(error)}", f"choose another file with {option}"
        ) from None
