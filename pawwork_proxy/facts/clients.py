"""Client releases, in ranges that behave alike, and which of them a request comes from."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows

OTHER = "another client"
_NUMBER = re.compile(r"\d+")


class Release(Fact):
    """A range of releases of one client."""

    id: str = Field(alias="name")
    client: str
    first: str = ""
    """Empty: from the beginning."""
    last: str = ""
    """Empty: not known, or still going on."""
    since: datetime.date | None = None
    change: str = ""
    new: str


class Recognition(Fact):
    """What requests of some releases look like."""

    agent: re.Pattern[str]
    client: str | None = None
    session: bool | None = None
    eras: tuple[str, ...]
    called: str = ""
    example: str

    def fits(self, agent: str, client: str, session: bool) -> bool:
        """Whether a request looks so."""
        return (
            self.agent.fullmatch(agent) is not None
            and self.client in (None, client)
            and self.session in (None, session)
        )


class Client(NamedTuple):
    """Who sent a request: the ranges it can come from, none for a stranger, and their name."""

    eras: tuple[str, ...]
    name: str


RELEASES = {release.id: release for release in rows(Release, "clients", "release")}
"""By id, in order."""
RECOGNITIONS = rows(Recognition, "clients", "recognise")


def client_of(agent: str, client: str, *, session: bool) -> Client:
    """The client by its user agent, its `x-opencode-client` and whether it names a session."""
    row = next((row for row in RECOGNITIONS if row.fits(agent, client, session)), None)
    if row is None or not row.eras:
        return Client((), OTHER if row is None else row.called)
    found = row.agent.fullmatch(agent)
    version = found["version"] if found and "version" in row.agent.groupindex else None
    if version is None:
        return Client(row.eras, named(row.eras))
    begun = [era for era in row.eras if _numbers(RELEASES[era].first) <= _numbers(version)]
    era = begun[-1] if begun else row.eras[0]
    return Client((era,), f"{RELEASES[era].client} {version}")


def named(eras: tuple[str, ...]) -> str:
    """The name of ranges that follow each other, such as `PawWork 2026.6.4-2026.8.5`."""
    first, last = RELEASES[eras[0]], RELEASES[eras[-1]]
    if not first.first:
        return f"{first.client} up to {last.last}"
    if not last.last:
        return f"{first.client} {first.first} and later"
    releases = first.first if first.first == last.last else f"{first.first}-{last.last}"
    return f"{first.client} {releases}"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)[:3]]
