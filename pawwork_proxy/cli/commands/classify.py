"""`classify`: the outcome of a pasted or piped response, without a capture."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli import options

EXITS = {0: "classified, also as unknown", 1: "there was nothing to classify", 2: "wrong usage"}


@click.command(
    epilog=options.after_help("classify body.json --status 429 --header 'retry-after: 60'", EXITS)
)
@click.argument("file", type=click.Path(allow_dash=True, path_type=Path), default="-")
@click.option(
    "--status",
    type=click.IntRange(100, 599),
    metavar="CODE",
    help="Take this HTTP status where the input is a body without one.",
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Take this header where the input is a body without any. Repeat the option for several.",
)
@click.option(
    "--jsonl",
    is_flag=True,
    help="Read one JSON object a line, with any of id, status, headers, content_type, body, "
    "streaming, transport, and write one a line. A bad line gives an object with `error`.",
)
@options.formats("text", "json", words="json prints one object for each response.")
def classify(**given: Any) -> None:
    """Say what a response means: a body, an error line, a `curl -i` transcript or a HAR file.

    Reads FILE, or stdin where FILE is left out.
    """
    options.call("classify.classify", given)
