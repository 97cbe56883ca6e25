"""`identity`: every field that may identify somebody, over one or many captures."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import page, text_of, warn
from pawwork_proxy.report.words import printable


@click.command(epilog=options.after_help("identity captures/*.jsonl", options.READING))
@options.captures()
@options.installs
@options.formats("table", "json", words="json prints the whole inventory as one object.")
def identity(captures: Sequence[Path], installs: Sequence[str], output: str) -> None:
    """Show what requests carry that may identify an install, a device, a person, a conversation.

    For each field: in how many requests it was sent, in which shape, within what its value never
    changed (the same on every install, per network, device, install, conversation, user action or
    request), and what the server is known to do with it. All but the last is told from the
    records. CAPTURES are capture files, folders, patterns and support bundles.
    """
    from pawwork_proxy.captures.completeness import listed
    from pawwork_proxy.captures.records import Records, unfit
    from pawwork_proxy.captures.sources import (
        CaptureSource,
        capture_sources,
        each_once,
        each_readable,
    )
    from pawwork_proxy.inventory.inventory import take_inventory
    from pawwork_proxy.model.view import ExchangeView
    from pawwork_proxy.report.identity_table import identity_sheet, identity_words
    from pawwork_proxy.report.unmatched import unmatched
    from pawwork_proxy.report.wrapping import wrapped

    def read(source: CaptureSource) -> Records:
        def wanted(one: ExchangeView) -> bool:
            there.add(one.context.install)
            return not installs or one.context.install in installs

        return Records(source, wanted)

    there: set[str] = set()
    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    records = list(each_readable(sources, read, left_out))
    warn(left_out)
    warn(listed([one.summary for one in records]))
    inventory = take_inventory((one.capture.header, one) for one in records)
    warn([*unfit(records), *unmatched("--install", installs, there)])
    if output == "json":
        click.echo(inventory.model_dump_json(indent=2))
        return
    words = (f"{line}\n" for one in identity_words(inventory) for line in wrapped(printable(one)))
    page(chain(text_of(identity_sheet(inventory)), ["\n"], words))
