"""Bytes as text: the encodings that consoles, editors and messengers write.

Invariant: never raises; what is no text at all is said so, and read no further.
"""

import codecs
import re
from typing import NamedTuple

SAMPLE = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_LOST = "\N{REPLACEMENT CHARACTER}"


class Encoding(NamedTuple):
    """How the bytes of a text are to be read."""

    name: str
    mark: int
    """Bytes of the byte order mark."""


def encoding_of(data: bytes) -> Encoding:
    """The encoding, by its mark or by what the first bytes are like."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Encoding(name, len(mark))
    sample = data[:SAMPLE]
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half * 0.4 > sample[::2].count(0):
        return Encoding("utf-16-le", 0)
    if half and sample[::2].count(0) > half * 0.4 > sample[1::2].count(0):
        return Encoding("utf-16-be", 0)
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    if text.count(_LOST) * 4 <= len(_NON_ASCII.findall(text)) - text.count(_LOST):
        return Encoding("utf-8", 0)
    try:  # Windows' console in Chinese; a sample may end within a character
        codecs.getincrementaldecoder("gb18030")().decode(sample)
    except UnicodeDecodeError:
        return Encoding("utf-8", 0)
    return Encoding("gb18030", 0)


def is_text(text: str) -> bool:
    """Whether a decoded beginning is text: hardly any control characters but those of screens."""
    return len(_CONTROL.findall(text)) * 100 <= len(text)
