"""What must not stand in any text of a bundle: one row per rule, judged without context.

Written apart from `redaction`, with other means: redaction decides what may be kept, this decides
what is wrong with what was kept. A text that passes has only plain characters, no form of key,
id, address, path or number that identifies, no long word that looks random, no sentence.
Invariant: a verdict is a rule's name; no function here returns any part of a text.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from pawwork_proxy.facts.identifiers import KEY_STARTS, OPENCODE_KEY, Namespace
from pawwork_proxy.facts.outcomes import FAILURES, USER_SEES
from pawwork_proxy.facts.vocabulary import foreign_hosts, known_words
from pawwork_proxy.model.capture import LINE
from pawwork_proxy.model.manifest import MANIFEST, README, SUMMARY, Manifest, Summary
from pawwork_proxy.outcomes.rules import RULES

RULES_VERSION = "1.4"

PSEUDONYM = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(Namespace)}):[0-9a-f]{{24}}(?![0-9A-Za-z])")
PLACEHOLDER = re.compile(r"(?<=/)\{(?:model|id)\}")
"""Stands for a segment in the shape of a route."""
_OWN_PLACE = re.compile(r"^(?:request|response)\.(?:headers|body)\.")
"""Before the name of a header or a field: `headers.us` is no host."""
TIME = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d{1,6})?Z")
"""Texts that are wholly a time are ours; nothing else fits into them."""

_WORD_OF_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]*[A-Za-z][0-9A-Za-z]*")


def _of_schema(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _of_schema(item)
    elif isinstance(node, dict):
        yield from (*node.get("properties", ()), *node.get("enum", ()))
        yield from [node["const"]] if "const" in node else []
        for value in node.values():
            yield from _of_schema(value)


def _words(texts: Iterable[object]) -> Iterator[str]:
    """Each text's runs of letters and digits, and the words of letters in them."""
    for text in map(str, texts):
        yield from (run.lower() for run in _RUN.findall(text))
        yield from (word.lower() for word in _WORD_OF_LETTERS.findall(text))


SCHEMA_WORDS: frozenset[str] = frozenset(
    name
    for schema in (LINE.json_schema(), Manifest.model_json_schema(), Summary.model_json_schema())
    for name in map(str, _of_schema(schema))
)
_RULES_AND_PLACES = """
    credential drop address identity content not kept unknown field features charset cut managed
    config file env dsh place
"""
"""What records call the rules that dropped a value, and the places of keys; redaction's own lists
are out of bounds for a verifier."""
PLAIN_WORDS: frozenset[str] = frozenset(
    _words(
        (
            *SCHEMA_WORDS,
            *known_words(),
            *(MANIFEST, README, SUMMARY, "captures/.jsonl"),
            *(word for rule in RULES for word in (rule.id, *rule.when.places)),
            *(row.kind for row in FAILURES),
            *USER_SEES,
            *_RULES_AND_PLACES.split(),
        )
    )
)
"""Words that a record is made of: the schema's own names and the vocabularies."""


class LeakRule(NamedTuple):
    """A rule: its id, what it finds, and why that must not be there."""

    id: str
    finds: Callable[[str], bool]
    reason: str


def _pattern(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.VERBOSE)
    return lambda text: compiled.search(text) is not None


def _start(of: str) -> str:
    """A pattern that finds the beginnings of keys or of ids, with as much as must follow them."""
    return "|".join(
        rf"(?<![0-9A-Za-z]){re.escape(row.name)}[\w-]{{{row.follow}}}"
        for row in KEY_STARTS
        if row.of == of
    )


