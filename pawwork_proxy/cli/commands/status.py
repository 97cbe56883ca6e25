"""`status`: how much of the free quota was used in this window, and when it resets."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.output import page, progress, text_of, uncollected, warn

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language


@click.command(epilog=options.after_help("status", options.READING))
@options.captures(required=False)
@options.lang
@options.formats("table", "json", words="json prints one object, with times in UTC.")
def status(captures: Sequence[Path], lang: "Language", output: str) -> None:
    """Say how much of the free quota was used, about how much is left, and when it resets.

    One row for each network address and group of models: own requests in this window, the last
    cut-off that was seen, the reset in local time. It counts what was captured, asks no server,
    and says what it does not know. CAPTURES are capture files, folders, patterns and support
    bundles (default: captures).
    """
    from pawwork_proxy.captures.gathering import gather
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.comparison.compare import compare
    from pawwork_proxy.comparison.usage import usages
    from pawwork_proxy.report.status_text import status_document, status_sheet, status_words
    from pawwork_proxy.report.wrapping import wrapped

    with uncollected(), progress("reading") as show:
        sources = capture_sources(captures or [options.DEFAULT_CAPTURES])
        inputs = gather(sources, real_only=True, progress=show, language=lang)
    with uncollected(), progress("comparing"):
        comparison = compare(inputs.observations, inputs.unrecorded, plan=False)
    found = usages(inputs.observations, comparison, datetime.now(UTC))
    zone = datetime.now().astimezone().tzinfo or UTC
    if output == "json":
        click.echo(json.dumps(status_document(found, lang, zone), indent=2, ensure_ascii=False))
    else:
        table = text_of(status_sheet(found, lang, zone)) if found.rows else ()
        words = ("\n".join(wrapped(one)) + "\n" for one in status_words(found, lang, zone))
        page(chain(table, words))
    warn(inputs.remarks, lang)
