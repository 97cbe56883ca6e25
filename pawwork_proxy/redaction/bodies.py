"""Request bodies → counts, sizes, flags, and identity fields as pseudonyms.

Invariant: of a message only its role and its number of characters are looked at. Numbers are taken
only where a number stands. Bodies beyond the limit are counted, not parsed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeGuard

from pydantic_core import from_json

from pawwork_proxy.facts.fields import (
    BODY_FIELDS,
    IDENTITY_FIELDS,
    METADATA_NAMES,
    ROLES,
    TOOL_NAMES,
    TYPE_FORMS,
)
from pawwork_proxy.facts.identifiers import Namespace
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.numbers import HOTTEST, TEMPERATURE_DECIMALS, bounded_count
from pawwork_proxy.model.request import BodyState, IdentityField, RequestBody
from pawwork_proxy.redaction.shapes import ShapeName, Shapes
from pawwork_proxy.redaction.values import identify

PARSE_LIMIT = 8 * 1024 * 1024
"""Bytes; parsing this much takes about 10 ms, beyond it the proxy would stall."""
_KNOWN_FIELDS = BODY_FIELDS | IDENTITY_FIELDS.keys()
_MOST_FIELDS = 48  # names that a record keeps; further ones are counted
_MOST_MEMBERS = 24
_MOST_MESSAGES = 10_000  # looked at, so that a hostile body cannot take long
_LARGEST_COUNT = 10**9
_TOKEN_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
_remembered_note = lru_cache(maxsize=256)(Redaction)
"""A client's requests have the same fields again and again."""
_CONTENT_NOT_KEPT = Redaction(path="request.body", rule="content_not_kept")


class BodyReading(NamedTuple):
    """The safe body, the raw model id, and what was dropped or pseudonymised."""

    body: RequestBody
    model: str | None = None
    redactions: tuple[Redaction, ...] = ()


class Bodies:
    """Reads request bodies under one study's shapes."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def read(
        self,
        sent: bytes | None,
        wire_bytes: int,
        known_state: BodyState | None,
        content_encoding: str | None,
    ) -> BodyReading:
        """All that a record may know of a request's body, of which `sent` was kept."""
        state, parsed = (known_state, None) if known_state else _parse(sent, wire_bytes)
        outside: dict[str, Any] = {
            "state": state,
            "wire_bytes": bounded_count(wire_bytes),
            "decoded_bytes": None if sent is None else len(sent),
            "content_encoding": content_encoding,
        }
        if parsed is None:
            return BodyReading(RequestBody(**outside))
        fields, unknown = self._fields(parsed)
        identity, dropped = self._identity(parsed)
        config = parsed.get("generationConfig")
        limits = config if _is_object(config) else parsed
        options = parsed.get("stream_options")
        body = RequestBody(
            **outside,
            **_counts(parsed),
            fields=fields,
            stream=_flag(parsed, "stream"),
            include_usage=_flag(options, "include_usage") if _is_object(options) else None,
            store=_flag(parsed, "store"),
            max_tokens=_first_count(limits, _TOKEN_LIMITS),
            temperature=_number(limits.get("temperature")),
            reasoning=self._effort(parsed),
            identity=identity,
        )
        model = parsed.get("model")
        redactions = [
            _remembered_note(path=f"request.body.{field.path}", rule="identity")
            for field in identity
            if field.pseudonym
        ]
        if unknown:
            redactions.append(Redaction(path="request.body", rule="unknown_field", count=unknown))
        if dropped:
            redactions.append(Redaction(path="request.body.metadata", rule="cut", count=dropped))
        redactions.append(_CONTENT_NOT_KEPT)
        return BodyReading(body, model if isinstance(model, str) else None, tuple(redactions))

    def _fields(self, parsed: Mapping[str, object]) -> tuple[tuple[str, ...], int]:
        """Top-level names, and how many of all were unknown."""
        names = list(parsed)
        shaped = [self._shapes.of(ShapeName.FIELD, name) for name in names[:_MOST_FIELDS]]
        unknown = [name for name in names[_MOST_FIELDS:] if name not in _KNOWN_FIELDS]
        return (
            tuple([one.text for one in shaped]),
            sum(not one.whole for one in shaped) + len(unknown),
        )

    def _identity(self, parsed: Mapping[str, object]) -> tuple[tuple[IdentityField, ...], int]:
        """Identity fields as pseudonyms, and how many members were left out."""
        found: list[IdentityField] = []
        dropped = 0
        for name, namespace in IDENTITY_FIELDS.items():
            if name not in parsed:
                continue
            value = parsed[name]
            if not _is_object(value):
                found.append(self._field(name, namespace, value))
                continue
            dropped += max(0, len(value) - _MOST_MEMBERS)
            for member, inner in list(value.items())[:_MOST_MEMBERS]:
                shown = member
                if member not in METADATA_NAMES:
                    shown = self._shapes.pseudonyms.of(Namespace.WORD, member)
                member_namespace = IDENTITY_FIELDS.get(member, namespace)
                found.append(self._field(f"{name}.{shown}", member_namespace, inner))
        return tuple(found), dropped

    def _field(self, path: str, namespace: Namespace, value: object) -> IdentityField:
        if isinstance(value, str):
            if value == "":
                return IdentityField(path=path, shape="empty")
            pseudonym, form = identify(value, namespace, self._shapes.pseudonyms)
            return IdentityField(path=path, pseudonym=pseudonym, shape=form)
        if isinstance(value, int | float) and not isinstance(value, bool):
            pseudonym = self._shapes.pseudonyms.of(namespace, str(value))
            return IdentityField(path=path, pseudonym=pseudonym, shape="number")
        return IdentityField(path=path, shape=TYPE_FORMS.get(type(value), "object"))

    def _effort(self, parsed: Mapping[str, object]) -> str | None:
        for name in ("reasoning_effort", "reasoning", "thinking"):
            value = parsed.get(name)
            effort = value.get("effort", value.get("type")) if _is_object(value) else value
            if isinstance(effort, str):
                return self._shapes.of(ShapeName.EFFORT, effort).text
        return None


