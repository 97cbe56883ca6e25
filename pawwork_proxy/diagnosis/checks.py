"""The table of checks: what is asked, what is found, and the remedy; and what judges by it.

Pure: a situation goes in, findings come out, causes before consequences.
"""

from typing import NamedTuple

from pawwork_proxy.diagnosis import rules
from pawwork_proxy.diagnosis.situation import Situation
from pawwork_proxy.facts.server import HOST


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
    ask: rules.Asks


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


CHECKS = (
    Check(
        "no_run",
        "Is a proxy of ours listening?",
        "No pawwork-proxy is listening on this machine.",
        "Start it with 'pawwork-proxy run', and leave it running.",
        rules.no_run,
    ),
    Check(
        "listener_gone",
        "Does somebody listen on the port that the client is told?",
        "{client} is told port {port} by {place}, and nobody listens there.",
        "Start the proxy there: pawwork-proxy run --install main@{port}",
        rules.told_a_port_of("nobody"),
    ),
    Check(
        "wrong_port",
        "Is it the port on which the proxy listens?",
        "{client} is told port {port} by {place}, but the proxy listens on {ours}.",
        "Run 'pawwork-proxy connect --port {ours}', and start the client as it says.",
        rules.wrong_port,
    ),
    Check(
        "other_program",
        "Is what listens there a proxy of ours?",
        "{client} is told port {port} by {place}, where another program listens.",
        "Start 'pawwork-proxy run --install main@0', then 'pawwork-proxy connect', and start the "
        "client as it says.",
        rules.told_a_port_of("other"),
    ),
    Check(
        "unreadable_file",
        "Can every file of the client's configuration be understood?",
        "{place}, which {client} reads, is no valid JSON: what it says does not count, and early "
        "PawWork answers every request with an error.",
        "Correct the file, or move it away, and restart the client.",
        rules.unreadable_file,
    ),
    Check(
        "overruled",
        "Is the file that names us the one in force?",
        "{place} leads {client} to the proxy, but {stronger} is stronger and leads elsewhere.",
        "Write the address into {stronger}, or take that place away, and restart the client.",
        rules.overruled,
    ),
    Check(
        "not_told",
        "Is the client told of the proxy at all?",
        "{client} is not told of the proxy: its requests go around it.",
        "Run 'pawwork-proxy connect', and start the client as it says.",
        rules.clients(rules.not_told),
    ),
    Check(
        "no_proxy",
        "Does NO_PROXY leave the server out?",
        f"NO_PROXY in the environment of {{client}} holds {HOST}: it goes around the proxy.",
        f"Take {HOST} out of NO_PROXY and no_proxy, and restart the client.",
        rules.clients(lambda one, seen: one.bypasses and seen.ours(one.proxy) and one.told is None),
    ),
    Check(
        "proxy_ignored",
        "Does the client's runtime look at HTTPS_PROXY?",
        "{client} runs on Node.js, which ignores HTTPS_PROXY without NODE_USE_ENV_PROXY=1.",
        "Start it with NODE_USE_ENV_PROXY=1 on Node.js 24 or newer.",
        rules.clients(
            lambda one, seen: one.ignores_proxy and seen.ours(one.proxy) and one.told is None
        ),
    ),
    Check(
        "authority_unknown",
        "Does the client trust our certificates?",
        "{client} does not know our certificate authority: it {why}.",
        "Quit it, and start it by the command that 'pawwork-proxy connect' prints.",
        rules.authority_unknown,
    ),
    Check(
        "old_process",
        "Has the running client read its settings?",
        "{client} had started before {place} was changed, and may not have read it.",
        "Quit the client wholly, in the background too, and start it again.",
        rules.old_process,
    ),
    Check(
        "never_asks",
        "Does a client connect without asking anything?",
        "{client} connects and asks nothing ({where}): it seems to distrust our certificate.",
        "Quit it, and start it by the command that 'pawwork-proxy connect' prints.",
        rules.never_asks,
    ),
    Check(
        "goes_around",
        "Does the client hold connections to the server that go around us?",
        f"{{client}} has a connection of its own to {HOST}: what it asks there is not recorded.",
        "Quit it, and start it by the command that 'pawwork-proxy connect' prints, which leads all "
        "its requests here.",
        rules.clients(lambda one, _: one.direct),
    ),
    Check(
        "chained_proxy_down",
        "Is the proxy behind ours up?",
        "The proxy {address}, through which ours leaves, cannot be reached.",
        "Start that proxy, or name another one: pawwork-proxy run --via URL",
        rules.chained_proxy_says("down"),
    ),
    Check(
        "chained_proxy_password",
        "Does it want a password?",
        "The proxy {address}, through which ours leaves, wants a password (407){given}.",
        "Write http://USER:PASSWORD@HOST:PORT into a file of yours: pawwork-proxy run --via @FILE",
        rules.chained_proxy_says("wants_password"),
    ),
    Check(
        "chained_proxy_refuses",
        "Does it let us through?",
        f"The proxy {{address}}, through which ours leaves, opens no tunnel to {HOST}.",
        "Ask who runs that proxy to allow it, or name another one: pawwork-proxy run --via URL",
        rules.chained_proxy_says("refuses"),
    ),
    Check(
        "egress_differs",
        "Does the proxy leave as the client would without it?",
        "Our proxy leaves through {way}, other programs of this machine through {own}: the server "
        "may see another address than without us.",
        "Start 'pawwork-proxy run' {option}.",
        rules.egress_differs,
    ),
    Check(
        "request_fails",
        "Does a free request pass?",
        "A request through port {port} was broken off: the server cannot be reached.",
        f"Check the connection to the internet, and whether {HOST} opens without the proxy.",
        rules.request_fails,
    ),
    Check(
        "request_refused",
        "What does the server say to it?",
        "A request through port {port} for the list of models got status {status}.",
        "Look at its record, the last one: pawwork-proxy show {capture}",
        rules.request_refused,
    ),
    Check(
        "clock",
        "Does this machine's clock agree with the server's?",
        "The clock of this machine is {off} the server's: waits and resets are misjudged.",
        "Set the clock, best by network time.",
        rules.clock,
    ),
    Check(
        "go_not_covered",
        "Does Go come through the proxy as well?",
        "{client} has a key for Go, and its requests for Go go around the proxy.",
        "Run 'pawwork-proxy connect', which leads Go here as well, and restart the client.",
        rules.clients(
            lambda one, seen: one.go_key and not seen.covers_go(one) and seen.ours(one.told)
        ),
    ),
    Check(
        "files_exposed",
        "Are our private files and the captures ours alone?",
        "Other users of this machine may read {path}.",
        "Close it: chmod -R go= {typed}",
        rules.files_exposed,
    ),
    Check(
        "versions_differ",
        "Is the proxy that runs the version that is installed?",
        "The proxy on port {port} is version {running}, installed is {installed}.",
        "Stop it and start 'pawwork-proxy run' again.",
        rules.versions_differ,
    ),
    Check(
        "no_message",
        "Did a message come through?",
        "No message of a client came through in {seconds} seconds.",
        "Correct what is named above, send a message, and try again.",
        rules.no_message,
    ),
)  # fmt: skip
"""Causes before consequences."""
