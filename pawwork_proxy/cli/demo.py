"""`demo`: the whole job offline, on the embedded simulator."""

from collections.abc import Sequence
from pathlib import Path

import click

from pawwork_proxy.bundle.assembly import assemble
from pawwork_proxy.bundle.create import write
from pawwork_proxy.bundle.own_secrets import known_here
from pawwork_proxy.bundle.selection import Choice, choose
from pawwork_proxy.captures.gathering import gather
from pawwork_proxy.captures.reader import read_capture
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.cli.plan import home_relative
from pawwork_proxy.cli.report import write_report
from pawwork_proxy.cli.show import Shown
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.dimensions import title
from pawwork_proxy.demo.story import explanation, play
from pawwork_proxy.environment.clock import utc_now
from pawwork_proxy.environment.machine import read_platform
from pawwork_proxy.report.conclusion import conclusion
from pawwork_proxy.report.reasoning import verdict_words


def demo(preset: str, captures: Path) -> None:
    """Play the story, and print what the captures of it say."""
    paths = play(captures.absolute(), preset, lambda line: click.echo(line, err=True))
    exchanges = []
    for source in capture_sources(paths):
        exchanges += read_capture(source.path).exchanges
        click.echo()
        Shown(source).print_table()
    click.echo("\nWhat this shows (simulated):")
    for line in explanation(exchanges):
        click.echo(f"  {line}")
    gathered = gather(paths)
    comparison = compare(gathered.observations, gathered.unrecorded)
    click.echo(f"\nThe verdict (simulated): {conclusion(comparison)}")
    for limit in comparison.limits:
        for verdict in limit.verdicts:
            if verdict.finding != "undetermined":
                finding = verdict.finding.replace("_", " ")
                click.echo(f"  {title(verdict.dimension)} ({finding}): {verdict_words(verdict)}")
    page = paths[0].with_name("report.html")
    write_report(paths, page, frozenset(), real_only=False)
    bundle = _bundled(paths)
    click.echo(f"\nreport: {home_relative(page)}", err=True)
    click.echo(f"bundle for support, checked: {home_relative(bundle)}", err=True)
    click.echo("look again: pawwork-proxy show " + " ".join(map(home_relative, paths)), err=True)


def _bundled(paths: Sequence[Path]) -> Path:
    """A support bundle of the demo's captures, beside them."""
    parts = choose(capture_sources(paths), Choice())
    made = assemble(parts, read_platform(), utc_now())
    return write(made, paths[0].parent, known_here())
