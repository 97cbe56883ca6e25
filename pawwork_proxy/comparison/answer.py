"""The answer in words, the product options it leaves open, and what all of it rests on.

Invariant: every sentence is read off verdicts and counts; nothing here looks at rows again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pawwork_proxy.comparison.dimensions import BY_NAME
from pawwork_proxy.comparison.experiments import keying_words
from pawwork_proxy.comparison.keyings import GLOBAL
from pawwork_proxy.comparison.selection import Stratum
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import (
    Assumption,
    EarlyRefusal,
    EvidenceRow,
    Finding,
    LimitFindings,
    OptionFinding,
    Verdict,
)

SHARED: dict[str, str] = {
    "address": "shared by every install behind the same egress address",
    "prefix": "shared by every install behind the same IPv6 prefix",
    "family": "shared by everybody with the same address family",
    "region": "shared by everybody in the same region",
    "key": "shared by every install that uses the same key",
    "auth_kind": "shared by everybody with the same kind of key",
    "workspace": "shared by the whole workspace",
    "device": "shared by all installs of one device",
    "install": "one per install",
    "session": "one per conversation",
    "request": "one per prompt",
    "project": "shared by everybody who works on the same project",
    "model": "one per model",
    "model_group": "one per model group (first two letters of the model id)",
    "client": "one per client",
    "user_agent": "one per user agent",
    "global": "shared by everybody",
}
"""What it means for people that the limit follows a dimension, and not the install in addition."""

OWN: frozenset[DimensionName] = frozenset({"install", "session", "request"})
"""What is one install's only: a limit that follows any of these is not shared."""

ASKED: tuple[DimensionName, ...] = (
    "address",
    "prefix",
    "network",
    "key",
    "device",
    "install",
    "session",
    "project",
    "model",
    "model_group",
    "user_agent",
)
"""What the answer names when the limit does not follow it; people ask about these."""

NETWORK_TITLE = "network (address or prefix)"
NETWORK = f"one per {NETWORK_TITLE}"
"""Where it is open which of the two it is."""

USED_BEFORE = frozenset({"device", "install", "key"})
"""What may have been used before anybody captured; an id made for one conversation cannot."""

RESETS: dict[str, str] = {
    "utc_day": "resets daily at 00:00 UTC",
    "minute": "resets every minute",
    "week": "resets on Mondays at 00:00 UTC",
    "month": "resets on the first of the month at 00:00 UTC",
}


NOT_ANNOUNCED = "no refusal said when it ends (daily at 00:00 UTC by the server's source)"


class AssumptionRow(NamedTuple):
    """What a verdict can rest on; `checked` where the data or the user vouch for it."""

    id: str
    words: str
    checked: bool = False


ASSUMPTIONS: tuple[AssumptionRow, ...] = (
    AssumptionRow(
        "two_parts",
        "The server keys its pools on at most two of these dimensions, and nothing unrecorded "
        "changed along with them.",
    ),
    AssumptionRow(
        "recorded_values",
        "The recorded egress address, key and headers are those of the very request.",
    ),
    AssumptionRow(
        "no_early_reset", "No counter was reset and no limit raised in the middle of a window."
    ),
    AssumptionRow(
        "same_order",
        "Where thresholds differ by client or model, the same one is the higher in every pool.",
    ),
    AssumptionRow(
        "all_captured",
        "The installs, sessions and keys in the captures sent nothing past them in these windows.",
    ),
    AssumptionRow("own_values", "Nobody else uses the users' own keys, devices and installs."),
    AssumptionRow(
        "uniform",
        "Pools of one limit have one threshold within a window for the same client and model, at "
        "most doubled for a new address.",
    ),
    AssumptionRow("alone", "Nobody else used the address, as the user vouches.", checked=True),
)
"""Nothing here says that nobody else used an address: verdicts hold whoever used it."""


def answer(
    stratum: Stratum,
    verdicts: Sequence[Verdict],
    explanations: Sequence[frozenset[str]],
    early: Sequence[EarlyRefusal],
) -> str:
    """One limiter's answer in a few sentences."""
    by_name = {verdict.dimension: verdict.finding for verdict in verdicts}
    followed = _named(by_name, "follows")
    not_followed = [name for name in ASKED if by_name[name] == "does_not_follow"]
    parts = []
    if followed:
        shown = [name for name in followed if name != "network"] or followed
        parts.append(f"{_quota(stratum)} is {_meaning(shown, by_name)}")
    else:
        quota = _quota(stratum)
        parts.append(f"What {quota[0].lower()}{quota[1:]} follows is not decidable yet")
    parts.append(RESETS[stratum.cadence] if stratum.announced else NOT_ANNOUNCED)
    if not_followed:
        parts.append("not per " + ", ".join(BY_NAME[name].title for name in not_followed))
    text = "; ".join(parts) + "."
    if len(explanations) > 1 or (explanations and not followed):
        words = [keying_words(keying) for keying in explanations[:4]]
        more = f", or {len(explanations) - 4} more" if len(explanations) > 4 else ""
        if GLOBAL in explanations:
            more = ", or one per any of what is open"
        text += f" Still possible: {'; '.join(words)}{more}."
    elif not explanations:
        text += " The rows contradict each other under every explanation: both sides are shown."
    if early:
        text += (
            " Some were refused after few requests of their own: "
            "most likely others, captured or not, use their pool."
        )
    before = sorted({row.install for row in _refused_at_once(verdicts) if row.install})
    if before:
        text += (
            f" This takes for granted that {' and '.join(before)} had asked nothing in that window "
            "before the capture began, and that no capture of it is left out."
        )
    return text


