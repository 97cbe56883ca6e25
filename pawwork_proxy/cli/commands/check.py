"""`check`: what clients did after each answer, against what their releases are known to do."""

from collections.abc import Sequence
from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import tell
from pawwork_proxy.cli.output import warn
from pawwork_proxy.report.words import printable

EXITS = {
    0: "all that can be judged is as known",
    1: "a client did something else",
    **{code: words for code, words in options.READING.items() if code},
    5: "nothing can be judged",
}


@click.command(epilog=options.after_help("check captures/*.jsonl", EXITS))
@options.captures()
@options.installs
@options.formats("text", "json", words="json prints everything that was found as one object.")
def check(captures: Sequence[Path], installs: Sequence[str], output: str) -> None:
    """Say whether clients behaved after each answer as their releases are known to behave.

    Looked at are repetitions, the waits before them, and the requests that one prompt costs, for
    the conversation and for its title. Each difference is named with its rows. What a capture
    cannot tell is not judged, and the reason is given. CAPTURES are capture files, folders,
    patterns and support bundles.
    """
    from pawwork_proxy.captures.completeness import listed
    from pawwork_proxy.captures.records import Records, unfit
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.captures.watching import conduct_of
    from pawwork_proxy.report.conduct_text import conduct_lines
    from pawwork_proxy.report.unmatched import unmatched

    left_out: list[str] = []
    sources = each_once(capture_sources(captures), left_out)
    records = list(each_readable(sources, Records, left_out))
    warn(left_out)
    warn(listed([one.summary for one in records]))
    found = conduct_of(records, frozenset(installs))
    there = (name for one in records for name in one.summary.installs)
    warn([*unfit(records), *unmatched("--install", installs, there)])
    if output == "json":
        click.echo(found.model_dump_json(indent=2, exclude_none=True))
    else:
        for line in conduct_lines(found):
            tell(printable(line))
    judged = found.of("as_known") or found.of("differs")
    code = 1 if found.of("differs") else 0 if judged else 5
    click.get_current_context().exit(code)
