"""`demo`: the whole job offline, on the embedded simulator."""

from pathlib import Path

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import called, tell


@click.command(epilog=options.after_help("demo"))
@click.option(
    "--preset",
    default="small",
    metavar="NAME",
    help=f"Play this preset of the simulator; `{called()} simulate --list` names them.",
)
@click.option(
    "--captures",
    type=click.Path(file_okay=False, path_type=Path),
    default=options.DEFAULT_CAPTURES / "demo",
    metavar="FOLDER",
    help="Write captures, report and bundle into this folder.",
)
def demo(preset: str, captures: Path) -> None:
    """Let three installs on two networks use up a simulated quota, and say what it follows.

    Everything is real but the upstream: two proxy processes, sockets on loopback, capture files.
    The report and a support bundle lie beside the captures.
    """
    from pawwork_proxy.bundle.assembly import assemble
    from pawwork_proxy.bundle.create import write
    from pawwork_proxy.bundle.own_secrets import known_here
    from pawwork_proxy.bundle.selection import Choice, choose
    from pawwork_proxy.captures.reader import read_capture
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.cli.comparing import Wanted, compared, page_of
    from pawwork_proxy.cli.output import replace_file
    from pawwork_proxy.cli.plan import home_relative
    from pawwork_proxy.cli.shown import Shown
    from pawwork_proxy.demo.story import explanation, play
    from pawwork_proxy.environment.machine import read_platform, utc_now
    from pawwork_proxy.report.wrapping import wrapped

    paths = play(captures.absolute(), preset, lambda line: click.echo(line, err=True))
    exchanges = []
    for source in capture_sources(paths):
        exchanges += read_capture(source.path).exchanges
        click.echo()
        for piece in Shown(source).table():
            click.echo(piece, nl=False)
    click.echo("\nWhat this shows (simulated):")

    def say(words: str, first: str = "  ") -> None:
        for line in wrapped(words, first, "    "):
            click.echo(line)

    for line in explanation(exchanges):
        say(line)
    found = compared(Wanted(paths))
    answer = found.answer
    first = " ".join(filter(None, (answer.headline, answer.not_tried_first, answer.seen)))
    click.echo()
    say(f"The answer (simulated): {first}", "")
    for words in (answer.quota, *(f"{how}: {names}." for how, names in answer.findings)):
        say(words)
    if answer.next_step is not None:
        say(f"next: {answer.next_step.title}. {answer.next_step.cost or answer.next_step.why}")
    page = paths[0].with_name("report.html")
    replace_file(page, [page_of(found).encode()])
    made = assemble(choose(capture_sources(paths), Choice()), read_platform(), utc_now())
    bundle = write(made, paths[0].parent, known_here())
    click.echo(f"\nreport: {home_relative(page)}", err=True)
    click.echo(f"bundle for support, checked: {home_relative(bundle)}", err=True)
    tell("look again: pawwork-proxy show " + " ".join(map(home_relative, paths)), err=True)
