"""The forms of text that a record may hold, as types: a field of a record has one of these.

A form says what a field can hold at all, so that a line that somebody edited is no record any more.
Which words are kept is decided before, by the table in `redaction.shapes`, which names the form of
each row; a form alone is no proof of that.
Invariant: no form but those of names (`Label`, `ModelName`, `UserAgent`, `HeaderValue`, `KeptName`)
takes digits with hyphens, a path, or letters and digits in turns.
"""

import re
from functools import lru_cache
from typing import Annotated, get_args

from pydantic import StringConstraints

_LONGEST = 640


def _form(pattern: str, longest: int | None = None) -> StringConstraints:
    return StringConstraints(pattern=f"^(?:{pattern})$", max_length=longest)


_PSEUDONYM = "[a-z0-9]{2,9}:[0-9a-f]{24}"
_VERSION = r"\d{1,4}(?:\.\d{1,5}){0,3}(?:[.+-]?[a-z][a-z0-9.+-]{0,11})?"
_LABEL = "[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
_TERM = r"[a-z][a-z_-]{1,39}(?:\d{1,2}[a-z]?)?"
_CAMEL = "[a-z]{2,24}(?:[A-Z-][a-z]{1,24}){0,5}"
_FIELD_WORD = r"[a-z]{1,32}\d{0,2}"
_FIELD = (
    rf"(?:[A-Z]?{_FIELD_WORD}|{_PSEUDONYM})"
    rf"(?:[A-Z]{_FIELD_WORD}|[_.-][A-Z]?{_FIELD_WORD}|[_.-]{_PSEUDONYM}){{0,7}}"
)
_HEADER_PART = "(?:[a-z0-9_-]|word:[0-9a-f]{24})"
_HEADER = f"(?:b3|:?{_HEADER_PART}*[a-z]{{2}}{_HEADER_PART}*)"
_MEMBER = "[a-z]{2,24}(?:(?:_[a-z]|[A-Z])[a-z]{1,24}){0,5}"
_IDENTITY = rf"{_MEMBER}(?:\.(?:{_MEMBER}|{_PSEUDONYM}))?|{_PSEUDONYM}"
_SEGMENT = (
    r"(?:[.]?[A-Za-z][A-Za-z_.-]{0,23}|[Vv]\d(?:[A-Za-z]{4,5})?"
    rf"|\{{(?:model|id)\}}(?::[A-Za-z]{{2,24}})?|{_PSEUDONYM})?"
)
_RECORD_PLACE = r"[a-z_]{2,24}(?:\.(?:[a-z0-9_]{2,24}|\[\]|\*)){0,7}"
_WAIT = "retry-after(?:-ms| date)?|body(?: date)?|text"
_CODING = rf"(?:[a-z*][a-z-]{{0,15}}(?:;q=[01](?:\.\d{{1,3}})?)*|{_PSEUDONYM})"
_TEXT = r"[0-9A-Za-z ._:/@+,;=()*?$\[\]-]*"
_WORDED = rf"(?:[0-9A-Za-z._:@+=(*?$\[-]{_TEXT})?(?:[A-Za-z][a-z]|[A-Z]{{2}}){_TEXT}"
_PART = "[0-9A-Za-z@._:+-]+"
_PRODUCT = (
    rf"(?:{_PART}(?:/{_PART})+|(?:[A-Za-z][a-z]|[A-Z]{{2}}|[a-z][A-Z][a-z]|9r|k6|x\d\d)[0-9A-Za-z._+-]*"
    rf"|v?\d{{1,4}}(?:\.\d{{1,5}}){{1,3}}[a-z0-9.-]{{0,24}}|[0-9A-Za-z._-]*{_PSEUDONYM}[0-9A-Za-z._:-]*)"
)
_USER_AGENT = f"{_PRODUCT}(?: {_PRODUCT})*"
_VALUE = (
    rf"{_WORDED}|\d{{1,10}}(?:\.\d{{1,3}})?|\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ|20[12]\d-[01]\d-[0-3]\d"
    r"|127\.0\.0\.1|\[::1\]|[0-9a-f]{16}(?:-[A-Z]{3})?|\*[*/,;=q.0-9 ]*|\?[01]"
    rf"|v?{_VERSION}"
)
LABEL_PATTERN = f"^{_LABEL}$"

