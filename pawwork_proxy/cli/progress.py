"""Signs of life on a terminal while something takes long.

Invariant: nothing is written unless stderr is a terminal, and nothing stays when the work is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def progress_bars() -> Progress:
    """Spinner, words, bar, time; for a `with` block."""
    # Not at the top: without a terminal none of it is needed, and commands start faster.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


@contextmanager
def reading() -> Iterator[Callable[[int, int], None]]:
    """A bar for the block; what it gives takes the bytes read so far and the bytes in all."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with progress_bars() as progress:
        task = progress.add_task("reading", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
