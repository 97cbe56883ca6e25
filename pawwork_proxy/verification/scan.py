"""The second scan: every distinct text of a finished bundle, by a foreign scanner and own rules.

detect-secrets is used beneath its filters: its patterns see each text, so that no remark in a
text (`pragma: allowlist`), no file name and no heuristic can switch one off, and nothing is ever
verified over a network. A scanner is a net, not the guard: what keeps secrets out is redaction.
Invariant: shares no code with `redaction`; a finding names member, line and rule, never the match.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin

from pawwork_proxy.verification.finding import Finding
from pawwork_proxy.verification.leak_rules import PSEUDONYM, TIME, are_plain_words, leak_in

SCANNER_VERSION = version("detect-secrets")
LONGEST_TEXT = 640
"""As the longest form of `model.texts`."""

_QUOTED = re.compile(r'"([^"\\]*)"')
_QUOTED_ESCAPES = re.compile(r'"((?:[^"\\]|\\.)*)"')

_KERNEL = re.compile(r"(?:[1-9]|[12]\d)(?:\.\d{1,5}){3}")
"""Four numbers, as of some Linux kernels; the first one is too small for most addresses."""
_ROUND_VERSION = re.compile(r"(?<![\d.])\d{1,4}\.0\.0\.0(?![\d.])")
"""Browsers state their version like this; a scanner takes it for an address."""
_PARTS = re.compile(r"[^0-9A-Za-z]+")
_LABEL_FIELDS = frozenset({"label", "install", "network"})
_LABEL = re.compile(r"[0-9A-Za-z._-]{1,32}")
_LABEL_OF_WORDS = re.compile(r"(?=.{1,32}$)(?:(?:[A-Za-z]+|[0-9A-Za-z]{1,11})(?:[._-]+|$))+")
"""Long only where it is letters alone."""
_NAME_FIELDS = frozenset({"model", "user_agent", "value", "error_type", "error_code", "provider"})
"""Fields that take names which no list can hold: of models, products, vendors' errors."""
_ALLOWED: Mapping[str, tuple[tuple[frozenset[str], re.Pattern[str]], ...]] = {
    "hex": (
        (frozenset({"capture_id", "bundle_id"}), re.compile(r"[0-9a-f]{16}")),
        (frozenset({"sha256"}), re.compile(r"[0-9a-f]{64}")),
    ),
    "ipv4": ((frozenset({"os_release"}), _KERNEL),),
    "long_word": ((_LABEL_FIELDS, _LABEL_OF_WORDS),),
    "sentence": ((_LABEL_FIELDS, _LABEL_OF_WORDS),),
    "unknown_words": ((_LABEL_FIELDS, _LABEL),),
    "unknown_word": (
        (_LABEL_FIELDS, _LABEL),
        (_NAME_FIELDS, re.compile(".*")),
        (frozenset({"colo"}), re.compile("[A-Z]{3}")),
    ),
    "scanner:Base64HighEntropyString": ((_LABEL_FIELDS, _LABEL_OF_WORDS),),
}
"""Where a rule's finding is what belongs there: by field, and by the whole form of the text."""


_RAY = re.compile(r'(?:"cf_ray":|(?<="name":"cf-ray",)"value":)"[0-9a-f]{16}(?:-[A-Z]{3})?"')
"""The edge's id of a request, in its field and in the note of its header; nowhere else."""
_WAIT = re.compile(
    r'("name":"(?:retry-after(?:-ms)?|x-ratelimit-reset-after)","value":)"[012]\d{9}"'
)
"""A wait of ten digits is milliseconds or the time when it ends; in the notes of its headers."""


def texts_of(line: str) -> list[str]:
    """Every string of a line of JSON, names included."""
    if "\\" not in line:
        return _QUOTED.findall(line)
    return [json.loads(f'"{text}"', strict=False) for text in _QUOTED_ESCAPES.findall(line)]


@lru_cache(maxsize=1)
def _plugins() -> tuple[BasePlugin, ...]:
    classes: Mapping[str, type[BasePlugin]] = get_mapping_from_secret_type_to_class()
    return tuple(classes[name]() for name in sorted(classes))


@lru_cache(maxsize=65536)
def scanner_hit(text: str) -> str | None:
    """`scanner:` and the name of the first detector that finds a secret in `text`, or None."""
    line = f'"{text}"'
    for plugin in _plugins():
        for match in plugin.analyze_string(line):
            if not isinstance(plugin, HighEntropyStringsPlugin) or (
                plugin.calculate_shannon_entropy(match) > plugin.entropy_limit
                and not all(map(_is_plain, _PARTS.split(match)))
            ):
                return f"scanner:{type(plugin).__name__}"
    return None


def _is_plain(part: str) -> bool:
    """Whether a part between separators is a word or a small number: many such are no key."""
    if are_plain_words(part):
        return True
    word = part.isalpha() and (part.islower() or part.isupper() or part.istitle())
    return len(part) <= 4 or (len(part) < 12 and (word or part.isdigit()))


def rule_broken_by(text: str) -> str | None:
    """The first rule, ours or the scanner's, that finds something in `text`.

    Patterns of others take quadratic time; no text of ours is as long as that matters.
    """
    if len(text) > LONGEST_TEXT:
        return "text_too_long"
    if TIME.fullmatch(text):
        return None
    rest = PSEUDONYM.sub("", text)
    return (leak_in(text) or scanner_hit(_ROUND_VERSION.sub("", rest))) if rest else None


class Scan:
    """Scans the lines of one bundle; each distinct text is judged once."""

    def __init__(self) -> None:
        self._clean: set[str] = set()

    def line(self, member: str, number: int, line: str) -> Finding | None:
        """The first finding in a line, or None."""
        line = _WAIT.sub(r'\1""', _RAY.sub('"cf_ray":""', line))
        for text in sorted(set(texts_of(line)) - self._clean):
            rule = rule_broken_by(text)
            if rule is None:
                self._clean.add(text)
            elif not _belongs(rule, text, line):
                return Finding(rule=rule, member=member, line=number)
        return None


def _belongs(rule: str, text: str, line: str) -> bool:
    """Whether `text` stands in this line only where that rule's finding is expected."""
    allowed = _ALLOWED.get(rule)
    if allowed is None:
        return False
    rest = line
    for names, form in allowed:
        if form.fullmatch(text):
            for name in names:
                rest = rest.replace(f'"{name}":"{text}"', "")
    if f'"{text}"' not in rest and "\\" not in rest:  # as we write lines, and quicker than parsing
        return True
    try:
        fields = list(_fields_of(json.loads(line), text, ""))
    except ValueError:
        return False
    return bool(fields) and all(
        any(field in names and form.fullmatch(text) for names, form in allowed) for field in fields
    )


def _fields_of(node: object, text: str, field: str) -> Iterator[str]:
    """The names of the fields whose value is `text`; `*` where it is a name itself."""
    if node == text:
        yield field
    elif isinstance(node, list):
        for item in node:
            yield from _fields_of(item, text, field)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == text:
                yield "*"
            yield from _fields_of(value, text, name)
