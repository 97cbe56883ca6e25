"""Client releases, in ranges that behave alike, and which of them a request comes from."""

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.request import RequestFacts

Runtime = Literal["OpenCode", "DSH"]
STRANGER = "another client"
_NUMBER = re.compile(r"\d+")


class Look(Fact):
    """What the requests of some releases look like."""

    agent: re.Pattern[str] | None = None
    client: str | None = None
    session: bool | None = None
    example: str = ""


class Release(Look):
    """A range of releases of one program; without `agent` it looks like the range above it."""

    id: str = Field(alias="name")
    program: str
    first: str = ""
    """Empty: not known."""
    last: str = ""
    """Empty: not known, or still going on."""
    since: datetime.date | None = None
    change: str = ""
    new: str
    built_on: Runtime = "OpenCode"
    """What asks the server: it decides which ways of leading it through a proxy there are."""


class FurtherLook(Look):
    """Another look of releases, or of a client that is none of them."""

    agent: re.Pattern[str]
    eras: tuple[str, ...] = ()
    """Ids, or what they begin with."""
    called: str = ""


class Recognition(NamedTuple):
    """A look, and the ranges that have it."""

    look: Look
    eras: tuple[str, ...]
    called: str = ""


class Client(NamedTuple):
    """Who sent a request: the ranges it can come from, none for a stranger, and their name."""

    eras: tuple[str, ...]
    name: str


RELEASES = {release.id: release for release in rows(Release, "clients", "release")}
"""By id, in order."""


def _recognitions() -> Iterator[Recognition]:
    """Further looks first, then those of releases, latest first: a new row may be narrower."""
    for row in rows(FurtherLook, "clients", "recognise"):
        eras = tuple(era for era in RELEASES if era.startswith(row.eras))
        yield Recognition(row, eras, row.called)
    alike: tuple[str, ...] = ()
    for era, release in reversed(RELEASES.items()):
        alike = (era, *alike)
        if release.agent is not None:
            yield Recognition(release, alike)
            alike = ()


RECOGNITIONS = tuple(_recognitions())
"""The first that fits counts."""


@lru_cache(maxsize=256)
def client_of(agent: str, client: str, *, session: bool) -> Client:
    """The client by its user agent, its `x-opencode-client` and whether it names a session.

    Cached, because thousands of requests are of a few clients.
    """
    for look, eras, called in RECOGNITIONS:
        found = look.agent.fullmatch(agent) if look.agent else None
        if found and look.client in (None, client) and look.session in (None, session):
            if "version" in found.groupdict():
                return _of_version(eras, found["version"])
            return Client(eras, called or named(eras))
    return Client((), STRANGER)


def sender_of(request: RequestFacts) -> Client:
    """The client that sent a recorded request."""
    return client_of(
        request.user_agent or "", request.client or "", session=request.session is not None
    )


def release_of(program: str, version: str) -> Release | None:
    """The range of a program's version: among those that hold it, the one that began last."""
    numbers = _numbers(version)
    holding = [
        row
        for row in RELEASES.values()
        if row.program == program
        and _numbers(row.first) <= numbers
        and (not row.last or numbers[: len(_numbers(row.last))] <= _numbers(row.last))
    ]
    return max(holding, key=lambda row: _numbers(row.first)) if numbers and holding else None


def named(eras: Sequence[str], text: Callable[[str], str] = str) -> str:
    """The name of ranges that follow each other, such as `PawWork 2026.6.4-2026.8.5`."""
    return f"{RELEASES[eras[0]].program} {releases_of(eras, text)}"


def releases_of(eras: Sequence[str], text: Callable[[str], str] = str) -> str:
    """The same without the program; `text` translates words."""
    first, last = RELEASES[eras[0]].first, RELEASES[eras[-1]].last
    if not first:
        return text("up to {last}").format(last=last) if last else text("all releases")
    if not last:
        return text("{first} and later").format(first=first)
    return first if first == last else f"{first}-{last}"


def _of_version(eras: tuple[str, ...], version: str) -> Client:
    """The last range that had begun with a version, which names the release."""
    begun = [era for era in eras if _numbers(RELEASES[era].first) <= _numbers(version)]
    era = begun[-1] if begun else eras[0]
    return Client((era,), f"{RELEASES[era].program} {version}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)[:3]]
