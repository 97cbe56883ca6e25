"""`report`: the comparison as one HTML page for people who were not there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.output import replace_file

if TYPE_CHECKING:
    from pawwork_proxy.cli.comparing import Wanted
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
    from pawwork_proxy.cli.comparing import Wanted, compared, page_of

    wanted = Wanted(captures, frozenset(alone), real_only, have, lang)
    if watch:
        if out != OUT:
            raise click.UsageError("--watch writes no file: leave --out out.")
        import asyncio

        asyncio.run(_watched(wanted, show=show))
        return
    replace_file(out, [page_of(compared(wanted), lang).encode()])
    click.echo(str(out))
    if show:
        import webbrowser

        webbrowser.open(out.absolute().as_uri())


def watched_page(wanted: Wanted, number: int) -> str:
    """The page as it is now. Where nothing can be compared it says why: captures may still come."""
    from pawwork_proxy.cli.comparing import compared, judged, page_of
    from pawwork_proxy.errors import PawworkProxyError
    from pawwork_proxy.model.comparison_input import ComparisonInput

    try:
        found = compared(wanted)
    except PawworkProxyError as error:
        remarks = (f"{error.message}: {error.hint}",)
        found = judged(wanted, ComparisonInput(captures=(), observations=(), remarks=remarks))
    return page_of(found, wanted.language, number)


async def _watched(wanted: Wanted, *, show: bool) -> None:
    """Serve the page until a signal, anew whenever a capture has grown or come."""
    import asyncio
    import webbrowser

    from pawwork_proxy.captures.following import sizes
    from pawwork_proxy.cli.page_server import Page, served
    from pawwork_proxy.cli.stopping import stop_signals

    async with stop_signals() as stop:
        known = sizes(wanted.captures)
        page = Page(await asyncio.to_thread(watched_page, wanted, 1))
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
                    page.replace(await asyncio.to_thread(watched_page, wanted, page.number + 1))
                    pause = max(LOOK_EVERY_S, time.monotonic() - began)
