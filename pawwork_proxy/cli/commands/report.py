"""`report`: the comparison as one HTML page for people who were not there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.output import progress, replace_file, uncollected

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language

EXITS = {**options.READING, 0: "written, or no longer watched"}
OUT = Path("report.html")
LOOK_EVERY_S = 1.0
"""Between two looks at the captures; after a long comparison as long as that took."""


@click.command(epilog=options.after_help("report captures/ --out report.html", EXITS))
@options.captures()
@options.out(OUT, "Write the page to this file and replace an older one.")
@options.vouching
@options.have
@click.option(
    "--watch",
    is_flag=True,
    help="Write no file: show the page to a browser of this machine by a link that works once, and "
    "renew it while the captures grow, until Ctrl-C.",
)
@click.option("--open", "show", is_flag=True, help="Show the page in the browser.")
@options.lang
def report(
    captures: Sequence[Path],
    out: Path,
    alone: Sequence[str],
    real_only: bool,
    have: str | None,
    watch: bool,
    show: bool,
    lang: Language,
) -> None:
    """Write one self-contained HTML page: answer, options, who shares with whom, timeline, tables.

    CAPTURES are the same as for `compare`. The page works offline, on a phone and on paper; it
    loads nothing and sends nothing.
    """
    wanted = Wanted(captures, frozenset(alone), real_only, have, lang)
    if watch:
        if out != OUT:
            raise click.UsageError("--watch writes no file: leave --out out.")
        import asyncio

        asyncio.run(_watched(wanted, show=show))
        return
    replace_file(out, [rendered(wanted).encode()])
    click.echo(str(out))
    if show:
        import webbrowser

        webbrowser.open(out.absolute().as_uri())


class Wanted(NamedTuple):
    """What a page is to be about, and how it speaks."""

    captures: Sequence[Path]
    alone: frozenset[str] = frozenset()
    real_only: bool = False
    have: str | None = None
    language: Language | None = None


def rendered(wanted: Wanted, watched: int = 0) -> str:
    """Gather, compare, render. `watched`: the page's number among those that are served.

    Where nothing can be compared, a served page says why: the next capture may mend it.
    """
    from pawwork_proxy.captures.gathering import gather
    from pawwork_proxy.captures.records import Records
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.cli.having import means_of
    from pawwork_proxy.comparison.compare import compare
    from pawwork_proxy.errors import PawworkProxyError
    from pawwork_proxy.inventory.inventory import take_inventory
    from pawwork_proxy.model.comparison_input import ComparisonInput
    from pawwork_proxy.report.answer import answer_of
    from pawwork_proxy.report.language import ENGLISH
    from pawwork_proxy.report.page import render_report

    inventory, spoken = None, wanted.language or ENGLISH
    try:
        sources = capture_sources(wanted.captures)
        with uncollected(), progress("reading") as shown:
            gathered = gather(
                sources,
                exclusive=wanted.alone,
                real_only=wanted.real_only,
                progress=shown,
                language=spoken,
            )
        stored = any(source.part for source in sources)  # without records
        if not stored and not any(one.aggregated for one in gathered.captures):
            used = {one.capture_id for one in gathered.captures}
            records = each_readable(each_once(sources, []), Records, [])
            inventory = take_inventory(
                (one.capture.header, one) for one in records if one.summary.capture_id in used
            )
    except PawworkProxyError as error:
        if not watched:
            raise
        remarks = (f"{error.message}: {error.hint}",)
        gathered = ComparisonInput(captures=(), observations=(), remarks=remarks)
    means = means_of(wanted.have, gathered.observations)
    with uncollected(), progress("comparing"):
        comparison = compare(gathered.observations, gathered.unrecorded, means=means)
    files = {one.capture_id: one.name for one in gathered.captures}
    zone = datetime.now().astimezone().tzinfo or UTC
    answer = answer_of(comparison, spoken, zone, files)
    return render_report(comparison, gathered, answer, inventory, language=spoken, watched=watched)


async def _watched(wanted: Wanted, *, show: bool) -> None:
    """Serve the page until a signal, anew whenever a capture has grown or come."""
    import asyncio
    import webbrowser

    from pawwork_proxy.captures.following import sizes
    from pawwork_proxy.cli.page_server import Page, served
    from pawwork_proxy.cli.stopping import stop_signals

    async with stop_signals() as stop:
        known = sizes(wanted.captures)
        page = Page(await asyncio.to_thread(rendered, wanted, 1))
        async with served(page) as link:
            click.echo(link)
            tell("Open this link: it works once, on this machine only. Ctrl-C ends it.", err=True)
            if show:
                webbrowser.open(link)
            pause = LOOK_EVERY_S
            while not await stop.within(pause):
                found = await asyncio.to_thread(sizes, wanted.captures)
                if found != known:
                    known, began = found, time.monotonic()
                    page.replace(await asyncio.to_thread(rendered, wanted, page.number + 1))
                    pause = max(LOOK_EVERY_S, time.monotonic() - began)
