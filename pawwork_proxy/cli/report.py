"""`report`: the comparison as one HTML file for people who were not there."""

import os
import tempfile
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from pawwork_proxy.captures.copies import each_once
from pawwork_proxy.captures.gathering import gather_from
from pawwork_proxy.captures.records import Records
from pawwork_proxy.captures.sources import capture_sources, each_readable
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
    sources = capture_sources(captures)
    with reading() as progress:
        gathered = gather_from(sources, exclusive=alone, real_only=real_only, progress=progress)
    inventory = None
    if not any(one.aggregated for one in gathered.captures):
        used = {one.capture_id for one in gathered.captures}
        records = each_readable(each_once(sources, []), Records, [])
        inventory = take_inventory(
            (one.capture.header, one) for one in records if one.summary.capture_id in used
        )
    comparison = compare(gathered.observations, gathered.unrecorded)
    write_whole(out, [render_report(comparison, gathered, inventory).encode()])


def write_whole(out: Path, data: Iterable[bytes]) -> None:
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
