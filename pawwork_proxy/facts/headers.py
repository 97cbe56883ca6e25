"""Headers: what becomes of each in a record, what it says of whom, what the server does with it.

A header that is not listed is pseudonymised as a value of unknown meaning; its name is kept only
when it is made of `HEADER_WORDS`.
"""

from typing import Literal, NamedTuple

from pydantic import Field

from pawwork_proxy.facts.models import MODEL_WORDS
from pawwork_proxy.facts.table import Fact, read, rows, word_lists
from pawwork_proxy.model.inventory import Role
from pawwork_proxy.model.request import AuthHeader

Treatment = Literal["shape", "id", "credential", "address", "host", "drop"]


class HeaderRow(NamedTuple):
    """What redaction does with a header: `arg` is the shape's name or the kind of pseudonym."""

    treatment: Treatment
    arg: str = ""


class HeaderFact(Fact):
    """All that is known of a header."""

    name: str
    treatment: Treatment | None = None
    """None: the header is treated as if it were not listed."""
    arg: str = Field("", alias="as")
    role: Role | None = None
    """None: only servers send it."""
    stated: bool = False
    lifetime: str | None = None
    server: str | None = None


HEADER_FACTS = rows(HeaderFact, "headers", "header")
HEADERS = {row.name: HeaderRow(row.treatment, row.arg) for row in HEADER_FACTS if row.treatment}
_WORDS = word_lists("words")
HEADER_WORDS = _WORDS["api_words"] | MODEL_WORDS | _WORDS["header_name_words"]
"""Words that may make up the name of a header that is not listed."""
KEY_HEADERS: tuple[AuthHeader, ...] = tuple(read("headers")["key_headers"])
"""Where a client puts its key, in the order in which the server would prefer them."""
REQUEST_ID_HEADERS: tuple[str, ...] = tuple(read("headers")["request_ids"])
"""Where a server states its own request id, in the order of preference."""
