"""`bundle`: make, check and read the file that support can ask for."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli import options
from pawwork_proxy.cli.naming import Suggesting, tell
from pawwork_proxy.cli.output import WIDEST, page, progress, replace_file, text_of, warn, width
from pawwork_proxy.errors import BundleError, ConfigurationError
from pawwork_proxy.report.words import printable

if TYPE_CHECKING:
    from types import FrameType

    from pawwork_proxy.model.support import Meeting
    from pawwork_proxy.report.language import Language
    from pawwork_proxy.report.trouble import Trouble

MOST_MIB = 64
"""The largest bundle that `bundle verify` accepts."""
MAKING = {
    0: "written",
    1: "not wanted after all",
    2: "wrong usage",
    3: "no capture could be read",
    4: "refused: something secret would have been in it",
}


def _names(context: click.Context, option: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """NAME=NEW, several times."""
    from pawwork_proxy.bundle.own_secrets import tells_who
    from pawwork_proxy.redaction.labels import LABEL_RULE, keep_label

    names: dict[str, str] = {}
    for one in given:
        old, equals, new = one.partition("=")
        if not (old and equals):
            raise click.BadParameter("Write NAME=NEW.", context, option)
        if keep_label(new) is None:
            raise click.BadParameter(f"The new name {LABEL_RULE}.", context, option)
        if tells_who(new):
            raise click.BadParameter(
                f"{new} has your user name or this machine's name in it.", context, option
            )
        if old in names or new in names.values():
            raise click.BadParameter("Each name can be given once.", context, option)
        names[old] = new
    return names


def _renames(kind: str, example: str) -> options.Decorator:
    return options.several(
        f"--rename-{kind}",
        f"renamed_{kind}s",
        "NAME=NEW",
        f"Call the {kind} NAME by another name in the bundle, such as {example}.",
        callback=_names,
    )


@click.group(cls=Suggesting, epilog=options.after_help("bundle create captures --since 2026-11-20"))
def bundle() -> None:
    """Hand sanitized captures to support in one file, check such a file, and read it."""


@bundle.command(
    short_help="Make a bundle, show what will be in it, and ask.",
    epilog=options.after_help("bundle create captures --outcome free_usage_limit", MAKING),
)
@options.captures(required=False)
@options.installs
@options.outcomes
@options.period
@_renames("install", "device-a")
@_renames("network", "network-a")
@click.option(
    "--unlinkable",
    is_flag=True,
    help="Replace all pseudonyms by new ones that hold in this bundle only.",
)
@click.option(
    "--max-size",
    type=click.FloatRange(0, MOST_MIB, min_open=True),
    default=5,
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
@click.option(
    "--raw",
    is_flag=True,
    help="Show, before you are asked, the newest record of each outcome as it will be written.",
)
@click.option("--yes", is_flag=True, help="Write the bundle without asking, for scripts.")
@options.formats("text", "json", words="json prints path, content hash, size and records.")
def create(
    captures: Sequence[Path],
    installs: Sequence[str],
    outcomes: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    renamed_installs: dict[str, str],
    renamed_networks: dict[str, str],
    unlinkable: bool,
    max_size: float,
    out: Path,
    encrypt_to: str | None,
    raw: bool,
    yes: bool,
    output: str,
) -> None:
    """Make a bundle of CAPTURES: files, folders, patterns, other bundles (default: captures).

    Shows what will be in it and asks. The finished file is scanned for secrets, by rules and by
    what this machine knows, before it gets its name; any hit stops it, and no file is left.
    """
    from pawwork_proxy.bundle.assembly import assemble
    from pawwork_proxy.bundle.create import refuse_unshowable, seal_for, write
    from pawwork_proxy.bundle.own_secrets import known_here
    from pawwork_proxy.bundle.preview import preview
    from pawwork_proxy.bundle.renaming import Renaming
    from pawwork_proxy.bundle.selection import Choice, choose
    from pawwork_proxy.bundle.unlinkable import ThrowAwayKey
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.environment.machine import read_platform, utc_now
    from pawwork_proxy.model.base import line_of
    from pawwork_proxy.model.outcome import Kind
    from pawwork_proxy.verification.opening import MIB

    seal = seal_for(encrypt_to) if encrypt_to is not None else None
    renaming = Renaming(renamed_installs, renamed_networks)
    choice = Choice(renaming.of_installs(installs), frozenset(map(Kind, outcomes)), since, until)
    throw_away = ThrowAwayKey() if unlinkable else None
    sources = capture_sources(captures or [options.DEFAULT_CAPTURES])
    remarks: list[str] = []
    with _cleaning_up_when_stopped():
        size = sum(source.size for source in sources)
        with progress("reading") as show_done:
            parts = choose(
                sources,
                choice,
                throw_away or line_of,
                lambda done: show_done(done, size),
                remarks,
                renaming.read,
            )
        renaming.check()
        warn(remarks)
        with progress("packing"):
            made = assemble(parts, read_platform(), utc_now(), int(max_size * MIB), throw_away)
        own = known_here()
        refuse_unshowable(made, own)
        for line in preview(made, raw=raw):
            tell(printable(line), err=True)
        if not yes and not _agreed():
            click.echo("Nothing was written.", err=True)
            click.get_current_context().exit(1)
        with progress("writing") as show_step:
            path = write(made, out, own, lambda step: show_step(words=step), seal)
    if output == "json":
        result = {
            "path": str(path),
            "content_hash": made.content_hash,
            "size": len(made.data),
            "records": made.manifest.records,
        }
        click.echo(json.dumps(result))
    else:
        click.echo(path)
        click.echo(f"content hash {made.content_hash}")


@bundle.command(
    short_help="Check a bundle that somebody sent you.",
    epilog=options.after_help(
        "bundle verify pawwork-support-2026-11-25-0a1b2c3d.zip",
        {0: "in order", 2: "wrong usage", 4: "refused"},
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.formats("text", "json", words="json prints the findings as one object.")
def verify(file: Path, output: str) -> None:
    """Check a bundle on the receiving side: limits, hashes, schema, secrets.

    Prints the content hash, to be compared with the sender's, or the rule and place of each
    finding.
    """
    from pawwork_proxy.captures.sources import DECRYPT
    from pawwork_proxy.verification.verify import verify as verify_bundle

    with progress("checking") as show_done:
        result = verify_bundle(file, show_done)
    if output == "json":
        click.echo(result.model_dump_json(exclude_none=True))
    elif result.ok and result.manifest:
        click.echo(f"in order: {result.manifest.records} records")
        click.echo(f"content hash {result.content_hash}")
    else:
        for finding in result.findings:
            click.echo(f"{finding.rule}  {finding.place}")
        tell(f"error: {file.name} is refused: do not trust it, and do not pass it on", err=True)
        sealed = any(finding.rule == "encrypted_file" for finding in result.findings)
        tell(f"hint: {DECRYPT if sealed else 'ask for a new bundle'}", err=True)
    if not result.ok:
        click.get_current_context().exit(BundleError.exit_code)


@bundle.command(
    short_help="Print what support asks first, per install.",
    epilog=options.after_help("bundle show pawwork-support-*.zip --format json", options.READING),
)
@click.argument("paths", nargs=-1, required=True, type=options.SOURCE)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the same as one self-contained page to this file, and replace an older one.",
)
@options.lang
@options.reply
@options.formats("table", "json", words="json prints all rows as one object.")
def show(
    paths: Sequence[Path], html: Path | None, lang: Language, reply: Language | None, output: str
) -> None:
    """Print what support asks first, per install; PATHS are bundles or captures.

    First in words: who is refused since when, by what, with which key, until when, and what the
    client does. Then a row, or a card, for each kind of exchange, with everything support asks for.
    A bundle is verified before anything of it is shown, and left out if it is refused.
    """
    from pawwork_proxy.captures.completeness import of_answers, of_handshakes
    from pawwork_proxy.captures.sources import capture_sources, each_once, each_readable
    from pawwork_proxy.cli.support import Support
    from pawwork_proxy.model.support import SupportView
    from pawwork_proxy.report.language import LANGUAGES, language
    from pawwork_proxy.report.support_page import render_support

    left_out: list[str] = []
    with progress("checking") as show_done:
        sources = each_once(capture_sources(paths, show_done), left_out, lang)
    seen = Support(lang)
    summaries = list(each_readable(sources, seen.read, left_out, lang))
    rows, troubles = seen.rows(), seen.troubles.all()
    warn([*left_out, *of_answers(summaries, lang), *of_handshakes(summaries, lang)], lang)
    simulated = any(one.simulated for one in summaries)
    zone = datetime.now().astimezone().tzinfo or UTC
    if reply is not None:
        click.echo("\n".join(seen.reply(reply)))
    elif html is not None:
        replies = {name: seen.reply(language(name)) for name in LANGUAGES}
        text = render_support(rows, troubles, replies, lang, simulated=simulated, zone=zone)
        replace_file(html, [text.encode()], "--html")
        click.echo(str(html))
    elif output == "json":
        click.echo(SupportView(rows=rows).model_dump_json(exclude_none=True))
    else:
        below = (*seen.programs.lines(), *seen.senders.lines(numbered=False))
        view = _support_view(rows, troubles, lang, zone, simulated=simulated)
        page(chain(view, (f"{line}\n" for line in below)))


def _support_view(
    rows: Sequence[Meeting],
    troubles: Sequence[Trouble],
    lang: Language,
    zone: tzinfo,
    *,
    simulated: bool,
) -> Iterator[str]:
    from pawwork_proxy.report.support_table import install_names, support_sheet
    from pawwork_proxy.report.trouble import trouble_words
    from pawwork_proxy.report.wrapping import wrapped

    if simulated:
        yield lang.text("SIMULATED: made on a simulator, at least in part") + "\n"
    names = install_names(rows)
    for one in troubles:
        words = trouble_words(one, names[one.failed.context.install_id], lang, zone)
        yield "\n".join(wrapped(printable(words), width=width(WIDEST))) + "\n\n"
    yield from text_of(support_sheet(rows, zone, lang))


def _agreed() -> bool:
    try:
        return click.confirm("Write this bundle?", err=True)
    except click.Abort:
        raise ConfigurationError(
            "nobody is at the terminal to agree to what the bundle holds",
            "read the preview above, then repeat the command with --yes",
        ) from None


@contextmanager
def _cleaning_up_when_stopped() -> Iterator[None]:
    """A polite request to end unwinds like Ctrl-C does, so that no temporary file stays."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
