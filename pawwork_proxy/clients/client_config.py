"""Keys in what clients have written down: configurations (JSON, property lists), DSH's YAML.

Invariant: pure but for the files that a configuration itself names; raises OSError or ValueError
for what cannot be read or understood, never more than that.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pawwork_proxy.facts.fields import KEY_HEADERS
from pawwork_proxy.facts.identifiers import KEY_VARIABLES
from pawwork_proxy.redaction.headers import split_credential

LARGEST_FILE = 1024 * 1024
LARGEST_YAML = 64 * 1024
"""Parsing this much takes some tenths of a second; a real file has a few lines."""
PROVIDER = re.compile(r"opencode")
_DEEPEST = 8  # levels of a configuration that are searched for keys
_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_REFERENCE = re.compile(r"\{(env|file):([^}]*)\}")


def parse_jsonc(text: str) -> object:
    """The value of JSON with comments and trailing commas; ValueError when it is none."""
    plain = _COMMENT.sub(lambda match: match[1] or " ", text.removeprefix("\ufeff"))
    parsed: object = json.loads(_TRAILING_COMMA.sub(lambda match: match[1] or "", plain))
    return parsed


def config_keys(
    parsed: object, home: Path, environment: Mapping[str, str], folder: Path | None
) -> Iterator[str]:
    """Keys of `provider.opencode…`, with `{env:…}` and `{file:…}` replaced.

    They stand in the options, and in headers of the options, of a model and of its options.
    """

    def referred(match: re.Match[str]) -> str:
        named = match[2].strip()
        if match[1] == "env":
            return environment.get(named, "")
        path = home / named[2:] if named.startswith("~/") else Path(named)
        with ((folder or home) / path).open("rb") as file:
            return file.read(LARGEST_FILE).decode("utf-8").strip()

    for name, provider in _members(_member(parsed, "provider")):
        if PROVIDER.match(name):
            for key in _keys_of(provider):
                if isinstance(key, str) and key:
                    yield _REFERENCE.sub(referred, key)


def _keys_of(provider: object) -> Iterator[object]:
    holders = [_member(provider, "options")]
    for _, model in _members(_member(provider, "models")):
        holders += [model, _member(model, "options")]
    for holder in holders:
        yield _member(holder, "apiKey")
        for header, value in _members(_member(holder, "headers")):
            if header.lower() in KEY_HEADERS and isinstance(value, str):
                yield split_credential(value)[1]


def credentials_in(text: str) -> list[str]:
    """Keys of DSH's credentials file, in whatever way its YAML is written."""
    if len(text) > LARGEST_YAML:
        raise ValueError("too long")
    import yaml  # noqa: PLC0415  slow to load, and few users have such a file

    try:
        parsed: object = yaml.safe_load(text.removeprefix("\ufeff"))
    except yaml.YAMLError as error:
        raise ValueError(type(error).__name__) from None
    return list(_named_keys(parsed, _DEEPEST, set()))


def _named_keys(node: object, depth: int, seen: set[int]) -> Iterator[str]:
    """Texts under the names of keys; an anchor's content is looked at once."""
    if depth == 0 or id(node) in seen:
        return
    seen.add(id(node))
    for name, value in _members(node):
        if name in KEY_VARIABLES:
            holders = [value, *(inner for label, inner in _members(value) if label != "type")]
            yield from (held.strip() for held in holders if isinstance(held, str) and held.strip())
        else:
            yield from _named_keys(value, depth - 1, seen)


def parsed_plist(data: bytes) -> object:
    """ValueError when it is no property list; plistlib's own errors differ by format."""
    import plistlib  # noqa: PLC0415  on macOS only there are such files
    from xml.parsers.expat import ExpatError  # noqa: PLC0415

    try:
        parsed: object = plistlib.loads(data)
    except (plistlib.InvalidFileException, ExpatError) as error:
        raise ValueError(type(error).__name__) from None
    return parsed


def _member(node: object, name: str) -> object:
    return node.get(name) if isinstance(node, dict) else None


def _members(node: object) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        yield from ((name, value) for name, value in node.items() if isinstance(name, str))
