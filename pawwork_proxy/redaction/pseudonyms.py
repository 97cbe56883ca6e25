"""Keyed pseudonyms: equal values stay equal within a study, and nothing else of them survives.

A pseudonym is its namespace, a colon and 24 lower-case hex digits: 20 (80 bits) of HMAC-SHA256 over
namespace and value, then 4 that authenticate the first 20 under the same key. The tail lets us
recognise our own pseudonyms without keeping a list, so none is pseudonymised twice, and foreign
text cannot pose as one.
Values that can be listed pass scrypt first: about 35 ms per address, project
or workspace, 2 ms per value of unknown meaning. A holder of the study key needs core-years, not an
hour, to list all IPv4 addresses or the root commits of all public repositories.
Invariant: no function here returns or raises any part of a value it was given.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.errors import RedactionError
from pawwork_proxy.facts.identifiers import NAMESPACES, Namespace, Stretch
from pawwork_proxy.model.context import AddressFamily

MIN_KEY_BYTES = 16
stretch = hashlib.scrypt
"""The slow derivation; a name of its own so that tests of other things need not wait for it."""
_HEAD, _TAIL = 20, 4
_COST: Mapping[Stretch, int] = {"full": 2**14, "some": 2**10, "none": 0}
_CACHED = 4096
LONGEST_LISTED = 512
"""Nobody lists longer values. They pass no slow derivation, and are derived anew each time, so that
huge headers cannot fill the cache."""

PSEUDONYM = re.compile(rf"(?:{'|'.join(Namespace)}):[0-9a-f]{{{_HEAD + _TAIL}}}(?![0-9A-Za-z])")
_STRETCH = {row.namespace: row.stretch for row in NAMESPACES}
_FULL = frozenset(namespace for namespace, needed in _STRETCH.items() if needed == "full")
SLOW = frozenset(namespace for namespace, needed in _STRETCH.items() if _COST[needed])
"""Namespaces whose pseudonyms take milliseconds."""


class AddressPseudonyms(NamedTuple):
    """An address as pseudonyms; `prefix` is what Zen's limiter keys an IPv6 address on."""

    address: str
    family: AddressFamily | None
    prefix: str | None


class Pseudonymiser:
    """Makes pseudonyms under one study's key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY_BYTES:
            # An HMAC with an empty key is a plain hash, which anybody can recompute.
            raise RedactionError(
                "the pseudonym key is too short", "create a study, or remove the damaged key file"
            )
        self._key = hmac.digest(key, b"pawwork-proxy pseudonym", "sha256")
        self._check_key = hmac.digest(key, b"pawwork-proxy check", "sha256")
        self._salt = hmac.digest(key, b"pawwork-proxy stretch", "sha256")
        self._cached = lru_cache(maxsize=_CACHED)(self._derive)
        self._cached_slow = lru_cache(maxsize=_CACHED)(self._derive)
        self.study_id = self.of(Namespace.STUDY, "")

    def of(self, namespace: Namespace, value: str) -> str:
        """The pseudonym of `value`; one of our own comes back unchanged."""
        if len(value) > LONGEST_LISTED:
            return self._derive(namespace, value)
        return (self._cached_slow if namespace in _FULL else self._cached)(namespace, value)

    def address(self, text: str) -> AddressPseudonyms:
        """Pseudonyms of an IP address in any notation; other text gets one without a family."""
        try:
            address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
        except ValueError:
            return AddressPseudonyms(self.of(Namespace.IP, text.strip()), None, None)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if isinstance(address, ipaddress.IPv4Address):
            return AddressPseudonyms(self.of(Namespace.IP, str(address)), "ipv4", None)
        prefix = ":".join(address.exploded.split(":")[:4])
        return AddressPseudonyms(
            self.of(Namespace.IP, address.compressed), "ipv6", self.of(Namespace.IP6P, prefix)
        )

    def host(self, text: str) -> str:
        """The pseudonym of a host name; an address gets the one it has everywhere."""
        name = text.strip().lower().rstrip(".")
        if is_address(name):
            return self.address(name).address
        return self.of(Namespace.HOST, name)

    def warm(self, addresses: Iterable[str]) -> None:
        """Pay the slow derivation of addresses in advance, off the event loop."""
        for text in addresses:
            self.address(text)

    def made(self, text: str) -> bool:
        """Whether `text` is a pseudonym made under this key."""
        if PSEUDONYM.fullmatch(text) is None:
            return False
        namespace, _, digits = text.partition(":")
        return hmac.compare_digest(digits[_HEAD:], self._tail(namespace, digits[:_HEAD]))

    def _derive(self, namespace: Namespace, value: str) -> str:
        if self.made(value):
            return value
        raw = value.encode("utf-8", "surrogatepass")
        cost = _COST[_STRETCH[namespace]]
        if cost and len(value) <= LONGEST_LISTED:
            raw = self._stretched(namespace, raw, cost)
        head = hmac.digest(self._key, namespace.encode() + b"\0" + raw, "sha256").hex()[:_HEAD]
        return f"{namespace.value}:{head}{self._tail(namespace.value, head)}"

    def _stretched(self, namespace: Namespace, raw: bytes, cost: int) -> bytes:
        salt = self._salt + namespace.encode()
        return stretch(raw, salt=salt, n=cost, r=8, p=1, dklen=32)

    def _tail(self, namespace: str, head: str) -> str:
        return hmac.digest(self._check_key, f"{namespace}:{head}".encode(), "sha256").hex()[:_TAIL]


def is_address(text: str) -> bool:
    """Whether `text` is an IP address, with or without brackets."""
    if "." not in text and ":" not in text:
        return False  # as is true of most ids; an exception takes its time
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
