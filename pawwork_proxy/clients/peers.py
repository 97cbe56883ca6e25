"""Whose program is at the other end of a connection to one of our listeners.

Everybody on a machine can reach its loopback address, and through a proxy's listener they would act
in its user's name: with the password of the proxy behind it, from the address that it leaves from.
Only Linux tells at once whose a connection is; elsewhere the program behind it is looked up, which
takes a while, and the record says what came of it.
"""

import os

from pawwork_proxy.clients.linux_sockets import owner_of
from pawwork_proxy.model.context import Peer

_NOT_LINUX = (OSError, AttributeError)
_ROOT = 0
"""May do everything as everybody, without us."""


def peer_of(client: tuple[str, int], listener: tuple[str, int]) -> Peer | None:
    """Whose a connection is that stands now; None: our user's own."""
    try:
        owner = owner_of(client, listener)
    except _NOT_LINUX:
        return "unknown"
    if owner is None:
        return "unknown"
    return None if owner in _ours() else "another_user"


def _ours() -> set[int]:
    """Users who are this one: under sudo the one who called it, too."""
    caller = os.environ.get("SUDO_UID", "")
    return {_ROOT, os.getuid(), os.geteuid(), *({int(caller)} if caller.isdecimal() else ())}
