"""What the declarations of several commands share: options, arguments, kinds of value, help.

Invariant: nothing but click and our names is imported here, so that every `--help` stays quick;
what an option needs from the rest of the package is loaded when a value has to be converted.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pawwork_proxy.cli.naming import called
from pawwork_proxy.errors import reason_of

if TYPE_CHECKING:
    from pawwork_proxy.report.language import Language

_AGO = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?")
Decorator = Callable[[Any], Any]

DEFAULT_CAPTURES = Path("captures")
"""Where captures are written, and where `bundle create` looks for them."""

VIA_VARIABLE = "PAWWORK_PROXY_VIA"
_LONGEST_ADDRESS = 4096

SOURCE = click.Path(allow_dash=True, readable=False, path_type=Path)
"""A path to read, at which somebody else looks: of several, one that is closed stops no other."""
DONE = {0: "done", 2: "wrong usage"}
"""Exit codes of commands that tell nothing by them."""
READING = {
    0: "done; captures that had to be left out are named on stderr",
    2: "wrong usage",
    3: "no capture could be read",
    4: "only bundles that were refused were given",
}
"""Exit codes of every command that reads captures."""


def after_help(example: str, exits: Mapping[int, str] = DONE) -> str:
    """The end of a command's help: what its exit codes mean, and an example."""
    codes = "".join(f"\n  {code:<3}  {means}" for code, means in exits.items())
    return f"\b\nExit codes:{codes}\n\n\b\nExample:\n  {called()} {example}"


def moment(text: str) -> datetime:
    """A time in UTC: how long ago, as `2h`, or an ISO date, or date and time; without zone UTC."""
    ago = _AGO.fullmatch(text.strip())
    if ago and any(ago.groups()):
        days, hours, minutes = (int(part or 0) for part in ago.groups())
        return datetime.now(UTC) - timedelta(days=days, hours=hours, minutes=minutes)
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            "Write how long ago, or a date, or a date and time: 2h, 3d, 1h30m, 2026-11-20, "
            "2026-11-20T08:30, 2026-11-20T08:30+01:00."
        ) from None


def outcome_kind(text: str) -> str:
    """A kind of outcome, as docs/outcomes.md lists them."""
    from pawwork_proxy.model.outcome import Kind

    kinds = [str(kind) for kind in Kind]
    if text not in kinds:
        raise click.BadParameter(f"The outcomes are: {', '.join(kinds)}.")
    return text


def spoken_language(text: str) -> "Language":
    """A language that there is a catalogue for."""
    from pawwork_proxy.report.language import LANGUAGES, language, spoken

    found = spoken([text])
    if found is None:
        raise click.BadParameter(f"The languages are: {', '.join(LANGUAGES)}.")
    if not language(found).fits(sys.stdout.encoding):
        raise click.BadParameter(
            f"The output is in {sys.stdout.encoding}, which has no signs for {found}. Set "
            "PYTHONUTF8=1 in the environment."
        )
    return language(found)


def _own_language() -> str:
    """The language that the environment asks for, if it is known and the output has its signs."""
    from pawwork_proxy.environment.language import wanted_languages
    from pawwork_proxy.report.language import LANGUAGES, language, spoken

    found = spoken(wanted_languages(os.environ))
    return found if found and language(found).fits(sys.stdout.encoding) else LANGUAGES[0]


