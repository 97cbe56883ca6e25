"""What a client is told by its configuration files and its environment, and whether that counts.

Invariant: a setting's place and where it leads leave this module, never another value of a file or
of an environment.
"""

import os
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Literal

from pawwork_proxy.clients.auth_places import (
    Eras,
    Place,
    Surroundings,
    configuration_at,
    has_go_key,
    in_force,
    places,
    session_databases,
)
from pawwork_proxy.clients.client_database import rows_of
from pawwork_proxy.diagnosis.situation import Authority, Client, Hidden, Leads
from pawwork_proxy.environment.looking import is_file
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.facts.clients import RELEASES
from pawwork_proxy.facts.server import BASE_SETTINGS, HOST
from pawwork_proxy.model.request import Tier
from pawwork_proxy.recording.destination import http_address
from pawwork_proxy.wire.bounded_json import member

Kind = Literal["OpenCode", "PawWork", "DSH"]
_LAST_FOLDER = "SELECT directory FROM session ORDER BY time_updated DESC LIMIT 1"
START_TOLERANCE_S = 2.0
"""The system tells when a process began to the second."""


@dataclass
class _Found:
    """What the configuration of a client says, strongest first."""

    bases: list[Leads] = field(default_factory=list)
    go_bases: list[Leads] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    outside: list[tuple[Leads, str]] = field(default_factory=list)
    """Addresses in files that are not read, and the file that comes first."""


def client_as_told(
    called: str,
    kind: Kind,
    around: Surroundings,
    authority: Path,
    *,
    started: float | None = None,
    on_node: bool = False,
) -> Client:
    """What is told to a client with these surroundings; `started` is None where none runs.

    `authority` is the file with our certificate; `on_node` says that Node.js runs it as it is.
    """
    eras = eras_of(kind)
    found = _read(around, eras) if eras else _Found()
    env = around.environment if started is not None else {}
    base = found.bases[0] if found.bases else None
    hidden = [Hidden(one, base.place) for one in found.bases[1:] if base]
    hidden += [Hidden(leads, by) for leads, by in found.outside]
    return Client(
        called,
        runs=started is not None,
        base=base,
        go_base=found.go_bases[0] if found.go_bases else None,
        go_key=bool(eras) and has_go_key(around, in_force(around, eras)),
        proxy=_proxy(env),
        bypasses=bool(_bypasses(env)),
        ignores_proxy=on_node and not _uses_proxy(env),
        authority=_authority(_at_start(env, around), authority, started),
        unreadable=tuple(found.unreadable),
        hidden=tuple(hidden),
        changed_at=_changed(base, started),
    )


def eras_of(kind: Kind) -> Eras:
    """The releases of a client that ask the server themselves; of DSH no file says where to ask."""
    return tuple(
        era
        for era, release in RELEASES.items()
        if release.program == kind and release.built_on == "OpenCode"
    )


def _read(around: Surroundings, eras: Eras) -> _Found:
    found = _Found()
    around = replace(around, opened=tuple(_opened(around, eras)))
    counting = in_force(around, eras)
    for place in _by_strength(places(around, eras)):
        if place.source != "config":
            continue
        called = str(place.path or place.variable)
        try:
            parsed = configuration_at(place, around)
        except OSError:
            continue
        except (ValueError, RecursionError):
            if place in counting:
                found.unreadable.append(called)
            continue
        if place in counting:
            found.bases += _leads(parsed, "zen", called)
            found.go_bases += _leads(parsed, "go", called)
        else:
            found.outside += [
                (one, _before(place, counting)) for one in _leads(parsed, "zen", called)
            ]
    return found


def _opened(around: Surroundings, eras: Eras) -> Iterator[Path]:
    """The folder of the conversation that was last used, where a client keeps them."""
    for database in session_databases(around, eras):
        with suppress(OSError, ValueError):
            yield from (Path(str(folder)) for (folder,) in rows_of(database, _LAST_FOLDER))


def _before(place: Place, counting: Iterable[Place]) -> str:
    """The file for which one in another folder is not read."""
    same = (one.path for one in counting if one.id == place.id)
    return next(str(path) for path in same if path is not None and is_file(path))


def _by_strength(every: Iterable[Place]) -> Iterable[Place]:
    """Within a folder, the file that is named last is read last, and counts."""
    for _, of_folder in groupby(every, lambda place: place.path and place.path.parent):
        yield from reversed(list(of_folder))


def _leads(parsed: object, tier: Tier, called: str) -> list[Leads]:
    address = member(parsed, *BASE_SETTINGS[tier])
    if not isinstance(address, str) or not address:
        return []
    return [Leads(local_port(address), called)]


def local_port(address: str) -> int | None:
    """The port, if an address of HTTP lies on this machine."""
    parts, port = http_address(address) or (None, None)
    return port if parts is not None and parts.hostname in LOOPBACK_NAMES else None


def _proxy(env: Mapping[str, str]) -> Leads | None:
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        address = env.get(name.lower()) or env.get(name)
        if address:
            return Leads(local_port(address if "://" in address else f"http://{address}"), name)
    return None


def _bypasses(env: Mapping[str, str]) -> object:
    exempt = env.get("no_proxy") or env.get("NO_PROXY") or ""
    return urllib.request.proxy_bypass_environment(HOST, {"no": exempt})  # type: ignore[attr-defined]


def _uses_proxy(env: Mapping[str, str]) -> bool:
    return env.get("NODE_USE_ENV_PROXY") == "1" or "use-env-proxy" in env.get("NODE_OPTIONS", "")


def _at_start(env: Mapping[str, str], around: Surroundings) -> Mapping[str, str]:
    """The environment with which a process began: Node.js looks for certificates no later."""
    return {name: value for name, value in env.items() if name not in around.from_shell}


def _authority(env: Mapping[str, str], ours: Path, started: float | None) -> Authority:
    named = env.get("NODE_EXTRA_CA_CERTS")
    if not named:
        return "unnamed"
    try:
        known = _plain(Path(named).read_bytes())
    except OSError:
        return "missing"
    try:
        if _plain(ours.read_bytes()) not in known:
            return "other"
        if started is not None and ours.stat().st_mtime > started + START_TOLERANCE_S:
            return "newer"
    except OSError:
        return "other"
    return "known"


def _plain(pem: bytes) -> bytes:
    """A certificate's text without line ends, which differ between systems."""
    return b"".join(pem.split())


def _changed(base: Leads | None, started: float | None) -> datetime | None:
    if base is None or started is None:
        return None
    try:
        changed = os.stat(base.place).st_mtime  # noqa: PTH116  it may be a variable's name
    except OSError:
        return None
    if changed <= started + START_TOLERANCE_S:
        return None
    return datetime.fromtimestamp(changed, UTC)
