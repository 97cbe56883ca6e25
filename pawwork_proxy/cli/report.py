"""`report`: the comparison as one HTML file for people who were not there."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.reader import Capture
from pawwork_proxy.captures.whole import each_once
from pawwork_proxy.cli.progress import reading
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.report.page import render_report


def report(
    captures: Sequence[Path], out: Path, alone: Sequence[str], real_only: bool, show: bool
) -> None:
    """Write the page, and show it if that is asked for."""
    write_report(captures, out, frozenset(alone), real_only=real_only)
    click.echo(str(out))
    if show:
        webbrowser.open(out.absolute().as_uri())


def write_report(
    captures: Sequence[Path], out: Path, alone: frozenset[str], *, real_only: bool
) -> None:
    """Gather, compare, render, write."""
    whole: list[Capture] = []
    with reading() as progress:
        gathered = gather(
            captures,
            alone=alone,
            real_only=real_only,
            on_whole=whole.append,
            progress=progress,
        )
    used = {one.capture_id for one in gathered.captures if not one.folded}
    inventory = (
        take_inventory(
            (one.header, one.exchanges) for one in each_once(whole) if one.header.capture_id in used
        )
        if len(used) == len(gathered.captures)
        else None
    )
    comparison = compare(gathered.observations, gathered.unrecorded)
    write_whole(out, render_report(comparison, gathered, inventory).encode())


def write_whole(out: Path, data: bytes) -> None:
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
                file.write(data)
            Path(draft).replace(out)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{out} cannot be written: {type(error).__name__}", "choose another file with --out"
        ) from None
