"""The one grammar of kept texts: parts that closed lists explain, joined by separators.

A text is taken apart at its separators. A part is a word of the row's lists, a number, a time, a
version or the size of a model; any other part is unknown and becomes a pseudonym inside the text,
neighbouring unknown parts together. Numbers are kept only beside a known word, and only few.
Invariant: between two words, times, versions behind a word, sizes or pseudonyms there are always
fewer than `LOOSE_LIMIT` characters, which is the length that the taint gate looks for.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pawwork_proxy.facts.identifiers import KEY_STARTS, Namespace
from pawwork_proxy.facts.vocabulary import foreign_hosts
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser, is_address

LOOSE_LIMIT = 12
"""A stretch of this many characters that no list explains could be (part of) a secret."""
_MOST_PSEUDONYMS = 4
"""Each costs a slow derivation, and a text with more unknown parts says nothing any more."""
_MOST_TOKENS = 24
_MOST_SIZES = 2
_LETTERS_THAT_PART = 3
"""A shorter word is known, but a secret may hold it by chance: it ends no stretch."""

_PART = re.compile(
    rf"(?P<pseudonym>{PSEUDONYM.pattern})"
    r"|(?P<time>(?<![0-9A-Za-z])20[12]\d(?:-(?:0[1-9]|1[0-2])-|(?:0[1-9]|1[0-2]))"
    r"(?:0[1-9]|[12]\d|3[01])(?:[0-2]\d[0-5]\d)?(?![0-9A-Za-z]))"
    r"|(?P<version>(?<![0-9A-Za-z.])v?\d{1,4}(?:\.\d{1,5}){1,3}(?![0-9A-Za-z.]))"
    r"|(?P<atom>[0-9A-Za-z]+)|(?P<between>[^0-9A-Za-z]+)"
)
_WORD_AND_NUMBER = re.compile(r"([a-z]{2,})\d{1,2}")
_NUMBER = re.compile(r"[a-z]?\d{1,4}[a-z]?|v\d{1,2}p\d|[a-z]")
_SHORT_DATE = re.compile(r"2[3-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_SIZE = re.compile(r"[ae]?\d{1,3}(?:x\d{1,2})?[bmkt]")
_CASE_CHANGE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ERROR_TYPE = re.compile(r"[A-Z][A-Za-z]*(?:Error|Exception)|[a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+")
_CALENDAR = re.compile(r"20[12]\d(?:\.\d{1,2}){1,3}")
_AS_ONLY_RELEASES = re.compile(r"\d{2,3}\.0\.(?:\d{4}\.\d{1,3}|\d{5})")
"""Chromium's and Windows' are as long as a telephone number, and have a zero where it has none."""
_BIRTHDAY = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|(?:19\d\d|200\d)\.\d{1,2}\.\d{1,2}")
_MOST_VERSION_DIGITS = 8
_LONGEST_OF_VERSION, _LONGEST_OF_FOUR = 4, 3
"""The most digits of a part; of a later part where a version has four."""
_KEY_OR_ID = re.compile(
    "|".join(rf"(?<![0-9A-Za-z]){re.escape(row.name)}[\w-]{{{row.follow}}}" for row in KEY_STARTS)
)
_EMAIL = re.compile(r"@[\w-]+\.[A-Za-z]")
_FOUR_NUMBERS = re.compile(r"(?<!\d)(?=(\d{1,3}(?:\.\d{1,3}){3})(?!\d))")
_PADDING = re.compile(r"(?<!\d)0+(?=\d)")


class Grammar(NamedTuple):
    """What the parts of a text may be, and what may stand between them."""

    words: frozenset[str]
    separators: str
    """Characters that may stand, one at a time, between two parts."""
    digits: int = 4
    """The most digits of numbers; 0: no number, time or version at all."""
    bare_numbers: bool = False
    """Whether numbers and versions may stand without a word."""
    type_form: bool = False
    """Whether a text in the form of an error's type may hold one unknown word."""
    lead: str = ""
    """What may stand before the first part."""


class _Is(StrEnum):
    """What a part is, as a letter: the rules are patterns over the letters of a text's parts."""

    WORD = "W"
    TIME = "T"
    SIZE = "S"
    EXPLAINED = "E"
    """A pseudonym of ours, or a version behind a word."""
    UNKNOWN = "U"
    SHORT_WORD = "w"
    VERSION = "v"
    REFUSED = "r"
    """Numbers with points that are no version; unknown in the end."""
    SHORT_DATE = "t"
    NUMBER = "n"
    """A number, a single letter, or the one unknown word of an error's type."""
    BETWEEN = "-"


