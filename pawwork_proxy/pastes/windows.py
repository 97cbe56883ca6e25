"""Of a long text only the lines near a word of failure: a log of any length, in bounded memory.

Strategy: searching a block for a few words is much quicker than looking at its lines. Invariant:
each line comes out at most once; what is left out holds none of the words.
"""

from collections.abc import Iterable, Iterator

WORDS = (
    "rror", "RROR", "xception", "HTTP/", "tatusCode", "imit", "IMIT", "uota", "verload",
    "xceeded", "navailable", "efused", "imed out", "\"code\"", "429", "529", "503", "Bad gateway",
    "free_", "blocked",
    "免费", "免費", "重试", "重試",
)  # fmt: skip
BEFORE, BEHIND = 12, 40
"""Lines around a word: an error object stands on several, and a terminal wraps it."""
_STRETCH = 200
_REACH = 2000
"""Characters before a window's end within which another word makes it longer."""
LONGEST = 2 * 1024 * 1024
"""Characters that are carried on to the next block."""


def windows(blocks: Iterable[str]) -> Iterator[str]:
    """The parts of a text that may report an error, in order."""
    carried = ""
    for block in blocks:
        text = carried + block
        carried = ""
        end = text.rfind("\n") + 1 or len(text)
        if end < len(text) and len(text) - end < LONGEST:
            carried, text = text[end:], text[:end]
        for start, stop in _spans(text):
            if stop == len(text) and stop - start < LONGEST:
                carried = text[start:] + carried
                break
            yield text[start:stop]
    if carried:
        yield carried


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the windows of a block begin and end."""
    start = stop = 0
    for hit in _hits(text):
        if hit < stop:
            if stop - hit < _REACH:
                stop = _lines_on(text, hit)
            continue
        begin = _lines_back(text, hit, stop)
        if begin > stop:
            if stop:
                yield start, stop
            start = begin
        stop = _lines_on(text, hit)
    if stop:
        yield start, stop


def _hits(text: str) -> list[int]:
    """Where the words stand, one place for each stretch."""
    found: list[int] = []
    for word in WORDS:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + _STRETCH)
    return sorted(found)


def _lines_back(text: str, at: int, stop: int) -> int:
    for _ in range(BEFORE + 1):
        at = text.rfind("\n", stop, at)
        if at < 0:
            return stop
    return at + 1


def _lines_on(text: str, at: int) -> int:
    for _ in range(BEHIND + 1):
        at = text.find("\n", at) + 1
        if not at:
            return len(text)
    return at
