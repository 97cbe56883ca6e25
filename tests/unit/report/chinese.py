"""Whether a text in Chinese has English left in it."""

import re

NAMES = re.compile(
    r"pawwork-proxy .*"  # a command goes to the end of its line
    r"|'[^'\n]*'|\"[^\"\n]*\""  # what a screen shows, or what is to be typed
)
SENTENCE = re.compile(r"[A-Za-z]{2,},?(?: [a-z]{2,},?){2,}")
"""Three words in a row: names of clients, models and fields are shorter."""


def english_in(text: str) -> list[str]:
    """English sentences, or parts of them."""
    return SENTENCE.findall(NAMES.sub("", text))
