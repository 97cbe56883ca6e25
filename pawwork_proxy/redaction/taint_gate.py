"""The taint gate: the last look at a record before it is written, by other rules than made it.

The gate asks three questions. Does the line hold a credential of this run, in any usual encoding?
Does a string of the record hold twelve characters in a row that the raw exchange holds too, once
our own words, times, versions, sizes and verified pseudonyms are taken out of it? Does a number?
If any of this is so, the value concerned is withheld (`redaction.withholding`).
Invariant: the gate reads the same lists of words as the shapes, and shares no code with their
grammar. A hit names a rule and a place made of the schema's own names.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json

from pawwork_proxy.model.capture import TaintRule
from pawwork_proxy.redaction.credentials import (
    HARMLESS,
    LISTED,
    OWN_WORDS,
    SCHEMA_NAMES,
    Credentials,
)
from pawwork_proxy.redaction.pseudonyms import PSEUDONYM, Pseudonymiser, is_address

SHARED = 12
"""Characters in a row that a record may not share with the raw exchange."""
_REMEMBERED = 16384
_REMEMBERED_LENGTH = 512


class Hit(NamedTuple):
    """Why a record must not be written; safe to count and to log."""

    rule: TaintRule
    path: str
    """In names of the schema; `*` for any other name, `[]` for an item of a list."""


Path = tuple[str | int, ...]
"""Names and indices on the way to a value of a parsed line; a name may be foreign."""


@dataclass(frozen=True, slots=True, repr=False)
class RawExchange:
    """Everything foreign that is at hand: heads, decoded request body, kept response bytes."""

    parts: tuple[bytes, ...]


class TaintGate:
    """Checks the lines of one run; `own_words` are labels and ids that the user or we chose."""

    def __init__(
        self, pseudonyms: Pseudonymiser, credentials: Credentials, own_words: Iterable[str] = ()
    ) -> None:
        self._pseudonyms = pseudonyms
        self._credentials = credentials
        self._ours = {*SCHEMA_NAMES, *own_words}
        self._harmless = set(self._ours)
        """Ours, and what had no foreign stretch lately."""

    def made_here(self, text: str) -> None:
        """A digest of ours may stand in records from now on."""
        self._ours.add(text)
        self._harmless.add(text)

    def check(self, line: str, raw: RawExchange) -> Hit | None:
        """The first reason not to write `line`, or None."""
        return next((hit for hit, _ in self.hits(line, raw)), None)

    def hits(self, line: str, raw: RawExchange) -> Iterator[tuple[Hit, Path]]:
        """Each reason not to write `line`, and where the value is that gives it."""
        if self._credentials.found_in(line):
            for path, value in _values_in(from_json(line)):
                if self._credentials.found_in(str(value)):
                    yield Hit("credential", _shown(path)), path
        haystack: bytes | None = None
        for match in _LONG_NUMBER.finditer(line):
            haystack = haystack or _haystack(raw)
            if _shares_number(match[1], haystack):
                name = line[: match.start()].rpartition('"')[2]
                for path, value in _values_in(from_json(line)):
                    if path[-1] == name and not isinstance(value, str):
                        yield Hit("shared_number", _shown(path)), path
        # Rays before the haystack: of a long conversation that takes a tenth of a second.
        for text in _texts_of(line).difference(self._harmless, _CF_RAY.findall(line)):
            foreign = self._foreign(text)
            if not foreign:
                self._remember(text)
                continue
            haystack = haystack or _haystack(raw)
            if any(_shares(stretch, haystack) for stretch in foreign):
                paths = [path for path, value in _values_in(from_json(line)) if value == text]
                yield from ((Hit("shared_text", _shown(path)), path) for path in paths)

    def _remember(self, text: str) -> None:
        """Texts come again and again; those without a foreign stretch need one look only."""
        if len(self._harmless) >= _REMEMBERED:
            self._harmless = set(self._ours)
        if len(text) <= _REMEMBERED_LENGTH:
            self._harmless.add(text)

    def _foreign(self, text: str) -> tuple[str, ...]:
        """Stretches of `text` that are neither ours nor harmless, twelve characters and longer."""
        if len(text) < SHARED or self._pseudonyms.made(text) or HARMLESS.fullmatch(text):
            return ()  # as what follows would find, too; most new texts are an id or a time
        if LISTED.fullmatch(text):
            return ()
        rest = PSEUDONYM.sub(
            lambda match: _BREAK if self._pseudonyms.made(match.group()) else match.group(), text
        )
        rest = HARMLESS.sub(_BREAK, rest)
        worded = _RUN.sub(_without_own_words, rest)
        if worded != rest:
            worded = _SIZE.sub(_BREAK, worded, count=_MOST_SIZES)
        rest = _BEHIND_A_WORD.sub(_without_version, worded)
        return tuple(stretch for stretch in rest.split(_BREAK) if len(stretch) >= SHARED)


_BREAK = "\n"  # stands in no text of a record, so no stretch reaches across it
_CF_RAY = re.compile(r'"cf_ray": ?"([0-9a-f]{16}(?:-[A-Z]{3})?)"')
"""The edge's ray, a random word that we keep on purpose: every answer of the server has one."""
_RUN = re.compile(r"[0-9A-Za-z]{3,}")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_BEHIND_A_WORD = re.compile(
    r"(?<=\n[^0-9A-Za-z\n]|[A-Za-z]/)v?\d{1,4}(?:\.\d{1,5}){1,3}(?![0-9A-Za-z.])"
    r"|(?<=\n=)\d{1,9}(?![0-9A-Za-z])"
)
_SIZE = re.compile(r"(?i)(?<![0-9A-Za-z])[ae]?\d{1,3}(?:x\d{1,2})?[bmkt](?![0-9A-Za-z])")
"""The size of a model, such as `70b`. A few of them are harmless beside a known word, which has
become a break by the time this is looked for."""
_MOST_SIZES = 2


