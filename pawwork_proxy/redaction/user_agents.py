"""User agents: products and versions are kept, comments dropped, everything else pseudonymised.

A token is `part/part/…`; its leading acceptable parts stay and the rest becomes one `product:…`,
so `opencode/<pasted key>` still says `opencode`. Words without a version must be known products,
and so must all their neighbours: a sentence is no list of products. A token has one version, and
numbers that are no versions (without a point) are few, or they could be somebody's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pawwork_proxy.facts.kinds import Kind
from pawwork_proxy.facts.models import MODEL_WORDS
from pawwork_proxy.facts.user_agents import PRERELEASES, PRODUCTS
from pawwork_proxy.redaction.grammar import is_plain, looks_like_secret
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser, is_address

USER_AGENT_LIMIT = 512
_MOST_TOKENS = 24
_NAMES = PRODUCTS | MODEL_WORDS
_UNKNOWN_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,23}")
_COMMENT = re.compile(r"\([^()]*\)")
_VERSION = re.compile(
    r"20[12]\d-[01]\d-[0-3]\d|v?(?P<numbers>\d{1,4}(?:\.\d{1,5}){0,3})"
    r"(?:[-.]?(?P<word>[a-z]{2,8})(?:[.-]?(?P<build>\d{1,4}|20[12]\d[01]\d[0-3]\d(?:[0-2]\d[0-5]\d)?))?)?"
)
_CALENDAR = re.compile(r"20[12]\d(?:\.\d{1,2}){1,3}")
_PADDING = re.compile(r"(?<!\d)0+(?=\d)")
_BARE = re.compile(r"v?\d+")
_MOST_BARE = 2
_GECKO = "20100101"
"""Firefox' engine has had this version since 2010."""


def keep_version(text: str) -> str | None:
    """A version number, if `text` is one and cannot be an address or a telephone number."""
    if text in PRERELEASES:
        return text
    match = _VERSION.fullmatch(text)
    if match is None or not (match["word"] is None or match["word"] in PRERELEASES):
        return None
    numbers = match["numbers"] or ""
    first, *rest = numbers.split(".")
    if is_address(_PADDING.sub("", numbers)) and rest != ["0", "0", "0"]:
        return None
    telling = len(first) > 2 and rest and len(rest[0]) > (1 if len(rest) > 1 else 2)
    if telling and not _CALENDAR.fullmatch(numbers):
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
    left = _Left()
    for group in _groups(tokens, pseudonyms):
        if "/" not in group[0]:
            if _is_list(group, left):
                kept += group
            else:
                kept.append(pseudonyms.of(Kind.PRODUCT, " ".join(group)))
                whole = False
            continue
        shaped, complete = _shape_token(group[0], left, pseudonyms)
        kept.append(shaped)
        whole = whole and complete
    return " ".join(kept), whole


@dataclass(slots=True)
class _Left:
    """What one user agent may still hold."""

    unknown: int = 1
    loose_versions: int = 1
    bare: int = _MOST_BARE

    def takes(self, part: str) -> bool:
        """Whether a version may stand here: bare numbers are counted."""
        if _BARE.fullmatch(part) is None:
            return True
        self.bare -= 1
        return self.bare >= 0 and len(part) <= 4


def _is_list(group: list[str], left: _Left) -> bool:
    """Whether words without a slash are known products, with at most one version among them."""
    for word in group:
        if word.lower() in PRODUCTS:
            continue
        left.loose_versions -= 1
        if keep_version(word) is None or "." not in word or left.loose_versions < 0:
            return False
    return True


def _salvaged(text: str, tokens: list[str], pseudonyms: Pseudonymiser) -> str:
    """Of a user agent with a secret in it only tokens made wholly of known words are left."""
    kept = [token for token in tokens if _is_known(token)]
    return " ".join([*kept, pseudonyms.of(Kind.PRODUCT, text)])


def _is_known(token: str) -> bool:
    name, slash, version = token.partition("/")
    return bool(slash) and name.lower() in PRODUCTS and _is_known_part(version)


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


def _groups(tokens: Iterable[str], pseudonyms: Pseudonymiser) -> list[list[str]]:
    """Tokens with a slash and pseudonyms one by one, other words together with their neighbours."""
    groups: list[list[str]] = []
    alone_before = True
    for token in tokens:
        alone = "/" in token or pseudonyms.made(token)
        if not alone and not alone_before:
            groups[-1].append(token)
        else:
            groups.append([token])
        alone_before = alone
    return groups


def _shape_token(token: str, left: _Left, pseudonyms: Pseudonymiser) -> tuple[str, bool]:
    """A token's kept form, and whether it is complete."""
    parts = token.split("/")
    versions = 0
    for index, part in enumerate(parts):
        if part.lower() in PRODUCTS or (part == _GECKO and parts[0].lower() == "gecko"):
            continue
        if keep_version(part) is not None:
            versions += part not in PRERELEASES
            if versions <= 1 and left.takes(part):
                continue
        elif left.unknown > 0 and _looks_like_product(part):
            left.unknown -= 1
            continue
        rest = pseudonyms.of(Kind.PRODUCT, "/".join(parts[index:]))
        return "/".join([*parts[:index], rest]), False
    return token, True


def _looks_like_product(part: str) -> bool:
    return _UNKNOWN_PRODUCT.fullmatch(part) is not None and is_plain(part, _NAMES, 1)
