"""Fields of requests and headers: which are known, what they are for, what becomes of their values.

A header that is not listed is pseudonymised as a value of unknown meaning; its name is kept only
when it is made of `HEADER_WORDS`. Invariant: facts with their sources. Whether a field is sent and
how constant it is are never read from here, only from records.
"""

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from pydantic import Field

from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.facts.server import MODEL_WORDS
from pawwork_proxy.facts.table import Fact, InOrder, Words, WordSet, read, rows, word_lists
from pawwork_proxy.model.inventory import Layer, Role
from pawwork_proxy.model.request import AuthHeader

Treatment = Literal["shape", "id", "credential", "address", "host", "drop"]
_GENERAL = ("collected",)
"""The source of rows that nobody has looked up by themselves."""


class _FieldRow(Fact):
    name: str
    role: Role | None = None
    """None: only servers send it."""
    stated: bool = False
    lifetime: str | None = None
    server: str | None = None


class HeaderFact(_FieldRow):
    """All that is known of a header."""

    treatment: Treatment | None = None
    """None: the header is treated as if it were not listed."""
    arg: str = Field("", alias="as")


class FieldFact(_FieldRow):
    """A field of a request that is no header."""

    role: Role
    namespace: Namespace | None = None
    """Of the pseudonym that a body field's value becomes."""


class RecordField(Fact):
    """A field of a record, and the headers that can fill it: the first that was sent does."""

    name: str
    headers: InOrder


class HeaderRow(NamedTuple):
    """What redaction does with a header: `arg` is the shape's name or the kind of pseudonym."""

    treatment: Treatment
    arg: str = ""


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


def _known(layer: Layer, row: _FieldRow, role: Role) -> KnownField:
    sources = () if row.source == _GENERAL else row.source
    return KnownField(layer, row.name, role, row.lifetime, row.server, sources, row.stated)


HEADER_FACTS = rows(HeaderFact, "headers", "header")
_TREATED = {row.name: HeaderRow(row.treatment, row.arg) for row in HEADER_FACTS if row.treatment}
HEADERS = {name: row for name, row in _TREATED.items() if "*" not in name}
_LIKE = [(name, row) for name, row in _TREATED.items() if "*" in name]
_WORDS = word_lists("words")
HEADER_WORDS = _WORDS["api_words"] | MODEL_WORDS | _WORDS["header_name_words"]
"""Words that may make up the name of a header that is not listed."""
KEY_HEADERS: tuple[AuthHeader, ...] = tuple(read("headers")["key_headers"])
"""Where a client puts its key, in the order in which the server would prefer them."""
RECORD_FIELDS = {row.name: row.headers for row in rows(RecordField, "headers", "record")}
REQUEST_ID_HEADERS: tuple[str, ...] = tuple(read("headers")["request_ids"])
"""Where a server states its own request id, in the order of preference."""
_LAYERS: tuple[Layer, ...] = get_args(Layer)
FIELD_FACTS = {layer: rows(FieldFact, "fields", layer) for layer in _LAYERS if layer != "header"}
KNOWN = tuple(
    _known(layer, row, row.role)
    for layer in _LAYERS
    for row in (HEADER_FACTS if layer == "header" else FIELD_FACTS[layer])
    if row.role is not None
)
BY_ID = {field.id: field for field in KNOWN}
BODY_FIELDS, METADATA_NAMES = (word_lists("fields")[n] for n in ("body_fields", "metadata_names"))
TOOL_NAMES, ROLES = _WORDS["tool_names"], _WORDS["roles"]
IDENTITY_FIELDS = {row.name: row.namespace for row in FIELD_FACTS["body"] if row.namespace}
"""Top-level fields whose value, or whose members if it is an object, become pseudonyms."""
QUERY_NAMES: Words = frozenset(row.name for row in FIELD_FACTS["query"])
QUERY_CREDENTIALS: Words = frozenset(read("fields")["query_credentials"])
_TELLING = rows(Telling, "fields", "telling")
TYPE_FORMS: dict[type, str] = {type(None): "null", bool: "boolean", list: "list"}
"""What records call values of JSON that are no text and no number; any other is an `object`."""
FORMS: Words = _WORDS["forms"] | set(TYPE_FORMS.values())
"""What records call the forms of values that became pseudonyms."""


@lru_cache(maxsize=1024)
def header_row(name: str) -> HeaderRow | None:
    """What becomes of a header, given in lower case; None when nobody has looked it up."""
    like = (row for pattern, row in _LIKE if fnmatchcase(name, pattern))
    return HEADERS.get(name) or next(like, None)


def role_of(layer: Layer, name: str) -> Role:
    """What a field is for, by its row or by the words of its name."""
    known = BY_ID.get(f"{layer}:{name}")
    if known is not None:
        return known.role
    parts = set(name.lower().replace("-", "_").replace(".", "_").split("_"))
    return next((row.role for row in _TELLING if row.words & parts), "unknown")
