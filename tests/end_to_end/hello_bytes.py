"""A ClientHello to the byte, but for what is new on each connection of one and the same client."""

from collections.abc import Iterator

from pawwork_proxy.model.handshake import VARYING_EXTENSIONS

KEY_SHARE, SESSION_TICKET = 51, 35


def without_what_varies(message: bytes) -> bytes:
    """The handshake message with random bytes, key shares, tickets and GREASE blanked."""
    assert message[0] == 1
    at = 4
    parts = [message[at : at + 2]]  # the version
    at += 2 + 32
    at += 1 + message[at]  # session id
    suites = _block(message, at, 2)
    parts.append(b"".join(_pairs(suites)))
    at += 2 + len(suites)
    compression = _block(message, at, 1)
    parts.append(compression)
    at += 1 + len(compression)
    parts += _extensions(_block(message, at, 2))
    return b"|".join(parts)


def _extensions(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        kind = int.from_bytes(data[at : at + 2])
        content = _block(data, at + 2, 2)
        at += 4 + len(content)
        if kind in VARYING_EXTENSIONS - {0}:
            continue
        if kind == KEY_SHARE:
            content = bytes(len(content))
        elif kind == SESSION_TICKET:
            content = b""
        yield b"".join(_pairs(kind.to_bytes(2))) + b":" + b"".join(_pairs(content))


def _block(data: bytes, at: int, width: int) -> bytes:
    length = int.from_bytes(data[at : at + width])
    return data[at + width : at + width + length]


def _pairs(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        grease = len(pair) == 2 and pair[0] == pair[1] and pair[0] & 0x0F == 0x0A
        yield b"GREASE" if grease else pair
