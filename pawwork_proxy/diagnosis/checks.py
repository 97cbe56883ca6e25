"""The table of checks: what is asked, what is found, and the remedy; and what judges by it.

Pure: a situation goes in, findings come out, causes before consequences. Each row yields the words
that fill its sentences, once per finding.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pawwork_proxy.diagnosis.situation import Client, Leads, Situation
from pawwork_proxy.facts.server import HOST

CLOCK_TOLERANCE_S = 60.0
"""A clock that is further off puts resets and windows into doubt."""

Words = dict[str, object]
Asks = Callable[[Situation], Iterator[Words]]


class Finding(NamedTuple):
    """What is wrong, and what to do about it; one sentence each."""

    id: str
    finding: str
    remedy: str


class Check(NamedTuple):
    """One row of the table."""

    id: str
    asks: str
    finding: str
    remedy: str
    ask: Asks


def judge(situation: Situation) -> tuple[Finding, ...]:
    """Everything that is wrong, in the order of the table."""
    return tuple(
        Finding(check.id, check.finding.format_map(words), check.remedy.format_map(words))
        for check in CHECKS
        for words in check.ask(situation)
    )


def finding(check_id: str, **words: object) -> Finding:
    """A finding of one check, for who has seen it happen."""
    check = next(one for one in CHECKS if one.id == check_id)
    return Finding(check_id, check.finding.format_map(words), check.remedy.format_map(words))


def _misled(situation: Situation) -> Iterator[tuple[Client, Leads]]:
    """Clients that are told a port of this machine where nothing of ours listens."""
    for client in situation.clients:
        told = client.told
        overruled = any(situation.ours(hidden.leads) for hidden in client.hidden)
        if told and told.port is not None and not situation.ours(told) and not overruled:
            yield client, told


def _no_run(situation: Situation) -> Iterator[Words]:
    if "ours" not in situation.answers.values() and not any(_misled(situation)):
        yield {}


def _gone(situation: Situation) -> Iterator[Words]:
    for client, told in _misled(situation):
        if not situation.runs and situation.answers[told.port or 0] == "nobody":
            yield {"client": client.called, "port": told.port, "place": told.place}


def _wrong_port(situation: Situation) -> Iterator[Words]:
    for client, told in _misled(situation):
        if situation.runs:
            words = {"port": told.port, "place": told.place, "ours": situation.runs[0].port}
            yield {"client": client.called, **words}


def _foreign(situation: Situation) -> Iterator[Words]:
    for client, told in _misled(situation):
        if not situation.runs and situation.answers[told.port or 0] == "other":
            yield {"client": client.called, "port": told.port, "place": told.place}


def _unreadable(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        for place in client.unreadable:
            yield {"client": client.called, "place": place}


def _overruled(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        for hidden in client.hidden:
            if situation.ours(hidden.leads) and not situation.ours(client.told):
                place = hidden.leads.place
                yield {"client": client.called, "place": place, "stronger": hidden.by}


def _not_told(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        told = client.told
        reaches_us = any(situation.answers.get(port) == "ours" for port in client.connected)
        unused = client.proxied is None and situation.ours(client.proxy)
        explained = client.unreadable or client.hidden or unused or reaches_us
        if client.runs and not explained and (told is None or told.port is None):
            yield {"client": client.called}


def _bypasses(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        if client.bypasses and situation.ours(client.proxy) and client.told is None:
            yield {"client": client.called}


def _ignores(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        if client.ignores_proxy and situation.ours(client.proxy) and client.told is None:
            yield {"client": client.called}


_AUTHORITY = {
    "unnamed": "names no file in NODE_EXTRA_CA_CERTS",
    "missing": "names a file in NODE_EXTRA_CA_CERTS that is not there",
    "other": "names a file in NODE_EXTRA_CA_CERTS that does not hold it",
    "newer": "had started before it was made",
}


def _distrusts(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        leads = client.proxied
        needs = leads is not None and situation.decrypts.get(leads.port or 0, False)
        if needs and client.authority != "known":
            yield {"client": client.called, "why": _AUTHORITY[client.authority]}


def _outdated(situation: Situation) -> Iterator[Words]:
    heard = [run.heard_at for run in situation.runs if run.heard_at]
    for client in situation.clients:
        changed = client.changed_at
        if changed and not any(moment > changed for moment in heard):
            yield {"client": client.called, "place": client.base.place if client.base else ""}


def _never_asks(situation: Situation) -> Iterator[Words]:
    distrusts = any(_distrusts(situation))
    for run in situation.runs:
        at = run.turned_down_at
        if at and not distrusts and not (run.heard_at and run.heard_at > at):
            yield {"client": "A client", "where": f"at {at:%H:%M:%S} UTC"}


def _direct(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        if client.direct:
            yield {"client": client.called}


def _chained(*answers: str) -> Asks:
    def ask(situation: Situation) -> Iterator[Words]:
        chained = situation.chained
        if chained and chained.answer in answers:
            given = ", and takes not the one that it is given" if chained.password else ""
            yield {"address": chained.address, "given": given}

    return ask


def _egress(situation: Situation) -> Iterator[Words]:
    for run in situation.runs:
        own = situation.own_proxy
        if run.is_zen and run.via != own:
            option = f"with --via {own}" if own else "without --via"
            yield {"way": run.via or "no proxy", "own": own or "none", "option": option}


def _failed(situation: Situation, *, answered: bool) -> Iterator[Words]:
    explained = situation.chained is not None and situation.chained.answer != "up"
    for passage in situation.passages:
        if passage.failed and not explained and (passage.status is not None) == answered:
            yield {"port": passage.port, "status": passage.status}


def _stuck(situation: Situation) -> Iterator[Words]:
    return _failed(situation, answered=False)


def _refused(situation: Situation) -> Iterator[Words]:
    return _failed(situation, answered=True)


def _clock(situation: Situation) -> Iterator[Words]:
    for passage in situation.passages[:1]:
        ahead = passage.clock_ahead_s
        if ahead is not None and abs(ahead) > CLOCK_TOLERANCE_S:
            minutes = f"{abs(ahead) / 60:.0f} min {'ahead of' if ahead > 0 else 'behind'}"
            yield {"off": minutes}


def _go(situation: Situation) -> Iterator[Words]:
    for client in situation.clients:
        if client.go_key and not situation.covers_go(client) and situation.ours(client.told):
            yield {"client": client.called}


def _exposed(situation: Situation) -> Iterator[Words]:
    for path in situation.exposed:
        yield {"path": path}


def _versions(situation: Situation) -> Iterator[Words]:
    for run in situation.runs:
        if run.version != situation.version:
            yield {"port": run.port, "running": run.version, "installed": situation.version}


def _silent(situation: Situation) -> Iterator[Words]:
    if situation.waited_s is not None:
        yield {"seconds": f"{situation.waited_s:g}"}


CHECKS = (
    Check(
        "no_run",
        "Is a proxy of ours listening?",
        "No pawwork-proxy is listening on this machine.",
        "Start it with 'pawwork-proxy run', and leave it running.",
        _no_run,
    ),
    Check(
        "listener_gone",
        "Does somebody listen on the port that the client is told?",
        "{client} is told port {port} by {place}, and nobody listens there.",
        "Start the proxy there: pawwork-proxy run --install main@{port}",
        _gone,
    ),
    Check(
        "wrong_port",
        "Is it the port on which the proxy listens?",
        "{client} is told port {port} by {place}, but the proxy listens on {ours}.",
        "Write {ours} in {place} and restart the client.",
        _wrong_port,
    ),
    Check(
        "other_program",
        "Is what listens there a proxy of ours?",
        "{client} is told port {port} by {place}, where another program listens.",
        "Start 'pawwork-proxy run' on a free port, and tell the client that port.",
        _foreign,
    ),
    Check(
        "unreadable_file",
        "Can every file of the client's configuration be understood?",
        "{place}, which {client} reads, is no valid JSON: what it says does not count, and early "
        "PawWork answers every request with an error.",
        "Correct the file, or move it away, and restart the client.",
        _unreadable,
    ),
    Check(
        "overruled",
        "Is the file that names us the one in force?",
        "{place} leads {client} to the proxy, but {stronger} is stronger and leads elsewhere.",
        "Write the address into {stronger}, or take that place away, and restart the client.",
        _overruled,
    ),
    Check(
        "not_told",
        "Is the client told of the proxy at all?",
        "{client} is not told of the proxy: its requests go around it.",
        "Point it at the proxy with 'pawwork-proxy connect', and restart it.",
        _not_told,
    ),
    Check(
        "no_proxy",
        "Does NO_PROXY leave the server out?",
        f"NO_PROXY in the environment of {{client}} holds {HOST}: it goes around the proxy.",
        f"Take {HOST} out of NO_PROXY and no_proxy, and restart the client.",
        _bypasses,
    ),
    Check(
        "proxy_ignored",
        "Does the client's runtime look at HTTPS_PROXY?",
        "{client} runs on Node.js, which ignores HTTPS_PROXY without NODE_USE_ENV_PROXY=1.",
        "Start it with NODE_USE_ENV_PROXY=1 on Node.js 24 or newer.",
        _ignores,
    ),
    Check(
        "authority_unknown",
        "Does the client trust our certificates?",
        "{client} does not know our certificate authority: it {why}.",
        "Start it anew with NODE_EXTRA_CA_CERTS as 'pawwork-proxy run' prints it.",
        _distrusts,
    ),
    Check(
        "old_process",
        "Has the running client read its settings?",
        "{client} had started before {place} was changed, and may not have read it.",
        "Quit the client wholly, in the background too, and start it again.",
        _outdated,
    ),
    Check(
        "never_asks",
        "Does a client connect without asking anything?",
        "{client} connects and asks nothing ({where}): it seems to distrust our certificate.",
        "Start it anew with NODE_EXTRA_CA_CERTS as 'pawwork-proxy run' prints it.",
        _never_asks,
    ),
    Check(
        "goes_around",
        "Does the client hold connections to the server that go around us?",
        f"{{client}} has a connection of its own to {HOST}: what it asks there is not recorded.",
        "Start it anew with HTTPS_PROXY, NODE_USE_ENV_PROXY and NODE_EXTRA_CA_CERTS as "
        "'pawwork-proxy run' prints them, which lead all its requests here.",
        _direct,
    ),
    Check(
        "chained_proxy_down",
        "Is the proxy behind ours up?",
        "The proxy {address}, through which ours leaves, cannot be reached.",
        "Start that proxy, or name another one: pawwork-proxy run --via URL",
        _chained("down"),
    ),
    Check(
        "chained_proxy_password",
        "Does it want a password?",
        "The proxy {address}, through which ours leaves, wants a password (407){given}.",
        "Name it with user and password: pawwork-proxy run --via http://USER:PASSWORD@HOST:PORT",
        _chained("wants_password"),
    ),
    Check(
        "chained_proxy_refuses",
        "Does it let us through?",
        f"The proxy {{address}}, through which ours leaves, opens no tunnel to {HOST}.",
        "Ask who runs that proxy to allow it, or name another one: pawwork-proxy run --via URL",
        _chained("refuses"),
    ),
    Check(
        "egress_differs",
        "Does the proxy leave as the client would without it?",
        "Our proxy leaves through {way}, other programs of this machine through {own}: the server "
        "may see another address than without us.",
        "Start 'pawwork-proxy run' {option}.",
        _egress,
    ),
    Check(
        "request_fails",
        "Does a free request pass?",
        "A request through port {port} was broken off: the server cannot be reached.",
        f"Check the connection to the internet, and whether {HOST} opens without the proxy.",
        _stuck,
    ),
    Check(
        "request_refused",
        "What does the server say to it?",
        "A request through port {port} for the list of models got status {status}.",
        "Look up what that means: pawwork-proxy classify",
        _refused,
    ),
    Check(
        "clock",
        "Does this machine's clock agree with the server's?",
        "The clock of this machine is {off} the server's: waits and resets are misjudged.",
        "Set the clock, best by network time.",
        _clock,
    ),
    Check(
        "go_not_covered",
        "Does Go come through the proxy as well?",
        "{client} has a key for Go, and its requests for Go go around the proxy.",
        "Give the provider opencode-go its address too ('pawwork-proxy connect' does), or use "
        "HTTPS_PROXY.",
        _go,
    ),
    Check(
        "files_exposed",
        "Are our private files and the captures ours alone?",
        "Other users of this machine may read {path}.",
        "Close it: chmod -R go= {path}",
        _exposed,
    ),
    Check(
        "versions_differ",
        "Is the proxy that runs the version that is installed?",
        "The proxy on port {port} is version {running}, installed is {installed}.",
        "Stop it and start 'pawwork-proxy run' again.",
        _versions,
    ),
    Check(
        "no_message",
        "Did a message come through?",
        "No message of a client came through in {seconds} seconds.",
        "Correct what is named above, send a message, and try again.",
        _silent,
    ),
)  # fmt: skip
"""Causes before consequences."""
