"""Asks Linux for one socket by its ports: to read all of them takes a hundred times as long."""

import socket
import struct

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST = struct.Struct("=IHHII BBBBI")
"""nlmsghdr and the beginning of inet_diag_req_v2, see sock_diag(7)."""
_PORTS = struct.Struct("!HH")
_REST = struct.Struct("=III")  # any interface, any cookie
_ANY_STATE = 0xFFFFFFFF
_ANY_COOKIE = 0xFFFFFFFF
_ANSWER = struct.Struct("=IHHII BBBB 48x IIIII")
_LOOPBACK = (
    (socket.AF_INET, socket.inet_pton(socket.AF_INET, "127.0.0.1").ljust(16, b"\0")),
    (socket.AF_INET6, socket.inet_pton(socket.AF_INET6, "::1")),
)


def inode_of(local_port: int, remote_port: int) -> int | None:
    """The number of the socket that connects these ports of the loopback address, if there is one.

    Raises OSError where the system cannot be asked.
    """
    for family, address in _LOOPBACK:
        found = _asked(family, address, local_port, address, remote_port)
        if found is not None:
            return found[1]
    return None


def owner_of(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """The number of the user who holds the socket with these two ends, if somebody does.

    Raises OSError where the system cannot be asked.
    """
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    ends = (
        (socket.inet_pton(family, host.partition("%")[0]).ljust(16, b"\0"), port)
        for host, port in (local, remote)
    )
    found = _asked(family, *next(ends), *next(ends))
    # What its program has closed has no number, and belongs to nobody any more.
    return found[0] if found and found[1] else None


def _asked(
    of: socket.AddressFamily, local: bytes, local_port: int, remote: bytes, remote_port: int
) -> tuple[int, int] | None:
    """User and number of a socket."""
    family = socket.AF_NETLINK  # type: ignore[attr-defined,unused-ignore]
    with socket.socket(family, socket.SOCK_RAW, _SOCK_DIAG) as asking:
        asking.settimeout(1)
        asked = _PORTS.pack(local_port, remote_port) + local + remote
        asked += _REST.pack(0, _ANY_COOKIE, _ANY_COOKIE)
        size = _REQUEST.size + len(asked)
        head = _REQUEST.pack(size, _BY_FAMILY, 1, 0, 0, of, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
        asking.send(head + asked)
        answer = asking.recv(4096)
    if len(answer) < _ANSWER.size or _ANSWER.unpack_from(answer)[1] != _BY_FAMILY:
        return None
    *_, user, number = _ANSWER.unpack_from(answer)
    return int(user), int(number)