def together(*options: Decorator) -> Decorator:
    """Several options as one decorator; help lists them in this order."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def several(flag: str, name: str, metavar: str, words: str, **given: Any) -> Decorator:
    """An option that may be given several times."""
    words += " Repeat the option for several."
    return click.option(flag, name, multiple=True, metavar=metavar, help=words, **given)


def captures(*, required: bool = True) -> Decorator:
    """The captures to read."""
    return click.argument("captures", nargs=-1, required=required, type=SOURCE)


def formats(*names: str, words: str) -> Decorator:
    """How the result is written; the first is the default."""
    return click.option(
        "--format", "output", type=click.Choice(names), default=names[0], help=words
    )


def out(
    default: Path | None, words: str, *, folder: bool = False, either: bool = False
) -> Decorator:
    """Where a file is written to, or a folder, or whichever of both is wanted."""
    # To click, None is a default like any other: what has one is never missing.
    needed: dict[str, Any] = {"required": True} if default is None else {"default": default}
    return click.option(
        "--out",
        type=click.Path(dir_okay=folder or either, file_okay=not folder, path_type=Path),
        **needed,
        show_default="this folder" if default == Path() else None,
        metavar="FOLDER" if folder else "FILE",
        help=words,
    )


lang = click.option(
    "--lang",
    type=spoken_language,
    default=_own_language,
    show_default="that of your environment",
    metavar="LANGUAGE",
    help="Speak this language, for example zh.",
)
reply = click.option(
    "--reply",
    type=spoken_language,
    metavar="LANGUAGE",
    help="Print only the answer to the user, ready to paste, in this language, for example zh.",
)
installs = several("--install", "installs", "NAME", "Take only the exchanges of this install.")
outcomes = several(
    "--outcome",
    "outcomes",
    "KIND",
    "Take only exchanges with this outcome, for example free_usage_limit.",
    type=outcome_kind,
)
models = several("--model", "models", "ID", "Take only exchanges that asked this model.")
period = together(
    click.option(
        "--since",
        type=moment,
        metavar="TIME",
        help="Take only exchanges that began at this time or later: how long ago, such as 2h or "
        "3d, or a date, or a date and time, such as 2026-11-20T08:30. Without a zone it is UTC.",
    ),
    click.option(
        "--until",
        type=moment,
        metavar="TIME",
        help="Take only exchanges that began before this time.",
    ),
)
vouching = together(
    several(
        "--alone",
        "alone",
        "NETWORK",
        "You vouch that nobody else used the address of this network while it was captured. "
        "Only you can know that, and some verdicts need it.",
    ),
    click.option(
        "--real-only",
        is_flag=True,
        help="Leave simulated captures out. Without this option, simulated captures among real "
        "ones are an error.",
    ),
)

have = click.option(
    "--have",
    metavar="MEANS",
    help="What you have for the next experiment, for example "
    "networks=2,devices=1,keys=0,ipv6=no. Only that is asked for. It is remembered with the "
    "study; what you never said is taken from the captures.",
)


def _address_of_proxy(
    context: click.Context, option: click.Parameter, given: str | None
) -> str | None:
    """The address itself, wherever it stands; clients that we start inherit none of it."""
    os.environ.pop(VIA_VARIABLE, None)
    if given is None or not given.startswith("@"):
        return given
    try:
        with Path(given[1:]).expanduser().open(encoding="utf-8") as file:
            return file.read(_LONGEST_ADDRESS).strip()
    except (OSError, ValueError) as error:
        raise click.BadParameter(
            f"{given[1:]} cannot be read: {reason_of(error)}. Write the proxy's address into "
            "it: http://USER:PASSWORD@HOST:PORT",
            context,
            option,
        ) from None


clean_home = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Run the client as a clean install that lives in this folder: with homes of its own, and "
    "without the keys and configuration in your environment. What it still shares is said.",
)
capturing = together(
    click.option(
        "--network",
        envvar="PAWWORK_PROXY_NETWORK",
        show_envvar=True,
        metavar="LABEL",
        help="Your name for the network that this machine is on, for example home or office.",
    ),
    click.option(
        "--upstream-ca",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Trust the certificates in this PEM file as well, for a network that inspects TLS.",
    ),
    click.option(
        "--via",
        metavar="URL",
        envvar=VIA_VARIABLE,
        callback=_address_of_proxy,
        help="Leave through this HTTP proxy; none: directly; @FILE: the address in this file, so "
        f"that no list of processes shows its password. {VIA_VARIABLE} may hold it as well. "
        "Default: what other programs are told by the environment.",
    ),
    click.option(
        "--source",
        metavar="ADDRESS",
        help="Leave from this address of the machine; a machine on two networks has two.",
    ),
    click.option(
        "--egress-probe",
        envvar="PAWWORK_PROXY_EGRESS_PROBE",
        show_envvar=True,
        is_flag=True,
        help="Ask the upstream's edge, over the traffic's own route, which address it sees: at the "
        "start, when the route changes, at each refusal of a free quota and at the first admission "
        "after one. The address is kept as a pseudonym.",
    ),
    click.option(
        "--captures",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_CAPTURES,
        metavar="FOLDER",
        help="Write the capture file into this folder.",
    ),
    click.option(
        "--keep-days",
        type=click.IntRange(min=0),
        default=90,
        metavar="DAYS",
        help="Remove captures from that folder when they are older; 0 keeps them all.",
    ),
)
"""What `run`, `launch` and `disturb` are told of the capture; `plan.make_plan` has their types."""
to_server = click.option(
    "--upstream",
    metavar="URL",
    help="Send requests to this server instead of OpenCode's. It is taken for a simulator, and the "
    "capture is marked as simulated.",
)
answering = together(
    click.option(
        "--answer",
        metavar="KIND[:WAIT]",
        help="Answer model calls here, as the server would with this outcome, and send them to no "
        "server. KIND is a word such as free_usage_limit, provider_overload or tool_round; "
        "docs/qa.md lists them. WAIT is what a refusal tells the client: 20h28m, 90s or midnight.",
    ),
    click.option("--model", metavar="ID", help="With --answer: only the calls of this model."),
    click.option(
        "--every",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --answer: only each N-th of these calls.",
    ),
    click.option(
        "--times",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --answer: only so many answers, then the server answers again.",
    ),
)
"""What `run` and `launch` answer in place of the server; `plan.make_plan` has their types."""
