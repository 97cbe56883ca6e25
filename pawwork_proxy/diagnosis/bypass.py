"""Says at once, while a run listens, when a client opens connections of its own to the server.

Invariant: it looks on a thread of its own, so that neither a look nor a slow look-up of a name
holds up traffic, or the end of a run.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pawwork_proxy.diagnosis.checks import Finding, finding
from pawwork_proxy.diagnosis.processes import called, family_of, holds_connection, running_clients

LOOK_AGAIN_S = 2.0


@contextmanager
def watching_bypasses(warn: Callable[[Finding], None]) -> Iterator[None]:
    """Warn of each client that goes around the proxy, while the block lasts."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_AGAIN_S):
            for one in bypasses():
                warn(one)

    threading.Thread(target=watch, name="bypass-watch", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def bypasses() -> Iterator[Finding]:
    """The clients that hold a connection to the server now."""
    for process in running_clients():
        if any(map(holds_connection, family_of(process))):
            yield finding("goes_around", client=called(process))