Pseudonym = Annotated[str, _form(_PSEUDONYM)]
"""Namespace, colon and 24 hex digits."""
Label = Annotated[str, _form(_LABEL)]
"""What the user calls an install or a network."""
RandomId = Annotated[str, _form("[0-9a-f]{16}")]
"""Made by us at random."""
HelloDigest = Annotated[str, _form("(?:[0-9a-f]{8}){2}")]
"""Of a TLS ClientHello, without what varies between connections of one client."""
Ja4 = Annotated[str, _form(r"t(?:1[0-3]|s3|00)[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")]
"""FoxIO's JA4 of a TLS ClientHello."""
CfRay = Annotated[str, _form("[0-9a-f]{16}(?:-[A-Z]{3})?")]
"""The edge's id of a request."""
Version = Annotated[str, _form(_VERSION)]
Release = Annotated[str, _form(r"\d{1,5}(?:\.\d{1,5}){0,3}|unknown")]
"""The numeric head of an operating system's release."""
Architecture = Annotated[str, _form("[a-z][a-z0-9_]{1,15}")]
Country = Annotated[str, _form("[A-Z]{2}")]
Airport = Annotated[str, _form("[A-Z]{3}")]
"""Code of an edge location."""
ModelGroup = Annotated[str, _form("[a-z0-9]{2}")]
HttpVersion = Annotated[str, _form(rf"(?:HTTP|TLSv|QUICv)/?\d(?:\.\d)?|{_PSEUDONYM}")]
"""Name and version of HTTP or TLS."""
Method = Annotated[str, _form(f"[A-Z]{{3,8}}|{_PSEUDONYM}")]
RouteShape = Annotated[str, _form(f"{_SEGMENT}(?:/{_SEGMENT}){{0,11}}", 600)]
"""A known route's template, or known segments and pseudonyms between slashes."""
Term = Annotated[str, _form(_TERM)]
"""An id of one of our tables, or a lower-case word of a closed vocabulary."""
KnownWord = Annotated[str, _form(f"{_TERM}|{_PSEUDONYM}")]
"""The same, or a pseudonym in place of an unknown word."""
FinishReason = Annotated[str, _form(f"[a-z_]{{2,40}}|[A-Z_]{{2,40}}|{_PSEUDONYM}")]
Rule = Annotated[str, _form("[a-z_]{2,24}(?::[a-z_]{2,24})?")]
"""A rule of redaction, and its shape or kind."""
Era = Annotated[str, _form(r"[A-Z]\d{1,2}[a-z]?")]
"""A generation of clients, or one of its ranges of releases."""
GoogleStatus = Annotated[str, _form("[A-Z_]{5,24}")]
ErrorWord = Annotated[str, _form(r"[A-Za-z][A-Za-z_.]{1,47}|(?:minimax:)?\d{4}")]
"""A type or code of our tables, or `other`."""
Provider = Annotated[
    str,
    _form(
        r"other|unnamed|xAI|01\.AI|[A-Z][A-Za-z.]{1,15}(?:21)?(?: (?:and|[A-Z][A-Za-z]{1,11})){0,2}"
    ),
]
"""A provider of our table, in its spelling there."""
KeyPlace = Annotated[str, _form("[a-z]{2,12}[.][a-z_]{2,16}")]
"""Id of a place where a client keeps its key."""
DecidingPlace = Annotated[str, _form(r"[a-z_]{2,16}(?:\.[a-z_-]{2,24})?")]
"""What decided an outcome: a part of the response, or a field in it."""
HeaderName = Annotated[str, _form(f"{_HEADER}|{_PSEUDONYM}", 160)]
"""A name in lower case with a word in it, or a pseudonym."""
FieldName = Annotated[str, _form(f"{_FIELD}|{_PSEUDONYM}", 160)]
"""A name of an API's, in lower or camel case and with few digits, or a pseudonym."""
QueryName = Annotated[str, _form(rf"\$?{_CAMEL}|{_PSEUDONYM}", 64)]
IdentityPath = Annotated[str, _form(_IDENTITY, 96)]
"""A field that may identify, and the member of it."""
RecordPlace = Annotated[str, _form(_RECORD_PLACE, 192)]
"""Names of a record's fields on the way to one; `[]` for an item of a list, `*` for a name that is
none of the schema."""
RedactedPlace = Annotated[
    str,
    _form(
        rf"(?:request|response)\.[a-z]{{2,16}}(?:\.(?:{_HEADER}|{_IDENTITY}))?|{_RECORD_PLACE}", 192
    ),
]
"""A part of the record, and the header or field in it."""
WaitPlace = Annotated[str, _form(_WAIT)]
"""Where a wait was read: a header's name, `body`, `text`."""
WaitConflict = Annotated[str, _form(rf"(?:{_WAIT})=\d[0-9.e+-]{{0,11}}")]
"""Place and seconds of another wait."""
Codings = Annotated[str, _form(f"{_CODING}(?:, {_CODING}){{0,11}}", 512)]
"""Content codings, unknown ones as pseudonyms."""
MediaType = Annotated[
    str, _form(r"(?:[a-z]{2,16}|\*)/(?:\*|[a-z][a-z0-9.+:-]{1,127})(?:;charset=[a-z0-9_-]{2,16})?")
]
Server = Annotated[str, _form(r"[a-z][a-z-]{1,24}(?:s3)?(?:/[a-z0-9.:-]{1,64})?")]
"""A known server, and perhaps its version."""
ModelName = Annotated[
    str, _form("@?(?:[0-9._:+-][0-9A-Za-z._:/@+-]*)?[A-Za-z][A-Za-z0-9._:/@+-]*", 128)
]
"""A model id, or a pseudonym: no spaces, and not numbers alone."""
UserAgent = Annotated[str, _form(_USER_AGENT, 640)]
"""Products and versions: names with a slash, words, versions with a point, pseudonyms."""
HeaderValue = Annotated[str, _form(f"{_VALUE}|{_USER_AGENT}", 640)]
"""A text with a word in it, a number, a time, an id of the edge, or a user agent."""
KeptName = Annotated[str, _form(rf"{_WORDED}|\d{{4}}", 128)]
"""A text with a word in it, which does not begin like a path, or a code of four digits."""


@lru_cache(maxsize=32)
def _pattern_of(form: object) -> tuple[re.Pattern[str], int]:
    (constraints,) = get_args(form)[1:]
    return re.compile(constraints.pattern), constraints.max_length or _LONGEST


def fits(form: object, text: str) -> bool:
    """Whether a text has one of the forms above: who makes a record asks before, and drops it."""
    pattern, longest = _pattern_of(form)
    return len(text) <= longest and pattern.fullmatch(text) is not None