_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_LONG = 12  # as many characters as for the taint gate
_WORD = re.compile(rf"[0-9A-Za-z]{{{_LONG},}}")
_TO_OR_FROM_DIGITS = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")
_NUMBER_BEHIND = re.compile(r"(?<=[A-Za-z])\d{1,2}$")
_LETTERS = re.compile(r"[A-Za-z]{4,}|(?<![0-9A-Za-z])[A-Za-z]{3}(?![0-9A-Za-z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_HARD = re.compile(r"(?i)[bcdfghjklmnpqrstvwxz]{6}|[aeiou]{5}")
_WORDS_IN_A_ROW = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?:[ ,.;:]{1,2}[^\W\d_]+){2,}")
_SPOKEN = re.compile(r"[^\W\d_]{3,}")
_IN_SERIALS = re.compile(r"[0-9A-Z-]+")
_SIZE = re.compile(r"[AE]?\d{1,3}(?:X\d{1,2})?[BMKT]")
_DATE = re.compile(r"20[12]\d[01]\d[0-3]\d(?:\d{4})?")
_SHORTEST_GROUP = 4
_MOST_UNKNOWN = 2
_DOTTED = re.compile(r"(?<![0-9A-Za-z.])v?(\d+(?:\.\d+){2,3})(?![0-9A-Za-z.])")
_OF_CHROMIUM = re.compile(r"\d{2,3}\.0\.\d{4}\.\d{1,3}")
_DAY_MONTH_YEAR = re.compile(r"(?:\d\d?\.){2}(?:19|20)\d\d|(?:19\d|200)\d(?:\.\d\d?){2}")
_undotted_digits = _pattern(
    r"(?<!\d)(?!20[12]\d)\d{10,}|\d{4}(?:[ -]\d{4}){2}|\+\d{1,3}[ -]?\d{2,4}[ -]?\d{3}"
    r"|\d{3}-\d{3}-\d{3}"
)


