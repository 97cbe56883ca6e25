"""The conclusion in a few sentences, what weakens it, and what it means for the product.

Invariant: every sentence is read off verdicts and counts, and claims no more than they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.comparison.dimensions import DIMENSIONS, title
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import (
    Comparison,
    EvidenceRow,
    Finding,
    LimiterFindings,
    Note,
    OptionFinding,
    ProductOption,
    Verdict,
)
from pawwork_proxy.report.reasoning import hypothesis_words

SHARED: dict[str, str] = {
    "network": "one per network (address or prefix)",
    "address": "shared by every install behind the same egress address",
    "prefix": "shared by every install behind the same IPv6 prefix",
    "family": "shared by everybody with the same address family",
    "region": "shared by everybody in the same region",
    "key": "shared by every install that uses the same key",
    "auth_kind": "shared by everybody with the same kind of key",
    "workspace": "shared by the whole workspace",
    "device": "shared by all installs of one device",
    "session": "one per conversation",
    "request": "one per prompt",
    "project": "shared by everybody who works on the same project",
    "model_group": "one per model group (first two letters of the model id)",
    "client": "one per client",
    "global": "shared by everybody",
}
"""What it means for people that the limit follows a dimension; others are "one per TITLE"."""

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
"""What the conclusion names when the limit does not follow it; people ask about these."""

USED_BEFORE = frozenset({"device", "install", "key"})
"""What may have been used before anybody captured; an id made for one conversation cannot."""

RESETS: dict[str, str] = {
    "utc_day": "resets daily at 00:00 UTC",
    "minute": "resets every minute",
    "week": "resets on Mondays at 00:00 UTC",
    "month": "resets on the first of the month at 00:00 UTC",
}
NOT_ANNOUNCED = "no refusal said when it ends (daily at 00:00 UTC by the server's source)"
MOST_NAMED = 4
"""Hypotheses that are named; of more, only the number is given."""

OPTION_NAMES: dict[ProductOption, str] = {
    "own_relay": "Own relay or token",
    "user_keys": "Users' own keys",
    "no_free_default": "No free default",
}
PROMISED = "free models by default can be promised"
OPTIONS: dict[tuple[ProductOption, bool, str], str] = {
    ("user_keys", True, "key"): "Keys of the users' own isolate them: the limit follows the key.",
    ("user_keys", False, "key"): "A key does not give a free quota of its own; only a paid plan "
    "behind it would.",
    ("own_relay", False, "address"): "A relay has one address: all its users would share one pool.",
    ("own_relay", True, "network"): "A relay would not lump its users together: the limit is not "
    "per address.",
    ("no_free_default", False, "install"): f"Each install has a quota of its own: {PROMISED}.",
    ("no_free_default", False, "device"): f"Each device has a quota of its own: {PROMISED} to each "
    "device, though not to two installs on one.",
    ("no_free_default", False, "session"): "Each conversation has a quota of its own, which no "
    f"other install can use up: {PROMISED}.",
    ("no_free_default", False, "request"): "Each prompt has a quota of its own, which no other "
    f"install can use up: {PROMISED}.",
    ("no_free_default", True, "install"): "Installs share pools: isolation per install cannot be "
    "promised, so free models by default should go or be explained.",
}
"""By option, whether it is open, and the dimension whose verdict decides it."""

NOTES: dict[str, str] = {
    "simulated": "Simulated captures: this says nothing about the real server.",
    "chained_proxy": "Some requests left through another proxy: its address is what counts.",
    "one_install": "Only one install was captured: nothing tells installs apart.",
    "address_not_known": "The egress address is not known for some requests (captured without the "
    "egress probe); labels of networks are never taken as proof.",
    "label": "The network label {label} stands for {addresses} egress addresses.",
    "several_limiters": "Refusals of several limiters were seen; each is compared by itself.",
}


def conclusion(comparison: Comparison) -> str:
    """The answer to what the free quota follows, as far as the data go."""
    if comparison.limits:
        return limiter_conclusion(comparison.limits[0])
    if not comparison.exchanges:
        return "There are no exchanges to compare."
    if not comparison.refusals:
        return "Nobody was refused by a free quota: nothing can be said about what it follows."
    return "No refusal can be used as evidence: see the exclusions for the reasons."


def limiter_conclusion(limit: LimiterFindings) -> str:
    """One limiter's conclusion in a few sentences."""
    found = {verdict.dimension: verdict.finding for verdict in limit.verdicts}
    followed = [row.name for row in DIMENSIONS if found[row.name] == "follows"]
    not_followed = [title(name) for name in ASKED if found[name] == "does_not_follow"]
    quota = _quota(limit.origin)
    if followed:
        # An address or prefix that is followed says more than the network it stands for.
        shown = [name for name in followed if name != "network"] or followed
        clauses = [f"{quota} is {_meaning(shown, found)}"]
    else:
        clauses = [f"What {quota[0].lower()}{quota[1:]} follows is not decidable yet"]
    clauses.append(RESETS[limit.cadence] if limit.announced else NOT_ANNOUNCED)
    if not_followed:
        clauses.append(f"not per {', '.join(not_followed)}")
    sentences = ["; ".join(clauses) + "."]
    if not limit.hypotheses:
        sentences.append(
            "The rows contradict each other under every explanation: both sides are shown."
        )
    elif len(limit.hypotheses) > 1 or not followed:
        sentences.append(_possible(limit.hypotheses))
    if limit.early_refusals:
        sentences.append(
            "Some were refused after few requests of their own: "
            "most likely others, captured or not, use their pool."
        )
    before = sorted({row.install for row in _refused_at_once(limit.verdicts) if row.install})
    if before:
        sentences.append(
            f"This takes for granted that {' and '.join(before)} had asked nothing in that window "
            "before the capture began, and that no capture of it is left out."
        )
    return " ".join(sentences)


