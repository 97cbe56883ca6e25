"""The forms of text that a record may hold, as types: a field of a record has one of these.

They say what a field can hold at all, so that a line that somebody edited is no record any more.
Which words are kept is decided before, by `redaction.shapes`; a form alone is no proof of that.
Invariant: no form but `Label` and `KeptText` takes a plain name where an id belongs.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints


def _form(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=f"^(?:{pattern})$")


_PSEUDONYM = "[a-z0-9]{2,9}:[0-9a-f]{24}"
_VERSION = r"\d{1,4}(?:\.\d{1,5}){0,3}[a-z0-9.+-]{0,12}"
_LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
LABEL_PATTERN = f"^{_LABEL}$"

Pseudonym = Annotated[str, _form(_PSEUDONYM)]
"""`kind:` and 24 hex digits."""
Label = Annotated[str, _form(_LABEL)]
"""What the user calls an install or a network."""
RandomId = Annotated[str, _form("[0-9a-f]{16}")]
"""Made by us at random."""
CfRay = Annotated[str, _form("[0-9a-f]{16}(?:-[A-Z]{3})?")]
"""The edge's id of a request."""
Version = Annotated[str, _form(_VERSION)]
Release = Annotated[str, _form(r"\d{1,5}(?:\.\d{1,5}){0,3}|unknown")]
"""The numeric head of an operating system's release."""
Architecture = Annotated[str, _form("[a-z0-9_]{1,16}")]
Country = Annotated[str, _form("[A-Z]{2}")]
Airport = Annotated[str, _form("[A-Z]{3}")]
"""Code of an edge location."""
ModelGroup = Annotated[str, _form("[a-z0-9]{2}")]
HttpVersion = Annotated[str, _form(rf"(?:HTTP|TLSv|QUICv)/?\d(?:\.\d)?|{_PSEUDONYM}")]
"""Name and version of HTTP or TLS."""
Method = Annotated[str, _form(f"[A-Z]{{3,8}}|{_PSEUDONYM}")]
RouteShape = Annotated[str, _form(r"[A-Za-z0-9_.:/{}*-]{0,600}")]
"""A known route's template, or known segments and pseudonyms between slashes."""
Word = Annotated[str, _form("[A-Za-z0-9_.:-]{1,64}")]
"""A word of a vocabulary, an id of one of our tables, or a pseudonym."""
Place = Annotated[str, _form("[A-Za-z0-9_.:-]{1,160}")]
"""Names of the schema and of fields, joined by dots."""
WaitPlace = Annotated[str, _form("[a-z]{2,8}(?:[ -][a-z]{2,8}){0,3}")]
"""Where a wait was read: a header's name, `body`, `text`."""
WaitConflict = Annotated[str, _form(r"[a-z]{2,8}(?:[ -][a-z]{2,8}){0,3}=\d[0-9.e+-]{0,20}")]
"""Place and seconds of another wait."""
KeptText = Annotated[str, _form(r"[0-9A-Za-z ._:/@+,;=()*?$\[\]-]{0,640}")]
"""A text whose grammar `redaction.shapes` has accepted, pseudonyms within it included."""
