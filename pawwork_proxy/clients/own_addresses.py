"""Which addresses a client asks without us: its configuration names them, or else its catalogue.

Invariant: only addresses on the recorded host are moved to a listener, and each keeps its path: a
client asks the same address through us as without us.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pawwork_proxy.clients.auth_places import Surroundings, configurations, root_folder
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.facts.identifiers import CATALOGUES, CLIENTS, ClientRow
from pawwork_proxy.facts.server import BASE_SETTINGS, HOST, PROVIDERS, todays_base
from pawwork_proxy.model.request import Tier
from pawwork_proxy.wire.bounded_json import json_object, member

LARGEST_CATALOGUE = 64 * 1024 * 1024


class MovedAddresses(NamedTuple):
    """What makes a client ask a listener at the very paths at which it would ask the server."""

    bases: dict[str, str]
    """By provider: the path of the one address that its configuration has to name."""
    catalogue: Path | None
    """A file with the client's own catalogue, its addresses moved; None where it has none."""


def moved_addresses(
    around: Surroundings,
    listener_url: str,
    folder: Path,
    *,
    go: bool,
    client: ClientRow | None = None,
) -> MovedAddresses:
    """Move the addresses of a client to a listener; `folder` gets the catalogue, if there is one.

    A configured address beats the catalogue's, and that beats the one inside the client.
    `go` says whether it has a key for Go, which must be left out otherwise.
    """
    catalogue = own_catalogue(around, client)
    bases = {}
    for tier in tiers_with(go=go):
        name = PROVIDERS[tier]
        configured = address_in(configurations(around), tier)
        if configured is None:
            if catalogue_base(catalogue, name) is None:
                bases[name] = own_base(tier, catalogue, client)
        elif configured.hostname == HOST:
            bases[name] = configured.path.rstrip("/")
    if catalogue is None:
        return MovedAddresses(bases, None)
    file = folder / "models.json"
    file.write_text(json.dumps(_moved(catalogue, listener_url)), encoding="utf-8")
    return MovedAddresses(bases, file)


def own_bases(around: Surroundings, *, go: bool) -> dict[str, str]:
    """By provider: the path of the address that a client with these surroundings asks."""
    catalogue = own_catalogue(around)
    found = {}
    for tier in tiers_with(go=go):
        configured = address_in(configurations(around), tier)
        if configured is not None and configured.hostname == HOST:
            found[PROVIDERS[tier]] = configured.path.rstrip("/")
        else:
            found[PROVIDERS[tier]] = own_base(tier, catalogue)
    return found


def tiers_with(*, go: bool) -> tuple[Tier, ...]:
    """The tiers that a client asks, with a key for Go or without."""
    return ("zen", "go") if go else ("zen",)


def own_base(tier: Tier, catalogue: object, client: ClientRow | None = None) -> str:
    """The path that a client asks without a configuration: its catalogue's, or the one inside it.

    Without `client` it is that of any; if none is known to have one inside, the one of today.
    """
    rows = [client] if client else CLIENTS.values()
    inside = (row.bases[tier] for row in rows if tier in row.bases)
    return catalogue_base(catalogue, PROVIDERS[tier]) or next(inside, todays_base(tier))


def address_in(parsed_ones: Iterable[object], tier: Tier) -> SplitResult | None:
    """The address that the first of some configurations names for a tier, if any does.

    One on this machine leads to a proxy or a simulator, perhaps to us: it is not the client's own.
    """
    for parsed in parsed_ones:
        address = _split(member(parsed, *BASE_SETTINGS[tier]))
        if address is not None and address.hostname not in LOOPBACK_NAMES:
            return address
    return None


def asks(around: Surroundings, authority: str) -> bool:
    """Whether a configuration of the client sends OpenCode's free models to this host and port."""
    named = (_split(member(one, *BASE_SETTINGS["zen"])) for one in configurations(around))
    return any(address is not None and address.netloc == authority for address in named)


def own_catalogue(around: Surroundings, client: ClientRow | None = None) -> dict[str, Any] | None:
    """The catalogue that the client has kept, if there is one that can be read.

    Without `client` it is that of any.
    """
    for path in _catalogue_files(around, client):
        with suppress(OSError, ValueError):
            catalogue = json_object(read_regular(path, LARGEST_CATALOGUE))
            if catalogue is not None:
                return catalogue
    return None


def catalogue_base(catalogue: object, provider: str) -> str | None:
    """The path of a provider's address in a catalogue, if it lies on the recorded host."""
    path = _path_here(member(catalogue, provider, "api"))
    return None if path is None else path.rstrip("/")


def _moved(part: Any, listener_url: str) -> Any:
    if isinstance(part, dict):
        return {
            name: _moved_address(value, listener_url)
            if name == "api" and isinstance(value, str)
            else _moved(value, listener_url)
            for name, value in part.items()
        }
    return [_moved(one, listener_url) for one in part] if isinstance(part, list) else part


def _moved_address(address: str, listener_url: str) -> str:
    path = _path_here(address)
    return address if path is None else f"{listener_url}{path}"


def _path_here(address: object) -> str | None:
    """The path of an address on the recorded host; None for anything else."""
    parts = _split(address)
    return parts.path if parts is not None and parts.hostname == HOST else None


def _split(address: object) -> SplitResult | None:
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
        return parts if parts is not None and parts.hostname else None
    except ValueError:  # brackets that do not fit
        return None


def _catalogue_files(around: Surroundings, client: ClientRow | None) -> Iterator[Path]:
    for row in CATALOGUES:
        if client is not None and row.program not in (None, client.program):
            continue
        named = around.environment.get(row.variable)
        if named:
            yield Path(named)
        for folder in root_folder(row.root, around) if row.root else ():
            yield from (
                folder / file
                for file in row.files
                if client is None or file.startswith(f"{client.folder or client.program.lower()}/")
            )
