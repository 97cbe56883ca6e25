"""Lines as wide as a page, in columns of a terminal, broken between words and wide signs only.

Invariant: what somebody will copy stays whole: a path, a range of releases, a command.
"""

import re

from rich.cells import cell_len

WIDTH = 80
_NO_BREAK = "\N{NO-BREAK SPACE}"
_WHOLE = re.compile(r"(?<![^\s(])'[^']+'(?!\w)|(?<=: )(?:pawwork-proxy|python3|py|chmod) .*")
"""What stands in quotation marks, and a command that ends a text."""
_WIDE = r"[\u2e80-\u303f\u3040-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60]"
_OPENING = r"[（「『《〈“‘]"
_CLOSING = r"[，。；：！？、）」』》〉”’…]"
_PIECES = re.compile(
    rf"{_OPENING}*(?:{_WIDE}|(?:(?!{_WIDE}|{_OPENING})\S)+){_CLOSING}*\s*|\S+\s*", re.ASCII
)
"""What a line may end with: a word, or a wide sign (Chinese has no spaces), with the punctuation
around it."""


def wrapped(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """The lines of a text, the first one and the others with what they begin with."""
    held = _WHOLE.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines: list[str] = []
    begin, line = first, ""
    for piece in _PIECES.findall(held):
        if line and cell_len(begin + (line + piece).rstrip(" ")) > width:
            lines.append(begin + line.rstrip(" "))
            begin, line = rest, ""
        line += piece
    if line:
        lines.append(begin + line.rstrip(" "))
    return [line.replace(_NO_BREAK, " ") for line in lines]