def shannon(text: str) -> float:
    """Bits per character of a text, by its own distribution of characters."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _looks_random(word: str) -> bool:
    """A long word that no person would write: digits among letters, wild case, no syllables."""
    if word.isdigit():
        return _DATE.fullmatch(word) is None
    if len(_TO_OR_FROM_DIGITS.findall(word)) >= 3:
        return True
    parts = [part for part in _CAMEL.split(word) if part]
    unknown = "".join(part for part in parts if not is_plain(part))
    if is_plain(word) or len(unknown) < _LONG:
        return False
    if len(word) / len(parts) < 4 or _HARD.search(word):
        return True
    return len(word) >= 20 and shannon(word.lower()) > 3.9


def is_plain(word: str) -> bool:
    """Whether the lists have a word, or each of one in CamelCase; `fp8` is `fp` and a number."""
    bare = _NUMBER_BEHIND.sub("", word)
    return bare.lower() in PLAIN_WORDS or all(
        part.lower() in PLAIN_WORDS for part in _CAMEL.split(bare) if part
    )


def _serial(text: str) -> bool:
    """Groups of capitals and digits, two of which are neither words nor sizes of models."""
    return any(_is_serial(run.split("-")) for run in _IN_SERIALS.findall(text))


def _is_serial(groups: list[str]) -> bool:
    """Whether three or more in a row are long, two of them unknown, and a digit is in or behind."""
    long = unknown = 0
    digits = False
    for group in reversed(groups):
        digits = digits or (not group.isalpha() and group != "")
        if len(group) < _SHORTEST_GROUP:
            long = unknown = 0
            continue
        long += 1
        worded = _SIZE.fullmatch(group) or group.rstrip("0123456789").lower() in PLAIN_WORDS
        unknown += not worded
        if digits and long > 2 and unknown > 1:
            return True
    return False


def _digits(text: str) -> bool:
    return _undotted_digits(text) or any(
        not _could_be_version(match[1]) for match in _DOTTED.finditer(text)
    )


def _could_be_version(dotted: str) -> bool:
    """Whether three or four numbers with points are no telephone number and no date of birth."""
    if _OF_CHROMIUM.fullmatch(dotted):
        return True
    lengths = [len(number) for number in dotted.split(".")]
    if sum(lengths) > 9 or (len(lengths) == 4 and max(lengths[1:]) > 3):
        return False
    return not _DAY_MONTH_YEAR.fullmatch(dotted)


def _sentence(text: str) -> bool:
    """Words with spaces between them, two of which no API would use."""
    return any(
        sum(not is_plain(word) for word in _SPOKEN.findall(run.group())) > 1
        for run in _WORDS_IN_A_ROW.finditer(text)
    )


def _unknown(text: str, shortest: int) -> set[str]:
    """Words of at least so many letters that are in no list; in `abc256` there is none."""
    return {
        part.lower()
        for match in _LETTERS.finditer(text)
        for part in _CAMEL.split(match.group())
        if len(part) >= shortest and part.lower() not in PLAIN_WORDS
    }


LEAK_RULES: tuple[LeakRule, ...] = (
    LeakRule("zen_key", _pattern(r"(?<![0-9A-Za-z])sk-[0-9A-Za-z]{64}(?![0-9A-Za-z])"),
             "Zen's own keys; scanners' rules for OpenAI miss the shape"),
    LeakRule("opencode_key", _pattern(
        rf"{re.escape(OPENCODE_KEY.name)}\w{{{OPENCODE_KEY.follow}}}"), "OpenCode's newer keys"),
    LeakRule("vendor_key", _pattern(_start("key")), "keys and tokens of known vendors"),
    LeakRule("private_key", _pattern(r"-----|PRIVATE\ KEY"), "PEM blocks"),
    LeakRule("raw_id", _pattern(_start("id")),
             "ids of sessions, messages, workspaces, users: pseudonyms stand for them"),
    LeakRule("email", _pattern(r"[\w.+-]@[\w-]+\.[A-Za-z]{2}"), "names a person"),
    LeakRule("url", _pattern(r"[A-Za-z][0-9+.-]*://"), "addresses carry users and keys"),
    LeakRule("file_path", _pattern(
        r"(?:^|[^0-9A-Za-z])(?:home|[Uu]sers|root|Documents|private/var|var/folders)[/\\]"
        r"|(?<![0-9A-Za-z])[A-Za-z]:[\\/]|~/"), "home folders name their owner"),
    LeakRule("uuid", _pattern(r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"), "an id"),
    LeakRule("ipv4", _pattern(
        rf"(?<!\d)(?<!\d\.)(?!127\.|0\.0\.0\.0|\d{{1,3}}\.0\.0\.0){_OCTET}(?:\.{_OCTET}){{3}}"
        r"(?!\d|\.\d)"),
        "an address; loopback is nobody's, and above 255 there is only a version"),
    LeakRule("ipv6", _pattern(r"(?:[0-9A-Fa-f]{0,4}:){3}|(?!(?<=\[)::1\])::"),
             "an address, or a hardware one; loopback in brackets is nobody's"),
    LeakRule("host_name", lambda text: any(foreign_hosts(text)), "names a machine or a company"),
    LeakRule("hex", _pattern(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{16,}(?![0-9A-Za-z])"),
             "keys, digests and ids"),
    LeakRule("digits", _digits, "telephone, card and account numbers, dates of birth"),
    LeakRule("serial", _serial, "licences and serial numbers"),
    LeakRule("long_word", lambda text: any(map(_looks_random, _WORD.findall(text))),
             "looks random, and is no pseudonym"),
    LeakRule("sentence", _sentence, "words of a person"),
    LeakRule("foreign_character", _pattern(r"[^0-9A-Za-z\ ._:/@+,;=()*?$\[\]-]"),
             "kept texts are plain; quotes, escapes and other scripts come from content"),
    LeakRule("unknown_words", lambda text: len(_unknown(text, 4)) > _MOST_UNKNOWN,
             "passphrases and names are made of such words"),
    LeakRule("unknown_word", lambda text: bool(_unknown(text, 3)),
             "most fields take words of vocabularies only; a name there was put in by hand"),
)  # fmt: skip


@lru_cache(maxsize=65536)
def leak_in(text: str) -> str | None:
    """The id of the first rule that finds something in `text`, or None."""
    if TIME.fullmatch(text):
        return None
    rest = _OWN_PLACE.sub("", PLACEHOLDER.sub("", PSEUDONYM.sub("", text)))
    return next((rule.id for rule in LEAK_RULES if rule.finds(rest)), None) if rest else None
