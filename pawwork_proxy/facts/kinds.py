"""The kinds of pseudonym: one namespace each, so equal values of two kinds cannot be linked.

`stretch` says how hard a holder of the study key must work per guess: values drawn from a small
set (addresses, hosts, user names) pass a slow key derivation before the HMAC.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

Stretch = Literal["none", "some", "full"]


class Kind(StrEnum):
    """Prefix and namespace of a pseudonym."""

    KEY = "key"
    IP = "ip"
    IP6P = "ip6p"
    HOST = "host"
    DEVICE = "device"
    INSTALL = "install"
    STUDY = "study"
    SESSION = "session"
    REQUEST = "request"
    PROJECT = "project"
    WORKSPACE = "workspace"
    USER = "user"
    MODEL = "model"
    PRODUCT = "product"
    HEADER = "header"
    VALUE = "val"
    WORD = "word"
    PATH = "path"


class KindRow(NamedTuple):
    """What a kind of pseudonym stands for."""

    kind: Kind
    stretch: Stretch
    stands_for: str


KINDS: tuple[KindRow, ...] = (
    KindRow(Kind.KEY, "none", "an API key or other credential"),
    KindRow(Kind.IP, "full", "an IP address, in canonical form"),
    KindRow(Kind.IP6P, "full", "the first four groups of an IPv6 address"),
    KindRow(Kind.HOST, "full", "a host name, with its port where one matters"),
    KindRow(Kind.DEVICE, "full", "the machine's own id"),
    KindRow(Kind.INSTALL, "none", "an install id, made at random by us"),
    KindRow(Kind.STUDY, "none", "the study's key itself"),
    KindRow(Kind.SESSION, "none", "a conversation id"),
    KindRow(Kind.REQUEST, "none", "a user-turn or request id"),
    KindRow(Kind.PROJECT, "none", "a project id"),
    KindRow(Kind.WORKSPACE, "none", "a workspace or organisation id"),
    KindRow(Kind.USER, "some", "a user id, name or e-mail in a body field"),
    KindRow(Kind.MODEL, "some", "a model id outside the grammar"),
    KindRow(Kind.PRODUCT, "some", "a product in a user agent that does not look like one"),
    KindRow(Kind.HEADER, "some", "an unknown header name"),
    KindRow(Kind.VALUE, "some", "the value of a header or field without a kind of its own"),
    KindRow(Kind.WORD, "some", "an unknown word where a known one was expected"),
    KindRow(Kind.PATH, "some", "an unknown segment of a URL path"),
)
