"""`doctor`: proves that requests pass the proxy, or says what keeps them from it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from pawwork_proxy.cli.naming import tell, typed
from pawwork_proxy.cli.options import after_help, formats

if TYPE_CHECKING:
    from pawwork_proxy.diagnosis.captured import Message
    from pawwork_proxy.diagnosis.checks import Finding
    from pawwork_proxy.diagnosis.situation import Client, Situation

EXITS = {0: "nothing is wrong", 1: "findings, each with its remedy", 2: "wrong usage"}
PATIENCE_S = 120
SEND = "Send one message in the client now. Waiting up to {seconds} s; Ctrl-C ends that."


@click.command(epilog=after_help("doctor --wait", EXITS))
@click.option(
    "--pid",
    "pids",
    type=int,
    multiple=True,
    metavar="PID",
    help="Examine this process as the client, instead of every client that runs. Repeat the "
    "option for several.",
)
@click.option(
    "--wait",
    type=click.IntRange(min=1),
    is_flag=False,
    flag_value=PATIENCE_S,
    metavar="SECONDS",
    show_default=False,
    help=f"Wait for one message that you send in the client, for {PATIENCE_S} seconds unless you "
    "say how many, and say what came through.",
)
@formats("text", "json", words="json is for programs.")
def doctor(pids: Sequence[int], wait: int | None, output: str) -> int:
    """Prove that requests pass the proxy, or say what keeps them from it.

    Looks at the proxy that 'run' has started, the clients that run and what they are told, and
    sends one request for the list of models through the proxy, which costs no quota. It changes
    nothing.
    """
    from pawwork_proxy.diagnosis.checks import judge
    from pawwork_proxy.diagnosis.look import look
    from pawwork_proxy.diagnosis.waiting import wait_for_message

    situation = look(pids)
    message = None
    if wait and situation.runs:
        click.echo(SEND.format(seconds=wait), err=True)
        situation, message = wait_for_message(situation, pids, wait, time.monotonic, time.sleep)
    found = judge(situation)
    lines = (
        _as_json(situation, message, found)
        if output == "json"
        else _as_text(situation, message, found)
    )
    for line in lines:
        tell(line)
    return 1 if found else 0


def _as_json(
    situation: Situation, message: Message | None, found: Sequence[Finding]
) -> Iterator[str]:
    seen = asdict(situation)
    for shown, client in zip(seen["clients"], situation.clients, strict=True):
        shown["connected"] = sorted(client.connected)
        shown["go_covered"] = client.go_key and situation.covers_go(client)
    document = {
        "clean": not found,
        "findings": [one._asdict() for one in found],
        "message": message._asdict() if message else None,
        "seen": seen,
    }
    yield json.dumps(document, default=str)


def _as_text(
    situation: Situation, message: Message | None, found: Sequence[Finding]
) -> Iterator[str]:
    from pawwork_proxy.environment.running import mitmproxy_version
    from pawwork_proxy.report.words import counted, printable
    from pawwork_proxy.report.wrapping import wrapped

    def named(what: str, words: str) -> str:
        return "\n".join(wrapped(printable(words), f"{what:<9}", " " * 9))

    yield f"pawwork-proxy {situation.version}, mitmproxy {mitmproxy_version()}"
    for run in situation.runs:
        installs = ", ".join(f"{label} on port {port}" for label, port in run.installs.items())
        yield named("proxy:", f"version {run.version}, install {installs}")
        yield named("capture:", run.capture)
    for client in situation.clients:
        release = f", release {client.release}" if client.release and client.runs else ""
        yield named("client:", f"{client.called}{release}, {_told(client, situation)}")
    if not any(client.runs for client in situation.clients):
        yield named("client:", "none runs; start it and try again")
    for passage in situation.passages:
        status = "broken off" if passage.status is None else f"status {passage.status}"
        clock = passage.clock_ahead_s
        off = "" if clock is None else f", clocks {abs(clock):.0f} s apart"
        yield named("request:", f"list of models through port {passage.port}: {status}{off}")
    if message:
        key = f"key {message.auth} (source {message.auth_source})"
        route = f"route {message.route}, tier {message.tier}"
        yield named("message:", f"{message.client}, {route}, {key}, outcome {message.outcome}")
    yield ""
    for number, one in enumerate(found, 1):
        yield from wrapped(printable(f"{one.finding} ({one.id})"), f"{number}. ", "   ")
        yield from wrapped(printable(typed(one.remedy)), "   -> ", "      ")
    yield f"{counted(len(found), 'finding')}." if found else "Nothing is wrong: requests pass."


def _told(client: Client, situation: Situation) -> str:
    told = client.told
    if told is None:
        where = "told of no proxy"
    elif told.port is None:
        where = f"told another machine's proxy by {told.place}"
    else:
        where = f"told port {told.port} by {told.place}"
    if not client.go_key:
        return f"{where}, no key for Go"
    return f"{where}, Go covered" if situation.covers_go(client) else f"{where}, Go not covered"
