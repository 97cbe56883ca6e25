"""`bundle`: make, check and read the file that support can ask for."""

from pathlib import Path
from typing import Any

import click

from pawwork_proxy.cli import options

MOST_MIB = 64
"""The largest bundle that `bundle verify` accepts."""
MAKING = {
    0: "written",
    1: "not wanted after all",
    2: "wrong usage",
    3: "no capture could be read",
    4: "refused: something secret would have been in it",
}


@click.group(epilog=options.after_help("bundle create captures --since 2026-11-20"))
def bundle() -> None:
    """Hand sanitized captures to support in one file, check such a file, and read it."""


@bundle.command(
    epilog=options.after_help("bundle create captures --outcome free_usage_limit", MAKING)
)
@options.captures(required=False)
@options.installs
@options.outcomes
@options.period
@click.option(
    "--unlinkable",
    is_flag=True,
    help="Replace all pseudonyms by new ones that hold in this bundle only.",
)
@click.option(
    "--max-size",
    type=click.FloatRange(0, MOST_MIB, min_open=True),
    default=5,
    show_default=True,
    metavar="MIB",
    help="Leave the oldest records out until the file is no larger.",
)
@options.out(
    Path(), "Write the bundle into this folder, and make the folder if it is missing.", folder=True
)
@click.option(
    "--encrypt-to",
    metavar="AGE1...",
    help="Encrypt the checked file to this age recipient, so that nobody else can read it.",
)
@click.option("--yes", is_flag=True, help="Write the bundle without asking, for scripts.")
@options.formats("text", "json", words="json prints path, content hash, size and records.")
def create(**given: Any) -> None:
    """Make a bundle of CAPTURES: files, folders, patterns, other bundles (default: captures).

    Shows what will be in it and asks. The finished file is scanned for secrets, by rules and by
    what this machine knows, before it gets its name; any hit stops it, and no file is left.
    """
    options.call("bundle.create", given)


@bundle.command(
    epilog=options.after_help(
        "bundle verify pawwork-support-2026-11-25-0a1b2c3d.zip", {0: "in order", 4: "refused"}
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.formats("text", "json", words="json prints the findings as one object.")
def verify(**given: Any) -> None:
    """Check a bundle on the receiving side: limits, hashes, schema, secrets.

    Prints the content hash, to be compared with the sender's, or the rule and place of each
    finding.
    """
    options.call("bundle.verify", given)


@bundle.command(
    epilog=options.after_help("bundle show pawwork-support-*.zip --format json", options.READING)
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.formats("table", "json", words="json prints all rows as one object.")
def show(**given: Any) -> None:
    """Print what support asks first, per install; PATHS are bundles or captures.

    Provider, model, auth source, status, retry-after, outcome, reset time, counts, first and last
    seen. A bundle is verified before anything of it is shown, and left out if it is refused.
    """
    options.call("bundle.show", given)
