"""User agents: products and versions are kept, comments dropped, everything else pseudonymised.

A token is `part/part/…`; its leading acceptable parts stay and the rest becomes one `product:…`,
so `opencode/<pasted key>` still says `opencode`. Words without a version must be known products,
and so must all their neighbours: a sentence is no list of products.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pawwork_proxy.redaction.grammar import is_composed, looks_like_secret
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser, is_address
from pawwork_proxy.vocabulary.kinds import Kind
from pawwork_proxy.vocabulary.models import MODEL_WORDS
from pawwork_proxy.vocabulary.user_agents import PRERELEASES, PRODUCTS

USER_AGENT_LIMIT = 512
_MOST_TOKENS = 24
_NAMES = PRODUCTS | MODEL_WORDS
_UNKNOWN_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,23}")
_COMMENT = re.compile(r"\([^()]*\)")
_VERSION = re.compile(
    r"20[12]\d-[01]\d-[0-3]\d|v?(?P<numbers>\d{1,4}(?:\.\d{1,5}){0,3})"
    r"(?:[-.]?(?P<word>[a-z]{2,8})(?:[.-]?(?P<build>\d{1,4}|20[12]\d{5}(?:\d{4})?))?)?"
)


def keep_version(text: str) -> str | None:
    """A version number, if `text` is one and cannot be an address or a telephone number."""
    if text in PRERELEASES:
        return text
    match = _VERSION.fullmatch(text)
    if match is None or not (match["word"] is None or match["word"] in PRERELEASES):
        return None
    numbers = match["numbers"] or ""
    first, *rest = numbers.split(".")
    if is_address(numbers) and rest != ["0", "0", "0"]:
        return None
    if len(first) > 2 and rest and len(rest[0]) > 2:
        return None
    return text if len(numbers) < 14 and len(numbers.replace(".", "")) < 12 else None


def shape_user_agent(text: str, pseudonyms: Pseudonymiser) -> tuple[str, bool]:
    """What is kept of a user agent, and whether that is all of it."""
    plain, comments = _without_comments(text)
    tokens = plain.split()
    if len(text) > USER_AGENT_LIMIT or len(tokens) > _MOST_TOKENS or looks_like_secret(plain):
        return _salvaged(text, tokens[:_MOST_TOKENS], pseudonyms), False
    kept: list[str] = []
    whole = comments == 0
    unknown_left = 1
    for group in _groups(tokens):
        if "/" not in group[0]:
            if all(_is_known_part(word) for word in group):
                kept += group
            else:
                kept.append(pseudonyms.of(Kind.PRODUCT, " ".join(group)))
                whole = False
            continue
        shaped, complete, unknown = _shape_token(group[0], unknown_left, pseudonyms)
        kept.append(shaped)
        whole = whole and complete
        unknown_left -= unknown
    return " ".join(kept), whole


def _salvaged(text: str, tokens: list[str], pseudonyms: Pseudonymiser) -> str:
    """Of a user agent with a secret in it only tokens made wholly of known words are left."""
    kept = [token for token in tokens if _is_known(token)]
    return " ".join([*kept, pseudonyms.of(Kind.PRODUCT, text)])


def _is_known(token: str) -> bool:
    parts = token.split("/")
    return len(parts) > 1 and all(map(_is_known_part, parts))


def _is_known_part(part: str) -> bool:
    return part.lower() in PRODUCTS or keep_version(part) is not None


def _without_comments(text: str) -> tuple[str, int]:
    """The text outside parentheses, nested ones included, and how many comments there were."""
    count = 0
    while True:
        text, found = _COMMENT.subn(" ", text)
        if not found:
            return text, count
        count += found


def _groups(tokens: Iterable[str]) -> list[list[str]]:
    """Tokens with a slash one by one, words without one together with their neighbours."""
    groups: list[list[str]] = []
    for token in tokens:
        if groups and "/" not in token and "/" not in groups[-1][0]:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups


def _shape_token(token: str, unknown_left: int, pseudonyms: Pseudonymiser) -> tuple[str, bool, int]:
    """A token's kept form, whether it is complete, and how many unknown products it used up."""
    parts = token.split("/")
    unknown = 0
    for index, part in enumerate(parts):
        if _is_known_part(part):
            continue
        if unknown < unknown_left and _looks_like_product(part):
            unknown += 1
            continue
        rest = pseudonyms.of(Kind.PRODUCT, "/".join(parts[index:]))
        return "/".join([*parts[:index], rest]), False, unknown
    return token, True, unknown


def _looks_like_product(part: str) -> bool:
    return _UNKNOWN_PRODUCT.fullmatch(part) is not None and is_composed(part, _NAMES, 1)
