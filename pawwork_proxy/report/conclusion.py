"""The conclusion in a few sentences, what weakens it, and what it means for the product.

Invariant: every sentence is read off verdicts and counts, and claims no more than they do.
"""

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
    Verdict,
)
from pawwork_proxy.report.reasoning import hypothesis_words
from pawwork_proxy.report.sentences import NOTES, OPTION_NAMES, OPTIONS, RESETS, SHARED

OWN: frozenset[DimensionName] = frozenset({"install", "session", "request"})
"""What belongs to one install only; a limit that follows one of these is not shared."""

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
"""What may have sent requests before the capture began; an id of one conversation cannot have."""

MOST_NAMED = 4
"""Hypotheses that are named; of more, only the number is given."""


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
    clauses.append(RESETS[limit.cadence if limit.announced else "not_announced"])
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
    decided = OPTIONS[option.option]["open" if option.open else "ruled_out"]
    return decided[option.because_of or ""]
