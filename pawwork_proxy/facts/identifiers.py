"""Keys and ids: how they begin, where clients keep keys, and what their pseudonyms are called."""

import re
from enum import StrEnum
from typing import Literal

from pydantic import Field

from pawwork_proxy.facts.table import Fact, rows
from pawwork_proxy.model.context import OsFamily
from pawwork_proxy.model.request import Tier
from pawwork_proxy.model.texts import KeyPlace

Stretch = Literal["none", "some", "full"]
Kept = Literal["config", "saved", "env"]
PlaceForm = Literal[
    "auth", "config", "credentials", "plist", "accounts", "credential", "sessions",
    "variable", "config_text", "auth_text", "login_shell",
]  # fmt: skip
DATABASES: tuple[PlaceForm, ...] = ("accounts", "credential", "sessions")
KeyOf = Literal["opencode", "opencode-go", "both", "account"]
"""Whose key it is: a provider's, that of both, or a Console account's, for what it configures."""
PROJECT = "project"
"""The root that is the working folder and its parents."""
OPENED = "opened"
"""The root that is the folder of the conversation, and its parents."""


class KeyStart(Fact):
    """The beginning of a key or id that must not stand in any kept text."""

    name: str
    follow: int
    """How many characters must follow it to tell it from a word."""
    of: Literal["key", "id"] = "key"
    whose: Literal["OpenCode"] | None = None
    """The maker, where records tell its keys from others'."""


class PlaceRow(Fact):
    """Files below a root, or an environment variable, where a client keeps a key."""

    id: KeyPlace
    kept: Kept
    form: PlaceForm
    root: str = ""
    files: tuple[str, ...] = ()
    variable: str = ""
    read_by: tuple[str, ...]
    """What the ids of the releases begin with that look there."""
    first_of: str = ""
    """Of rows with this name the first counts that has a file."""
    unless: str = ""
    """A variable that puts the place out of force."""
    provider: KeyOf = "both"


class CatalogueRow(Fact):
    """Where a client keeps the catalogue of providers and models."""

    program: Literal["PawWork", "OpenCode"] | None = None
    """Whose it is; None: anybody's."""
    root: str = ""
    files: tuple[str, ...] = ()
    variable: str = ""
    """The variable that names the file."""


class ClientRow(Fact):
    """A client that may be installed on this machine."""

    id: str = Field(alias="name")
    program: Literal["PawWork", "OpenCode"]
    called: str
    root: str = ""
    folder: str = ""
    """Where it keeps its own things; without one, it shares those of another client."""
    dsh: tuple[str, ...] = ()
    bases: dict[Tier, str] = {}
    """Addresses that it has inside, for want of a catalogue."""
    ignores_proxy: bool = False
    commands: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


class InstalledRow(Fact):
    """Where a client's program is installed."""

    clients: tuple[str, ...]
    root: str
    file: str
    archive: str = ""


class ReleaseTrace(Fact):
    """A file in which a client has left the number of its release."""

    clients: tuple[str, ...]
    root: str
    file: str
    form: Literal["log", "sessions"]
    pattern: re.Pattern[str] | None = None


class Roots(Fact):
    """Folders by name and system (`any`: on each); the first that can be filled in counts."""

    folders: dict[str, dict[OsFamily | Literal["any"], tuple[str, ...]]]


class Namespace(StrEnum):
    """Prefix and namespace of a pseudonym; equal values of two namespaces cannot be linked."""

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


KEY_STARTS = rows(KeyStart, "key_starts", "start")
OPENCODE_KEY = next(row for row in KEY_STARTS if row.whose == "OpenCode")
"""OpenCode's newer keys; its older ones begin like those of several vendors."""
PLACES = rows(PlaceRow, "client_places", "place")
"""The places that a client prefers first."""
CATALOGUES = rows(CatalogueRow, "client_places", "catalogue")
CLIENTS = {row.id: row for row in rows(ClientRow, "client_places", "client")}
INSTALLED = rows(InstalledRow, "client_places", "installed")
RELEASE_TRACES = rows(ReleaseTrace, "client_places", "release_trace")
ROOTS = rows(Roots, "client_places", "roots")[0].folders
KEY_VARIABLES = {row.variable: row.provider for row in PLACES if row.form == "variable"}
NAMESPACES = rows(NamespaceRow, "namespaces", "namespace")
