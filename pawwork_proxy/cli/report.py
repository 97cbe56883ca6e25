"""`report`: the comparison as one HTML file for people who were not there."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from pawwork_proxy.captures.gathering import gather_from
from pawwork_proxy.captures.records import Records, each_once
from pawwork_proxy.captures.sources import capture_sources, each_readable
from pawwork_proxy.cli.compare import compared
from pawwork_proxy.cli.progress import reading
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.report.page import render_report


@click.command(epilog="Example: pawwork-proxy report captures/ --out report.html")
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write; an older one is replaced.",
)
@click.option(
    "--alone",
    multiple=True,
    metavar="NETWORK",
    help="As for 'compare': nobody else used this network's address.",
)
@click.option("--real-only", is_flag=True, help="As for 'compare'.")
@click.option("--open", "show", is_flag=True, help="Show it in the browser.")
def report(
    captures: Sequence[Path], out: Path, alone: Sequence[str], real_only: bool, show: bool
) -> None:
    """Write one self-contained HTML file: verdicts, timeline, identity table, outcomes.

    It works offline, on a phone and on paper, loads nothing and sends nothing.
    Exit codes: 0 written, 2 wrong usage, 3 no capture could be read, 4 only refused bundles were
    given.
    """
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
        records = each_once(each_readable(sources, Records, []))
        inventory = take_inventory(
            (one.capture.header, one) for one in records if one.summary.capture_id in used
        )
    write_whole(out, [render_report(compared(gathered), gathered, inventory).encode()])


def write_whole(out: Path, data: Iterable[bytes]) -> None:
    """Put a file in place, readable by its owner only, replacing an older one in one step.

    Raises ConfigurationError when the folder or the file cannot be written, or something else than
    a file is there: a device or a folder is never replaced.
    """
    try:
        if out.exists() and not out.is_file():
            raise ConfigurationError(
                f"{out} is there already and is no regular file", "choose another place with --out"
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
            f"cannot write {out}: {type(error).__name__}", "choose another place with --out"
        ) from None
