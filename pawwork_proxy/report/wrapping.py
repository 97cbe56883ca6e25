"""Lines as wide as a page, broken between words only.

Invariant: what somebody will copy stays whole: a path, a range of releases, a command.
"""

import re
from textwrap import wrap

WIDTH = 80
_NO_BREAK = "\N{NO-BREAK SPACE}"
_WHOLE = re.compile(r"(?<![^\s(])'[^']+'(?!\w)|(?<=: )(?:pawwork-proxy|python3|py|chmod) .*")
"""What stands in quotation marks, and a command that ends a text."""


def wrapped(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """The lines of a text, the first one and the others with what they begin with."""
    held = _WHOLE.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = wrap(
        held,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]