def _without_own_words(match: re.Match[str]) -> str:
    run = match.group()
    lower = run.lower()
    if lower in OWN_WORDS or any(
        lower[-digits:].isdigit() and lower[:-digits] in OWN_WORDS for digits in (1, 2)
    ):
        return _BREAK
    if not run.isalpha():
        return run
    return _CAMEL.sub(lambda word: _BREAK if word.group().lower() in OWN_WORDS else word[0], run)


def _without_version(match: re.Match[str]) -> str:
    """A break in place of a version; an address stays, but for the zeros of browsers' versions."""
    text = match.group()
    return text if is_address(text) and not text.endswith(".0.0.0") else _BREAK


_LONG_NUMBER = re.compile(rf'": ?-?(\d[\d.]{{{SHARED - 1},}})')
"""Begins with fixed text, which makes the search five times as fast. Times are strings; what we
measure has fewer digits, or is not in the raw exchange."""


def _texts_of(line: str) -> set[str]:
    """All strings of a line; those of the schema's own names may be among them."""
    if "\\" not in line:  # nothing is escaped, so what stands between quotes are the strings
        return set(line.split('"')[1::2])
    return {value for _, value in _values_in(from_json(line)) if isinstance(value, str)}


def _shown(path: Path) -> str:
    """A path in names of the schema."""
    return ".".join(
        "[]" if isinstance(name, int) else name if name in SCHEMA_NAMES else "*" for name in path
    )


def _values_in(node: object, path: Path = ()) -> Iterator[tuple[Path, str | float]]:
    """The strings and numbers of a parsed line, and names outside the schema, which stand for
    themselves."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _values_in(item, (*path, index))
    elif isinstance(node, dict):
        for name, value in node.items():
            if name not in SCHEMA_NAMES:
                yield (*path, name), name
            yield from _values_in(value, (*path, name))
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield path, node


_MOST_LEVELS = 3
"""JSON inside JSON inside JSON: an error that quotes a request with the arguments of a tool."""
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))")


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("utf-8", "replace")
    return match[2]


def _haystack(raw: RawExchange) -> bytes:
    """The raw exchange as it is, percent-decoded, and JSON-unescaped level by level; lower case."""
    joined = b"\n".join(raw.parts)
    texts = [joined]
    if b"%" in joined:
        texts.append(unquote_to_bytes(joined))
    for _ in range(_MOST_LEVELS):
        if b"\\" not in joined:
            break
        joined = _ESCAPE.sub(_unescape, joined)
        texts.append(joined)
    return b"\n".join(texts).lower()


def _shares_number(number: str, haystack: bytes) -> bool:
    number = number.removesuffix(".0")
    return _shares(number, haystack) or _shares(number.replace(".", ""), haystack)


def _shares(stretch: str, haystack: bytes) -> bool:
    """Whether any twelve characters in a row of `stretch` are in the raw exchange."""
    lower = stretch.lower()
    return any(
        lower[start : start + SHARED].encode("utf-8", "replace") in haystack
        for start in range(len(lower) - SHARED + 1)
    )
