"""Raw header lines → notes: names known or pseudonymised, values shaped, pseudonymised or dropped.

Header lines repeat from one exchange to the next, so notes are remembered per line, within bounds.
"""

import base64
import contextlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from pawwork_proxy.facts.fields import HeaderRow, header_row
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.request import AuthScheme, HeaderNote
from pawwork_proxy.redaction.pseudonyms import SLOW
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.values import form_of, identify

RawHeaders = Sequence[tuple[bytes, bytes]]
MOST_HEADERS = 64  # further header lines are only counted
_CACHED = 1024
_CACHED_LENGTH = 512
_UNKNOWN = HeaderRow("id", Namespace.VALUE.value)
PUBLIC_KEY = "public"
"""What clients send that have no key of their own; the server treats it as no key."""


class HeaderLine(NamedTuple):
    """One header line: its safe note, and the raw values that other parts need."""

    name: str
    """Lower case, raw: never stored."""
    value: str
    note: HeaderNote
    redaction: Redaction | None
    """What to report when something was dropped or pseudonymised."""
    secrets: tuple[str, ...]
    """The credentials it carries, raw: for the gate and the auth source, never kept."""


class HeaderNotes:
    """Notes header lines under one study's shapes."""

    def __init__(self, shapes: Shapes, side: Literal["request", "response"]) -> None:
        self._shapes = shapes
        self._side = side
        self._pseudonyms = shapes.pseudonyms
        self._cached = lru_cache(maxsize=_CACHED)(self._line)

    def lines(self, headers: RawHeaders) -> list[HeaderLine]:
        """The first `MOST_HEADERS` header lines, noted, in order."""
        return [
            self._cached(name, value)
            if len(name) + len(value) <= _CACHED_LENGTH
            else self._line(name, value)
            for name, value in headers[:MOST_HEADERS]
        ]

    @staticmethod
    @lru_cache(maxsize=_CACHED)
    def is_slow(raw_name: bytes) -> bool:
        """Whether noting a value of this header may take milliseconds, the first time."""
        row = header_row(raw_name.decode("latin-1").lower()) or _UNKNOWN
        return row.treatment in ("address", "host") or (row.treatment == "id" and row.arg in SLOW)

    def _line(self, raw_name: bytes, raw_value: bytes) -> HeaderLine:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1").strip()
        note, whole = self._note(name, value)
        changed = note.name != name or note.value is None or not whole
        path = f"{self._side}.headers.{note.name}"
        redaction = Redaction(path=path, rule=note.rule) if changed else None
        return HeaderLine(name, value, note, redaction, tuple(_secrets_in(name, value)))

    def _note(self, name: str, value: str) -> tuple[HeaderNote, bool]:
        """The note of a header, and whether a kept value is the whole value."""
        shown = self._shapes.of(ShapeName.HEADER_NAME, name).text
        row = header_row(name) or _UNKNOWN
        if self._side == "request" and row.arg == ShapeName.CF_RAY:
            # Only the edge makes these; what a client sends under the name is anybody's text.
            row = HeaderRow("id", Namespace.REQUEST.value)
        if row.treatment == "drop":
            return HeaderNote(name=shown, rule="drop"), False
        if value == "":
            return HeaderNote(name=shown, shape="empty", rule="empty"), False
        if row.treatment == "shape":
            text, kept, whole = self._shapes.of(ShapeName[row.arg.upper()], value)
            rule = f"shape:{row.arg}"
            if kept:
                return HeaderNote(name=shown, value=text, rule=rule), whole
            form = form_of(value).id
            return HeaderNote(name=shown, pseudonym=text, shape=form, rule=rule), False
        if row.arg == Namespace.PROJECT and value == "global":
            return HeaderNote(name=shown, value=value, shape="global", rule="id:project"), True
        pseudonym, form, rule = self._pseudonym(row, value)
        return HeaderNote(name=shown, pseudonym=pseudonym, shape=form, rule=rule), False

    def _pseudonym(self, row: HeaderRow, value: str) -> tuple[str | None, str, str]:
        """Pseudonym, form and rule of a value that may identify."""
        match row.treatment:
            case "credential":
                _, key = split_credential(value)
                if key == PUBLIC_KEY:
                    return None, PUBLIC_KEY, "credential"
                return self._pseudonyms.of(Namespace.KEY, key), form_of(key).id, "credential"
            case "address":
                return self._pseudonyms.address(value).address, "address", "address"
            case "host":
                return self._pseudonyms.host(value), "word", "host"
        pseudonym, form = identify(value, Namespace(row.arg), self._pseudonyms)
        return pseudonym, form, f"id:{row.arg}"


def split_credential(value: str) -> tuple[AuthScheme | None, str]:
    """Scheme and key of a credential header; the scheme is None for a bare key."""
    scheme, space, key = value.partition(" ")
    match scheme.lower():
        case "bearer" | "basic" as known:
            return known, key.strip()
    return ("other", key.strip()) if space else (None, value)


def _secrets_in(name: str, value: str) -> list[str]:
    """The credentials a header line carries."""
    if (header_row(name) or _UNKNOWN).treatment != "credential" or not value:
        return []
    if "cookie" in name:
        parts = [part for part in value.split(";") if "=" in part]
        if name == "set-cookie":  # what follows are attributes: dates, paths, ages
            parts = parts[:1]
        return [part.partition("=")[2].strip() for part in parts]
    scheme, key = split_credential(value)
    found = [key]
    if scheme == "basic":
        with contextlib.suppress(ValueError):  # no base64
            decoded = base64.b64decode(key, validate=True).decode("utf-8", "replace")
            found += filter(None, decoded.split(":", 1))
    return found