_LOOSE = re.compile("[wvrtn-]+")
"""Parts that could be pieces of a secret; all others end such a stretch."""
_UNPARTED = re.compile("[^-]{2,}")
"""Words of CamelCase: a pseudonym among them would stand between letters, where it is none."""
_UNKNOWN_TOGETHER = re.compile("U(?:-?U)*|.")
_WORDS, _NUMBERS = "Ww", "vnT"


@dataclass(slots=True)
class _Part:
    text: str
    kind: _Is


def words_of(*lists: Iterable[str]) -> frozenset[str]:
    """The single words that the entries of lists are made of, in lower case."""
    return frozenset(
        word
        for entries in lists
        for entry in entries
        for word in re.split(r"[^0-9a-z]+", entry.lower())
        if word and not word.isdigit()
    )


def compose(
    text: str, grammar: Grammar, pseudonyms: Pseudonymiser, namespace: Namespace
) -> str | None:
    """The text with pseudonyms in place of what the grammar does not explain.

    None when nothing in it is explained, or too many parts are not.
    """
    lead = grammar.lead if grammar.lead and text.startswith(grammar.lead) else ""
    parts = _parts(text.removeprefix(lead), grammar, pseudonyms)
    _weigh_numbers(parts, grammar)
    _strike_long_stretches(parts)
    kinds = "".join(part.kind for part in parts)
    together = [
        ("".join(part.text for part in parts[run.start() : run.end()]), run[0][0] == _Is.UNKNOWN)
        for run in _UNKNOWN_TOGETHER.finditer(kinds)
    ]
    telling = _WORDS + _NUMBERS if grammar.bare_numbers else _WORDS
    if sum(unknown for _, unknown in together) > _MOST_PSEUDONYMS or not set(telling) & set(kinds):
        return None
    shown = lead + "".join(
        pseudonyms.of(namespace, piece) if unknown else piece for piece, unknown in together
    )
    if not _is_foul(shown):
        return shown
    words = shown.split(" ")
    if len(words) == 1:
        return None
    return " ".join(pseudonyms.of(namespace, word) if _is_foul(word) else word for word in words)


def is_version(text: str) -> bool:
    """Whether numbers with points are a version: no address, telephone number or birthday."""
    numbers = text.removeprefix("v")
    if _holds_address(numbers) or _BIRTHDAY.fullmatch(numbers):
        return False
    if _AS_ONLY_RELEASES.fullmatch(numbers):
        return True
    first, *rest = map(len, numbers.split("."))
    like_dialled = first > 2 and rest[0] > (1 if len(rest) > 1 else 2)
    return (
        (not like_dialled or _CALENDAR.fullmatch(numbers) is not None)
        and max(first, *rest) <= _LONGEST_OF_VERSION
        and (len(rest) < 3 or max(rest) <= _LONGEST_OF_FOUR)
        and first + sum(rest) <= _MOST_VERSION_DIGITS
    )


def _parts(text: str, grammar: Grammar, pseudonyms: Pseudonymiser) -> list[_Part]:
    """All parts of a text, with one unknown word admitted where it has the form of a type."""
    spare = int(grammar.type_form and _ERROR_TYPE.fullmatch(text) is not None)
    parts: list[_Part] = []
    tokens = text.split() if " " in grammar.separators else [text]
    for token in tokens[:_MOST_TOKENS]:
        if parts:
            parts.append(_Part(" ", _Is.BETWEEN))
        parts += _parts_of_token(token, grammar, pseudonyms, spare)
    if rest := " ".join(tokens[_MOST_TOKENS:]):
        parts += [_Part(" ", _Is.BETWEEN), _Part(rest, _Is.UNKNOWN)]
    unknown = [part for part in parts if part.kind is _Is.UNKNOWN]
    if spare and len(unknown) == 1 and unknown[0].text.isalpha():
        unknown[0].kind = _Is.NUMBER
    return parts


def _parts_of_token(
    token: str, grammar: Grammar, pseudonyms: Pseudonymiser, spare: int
) -> list[_Part]:
    """The parts of a text without spaces; one unknown part where a separator is foreign."""
    parts: list[_Part] = []
    for match in _PART.finditer(token):
        piece = match.group()
        match match.lastgroup:
            case "between":
                at_an_end = not parts or match.end() == len(token)
                if at_an_end or len(piece) > 1 or piece not in grammar.separators:
                    return [_Part(token, _Is.UNKNOWN)]
                parts.append(_Part(piece, _Is.BETWEEN))
            case "pseudonym" if pseudonyms.made(piece):
                parts.append(_Part(piece, _Is.EXPLAINED))
            case "time" if grammar.digits:
                parts.append(_Part(piece, _Is.TIME))
            case "version" if grammar.digits:
                parts.append(_Part(piece, _Is.VERSION if is_version(piece) else _Is.REFUSED))
            case "atom":
                parts += _atom(piece, grammar, spare)
            case _:
                parts.append(_Part(piece, _Is.UNKNOWN))
    return parts


