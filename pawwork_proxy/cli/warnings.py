"""What a command did not read or what does not belong together, on stderr."""

from collections.abc import Iterable

import click


def warn(remarks: Iterable[str]) -> None:
    """Say each remark on a line of its own; the command goes on."""
    for remark in remarks:
        click.echo(f"warning: {remark}", err=True)
