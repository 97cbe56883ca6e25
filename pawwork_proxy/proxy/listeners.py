"""Which installs listen on which loopback ports.

One listener per install serves both routes: requests in origin form are the reverse route (the
client's baseURL points here), CONNECT and absolute-form requests the forward route (the client's
HTTPS_PROXY points here). So the port tells the install, whichever way its client comes.

Invariants: listeners are bound to the loopback interface and nowhere else; each listens from the
moment at which its port is chosen, so that nobody else can take it before the proxy is up.
"""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from pawwork_proxy.errors import ConfigurationError, reason_of
from pawwork_proxy.redaction.labels import LABEL_RULE, keep_label

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
"""Some clients try it first for `localhost`."""
DEFAULT_PORT = 9610
DEFAULT_LABEL = "main"
MOST_TRIED = 100
"""Ports in a row, from the default on, of which some run may hold many."""
BACKLOG = 100


@dataclass(frozen=True)
class Listener:
    """One install and the loopback port its client talks to."""

    label: str
    port: int
    handle: int | None = field(default=None, compare=False)
    """Of the socket that listens there, for who serves it."""

    def taken(self) -> socket.socket:
        """That socket, once."""
        assert self.handle is not None
        return socket.socket(fileno=self.handle)

    @property
    def url(self) -> str:
        """Base address for a client, without a path."""
        return f"http://{LOOPBACK}:{self.port}"


def parse_listeners(specs: Sequence[str]) -> tuple[Listener, ...]:
    """`NAME[@PORT]` per install, port 0 for any free one; without a port the next from 9610 on.

    Raises ConfigurationError for a bad name or port, a port in use, and repeated names or ports.
    """
    wanted = [_parse(spec) for spec in specs or (DEFAULT_LABEL,)]
    for what, values in (
        ("install name", [label for label, _ in wanted]),
        ("port", [str(port) for _, port in wanted if port]),
    ):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ConfigurationError(
                f"{what} given twice: {', '.join(twice)}",
                "give each --install a name and a port of its own",
            )
    return _listening(wanted)


def loopback_addresses(port: int) -> tuple[str, ...]:
    """Where a listener can be reached: beside 127.0.0.1 also at ::1, if that is there and free."""
    try:
        socket.create_server((LOOPBACK_6, port), family=socket.AF_INET6).close()
    except OSError:
        return (LOOPBACK,)
    return LOOPBACK, LOOPBACK_6


def _parse(spec: str) -> tuple[str, int | None]:
    """The name, and the port if one is given."""
    label, at, port_text = spec.partition("@")
    if keep_label(label) is None:
        raise ConfigurationError(
            f"an --install name {LABEL_RULE}",
            "plain words, for example: --install laptop --install desktop@9700",
        )
    if not at:
        return label, None
    if not (port_text.isascii() and port_text.isdigit() and int(port_text) < 65536):
        raise ConfigurationError(
            f"the port of install '{label}' is not a number from 0 to 65535",
            f"for example: --install {label}@{DEFAULT_PORT}",
        )
    return label, int(port_text)


def _listening(wanted: Sequence[tuple[str, int | None]]) -> tuple[Listener, ...]:
    """Listen on each port: first on those that were named, then on the next free ones."""
    found: dict[str, socket.socket] = {}
    with ExitStack() as held:
        for label, port in sorted(wanted, key=lambda one: one[1] is None):
            found[label] = held.enter_context(_socket(label, port))
        held.pop_all()
    return tuple(
        Listener(label, found[label].getsockname()[1], found[label].detach()) for label, _ in wanted
    )


def _socket(label: str, port: int | None) -> socket.socket:
    """A socket that listens on the port, or on the first free one from the default on."""
    ports = range(DEFAULT_PORT, DEFAULT_PORT + MOST_TRIED) if port is None else (port,)
    reason = ""
    for one in ports:
        try:
            return socket.create_server((LOOPBACK, one), backlog=BACKLOG)
        except OSError as error:
            reason = reason_of(error)
    raise ConfigurationError(
        f"cannot listen on {LOOPBACK}:{ports[-1]} for install '{label}': {reason}",
        f"stop what uses that port, or choose another: --install {label}@0",
    )