def _atom(text: str, grammar: Grammar, spare: int) -> Iterator[_Part]:
    """A run of letters and digits as one part, or as its words if it is CamelCase."""
    kind = _kind_of(text.lower(), grammar)
    if kind is _Is.UNKNOWN and text.isalpha():
        words = [_Part(one, _kind_of(one.lower(), grammar)) for one in _CASE_CHANGE.split(text)]
        if sum(word.kind is _Is.UNKNOWN for word in words) <= spare:
            yield from words
            return
    yield _Part(text, kind)


def _kind_of(lower: str, grammar: Grammar) -> _Is:
    worded = _WORD_AND_NUMBER.fullmatch(lower) if grammar.digits else None
    word = worded[1] if worded and lower not in grammar.words else lower
    if word in grammar.words:
        if len(word) == 1:
            return _Is.NUMBER
        return _Is.WORD if len(word) >= _LETTERS_THAT_PART else _Is.SHORT_WORD
    if grammar.digits == 0:
        return _Is.UNKNOWN
    if _SHORT_DATE.fullmatch(lower):
        return _Is.SHORT_DATE
    if _SIZE.fullmatch(lower) and not grammar.bare_numbers:
        return _Is.SIZE
    return _Is.NUMBER if _NUMBER.fullmatch(lower) else _Is.UNKNOWN


def _weigh_numbers(parts: list[_Part], grammar: Grammar) -> None:
    """Make numbers unknown where there are too many for a name.

    A name has one date, two sizes of a model and a few digits; more could be somebody's number.
    """
    dates = [part for part in parts if part.kind in (_Is.TIME, _Is.SHORT_DATE)]
    for part in dates[1:]:
        part.kind = _Is.UNKNOWN
    has_word = any(part.kind is _Is.WORD for part in parts)
    sizes = [part for part in parts if part.kind is _Is.SIZE]
    for part in sizes[_MOST_SIZES if has_word else 0 :]:
        part.kind = _Is.NUMBER
    counted = {_Is.NUMBER, *(() if grammar.bare_numbers else (_Is.VERSION, _Is.REFUSED))}
    numbers = [part for part in parts if part.kind in counted and not part.text.isalpha()]
    if sum(char.isdigit() for part in numbers for char in part.text) > grammar.digits:
        for part in numbers:
            part.kind = _Is.UNKNOWN
    for index, part in enumerate(parts[2:], start=2):
        before, between = parts[index - 2 : index]
        behind = before.kind is _Is.WORD or (before.kind is _Is.SHORT_WORD and between.text == "/")
        if part.kind is _Is.VERSION and behind and not _goes_on(parts[index : index + 3]):
            part.kind = _Is.EXPLAINED


def _goes_on(parts: list[_Part]) -> bool:
    """Whether a number follows that makes a version as long as a telephone number."""
    if [part.kind for part in parts[1:]] != [_Is.BETWEEN, _Is.NUMBER] or parts[1].text == " ":
        return False
    return sum(char.isdigit() for part in parts for char in part.text) > _MOST_VERSION_DIGITS


def _strike_long_stretches(parts: list[_Part]) -> None:
    """Makes the numbers and short words of a stretch that could be a secret unknown."""
    for run in _LOOSE.finditer("".join(part.kind for part in parts)):
        stretch = parts[run.start() : run.end()]
        if sum(len(part.text) for part in stretch) >= LOOSE_LIMIT:
            # The numbers of a version say what its suffix is of; they alone are no secret.
            head = stretch[0].kind is _Is.VERSION and len(stretch[0].text) < LOOSE_LIMIT - 1
            for part in stretch[head:]:
                if part.kind is not _Is.BETWEEN:
                    part.kind = _Is.UNKNOWN
    for part in parts:
        if part.kind is _Is.REFUSED:
            part.kind = _Is.UNKNOWN
    for run in _UNPARTED.finditer("".join(part.kind for part in parts)):
        if _Is.UNKNOWN in run.group():
            for part in parts[run.start() : run.end()]:
                part.kind = _Is.UNKNOWN


def _is_foul(text: str) -> bool:
    """Whether known parts together make a key, an id, an address or the name of a host."""
    return (
        _KEY_OR_ID.search(text) is not None
        or _EMAIL.search(text) is not None
        or _holds_address(text)
        or PSEUDONYM.sub("", text).count(":") > 2
        or any(True for _ in foreign_hosts(text))
    )


def _holds_address(text: str) -> bool:
    """Whether four numbers with points are an address; versions of browsers end in zeros."""
    return any(
        not found.endswith(".0.0.0") and is_address(_PADDING.sub("", found))
        for found in _FOUR_NUMBERS.findall(text)
    )
