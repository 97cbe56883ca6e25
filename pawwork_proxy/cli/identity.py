"""`identity`: every field that may identify somebody, over one or many captures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from pawwork_proxy.captures.gathering import summary_of
from pawwork_proxy.captures.sources import read_captures
from pawwork_proxy.captures.whole import each_once, remarks_on
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.report.identity_table import identity_lines, identity_table, identity_words
from pawwork_proxy.report.plain_text import printable


def identity(captures: Sequence[Path], installs: Sequence[str], output: str) -> None:
    """Print the inventory of identifying fields, and the conclusion from it."""
    read = read_captures(captures)
    warn(read.remarks)
    counted = each_once(read.captures)
    warn(remarks_on([summary_of(capture) for capture in counted]))
    inventory = take_inventory(
        (
            capture.header,
            [one for one in capture.exchanges if not installs or one.context.install in installs],
        )
        for capture in counted
    )
    if output == "json":
        click.echo(inventory.model_dump_json(indent=2))
        return
    if sys.stdout.isatty():
        Console().print(identity_table(inventory))
    else:
        for line in identity_lines(inventory):
            click.echo(printable(line))
    click.echo()
    for line in identity_words(inventory):
        click.echo(printable(line))
