"""Raw header lines → notes: names known or pseudonymised, values shaped, pseudonymised or dropped.

Header lines repeat from one exchange to the next, so notes are remembered per line, within bounds.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Literal, NamedTuple

from pawwork_proxy.facts.headers import HEADERS, HeaderRow
from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.request import AuthScheme, HeaderNote
from pawwork_proxy.model.texts import (
    Codings,
    HeaderName,
    HeaderValue,
    KnownWord,
    MediaType,
    Server,
    UserAgent,
    fits,
)
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM
from pawwork_proxy.redaction.raw import RawHeaders
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.values import form_of, identify

MOST_HEADERS = 64
_CACHED = 1024
_CACHED_LENGTH = 512
_UNKNOWN = HeaderRow("id", Kind.VALUE.value)
_FORMS: dict[ShapeName, object] = {
    ShapeName.USER_AGENT: UserAgent,
    ShapeName.ENCODING: Codings,
    ShapeName.MEDIA_TYPE: MediaType,
    ShapeName.SERVER: Server,
    ShapeName.CLIENT: KnownWord,
    ShapeName.EDGE_WORD: KnownWord,
}
"""Forms of the fields that repeat such a header's value."""
PUBLIC_KEY = "public"
"""The literal that stands for no key (zen-facts 1)."""


class Line(NamedTuple):
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

    def lines(self, headers: RawHeaders) -> list[Line]:
        """The first `MOST_HEADERS` header lines, noted, in order."""
        return [
            self._cached(name, value)
            if len(name) + len(value) <= _CACHED_LENGTH
            else self._line(name, value)
            for name, value in headers[:MOST_HEADERS]
        ]

    def _line(self, raw_name: bytes, raw_value: bytes) -> Line:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("latin-1").strip()
        note = self._note(name, value)
        renamed = note.name != name
        cut = note.value is not None and (
            note.value != value
            if note.rule == "shape:user_agent"
            else PSEUDONYM.search(note.value) is not None
        )
        changed = renamed or note.value is None or cut
        path = f"{self._side}.headers.{note.name}"
        redaction = Redaction(path=path, rule=note.rule) if changed else None
        return Line(name, value, note, redaction, tuple(_secrets_in(name, value)))

    def _note(self, name: str, value: str) -> HeaderNote:
        shown = self._shapes.of(ShapeName.HEADER_NAME, name).text
        if not fits(HeaderName, shown):
            shown = self._pseudonyms.of(Kind.HEADER, name)
        row = HEADERS.get(name, _UNKNOWN)
        if self._side == "request" and row.arg == ShapeName.CF_RAY:
            # Only the edge makes these; what a client sends under the name is anybody's text.
            row = HeaderRow("id", Kind.REQUEST.value)
        pseudonyms = self._pseudonyms
        if row.treatment == "drop":
            return HeaderNote(name=shown, rule="drop")
        if value == "":
            return HeaderNote(name=shown, shape="empty", rule="empty")
        if row.treatment == "shape":
            shape = ShapeName(row.arg)
            shaped = self._shapes.of(shape, value)
            rule = f"shape:{row.arg}"
            kept = shaped.kept or shape is ShapeName.USER_AGENT
            if kept and not _fits(shape, shaped.text):
                kept, shaped = False, self._shapes.refused(shape, value)
            if kept:
                return HeaderNote(name=shown, value=shaped.text, rule=rule)
            return HeaderNote(name=shown, pseudonym=shaped.text, shape=form_of(value).id, rule=rule)
        if row.treatment == "credential":
            _, key = split_credential(value)
            public = key == PUBLIC_KEY
            return HeaderNote(
                name=shown,
                pseudonym=None if public else pseudonyms.of(Kind.KEY, key),
                shape=PUBLIC_KEY if public else form_of(key).id,
                rule="credential",
            )
        if row.treatment == "address":
            return HeaderNote(
                name=shown,
                pseudonym=pseudonyms.address(value).address,
                shape="address",
                rule="address",
            )
        if row.treatment == "host":
            return HeaderNote(
                name=shown, pseudonym=pseudonyms.host(value), shape="word", rule="host"
            )
        kind = Kind(row.arg)
        if kind is Kind.PROJECT and value == "global":
            return HeaderNote(name=shown, value=value, shape="global", rule="id:project")
        pseudonym, form = identify(value, kind, pseudonyms)
        return HeaderNote(name=shown, pseudonym=pseudonym, shape=form, rule=f"id:{kind.value}")


def _fits(shape: ShapeName, text: str) -> bool:
    """Whether a record has room for a text that its shape would keep."""
    return fits(HeaderValue, text) and fits(_FORMS.get(shape, HeaderValue), text)


def split_credential(value: str) -> tuple[AuthScheme | None, str]:
    """Scheme and key of a credential header; the scheme is None for a bare key."""
    scheme, space, key = value.partition(" ")
    match scheme.lower():
        case "bearer" | "basic" as known:
            return known, key.strip()
    return ("other", key.strip()) if space else (None, value)


def _secrets_in(name: str, value: str) -> list[str]:
    """The credentials a header line carries."""
    if HEADERS.get(name, _UNKNOWN).treatment != "credential" or not value:
        return []
    if "cookie" in name:
        parts = [part for part in value.split(";") if "=" in part]
        if name == "set-cookie":  # what follows are attributes: dates, paths, ages
            parts = parts[:1]
        return [part.partition("=")[2].strip() for part in parts]
    scheme, key = split_credential(value)
    found = [key]
    if scheme == "basic":
        found += _basic_password(key)
    return found


def _basic_password(key: str) -> list[str]:
    try:
        decoded = base64.b64decode(key, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return []
    return [part for part in decoded.split(":", 1) if part]
