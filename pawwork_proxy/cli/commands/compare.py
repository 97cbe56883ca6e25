"""`compare`: what the quota follows, from any number of captures."""

from typing import Any

import click

from pawwork_proxy.cli import options

EXITS = {**options.READING, 0: "compared, also when nothing can be decided yet"}


@click.command(epilog=options.after_help("compare captures/ --format markdown", EXITS))
@options.captures()
@options.formats(
    "text",
    "markdown",
    "json",
    words="markdown is for issues and chats, json for programs.",
)
@options.vouching
def compare(**given: Any) -> None:
    """Say what the free quota follows: a verdict per dimension, with evidence, and what to do next.

    CAPTURES are capture files, folders, patterns and support bundles, of one machine or of several
    that joined one study. What had to be left out is said among the notes.
    """
    options.call("compare.compare", given)
