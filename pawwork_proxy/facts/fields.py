"""Fields of requests: which names are known, what they are for, how long their values live.

Invariant: facts with their sources. Whether a field is sent and how constant it is are never read
from here, only from records.
"""

from typing import NamedTuple, get_args

from pawwork_proxy.facts.headers import HEADER_FACTS, HeaderFact
from pawwork_proxy.facts.namespaces import Namespace
from pawwork_proxy.facts.table import Fact, Words, WordSet, read, rows, word_lists
from pawwork_proxy.model.inventory import Layer, Role

_GENERAL = ("collected",)
"""The source of rows that nobody has looked up by themselves."""


class FieldFact(Fact):
    """A field of a request that is no header."""

    name: str
    role: Role
    namespace: Namespace | None = None
    """Of the pseudonym that a body field's value becomes."""
    stated: bool = False
    lifetime: str | None = None
    server: str | None = None


class Telling(Fact):
    """Words in a name that tell the role of a field without a row; the first match counts."""

    role: Role
    words: WordSet


class KnownField(NamedTuple):
    """A field somebody has looked up; `server` None: nothing is known of the server reading it."""

    layer: Layer
    name: str
    role: Role
    lifetime: str | None
    server: str | None
    sources: tuple[str, ...]
    stated: bool
    """Whether its absence is worth a line of its own."""

    @property
    def id(self) -> str:
        """Layer and name."""
        return f"{self.layer}:{self.name}"


def _known(layer: Layer, row: HeaderFact | FieldFact, role: Role) -> KnownField:
    sources = () if row.source == _GENERAL else row.source
    return KnownField(layer, row.name, role, row.lifetime, row.server, sources, row.stated)


_LAYERS: tuple[Layer, ...] = get_args(Layer)
FIELD_FACTS = {layer: rows(FieldFact, "fields", layer) for layer in _LAYERS if layer != "header"}
KNOWN = tuple(
    _known(layer, row, row.role)
    for layer in _LAYERS
    for row in (HEADER_FACTS if layer == "header" else FIELD_FACTS[layer])
    if row.role is not None
)
BY_ID = {field.id: field for field in KNOWN}
_LISTS = word_lists("fields")
BODY_FIELDS, METADATA_NAMES = _LISTS["body_fields"], _LISTS["metadata_names"]
TOOL_NAMES, ROLES = (word_lists("words")[name] for name in ("tool_names", "roles"))
IDENTITY_FIELDS = {row.name: row.namespace for row in FIELD_FACTS["body"] if row.namespace}
"""Top-level fields whose value, or whose members if it is an object, become pseudonyms."""
QUERY_NAMES: Words = frozenset(row.name for row in FIELD_FACTS["query"])
QUERY_CREDENTIALS: Words = frozenset(read("fields")["query_credentials"])
_TELLING = rows(Telling, "fields", "telling")


def role_of(layer: Layer, name: str) -> Role:
    """What a field is for, by its row or by the words of its name."""
    known = BY_ID.get(f"{layer}:{name}")
    if known is not None:
        return known.role
    parts = set(name.lower().replace("-", "_").replace(".", "_").split("_"))
    return next((row.role for row in _TELLING if row.words & parts), "unknown")
