"""The second scan: every distinct text of a finished bundle, by the rules of `leak_rules`.

No remark in a text, no file name and no heuristic can switch a rule off, and nothing is verified
over a network. A scan is a net, not the guard: what keeps secrets out is redaction.
Invariant: shares no code with `redaction`; a finding names member, line and rule, never the match.
"""

import json
import re
from collections.abc import Iterator, Mapping

from pawwork_proxy.verification.findings import Finding
from pawwork_proxy.verification.leak_rules import leak_in

LONGEST_TEXT = 640
"""The longest that any form of `model.texts` allows."""

_QUOTED = re.compile(r'"([^"\\]*)"')
_QUOTED_ESCAPES = re.compile(r'"((?:[^"\\]|\\.?)*+)(?:"|$)')  # it never fails, so it is linear

_KERNEL = re.compile(r"(?:[1-9]|[12]\d)(?:\.\d{1,5}){3}")
"""Four numbers, as of some Linux kernels; the first one is too small for most addresses."""
_LABEL_FIELDS = frozenset({"label", "install", "network"})
_LABEL = re.compile(r"[0-9A-Za-z._-]{1,32}")
_LABEL_OF_WORDS = re.compile(r"(?=.{1,32}$)(?:(?:[A-Za-z]+|[0-9A-Za-z]{1,11})(?:[._-]+|$))+")
"""A part of a label may be long only if it consists of letters."""
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
}
"""Where a rule's finding is what belongs there: by field, and by the whole form of the text."""
_RAY = re.compile(r'(?:"cf_ray":|(?<="name":"cf-ray",)"value":)"[0-9a-f]{16}(?:-[A-Z]{3})?"')
"""The edge's id of a request, in its field and in the note of its header; nowhere else."""
_HANDSHAKE = re.compile(
    r'"(?:(?:digest|client_hello|upstream_hello)":"[0-9a-f]{16}'
    r'|ja4":"t[0-9s]{2}[di]\d{4}[0-9A-Za-z]{2}(?:_[0-9a-f]{12}){2})"'
)
"""Digests of what a TLS ClientHello offers, in their fields."""
_WAIT = re.compile(
    r'("name":"(?:retry-after(?:-ms)?|[a-z-]*ratelimit[a-z0-9-]*-reset[a-z0-9-]*)","value":)"[012]\d{9}"'
)
"""A wait of ten digits is milliseconds or the time when it ends; in the notes of its headers."""


def texts_of(line: str) -> list[str]:
    """Every string of a line of JSON, names included."""
    if "\\" not in line:
        return _QUOTED.findall(line)
    return [json.loads(f'"{text}"', strict=False) for text in _QUOTED_ESCAPES.findall(line)]


def rule_broken_by(text: str) -> str | None:
    """The first rule that finds something in `text`; none of our texts is longer than the limit.

    Some patterns take quadratic time, so a longer text is refused before they see it.
    """
    return "text_too_long" if len(text) > LONGEST_TEXT else leak_in(text)


class Scan:
    """Scans the lines of one bundle; each distinct text is judged once."""

    def __init__(self) -> None:
        self._clean: set[str] = set()

    def line(self, member: str, number: int, line: str) -> Finding | None:
        """The first finding in a line, or None."""
        line = _HANDSHAKE.sub('""', _WAIT.sub(r'\1""', _RAY.sub('"cf_ray":""', line)))
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
