"""What makes a word with points a host name: its ending. One list, for redaction and for the scan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pawwork_proxy.facts import addresses, providers, user_agents


@cache
def _host() -> re.Pattern[str]:
    endings = "|".join(sorted(addresses.HOST_ENDINGS))
    return re.compile(
        rf"(?<![\w.-])(?:[A-Za-z0-9-]{{1,63}}\.)+(?:{endings})(?![\w-])", re.IGNORECASE
    )


@cache
def _nobodys() -> frozenset[str]:
    """A relayed provider and a terminal have names like hosts."""
    named = {name.lower() for name in providers.PROVIDERS}
    return addresses.KNOWN_HOSTS | named | user_agents.PRODUCTS


@cache
def _version() -> re.Pattern[str]:
    """`1.2.dev` is a version."""
    return re.compile(rf"v?\d+(?:\.\d+)*\.(?:{'|'.join(user_agents.PRERELEASES)})")


def foreign_hosts(text: str) -> Iterator[str]:
    """The host names in a text that could name somebody's machine or company."""
    for match in _host().finditer(text):
        if match.group().lower() not in _nobodys() and not _version().fullmatch(match.group()):
            yield match.group()
