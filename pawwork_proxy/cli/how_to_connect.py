"""What to set in a client, so that it asks through a listener: whole texts, ready to paste."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pawwork_proxy.clients.auth_places import has_go_key, surroundings
from pawwork_proxy.clients.environment import moved_providers
from pawwork_proxy.clients.own_addresses import own_bases
from pawwork_proxy.clients.start_command import settings, start_variables
from pawwork_proxy.environment.identity import Identity
from pawwork_proxy.environment.machine import system
from pawwork_proxy.proxy.authority import make_authority
from pawwork_proxy.proxy.listeners import Listener
from pawwork_proxy.proxy.session import RunPlan
from pawwork_proxy.report.wrapping import wrapped

BY_FILE = (
    "3. OpenCode, or PawWork built on it: this as its opencode.json or pawwork.json, or added to "
    "the one that it has: a new file may hide that one, and its key. Go comes by it only with a "
    "key; PawWork on DSH (2026.8.4, from 2026.8.6) never."
)
OUR_HANDSHAKE = """\
Each way shows the server our TLS handshake instead of the client's, which
today's free tier is reported to look at. To study it, let us start the client
and observe it from inside:
pawwork-proxy launch -- opencode run -m opencode/big-pickle hello"""

RENEWED = """\
Our certificate authority was near its end, or could vouch for other hosts, and
has been made anew: start clients again that were running."""


def how_to_connect(plan: RunPlan, identity: Identity) -> str:
    """What to set in a client, for each install."""
    renewed = make_authority(identity)
    lines = [line for listener in plan.listeners for line in _to(listener, identity)]
    lines.append(OUR_HANDSHAKE)
    if renewed:
        lines.append(RENEWED)
    if plan.via:
        lines.append(f"leaving through the proxy {plan.via.address}")
    if not plan.upstream.is_zen:
        lines.append(f"upstream is {plan.upstream.authority}: the capture is marked as simulated")
    if plan.answers:
        from pawwork_proxy.cli.answers import announcement

        lines.append(announcement(plan.answers))
    lines.append("stop with Ctrl-C")
    return "\n".join(lines)


def _to(listener: Listener, identity: Identity) -> Iterator[str]:
    own, powershell = os.environ, system() == "windows"
    bundle = identity.ca_bundle(own.get("NODE_EXTRA_CA_CERTS"))
    around = surroundings(own, Path.cwd())
    bases = own_bases(around, go=has_go_key(around))
    listens = f"install '{listener.label}' listens on {listener.url}."
    yield from wrapped(f"{listens} Lead a client there by one of:")
    yield "1. An installed client: this tells the start command or the file of its release."
    yield f"pawwork-proxy connect --port {listener.port}"
    shell = "PowerShell" if powershell else "shell"
    all_of_it = f"2. All that it asks, Go too: start it from a {shell} after these lines."
    yield from wrapped(f"{all_of_it} OpenCode 2 ignores them.", rest="   ")
    yield from settings(start_variables(own, listener.url, bundle), powershell=powershell)
    yield from wrapped(BY_FILE, rest="   ")
    yield json.dumps(moved_providers(listener.url, bases), indent=2)
