"""Looks at all that `doctor` judges: runs, clients, listeners, the way to the server, files."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pawwork_proxy import __version__
from pawwork_proxy.clients.auth_places import surroundings
from pawwork_proxy.clients.installations import installations
from pawwork_proxy.diagnosis.captured import heard_in
from pawwork_proxy.diagnosis.files import exposed_captures, exposed_private
from pawwork_proxy.diagnosis.processes import client_seen, running_clients
from pawwork_proxy.diagnosis.route import (
    Presence,
    chained_answer,
    passage_through,
    presence_on,
)
from pawwork_proxy.diagnosis.settings import client_as_told, local_port
from pawwork_proxy.diagnosis.situation import Chained, Client, Occupant, Passage, Run, Situation
from pawwork_proxy.environment.identity import CA_CERTIFICATE
from pawwork_proxy.environment.private_files import private_place
from pawwork_proxy.environment.running import NotedRun, noted_runs
from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.chained import chained_proxy
from pawwork_proxy.recording.destination import ZEN

DEFAULT_CAPTURES = "captures"
_ZEN = f"{ZEN.host}:{ZEN.port}"


def look(pids: Sequence[int] = ()) -> Situation:
    """What is there now; `pids` are the clients' processes, if the user names them."""
    home = private_place()
    open_files = exposed_private(home)  # before anything is read, since reading mends
    notes = noted_runs(home)
    clients = clients_seen(home, pids)
    own = _own_proxy()
    wanted = [port for note in notes for port in note.installs.values()]
    wanted += [port for client in clients for port in _ports(client)]
    wanted += [port for port in [own and local_port(own)] if port]
    presences = {port: presence_on(port) for port in dict.fromkeys(wanted)}
    heard = [note for note in notes if _listens(note, presences)]
    runs = tuple(map(_run, heard))  # before our own requests: what comes beside them is waited for
    ports = [port for note in heard for port in note.installs.values()]
    passages = tuple(passage_through(port) for port in ports if presences[port].decrypts)
    folders = {Path(note.capture).parent for note in heard} or {Path(DEFAULT_CAPTURES)}
    return Situation(
        version=__version__,
        answers={port: one.answer for port, one in presences.items()},
        decrypts={port: one.decrypts for port, one in presences.items()},
        runs=runs,
        clients=clients,
        chained=_chained(heard, passages),
        own_proxy=own if _answer(own, presences) != "ours" else None,
        passages=passages,
        exposed=(*open_files, *chain.from_iterable(map(exposed_captures, sorted(folders)))),
    )


def clients_seen(home: Path, pids: Sequence[int] = ()) -> tuple[Client, ...]:
    """The clients that run; where none does, the files that one would read."""
    authority = home / "ca" / CA_CERTIFICATE
    found = (client_seen(process, authority) for process in running_clients(pids))
    running = tuple(client for client in found if client is not None)
    return running or tuple(_installed(authority))


def _installed(authority: Path) -> Iterator[Client]:
    """Clients that do not run, and whose files say something about the way to the server."""
    around = surroundings(os.environ, Path.cwd())
    for one in installations(around):
        if one.built_on != "DSH":
            client = client_as_told(one.name, one.row.program, around, authority)
            if client.base or client.hidden or client.unreadable:
                yield client


def _ports(client: Client) -> Iterator[int]:
    hidden = [one.leads for one in client.hidden]
    for leads in (client.base, client.go_base, client.proxy, *hidden):
        if leads and leads.port is not None:
            yield leads.port


def _listens(note: NotedRun, presences: Mapping[int, Presence]) -> bool:
    return any(presences[port].answer == "ours" for port in note.installs.values())


def _answer(own: str | None, presences: Mapping[int, Presence]) -> Occupant | None:
    port = local_port(own) if own else None
    return presences[port].answer if port else None


def _run(note: NotedRun) -> Run:
    heard = heard_in(Path(note.capture))
    return Run(
        installs=note.installs,
        version=note.version,
        mitmproxy=note.mitmproxy,
        capture=note.capture,
        is_zen=note.upstream == _ZEN,
        via=note.via,
        heard_at=heard.asked_at,
        turned_down_at=heard.turned_down_at,
    )


def _own_proxy() -> str | None:
    """The proxy that environment or system name for the server, as a client would use it."""
    try:
        found = chained_proxy(None, ZEN)
    except ConfigurationError:  # one that we cannot chain to, as `run` says itself
        return None
    return found.address if found else None


def _chained(notes: Iterable[NotedRun], passages: Iterable[Passage]) -> Chained | None:
    """What the proxy behind ours says, if a request through it failed."""
    if not any(passage.failed for passage in passages):
        return None
    for note in notes:
        if note.via:
            return replace(chained_answer(note.via, note.upstream), password=note.via_password)
    return None
