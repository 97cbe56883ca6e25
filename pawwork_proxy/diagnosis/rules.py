"""What the checks of the table in `checks` ask of a situation.

Pure. A rule yields the words that fill the sentences of its row, once for each finding.
"""

from collections.abc import Callable, Iterator

from pawwork_proxy.diagnosis.situation import Client, Leads, Occupant, Situation
from pawwork_proxy.report.words import shell_word

CLOCK_TOLERANCE_S = 60.0
"""A clock that is further off puts resets and windows into doubt."""

Words = dict[str, object]
Asks = Callable[[Situation], Iterator[Words]]


def clients(wrong: Callable[[Client, Situation], bool]) -> Asks:
    """The rule for clients with which something is wrong; their name says enough."""

    def ask(situation: Situation) -> Iterator[Words]:
        for client in situation.clients:
            if wrong(client, situation):
                yield {"client": client.called}

    return ask


def _misled(situation: Situation) -> Iterator[tuple[Client, Leads]]:
    """Clients that are told a port of this machine where nothing of ours listens."""
    for client in situation.clients:
        told = client.told
        overruled = any(situation.ours(hidden.leads) for hidden in client.hidden)
        if told and told.port is not None and not situation.ours(told) and not overruled:
            yield client, told


def no_run(situation: Situation) -> Iterator[Words]:
    """Nothing of ours listens, and no client is led anywhere else."""
    if "ours" not in situation.answers.values() and not any(_misled(situation)):
        yield {}


def told_a_port_of(whom: Occupant) -> Asks:
    """The rule for clients that are told a port of somebody else, while no run is there."""

    def ask(situation: Situation) -> Iterator[Words]:
        for client, told in _misled(situation):
            if not situation.runs and situation.answers[told.port or 0] == whom:
                yield {"client": client.called, "port": told.port, "place": told.place}

    return ask


def wrong_port(situation: Situation) -> Iterator[Words]:
    """Clients are told another port than that of the run."""
    for client, told in _misled(situation):
        if situation.runs:
            words = {"port": told.port, "place": told.place, "ours": situation.runs[0].port}
            yield {"client": client.called, **words}


def unreadable_file(situation: Situation) -> Iterator[Words]:
    """Files that count and cannot be understood."""
    for client in situation.clients:
        for place in client.unreadable:
            yield {"client": client.called, "place": place}


def overruled(situation: Situation) -> Iterator[Words]:
    """Addresses that lead to us and are not in force."""
    for client in situation.clients:
        for hidden in client.hidden:
            if situation.ours(hidden.leads) and not situation.ours(client.told):
                place = hidden.leads.place
                yield {"client": client.called, "place": place, "stronger": hidden.by}


def not_told(client: Client, situation: Situation) -> bool:
    """Whether it runs and is led nowhere near us, for no reason that is said already."""
    told = client.told
    reaches_us = any(situation.answers.get(port) == "ours" for port in client.connected)
    unused = client.proxied is None and situation.ours(client.proxy)
    explained = client.unreadable or client.hidden or unused or reaches_us
    return client.runs and not explained and (told is None or told.port is None)


_AUTHORITY = {
    "unnamed": "names no file in NODE_EXTRA_CA_CERTS",
    "missing": "names a file in NODE_EXTRA_CA_CERTS that is not there",
    "other": "names a file in NODE_EXTRA_CA_CERTS that does not hold it",
    "newer": "had started before it was made",
}


def authority_unknown(situation: Situation) -> Iterator[Words]:
    """Clients that are shown our certificates and do not trust them."""
    for client in situation.clients:
        leads = client.proxied
        needs = leads is not None and situation.decrypts.get(leads.port or 0, False)
        if needs and client.authority != "known":
            yield {"client": client.called, "why": _AUTHORITY[client.authority]}


def old_process(situation: Situation) -> Iterator[Words]:
    """Clients older than their file, of which nothing was heard since it was changed."""
    heard = [run.heard_at for run in situation.runs if run.heard_at]
    for client in situation.clients:
        changed = client.changed_at
        if changed and not any(moment > changed for moment in heard):
            yield {"client": client.called, "place": client.base.place if client.base else ""}


def never_asks(situation: Situation) -> Iterator[Words]:
    """Connections without a request, the last that was heard of a run."""
    distrusts = any(authority_unknown(situation))
    for run in situation.runs:
        at = run.turned_down_at
        if at and not distrusts and not (run.heard_at and run.heard_at > at):
            yield {"client": "A client", "where": f"at {at:%H:%M:%S} UTC"}


def chained_proxy_says(*answers: str) -> Asks:
    """The rule for these answers of the proxy behind ours."""

    def ask(situation: Situation) -> Iterator[Words]:
        chained = situation.chained
        if chained and chained.answer in answers:
            given = ", and takes not the one that it is given" if chained.password else ""
            yield {"address": chained.address, "given": given}

    return ask


def egress_differs(situation: Situation) -> Iterator[Words]:
    """Runs that leave by another way than the programs of this machine."""
    for run in situation.runs:
        own = situation.own_proxy
        if run.is_zen and run.via != own:
            option = f"with --via {own}" if own else "without --via"
            yield {"way": run.via or "no proxy", "own": own or "none", "option": option}


def _failed(situation: Situation, *, answered: bool) -> Iterator[Words]:
    explained = situation.chained is not None and situation.chained.answer != "up"
    for passage in situation.passages:
        if passage.failed and not explained and (passage.status is not None) == answered:
            runs = (run for run in situation.runs if passage.port in run.installs.values())
            capture = " ".join(shell_word(run.capture) for run in runs)
            yield {"port": passage.port, "status": passage.status, "capture": capture}


def request_fails(situation: Situation) -> Iterator[Words]:
    """Free requests that were broken off, for no reason that is said already."""
    return _failed(situation, answered=False)


def request_refused(situation: Situation) -> Iterator[Words]:
    """Free requests that were answered with an error."""
    return _failed(situation, answered=True)


def clock(situation: Situation) -> Iterator[Words]:
    """A clock that is off by more than can be tolerated."""
    for passage in situation.passages[:1]:
        ahead = passage.clock_ahead_s
        if ahead is not None and abs(ahead) > CLOCK_TOLERANCE_S:
            minutes = f"{abs(ahead) / 60:.0f} min {'ahead of' if ahead > 0 else 'behind'}"
            yield {"off": minutes}


def files_exposed(situation: Situation) -> Iterator[Words]:
    """What others may read."""
    for path in situation.exposed:
        yield {"path": path, "typed": shell_word(path)}


def versions_differ(situation: Situation) -> Iterator[Words]:
    """Runs of another version than the one that looks."""
    for run in situation.runs:
        if run.version != situation.version:
            yield {"port": run.port, "running": run.version, "installed": situation.version}


def no_message(situation: Situation) -> Iterator[Words]:
    """A wait in vain."""
    if situation.waited_s is not None:
        yield {"seconds": f"{situation.waited_s:g}"}
