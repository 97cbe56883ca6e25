"""`identity`: every field that may identify somebody, over one or many captures."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from pawwork_proxy.captures.completeness import listed
from pawwork_proxy.captures.copies import each_once
from pawwork_proxy.captures.records import Records, unfit
from pawwork_proxy.captures.sources import CaptureSource, capture_sources, each_readable
from pawwork_proxy.cli.warnings import warn
from pawwork_proxy.inventory.inventory import take_inventory
from pawwork_proxy.report.identity_table import identity_lines, identity_table, identity_words
from pawwork_proxy.report.words import printable


def identity(captures: Sequence[Path], installs: Sequence[str], output: str) -> None:
    """Print the inventory of identifying fields, and the conclusion from it."""

    def read(source: CaptureSource) -> Records:
        return Records(source, lambda one: not installs or one.context.install in installs)

    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    records = list(each_readable(sources, read, left_out))
    warn(left_out)
    warn(listed([one.summary for one in records]))
    inventory = take_inventory((one.capture.header, one) for one in records)
    warn(unfit(records))
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
