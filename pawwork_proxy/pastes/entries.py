"""Splits a text into entries, and joins the lines of an entry that a terminal wrapped.

An entry begins with a line of `facts.logs`; what stands before the first one is an entry too.
Invariant: a line belongs to one entry; the order stays.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from unicodedata import east_asian_width

from pawwork_proxy.facts.logs import BEGINS, BEGINS_FIRMLY
from pawwork_proxy.pastes.frames import unframed
from pawwork_proxy.wire.bounded_json import closing

MAX_ENTRY = 1024 * 1024
"""Characters of one entry; a longer one goes on as another."""
_EVENT = re.compile(r"(?:data|event|id|retry):")
_COMMAND = re.compile(
    r"[ \t]*(?:[^\n{\"]{0,120}?[$#>%❯][ \t]+)?"
    r"(?:curl(?:\.exe)?|wget|https?|xh|iwr|irm|Invoke-\w+)[ \t]+(?=\S)(?!\d{3}\b)[^:]",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"[\\^`][ \t]*$")
_MEMBER = re.compile(r"[\"']\s*:")
_ENDS_OBJECT = re.compile(r"[\w\"'\]}]\s*\}")
_SPACES = re.compile(r"(?<=\S) {2,}")
_LETTERS_WITHOUT_BLANKS = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


class Cut(StrEnum):
    """Where the object in an entry was cut off."""

    BEGINNING = "beginning"
    END = "end"


def entries(lines: Iterable[str]) -> Iterator[list[str]]:
    """The entries of a text, each as its lines without frames; commands are left out."""
    entry: list[str] = []
    size = 0
    command = False
    for raw in lines:
        if command or _COMMAND.match(raw):
            command = _GOES_ON.search(raw) is not None
            if any(entry):
                yield entry
            entry, size = [], 0
            continue
        line = unframed(raw)
        if any(entry) and (size > MAX_ENTRY or _begins(line, entry)):
            yield entry
            entry, size = [], 0
        entry.append(line)
        size += len(line)
    if any(entry):
        yield entry


def _begins(line: str, entry: list[str]) -> bool:
    """Whether a line begins another entry, whatever was begun before it."""
    if BEGINS.match(line) is None:
        if _EVENT.match(line):
            return not any(_EVENT.match(one) or _is_head(one) for one in entry)
        if line.startswith("{"):  # one object a line
            return entry[0].startswith("{") and not is_open("\n".join(entry))
        return False
    if BEGINS_FIRMLY.match(line):
        return len(entry) < 2 or not _is_full(entry) or not is_open("\n".join(entry))
    return not is_open("\n".join(entry))


def _is_head(line: str) -> bool:
    return line.lstrip().upper().startswith("HTTP/")


def is_open(text: str) -> bool:
    """Whether an object of the text is not closed yet."""
    return _around(text)[1] is not None


def cuts_in(text: str) -> tuple[Cut, ...]:
    """Where an entry was cut: it closes an object that it does not open, or the reverse."""
    around, opened = _around(text)
    found = []
    if _MEMBER.search(around) and _ENDS_OBJECT.search(around):
        found.append(Cut.BEGINNING)
    if opened is not None and _MEMBER.search(text, opened):
        found.append(Cut.END)
    return tuple(found)


def _around(text: str) -> tuple[str, int | None]:
    """A text with a digit for each whole object, and where one begins that is not closed."""
    around = ""
    behind = 0
    position = text.find("{")
    while position >= 0:
        around += text[behind:position] + "0"
        end = closing(text, position)
        if end is None:
            return around, position
        behind = end
        position = text.find("{", end)
    return around + text[behind:], None


def _is_full(entry: list[str]) -> bool:
    """The last line is as wide as the widest: it may have been cut there."""
    widths = [width(line) for line in entry]
    return widths[-1] >= max(widths)


def joined(entry: list[str]) -> list[str]:
    """What an entry may have been before it was wrapped: as it stands, at blanks, inside words."""
    whole = "\n".join(entry)
    lines = [line.rstrip() for line in entry if line.strip()]
    if len(lines) < 2:
        return [whole.strip()]
    indent = min(len(line) - len(line.lstrip()) for line in lines[1:])
    texts = [lines[0], *(line[indent:] for line in lines[1:])]
    full = _full(lines[:-1]), _full(texts[:-1])
    hard, soft = [lines[0]], [lines[0]]
    for before, text, *fulls in zip(texts, texts[1:], *full, strict=False):
        dense = all(map(_LETTERS_WITHOUT_BLANKS.match, (before[-1], text[0])))
        hard.append(("" if any(fulls) or dense else " ") + text)
        soft.append(("" if dense else " ") + text)
    uniform = len(lines) > 2 and any(map(all, full))
    ways = [hard, soft] if uniform else [soft, hard]
    return [whole, *(_SPACES.sub(" ", "".join(way)) for way in ways)]


def _full(lines: list[str]) -> list[bool]:
    """Which lines are as wide as the widest; a character of two columns may not have fitted."""
    widths = [width(line) for line in lines]
    widest = max(widths)
    return [
        wide >= widest - (not line[-1].isascii()) for wide, line in zip(widths, lines, strict=True)
    ]


def width(line: str) -> int:
    """Columns of a line on a terminal."""
    line = line.rstrip()
    return len(line) if line.isascii() else sum(1 + (east_asian_width(c) in "WF") for c in line)
