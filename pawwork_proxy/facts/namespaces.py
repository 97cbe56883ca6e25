"""Namespaces of pseudonyms: equal values of two of them cannot be linked."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows

Stretch = Literal["none", "some", "full"]


class Namespace(StrEnum):
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


class NamespaceRow(Fact):
    """What a namespace is for, and how hard each guess at its values is made."""

    namespace: Namespace = Field(alias="name")
    stretch: Stretch
    stands_for: str


NAMESPACES = rows(NamespaceRow, "namespaces", "namespace")