def _possible(hypotheses: Sequence[Sequence[str]]) -> str:
    words = "; ".join(map(hypothesis_words, hypotheses[:MOST_NAMED]))
    further = len(hypotheses) - MOST_NAMED
    more = f", or {further} more" if further > 0 else ""
    if () in hypotheses:
        more = ", or one per any of what is open"
    return f"Still possible: {words}{more}."


def _meaning(followed: Sequence[DimensionName], found: dict[DimensionName, Finding]) -> str:
    """What it means for people that a limit follows these."""
    own = not OWN.isdisjoint(followed)
    if len(followed) == 1 if own else found["install"] == "does_not_follow":
        return ", and ".join(SHARED.get(name, f"one per {title(name)}") for name in followed)
    names = ("network (address or prefix)" if it == "network" else title(it) for it in followed)
    is_open = "" if own else " (whether each install has its own there is open)"
    return f"one per {' and '.join(names)}{is_open}"


def _refused_at_once(verdicts: Iterable[Verdict]) -> Iterator[EvidenceRow]:
    """Refusals that count because nothing came before them, as far as was captured."""
    for verdict in verdicts:
        if verdict.finding == "does_not_follow" and verdict.dimension in USED_BEFORE:
            yield from (one.rows[-1] for one in verdict.evidence if one.shows == "shared")


def _quota(origin: str) -> str:
    """Whose limit it is; Zen's own is what people mean by the free quota."""
    if origin == "zen":
        return "The free quota"
    return f"The limit relayed from {origin.removeprefix('relayed:')}"


def note_words(note: Note) -> str:
    """What weakens the comparison."""
    return NOTES[note.id].format(label=note.label, addresses=note.addresses)


def option_words(option: OptionFinding) -> str:
    """What the verdicts mean for a product option."""
    if option.open is None:
        return f"{OPTION_NAMES[option.option]}: not decidable yet."
    return OPTIONS[option.option, option.open, option.because_of or ""]