def _meaning(followed: Sequence[DimensionName], found: dict[DimensionName, Finding]) -> str:
    """What it means for people that a limit follows these."""
    own = not OWN.isdisjoint(followed)
    if len(followed) == 1 if own else found["install"] == "does_not_follow":
        return ", and ".join(SHARED.get(name, NETWORK) for name in followed)
    names = [NETWORK_TITLE if name == "network" else BY_NAME[name].title for name in followed]
    is_open = "" if own else " (whether each install has its own there is open)"
    return f"one per {' and '.join(names)}{is_open}"


def _refused_at_once(verdicts: Iterable[Verdict]) -> Iterator[EvidenceRow]:
    """Refusals that count because nothing came before them, as far as was captured."""
    for verdict in verdicts:
        if verdict.finding == "does_not_follow" and verdict.dimension in USED_BEFORE:
            yield from (one.rows[-1] for one in verdict.evidence if one.shows == "shared")


def _quota(stratum: Stratum) -> str:
    """Whose limit it is; Zen's own is what people mean by the free quota."""
    if stratum.origin == "zen":
        return "The free quota"
    return f"The limit relayed from {stratum.origin.removeprefix('relayed:')}"


def _named(found: dict[DimensionName, Finding], finding: Finding) -> list[DimensionName]:
    return [name for name in BY_NAME_ORDER if found[name] == finding]


BY_NAME_ORDER: tuple[DimensionName, ...] = tuple(row.name for row in BY_NAME.values())

OPTION_RULES: tuple[tuple[OptionFinding, tuple[tuple[DimensionName, Finding], ...]], ...] = (
    (
        OptionFinding(
            option="user_keys",
            open=True,
            words="Keys of the users' own isolate them: the limit follows the key.",
        ),
        (("key", "follows"),),
    ),
    (
        OptionFinding(
            option="user_keys",
            open=False,
            words="A key does not give a free quota of its own; only a paid plan behind it would.",
        ),
        (("key", "does_not_follow"),),
    ),
    (
        OptionFinding(
            option="own_relay",
            open=False,
            words="A relay has one address: all its users would share one pool.",
        ),
        (
            ("address", "follows"),
            ("key", "does_not_follow"),
            ("install", "does_not_follow"),
            ("session", "does_not_follow"),
        ),
    ),
    (
        OptionFinding(
            option="own_relay",
            open=True,
            words="A relay would not lump its users together: the limit is not per address.",
        ),
        (("network", "does_not_follow"),),
    ),
    (
        OptionFinding(
            option="no_free_default",
            open=False,
            words="Each install has a quota of its own: free models by default can be promised.",
        ),
        (("install", "follows"),),
    ),
    (
        OptionFinding(
            option="no_free_default",
            open=False,
            words="Each device has a quota of its own: free models by default can be promised to "
            "each device, though not to two installs on one.",
        ),
        (("device", "follows"),),
    ),
    (
        OptionFinding(
            option="no_free_default",
            open=False,
            words="Each conversation has a quota of its own, which no other install can use up: "
            "free models by default can be promised.",
        ),
        (("session", "follows"),),
    ),
    (
        OptionFinding(
            option="no_free_default",
            open=False,
            words="Each prompt has a quota of its own, which no other install can use up: free "
            "models by default can be promised.",
        ),
        (("request", "follows"),),
    ),
    (
        OptionFinding(
            option="no_free_default",
            open=True,
            words="Installs share pools: isolation per install cannot be promised, so free models "
            "by default should go or be explained.",
        ),
        (
            ("install", "does_not_follow"),
            ("session", "does_not_follow"),
            ("request", "does_not_follow"),
        ),
    ),
)
"""First row per option whose findings all hold wins."""

UNDECIDED: tuple[OptionFinding, ...] = (
    OptionFinding(option="own_relay", open=None, words="Own relay or token: not decidable yet."),
    OptionFinding(option="user_keys", open=None, words="Users' own keys: not decidable yet."),
    OptionFinding(option="no_free_default", open=None, words="No free default: not decidable yet."),
)


def options(limits: Sequence[LimitFindings]) -> tuple[OptionFinding, ...]:
    """Which product options the main limiter's verdicts leave open."""
    found = {v.dimension: v.finding for limit in limits[:1] for v in limit.verdicts}

    def holds(needs: Iterable[tuple[DimensionName, Finding]]) -> bool:
        return all(found.get(name) == finding for name, finding in needs)

    return tuple(
        next(
            (rule for rule, needs in OPTION_RULES if rule.option == blank.option and holds(needs)),
            blank,
        )
        for blank in UNDECIDED
    )


def assumptions(limits: Iterable[LimitFindings]) -> tuple[Assumption, ...]:
    """The assumptions that some verdict rests on."""
    used = {name for limit in limits for verdict in limit.verdicts for name in verdict.assumptions}
    return tuple(
        Assumption(id=row.id, words=row.words, checked=row.checked)
        for row in ASSUMPTIONS
        if row.id in used
    )
