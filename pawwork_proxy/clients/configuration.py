"""Which configuration a client really loads, and what has to stand in it to lead to the proxy.

Only two values are ours: the base address of OpenCode's free models, and that of Go where the
client has it. Each keeps the path of the client's own address.
Invariant: files are read, and nothing is written.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.clients.auth_places import (
    Place,
    Surroundings,
    configuration_at,
    has_go_key,
    in_force,
    session_databases,
)
from pawwork_proxy.clients.client_database import rows_of
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.clients.installations import Installation
from pawwork_proxy.clients.jsonc import UnreadableError, parsed
from pawwork_proxy.clients.own_addresses import address_in, own_base, own_catalogue, tiers_with
from pawwork_proxy.environment.looking import is_file
from pawwork_proxy.errors import ConfigurationError, reason_of
from pawwork_proxy.facts.identifiers import CLIENTS
from pawwork_proxy.facts.server import BASE_SETTINGS, CONFIG_SCHEMA, HOST, PROVIDERS
from pawwork_proxy.model.request import Tier
from pawwork_proxy.wire.bounded_json import member

Setting = tuple[tuple[str, ...], str]
"""The path of a value in a configuration, and the value."""
_PROJECT = "project.config"
_FOLDERS = "SELECT DISTINCT directory FROM session ORDER BY time_updated DESC LIMIT 50"


class Target(NamedTuple):
    """The file to edit, and what to set in it."""

    path: Path
    settings: tuple[Setting, ...]
    """In order; the schema first."""
    overruled_by: tuple[str, ...]
    """Stronger sources that set one of these values, too: they win."""


def target(client: Installation, around: Surroundings, listener_url: str) -> Target:
    """What to edit for a client; ConfigurationError where that would not do what is wanted."""
    loaded = _Loaded(client, around)
    settings: list[Setting] = [(("$schema",), CONFIG_SCHEMA)]
    for tier in tiers_with(go=loaded.has_go()):
        settings.append((BASE_SETTINGS[tier], f"{listener_url}{loaded.own_path(tier)}"))
    return Target(loaded.file, tuple(settings), tuple(loaded.overruling(settings)))


def text_of(path: Path) -> str | None:
    """The text of a configuration file, None without one; ConfigurationError if it has none."""
    try:
        text = read_regular(path).decode("utf-8")
        return text if text or path.exists() else None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read: {reason_of(error)}",
            "check its owner and permissions, and that it is UTF-8 text of up to 1 MiB",
        ) from None


def refused(path: Path, error: UnreadableError) -> ConfigurationError:
    """What to say of a file that is no configuration."""
    return ConfigurationError(
        f"{path}, {error}",
        "correct the file; a client ignores one that does not parse, or refuses every request",
    )


class _Loaded:
    """The configuration that one client loads, strongest source first."""

    def __init__(self, client: Installation, around: Surroundings) -> None:
        self._row = client.row
        self._around = replace(around, opened=tuple(self._opened(client, around)))
        self._places = [
            place for place in in_force(self._around, client.eras) if self._is_own(place)
        ]
        read = [place for place in self._places if place.source == "config"]
        own = [place for place in read if place.id == f"{client.row.program.lower()}.config"]
        files = self._files(own)
        self.file = files[-1].resolve()
        self._stronger = [(one, self._read(one)) for one in read[: read.index(own[0])]]
        self._own = [_parsed(file) for file in reversed(files)]

    def _opened(self, client: Installation, around: Surroundings) -> Iterator[Path]:
        """Folders of the latest conversations: a project's configuration is stronger."""
        for database in session_databases(around, client.eras):
            with suppress(OSError, ValueError):
                if not self._is_foreign(database):
                    yield from (Path(str(folder)) for (folder,) in rows_of(database, _FOLDERS))

    def _is_own(self, place: Place) -> bool:
        """Whether this client reads it, not only another channel of the same program."""
        if place.id == "opencode.config" and str(place.path).endswith("config.jsonc"):
            return False  # OpenCode does not read it in this folder
        return place.path is None or not self._is_foreign(place.path)

    def _is_foreign(self, path: Path) -> bool:
        """Whether it lies in the folder of another channel."""
        channels = {row.folder for row in CLIENTS.values() if row.program == "PawWork"}
        return bool((channels - {self._row.folder}) & {*path.parts})

    @staticmethod
    def _files(own: list[Place]) -> list[Path]:
        """The user's files that count, the strongest last; where there is none, the one to make.

        That lies in the last folder: in an earlier one it would hide the files of other channels.
        """
        paths = [place.path for place in own if place.path is not None]
        return [path for path in paths if is_file(path)] or [paths[-2]]

    def _read(self, place: Place) -> object:
        with suppress(OSError, ValueError, RecursionError):
            return configuration_at(place, self._around)
        return None

    def has_go(self) -> bool:
        """Whether the client uses Go: it has a key for it, or names the provider."""
        go = PROVIDERS["go"]
        return any(
            member(one, "provider", go) is not None for one in self._everywhere()
        ) or has_go_key(self._around, self._places)

    def own_path(self, tier: Tier) -> str:
        """The path of the address that the client would ask without us."""
        address = address_in(self._everywhere(), tier)
        if address is None:
            return own_base(tier, own_catalogue(self._around, self._row), self._row)
        if address.hostname != HOST:
            raise ConfigurationError(
                f"the configuration of {self._row.called} sends {PROVIDERS[tier]} to "
                f"another server than {HOST}",
                f"take its baseURL out of {self.file} first, if {HOST} is to be asked",
            )
        return address.path.rstrip("/")

    def _everywhere(self) -> Iterator[object]:
        """What counts in every folder, strongest first: not what a project says."""
        yield from (content for place, content in self._stronger if place.id != _PROJECT)
        yield from self._own

    def overruling(self, settings: list[Setting]) -> Iterator[str]:
        """The stronger sources that set one of the values to something else."""
        for place, content in self._stronger:
            for path, value in settings[1:]:
                if member(content, *path) not in (None, value):
                    yield str(place.path) if place.path else f"${place.variable}"
                    break


def _parsed(path: Path) -> object:
    text = text_of(path)
    if not text:  # a client takes an empty file for an empty configuration
        return {}
    try:
        return parsed(text).value
    except UnreadableError as error:
        raise refused(path, error) from None
