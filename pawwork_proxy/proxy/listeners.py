"""Which installs listen on which loopback ports.

One listener per install serves both routes: requests in origin form are the reverse route (the
client's baseURL points here), CONNECT and absolute-form requests the forward route (the client's
HTTPS_PROXY points here). So the port tells the install, whichever way its client comes.

Invariant: listeners are bound to the loopback interface and nowhere else.
"""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.redaction.labels import LABEL_RULE, keep_label

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 9610
DEFAULT_LABEL = "main"


@dataclass(frozen=True)
class Listener:
    """One install and the loopback port its client talks to."""

    label: str
    port: int

    @property
    def url(self) -> str:
        """Base address for a client, without a path."""
        return f"http://{LOOPBACK}:{self.port}"


def parse_listeners(specs: Sequence[str]) -> tuple[Listener, ...]:
    """`NAME[@PORT]` per install, port 0 for any free one; without a port they count up from 9610.

    Raises ConfigurationError for a bad name or port, a port in use, and repeated names or ports.
    """
    wanted = [_parse(spec, index) for index, spec in enumerate(specs or (DEFAULT_LABEL,))]
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
    return _bindable(wanted)


def _parse(spec: str, index: int) -> tuple[str, int]:
    label, at, port_text = spec.partition("@")
    if keep_label(label) is None:
        raise ConfigurationError(
            f"an --install name {LABEL_RULE}",
            "plain words, for example: --install laptop --install desktop@9700",
        )
    if not at:
        return label, DEFAULT_PORT + index
    if not (port_text.isascii() and port_text.isdigit() and int(port_text) < 65536):
        raise ConfigurationError(
            f"the port of install '{label}' is not a number from 0 to 65535",
            f"for example: --install {label}@{DEFAULT_PORT}",
        )
    return label, int(port_text)


def _bindable(wanted: Sequence[tuple[str, int]]) -> tuple[Listener, ...]:
    """Try each port, all at once so that free ones differ, then let go of them for the master."""
    listeners = []
    with ExitStack() as held:
        for label, port in wanted:
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
                probe.listen(1)
            except OSError as error:
                raise ConfigurationError(
                    f"cannot listen on {LOOPBACK}:{port} for install '{label}': {error.strerror}",
                    f"stop what uses that port, or choose another: --install {label}@0",
                ) from None
            listeners.append(Listener(label, probe.getsockname()[1]))
    return tuple(listeners)