def _parse(body: bytes | None, wire_bytes: int) -> tuple[BodyState, Mapping[str, object] | None]:
    """The state of a body, and the JSON object it is, if it is one."""
    if body is None:
        return ("not_kept" if wire_bytes else "absent"), None
    if not body.strip():
        return "empty", None
    if len(body) > PARSE_LIMIT:
        return "too_large", None
    try:
        parsed = from_json(body, cache_strings="keys")
    except ValueError as error:
        return _why(body, str(error)), None
    return ("json", parsed) if _is_object(parsed) else ("not_an_object", None)


def _why(body: bytes, message: str) -> BodyState:
    """Why a body is no JSON; the parser's message is looked at, never kept."""
    if "recursion limit" in message:
        return "too_deep"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "invalid_utf8"
    return "malformed"


def _counts(parsed: Mapping[str, object]) -> dict[str, Any]:
    """Messages by role, characters, images and tools of any of the four protocols."""
    roles: Counter[str] = Counter()
    pieces: list[str | None] = []
    messages = next(
        (parsed[name] for name in ("messages", "input", "contents") if name in parsed), None
    )
    items = messages if isinstance(messages, list) else [] if messages is None else [messages]
    for message in items[:_MOST_MESSAGES]:
        known: dict[str, object] = message if isinstance(message, dict) else {}
        role, content = known.get("role"), known.get("content")
        roles[role if isinstance(role, str) and role in ROLES else "other"] += 1
        if isinstance(content, str) and len(known) == 2:  # the plain message, by far most
            pieces.append(content)
        else:
            _take(message, pieces)
    images = pieces.count(None)
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        _take(parsed.get(name), pieces)
    tools = parsed.get("tools")
    return {
        "messages": None if messages is None else len(items),
        "roles": dict(roles),
        "text_chars": sum(len(piece) for piece in pieces if piece is not None),
        "images": images,
        "tools": len(tools) if isinstance(tools, list) else None,
        "tool_names": tuple(dict.fromkeys(_tool_names(tools))),
    }


def _take(node: object, pieces: list[str | None]) -> None:
    """Add the texts of a message, a part, or a list of parts, and None for each image."""
    if isinstance(node, str):
        pieces.append(node)
    elif isinstance(node, list):
        for part in node[:_MOST_MESSAGES]:
            _take(part, pieces)
    elif isinstance(node, dict):
        for name in ("content", "text", "parts"):
            if name in node:
                _take(node[name], pieces)
        if node.get("type") in ("image_url", "image", "input_image") or "inlineData" in node:
            pieces.append(None)


def _tool_names(tools: object) -> Iterator[str]:
    """The known names among those of tools, in the shapes of the four protocols."""
    for tool in tools[:_MOST_MESSAGES] if isinstance(tools, list) else []:
        if not isinstance(tool, dict):
            continue
        holders: Iterable[object] = (tool,)
        if isinstance(function := tool.get("function"), dict):
            holders = (function,)
        elif isinstance(declared := tool.get("functionDeclarations"), list):
            holders = declared
        for holder in holders:
            name = holder.get("name") if isinstance(holder, dict) else None
            if isinstance(name, str) and name in TOOL_NAMES:
                yield name


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _flag(holder: Mapping[str, object], name: str) -> bool | None:
    value = holder.get(name)
    return value if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    """A sane temperature; more digits could carry something else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < HOTTEST:
        return round(float(value), TEMPERATURE_DECIMALS)
    return None


def _first_count(holder: Mapping[str, object], names: Iterable[str]) -> int | None:
    for name in names:
        value = holder.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT:
            return value
    return None
