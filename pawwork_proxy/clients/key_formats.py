"""Reads the keys out of what clients keep them in, whatever form it has.

Invariant: keys leave by the return value of `keys_in` alone; it raises OSError or ValueError for
what cannot be read or understood, never more than that, and its errors quote nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pawwork_proxy.clients.client_database import rows_of
from pawwork_proxy.clients.client_files import read_regular
from pawwork_proxy.clients.jsonc import parsed
from pawwork_proxy.facts.fields import KEY_HEADERS
from pawwork_proxy.facts.identifiers import KEY_VARIABLES, KeyOf, PlaceForm
from pawwork_proxy.redaction.headers import split_credential
from pawwork_proxy.wire.bounded_json import member

LARGEST_YAML = 64 * 1024
"""Parsing this much takes some tenths of a second; a real file has a few lines."""
_PROVIDER = re.compile(r"opencode")
_OWN: dict[str, KeyOf] = {"opencode": "opencode", "opencode-go": "opencode-go"}
_DEEPEST = 8  # levels of a configuration that are searched for keys
_REFERENCE = re.compile(r"\{(env|file):([^}]*)\}")
_ACCOUNTS = (
    "SELECT access_token FROM account JOIN account_state ON account.id = active_account_id LIMIT 9"
)
_CREDENTIALS = (
    "SELECT integration_id, value FROM credential WHERE integration_id LIKE 'opencode%' LIMIT 99"
)


@dataclass(frozen=True)
class HeldKey:
    """A key that a place holds, and whose it is."""

    provider: KeyOf
    text: str = field(repr=False)


def keys_in(
    form: PlaceForm,
    at: Path | str,
    environment: Mapping[str, str],
    home: Path,
    folder: Path | None,
) -> list[HeldKey]:
    """The keys in a file, or in the text of a variable.

    Environment, home and folder fill in what a configuration refers to.
    """
    if form == "accounts":
        return [HeldKey("account", str(row[0])) for row in _rows(at, _ACCOUNTS) if row[0]]
    if form == "credential":
        return [key for row in _rows(at, _CREDENTIALS) for key in _credential(*row)]
    text = _text(at, LARGEST_YAML) if form == "credentials" else ""
    if form == "credentials":
        return _credentials_in(text)
    if form in ("auth", "auth_text"):
        text = _text(at)
        return list(_saved_keys(parse_jsonc(text))) if text.strip() else []
    return list(_config_keys(parsed_config(form, at), environment, home, folder))


def parsed_config(form: PlaceForm, at: Path | str) -> object:
    """The value of a configuration; None where there is none."""
    if form == "plist":
        data = read_regular(at) if isinstance(at, Path) else b""
        return _parsed_plist(data) if data else None
    text = _text(at)
    return parse_jsonc(text) if text.strip() else None


def parse_jsonc(text: str) -> object:
    """The value of JSON with comments and trailing commas; ValueError when it is none."""
    try:
        plain: object = json.loads(text.removeprefix("\ufeff"))
    except ValueError:
        return parsed(text).value
    return plain


def _text(at: Path | str, largest: int | None = None) -> str:
    if isinstance(at, str):
        return at
    return (read_regular(at, largest) if largest else read_regular(at)).decode("utf-8")


def _rows(at: Path | str, query: str) -> list[tuple[object, ...]]:
    return rows_of(at, query) if isinstance(at, Path) else []


def _credential(integration: object, value: object) -> Iterator[HeldKey]:
    """Keys of a row of OpenCode 2's table: a key, or the tokens of a login."""
    parsed = json.loads(value) if isinstance(value, str) else None
    yield from _saved_keys({str(integration): parsed})


def _saved_keys(parsed: object) -> Iterator[HeldKey]:
    """Keys of the `opencode…` entries of an auth.json: api, oauth and wellknown."""
    if not isinstance(parsed, dict):
        raise ValueError("not an object")
    for provider, entry in parsed.items():
        if _PROVIDER.match(provider):
            for name in ("key", "access", "token"):
                key = member(entry, name)
                if isinstance(key, str) and key:
                    yield HeldKey(_OWN.get(provider, "both"), key)


def _config_keys(
    parsed: object, environment: Mapping[str, str], home: Path, folder: Path | None
) -> Iterator[HeldKey]:
    """Keys of `provider.opencode…`, with `{env:…}` and `{file:…}` replaced.

    They stand in the options, and in headers of the options, of a model and of its options.
    """

    def referred(match: re.Match[str]) -> str:
        named = match[2].strip()
        if match[1] == "env":
            return environment.get(named, "")
        path = (folder or home) / (home / named[2:] if named.startswith("~/") else named)
        if not path.exists():
            raise FileNotFoundError
        return read_regular(path).decode("utf-8").strip()

    for name, provider in _members(member(parsed, "provider")):
        if _PROVIDER.match(name):
            for key in _keys_of(provider):
                text = _REFERENCE.sub(referred, key) if isinstance(key, str) else ""
                if text:
                    yield HeldKey(_OWN.get(name, "both"), text)


def _keys_of(provider: object) -> Iterator[object]:
    holders = [member(provider, "options")]
    for _, model in _members(member(provider, "models")):
        holders += [model, member(model, "options")]
    for holder in holders:
        yield member(holder, "apiKey")
        for header, value in _members(member(holder, "headers")):
            if header.lower() in KEY_HEADERS and isinstance(value, str):
                yield split_credential(value)[1]


def _credentials_in(text: str) -> list[HeldKey]:
    """Keys of DSH's credentials file, in whatever way its YAML is written."""
    import yaml  # noqa: PLC0415  slow to load, and few users have such a file

    try:
        parsed: object = yaml.safe_load(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        raise ValueError(type(error).__name__) from None
    return list(_named_keys(parsed, _DEEPEST, set()))


def _named_keys(node: object, depth: int, seen: set[int]) -> Iterator[HeldKey]:
    """Texts under the names of keys; an anchor's content is looked at once."""
    if depth == 0 or id(node) in seen:
        return
    seen.add(id(node))
    for name, value in _members(node):
        if name in KEY_VARIABLES:
            holders = [value, *(inner for label, inner in _members(value) if label != "type")]
            for held in holders:
                if isinstance(held, str) and held.strip():
                    yield HeldKey(KEY_VARIABLES[name], held.strip())
        else:
            yield from _named_keys(value, depth - 1, seen)


def _parsed_plist(data: bytes) -> object:
    """ValueError when it is no property list; plistlib's own errors differ by format."""
    import plistlib  # noqa: PLC0415  on macOS only there are such files
    from xml.parsers.expat import ExpatError  # noqa: PLC0415

    try:
        parsed: object = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError) as error:
        raise ValueError(type(error).__name__) from None
    return parsed


def _members(node: object) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        yield from ((name, value) for name, value in node.items() if isinstance(name, str))
