"""What a client is told by its configuration files and its environment, and whether that counts.

Invariant: a setting's place and where it leads leave this module, never another value of a file or
of an environment.
"""

import os
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Literal

from pawwork_proxy.clients.auth_places import Place, Surroundings, has_go_key, in_force, places
from pawwork_proxy.clients.key_formats import parse_jsonc
from pawwork_proxy.diagnosis.situation import Authority, Client, Hidden, Leads
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.facts.clients import RELEASES
from pawwork_proxy.facts.server import HOST, PROVIDERS
from pawwork_proxy.recording.destination import http_address
from pawwork_proxy.wire.bounded_json import member

Kind = Literal["OpenCode", "PawWork", "DSH"]
_NOT_READ: Mapping[Kind, tuple[str, ...]] = {
    "OpenCode": ("pawwork.",),
    "PawWork": ("opencode.config", "opencode.managed", "opencode.mdm"),
    "DSH": ("",),
}
"""Beginnings of the ids of places that a client does not look at; DSH looks at no configuration."""
_FIRST_FOLDER_ONLY = "pawwork.config"
"""Of these folders PawWork reads the first one that has a file."""
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
    found = _read(kind, around)
    env = around.environment if started is not None else {}
    base = found.bases[0] if found.bases else None
    hidden = [Hidden(one, base.place) for one in found.bases[1:] if base]
    hidden += [Hidden(leads, by) for leads, by in found.outside]
    return Client(
        called,
        runs=started is not None,
        base=base,
        go_base=found.go_bases[0] if found.go_bases else None,
        go_key=kind != "DSH" and has_go_key(around, in_force(around, _eras(kind))),
        proxy=_proxy(env),
        bypasses=bool(_bypasses(env)),
        ignores_proxy=on_node and not _uses_proxy(env),
        authority=_authority(env, authority, started),
        unreadable=tuple(found.unreadable),
        hidden=tuple(hidden),
        changed_at=_changed(base, started),
    )


def _eras(kind: Kind) -> tuple[str, ...]:
    """The releases of a client that ask the server themselves."""
    return tuple(
        era
        for era, release in RELEASES.items()
        if release.program == kind and release.built_on == "OpenCode"
    )


def _read(kind: Kind, around: Surroundings) -> _Found:
    found = _Found()
    first: Path | None = None
    for place in _by_strength(places(around)):
        if place.source != "config" or place.id.startswith(_NOT_READ[kind]):
            continue
        called = str(place.path or place.variable)
        try:
            text = _text(place, around)
            parsed = parse_jsonc(text) if text.strip() else None
        except OSError:
            continue
        except (ValueError, RecursionError):
            parsed = None
            found.unreadable.append(called)
        else:
            if not text:
                continue
        if place.id == _FIRST_FOLDER_ONLY and place.path is not None:
            first = first or place.path
            if first.parent != place.path.parent:
                found.outside += [(one, str(first)) for one in _leads(parsed, "zen", called)]
                continue
        found.bases += _leads(parsed, "zen", called)
        found.go_bases += _leads(parsed, "go", called)
    return found


def _by_strength(every: Iterable[Place]) -> Iterable[Place]:
    """Within a folder, the file that is named last is read last, and counts."""
    for _, of_folder in groupby(every, lambda place: place.path and place.path.parent):
        yield from reversed(list(of_folder))


def _text(place: Place, around: Surroundings) -> str:
    if place.path is None:
        return around.environment.get(place.variable, "")
    if place.form == "plist":
        return ""  # settings that an administrator made; nobody edits them
    try:
        return place.path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _leads(parsed: object, tier: Literal["zen", "go"], called: str) -> list[Leads]:
    provider = member(member(parsed, "provider"), PROVIDERS[tier])
    address = member(member(provider, "options"), "baseURL")
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
