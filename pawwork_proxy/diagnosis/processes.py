"""The clients that run: found among this user's processes, with what they are told and connect to.

Invariant: of a process its number and what it is called leave this module; its command line and its
environment are looked at, and nothing of them is kept.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import psutil

from pawwork_proxy.clients.auth_places import Surroundings, surroundings, takes_login_shell
from pawwork_proxy.clients.installations import installations
from pawwork_proxy.clients.login_shell import shell_variables
from pawwork_proxy.clients.processes import ancestors, describe
from pawwork_proxy.diagnosis.settings import Kind, client_as_told, eras_of
from pawwork_proxy.diagnosis.situation import Client
from pawwork_proxy.environment.machine import LOOPBACK_NAMES
from pawwork_proxy.facts.server import HOST

KNOWN_FOR_S = 60.0
"""So long the server's addresses are taken for the same."""
_KINDS: dict[str, Kind] = {"opencode": "OpenCode", "pawwork": "PawWork"}
_RUNS_DSH = frozenset({"node", "electron", "pawwork"})


def is_server(addresses: frozenset[str]) -> bool:
    """Whether one of these addresses is one of opencode.ai's, by the system's own look-up.

    Nothing is looked up for addresses of this machine.
    """
    abroad = {one for one in addresses if not ipaddress.ip_address(one).is_loopback}
    return bool(abroad) and not abroad.isdisjoint(server_addresses(time.monotonic() // KNOWN_FOR_S))


@lru_cache(maxsize=1)
def server_addresses(_: float) -> frozenset[str]:
    """opencode.ai's addresses; none where they cannot be found out. Asked anew for each number."""
    try:
        found = socket.getaddrinfo(HOST, 443, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)


def running_clients(pids: Sequence[int] = ()) -> list[psutil.Process]:
    """The first process of each client of this user that runs, or the processes with these numbers.

    What another client has started belongs to it.
    """
    if pids:
        return [process for pid in pids for process in _process(pid)]
    found = {process.pid: process for process in psutil.process_iter() if kind_of(process)}
    return [one for pid, one in found.items() if ancestors(pid).isdisjoint(found)]


def _process(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield psutil.Process(pid)


def kind_of(process: psutil.Process) -> Kind | None:
    """Which client it is; None for any other program, and for what we may not look at."""
    with suppress(psutil.Error, OSError):
        program = describe(process.name()).name
        if program in _RUNS_DSH and _is_dsh(process):
            return "DSH"
        if program in _KINDS:
            process.environ()  # other users' clients are not ours to judge
            return _KINDS[program]
    return None


def _is_dsh(process: psutil.Process) -> bool:
    """Whether DSH runs in it: by its program, or by the folder that PawWork names for it."""
    scripts = [Path(one).parts for one in process.cmdline()[1:2]]
    if any("dsh" in parts and parts[-2:] == ("lib", "bin.js") for parts in scripts):
        return True
    environment = process.environ()
    # PawWork itself may have inherited the folder; the child that it starts runs as Node.js.
    on_node = _program(process) == "node" or "ELECTRON_RUN_AS_NODE" in environment
    return on_node and "DSH_HOME" in environment


def client_seen(process: psutil.Process, authority: Path) -> Client | None:
    """What a running client is told, and connects to; None when it is gone, or hidden from us."""
    with suppress(psutil.Error, OSError):
        kind = kind_of(process)
        family = family_of(process)
        asking, asking_kind = process, kind
        for one in family[1:]:
            if kind != "DSH" and kind_of(one) == "DSH":
                asking, asking_kind = one, "DSH"
        around = surroundings(asking.environ(), Path(asking.cwd()))
        if takes_login_shell(around, eras_of(asking_kind or "OpenCode")):
            around = around.with_shell(_added_by_shell(asking))
        told = client_as_told(
            called(process),
            asking_kind or "OpenCode",
            around,
            authority,
            started=asking.create_time(),
            on_node=asking_kind == "DSH" or _program(asking) == "node",
        )
        ends = {end for one in family for end in _remote_ends(one)}
        return replace(
            told,
            release=_release(Path(process.exe()), kind, around),
            connected=frozenset(port for address, port in ends if address in LOOPBACK_NAMES),
            direct=is_server(frozenset(address for address, _ in ends)),
        )
    return None


@lru_cache(maxsize=16)
def _added_by_shell(process: psutil.Process) -> dict[str, str]:
    """What a client has taken from the login shell; it does so once, at its start."""
    return shell_variables(process.environ())


def _release(program: Path, kind: Kind | None, around: Surroundings) -> str | None:
    """The release of the installation whose program it is, or of the only one of its kind."""
    same = [one for one in installations(around) if one.row.program == kind]
    own = [one for one in same if program in map(Path.resolve, one.programs)]
    found = own or (same if len(same) == 1 else [])
    return found[0].release if found else None


def called(process: psutil.Process) -> str:
    """What a client is called, with its number."""
    return f"{kind_of(process) or _program(process)} (process {process.pid})"


def family_of(process: psutil.Process) -> list[psutil.Process]:
    """A process and what it has started."""
    with suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return []


def _program(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return describe(process.name()).name
    return "other"


def holds_connection(process: psutil.Process) -> bool:
    """Whether a process has a connection to the server itself."""
    return is_server(frozenset(address for address, _ in _remote_ends(process)))


def _remote_ends(process: psutil.Process) -> set[tuple[str, int]]:
    """Addresses and ports to which a process has connections."""
    with suppress(psutil.Error, OSError):
        found = (one.raddr for one in process.net_connections("tcp") if one.raddr)
        return {(end.ip.partition("%")[0], end.port) for end in found}
    return set()
