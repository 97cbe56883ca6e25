"""Reads a TLS ClientHello: what it offers, its JA4, and a digest that stays equal for one client.

The message's form is RFC 8446 section 4.1.2. JA4 is FoxIO's public fingerprint of a TLS client
(BSD-3-Clause); the other JA4+ fingerprints are not free and are not used. Invariant: whatever the
bytes are, `read_client_hello` returns a value or None and raises nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pawwork_proxy.model.handshake import VARYING_EXTENSIONS

HANDSHAKE_RECORD = 22
CLIENT_HELLO = 1
LONGEST_HELLO = 64 * 1024

SERVER_NAME, SIGNATURE_ALGORITHMS, ALPN, SUPPORTED_VERSIONS = 0, 13, 16, 43

_JA4_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers, in the order in which it was sent, GREASE values left out."""

    versions: tuple[int, ...]
    suites: tuple[int, ...]
    extensions: tuple[int, ...]
    signature_algorithms: tuple[int, ...]
    alpn: tuple[str, ...]
    """Protocols offered for what comes after the handshake, for example `http/1.1`."""

    @property
    def ja4(self) -> str:
        """FoxIO's JA4; it changes with the server name and with a resumed session."""
        version = _JA4_VERSIONS.get(max(self.versions, default=0), "00")
        name = "d" if SERVER_NAME in self.extensions else "i"
        alpn = self.alpn[0] if self.alpn and self.alpn[0] else "00"
        if not f"{alpn[0]}{alpn[-1]}".isascii() or not f"{alpn[0]}{alpn[-1]}".isalnum():
            alpn = alpn.encode("latin-1").hex()
        ends = f"{alpn[0]}{alpn[-1]}"
        counts = f"{min(len(self.suites), 99):02d}{min(len(self.extensions), 99):02d}"
        suites = ",".join(sorted(map(_hex, self.suites)))
        hashed = (one for one in self.extensions if one not in (SERVER_NAME, ALPN))
        extensions = ",".join(sorted(map(_hex, hashed)))
        if self.signature_algorithms:
            extensions += "_" + ",".join(map(_hex, self.signature_algorithms))
        return f"t{version}{name}{counts}{ends}_{_short(suites)}_{_short(extensions)}"

    @property
    def digest(self) -> str:
        """16 hex digits over all that lasts, in sent order: equal for one client's connections."""
        lasting = tuple(one for one in self.extensions if one not in VARYING_EXTENSIONS)
        parts = (self.versions, self.suites, lasting, self.signature_algorithms)
        text = "|".join(",".join(map(_hex, part)) for part in parts)
        return hashlib.sha256(f"{text}|{','.join(self.alpn)}".encode()).hexdigest()[:16]


def read_client_hello(data: bytes) -> ClientHello | None:
    """The hello in `data`: TLS records, or the handshake message alone. None when it is none."""
    try:
        return _message(_handshake_message(data))
    except _Short:
        return None


def hello_length(data: bytes) -> int | None:
    """How many bytes of `data` the whole hello takes as TLS records.

    None while more bytes are needed; 0 when this is no TLS handshake.
    """
    if data and data[0] != HANDSHAKE_RECORD:
        return 0
    message = bytearray()
    at = 0
    while at + 5 <= len(data):
        length = int.from_bytes(data[at + 3 : at + 5])
        if data[at] != HANDSHAKE_RECORD or length == 0:
            return 0
        message += data[at + 5 : at + 5 + length]
        at += 5 + length
        if len(message) >= 4:
            if message[0] != CLIENT_HELLO:
                return 0
            wanted = 4 + int.from_bytes(message[1:4])
            if wanted > LONGEST_HELLO:
                return 0
            if at <= len(data) and len(message) >= wanted:
                return at
    return None


class _Short(Exception):
    """The bytes end before the hello does, or are none."""


class _Reader:
    """Takes pieces off the front of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) < length:
            raise _Short
        self._at += length
        return part

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def block(self, width: int) -> bytes:
        """A block behind its own length of `width` bytes."""
        return self.take(self.number(width))

    @property
    def left(self) -> bool:
        return self._at < len(self._data)


def _handshake_message(data: bytes) -> bytes:
    if data[:1] != bytes([HANDSHAKE_RECORD]):
        return data
    message = b""
    reader = _Reader(data)
    while reader.left and len(message) < LONGEST_HELLO:
        if reader.number(1) != HANDSHAKE_RECORD:
            break
        reader.take(2)
        message += reader.block(2)
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4]):
            break
    return message


def _message(message: bytes) -> ClientHello:
    reader = _Reader(message)
    if reader.number(1) != CLIENT_HELLO:
        raise _Short
    body = _Reader(reader.block(3))
    legacy_version = body.number(2)
    body.take(_RANDOM_BYTES)
    body.block(1)  # session id
    suites = tuple(_without_grease(_numbers(body.block(2))))
    body.block(1)  # compression methods
    order: list[int] = []
    contents: dict[int, bytes] = {}
    extensions = _Reader(body.block(2) if body.left else b"")
    while extensions.left:
        kind = extensions.number(2)
        order.append(kind)
        contents[kind] = extensions.block(2)
    offered = contents.get(SUPPORTED_VERSIONS, b"")
    versions = tuple(_without_grease(_numbers(offered[1:])))
    algorithms = contents.get(SIGNATURE_ALGORITHMS, b"")
    return ClientHello(
        versions=versions or (legacy_version,),
        suites=suites,
        extensions=tuple(_without_grease(order)),
        signature_algorithms=tuple(_without_grease(_numbers(algorithms[2:]))),
        alpn=tuple(_protocols(contents.get(ALPN, b""))),
    )


def _numbers(data: bytes) -> Iterator[int]:
    return (int.from_bytes(data[at : at + 2]) for at in range(0, len(data) - 1, 2))


def _protocols(data: bytes) -> Iterator[str]:
    reader = _Reader(data[2:])
    while reader.left:
        protocol = reader.block(1)
        if protocol and not _is_grease(int.from_bytes(protocol[:2])):
            yield protocol.decode("latin-1")


def _without_grease(numbers: Iterable[int]) -> Iterator[int]:
    return (number for number in numbers if not _is_grease(number))


def _is_grease(number: int) -> bool:
    """Values that clients send to keep servers from choking on unknown ones (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _hex(number: int) -> str:
    return f"{number:04x}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
