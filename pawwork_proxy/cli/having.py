"""What the user has for experiments: as they say, as they said before, or as captures show.

Invariant: nobody is asked twice, and nobody where no terminal is; an answer that cannot be read is
an error that says where it stands.
"""

import sys
from collections.abc import Sequence

import click

from pawwork_proxy.cli.naming import tell
from pawwork_proxy.comparison.means import Means, means_seen, parse_means
from pawwork_proxy.environment.private_files import private_home, private_place
from pawwork_proxy.environment.studies import remember_means, remembered_means
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.report.wrapping import wrapped

QUESTION = (
    "What can you experiment with? Networks you can be on by turns, devices, API keys of your own, "
    "IPv6 beside IPv4. The next experiment asks for nothing else; Enter takes what the captures "
    "show. You are asked once; --have says it anew."
)


def means_of(given: str | None, seen: Sequence[Observation], *, ask: bool = False) -> Means:
    """What the user has. `ask`: a person reads the answer, and may be asked of real captures.

    Raises ConfigurationError for a text that cannot be read, and names its place.
    """
    shown = means_seen(seen)
    if given is not None:
        means = parse_means(given, "--have", shown)
        remember_means(private_home(), str(means))
        return means
    known = remembered_means(private_place())
    if known is not None:
        try:
            return parse_means(known.text, str(known.place))
        except ConfigurationError as error:
            raise ConfigurationError(error.message, f"{error.hint} behind --have") from None
    real = any(not one.simulated for one in seen)
    if not (ask and real and sys.stdin.isatty() and sys.stderr.isatty()):
        return shown
    for line in wrapped(QUESTION):
        tell(line, err=True)
    means = click.prompt(
        "You have", default=str(shown), value_proc=lambda text: _typed(text, shown), err=True
    )
    remember_means(private_home(), str(means))
    return means


def _typed(text: str, shown: Means) -> Means:
    try:
        return parse_means(text, "This cannot be read", shown)
    except ConfigurationError as error:
        raise click.UsageError(f"{error.message}; {error.hint}.") from None
