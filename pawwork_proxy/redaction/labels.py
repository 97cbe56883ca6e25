"""Decides what may name an install or a network, so that nothing pasted by mistake does.

Invariant: what this keeps passes the scan of a bundle, because a header cannot be left out of one.
"""

import re

from pawwork_proxy.facts.identifiers import KEY_STARTS
from pawwork_proxy.facts.vocabulary import foreign_hosts
from pawwork_proxy.model.context import valid_label

LABEL_RULE = (
    "must be 1 to 32 letters, digits, '.', '_' or '-', and no key, id, address, host name, "
    "serial or long number: it stands in captures and bundles"
)
"""What `keep_label` asks for, said to a user."""
_MOST_DIGITS = 8
_LONGEST_MIXED = 11
_STARTS = "|".join(re.escape(row.name) for row in KEY_STARTS)
_UNWANTED = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_STARTS}|(?:api[-_]?key|passwo?r?d|secret_|token=)|[0-9A-Fa-f]{{16}})"
    r"|(?:\d{1,2}\.){2}(?:19|20)\d\d|(?:19\d\d|200\d)(?:\.\d{1,2}){2}"
    r"|-----|\d(?:[.-]\d+){3}|(?<![0-9a-zA-Z])[0-9A-Fa-f]{2}(?:[_-][0-9A-Fa-f]{2}){3}"
    r"|(?=[A-Z-]*\d)[0-9A-Z]{4,}(?:-[0-9A-Z]{4,}){2}"
)
_TO_OR_FROM_DIGITS = re.compile(r"(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)")


def keep_label(text: str) -> str | None:
    """The label, unless it looks like a key, an id, an address, a host name or a number."""
    if not valid_label(text) or _UNWANTED.search(text) or any(True for _ in foreign_hosts(text)):
        return None
    mixed = any(
        (len(word) > _LONGEST_MIXED and not word.isalpha())
        or len(_TO_OR_FROM_DIGITS.findall(word)) > 3
        for word in re.split(r"[._-]", text)
    )
    return None if mixed or sum(map(str.isdigit, text)) > _MOST_DIGITS else text
