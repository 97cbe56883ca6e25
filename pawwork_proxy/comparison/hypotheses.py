"""The explanations that compete: which dimensions make up the server's key.

A quota key hypothesis is a set of up to three dimensions. The truth is assumed to have at most two;
the third keeps a dimension open that merely was not tried. Each stands in its *minimal form*: a
session belongs to one install, so {session, install} is {session}. Invariant: the key that the
server really uses is among them, if it has at most two parts that an observation can name.
"""

from collections.abc import Iterable, Mapping, Set
from itertools import combinations

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.dimensions import BUCKET, BY_NAME, CALLER, COMPOUND, KEYABLE

Hypothesis = frozenset[str]
GLOBAL: Hypothesis = frozenset()
MAX_PARTS = 3  # one more than the server is assumed to use
FURTHER_PART = 0.03
"""How much less an explanation weighs with each further part."""
PER_EXCUSE = 0.5
"""How much less an explanation weighs with each row that only other people or a threshold of its
own would explain."""
MODELS = frozenset({"model", "model_group"})
CALLERS = frozenset({"key", "address", "workspace", "auth_kind"})
"""Dimensions that CALLER already determines; combining them with CALLER adds nothing."""


def hypotheses(columns: Columns) -> tuple[Hypothesis, ...]:
    """Every explanation in minimal form, smallest first, in a fixed order."""
    names: list[str] = list(KEYABLE)
    if columns.only_ipv4:
        names.remove("prefix")
    fixes: dict[str, frozenset[str]] = {
        name: frozenset(BY_NAME[name].fixes)
        for name in names
        if not (name in {"request", "session", "install"} and columns.sends_nothing(name))
    }
    # Where everybody has a key, CALLER divides the rows just as `key` does, yet the server follows
    # the address of others; without CALLER a verdict would deny that. It tells nothing more than
    # `address` and `key` only where all send one value that is nobody's own, as by sending no key.
    compound = (BUCKET,) if columns.idle("key") else (BUCKET, CALLER)
    found = [
        frozenset(parts)
        for size in range(MAX_PARTS + 1)
        for parts in combinations((*names, *compound), size)
    ]
    return tuple(hypothesis for hypothesis in found if _minimal(hypothesis, fixes))


def _minimal(hypothesis: Hypothesis, fixes: Mapping[str, frozenset[str]]) -> bool:
    if (BUCKET in hypothesis and hypothesis & MODELS) or (
        CALLER in hypothesis and hypothesis & CALLERS
    ):
        return False
    return not any(hypothesis & fixes.get(name, frozenset()) for name in hypothesis)


def undominated(
    possible: Iterable[Hypothesis], groupings: Set[Hypothesis] = frozenset()
) -> tuple[Hypothesis, ...]:
    """Leave out an unknown grouping of models where a plain explanation with the same rest fits.

    Except `groupings`, which say something else than the plain one.
    """
    left = set(possible)
    kept = []
    for hypothesis in left:
        rest = hypothesis - {BUCKET}
        plain = (rest, rest | {"model"}, rest | {"model_group"})
        dominated = BUCKET in hypothesis and hypothesis not in groupings
        if dominated and any(other in left for other in plain):
            continue
        kept.append(hypothesis)
    return tuple(sorted(kept, key=lambda hypothesis: (len(hypothesis), sorted(hypothesis))))


def named(hypothesis: Hypothesis) -> frozenset[str]:
    """The dimensions of a hypothesis; CALLER is replaced by the two that it stands for."""
    return hypothesis - {CALLER} | {"key", "address"} if CALLER in hypothesis else hypothesis


def smallest(possible: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """The hypotheses that contain no other one; CALLER counts as its two parts, key and address."""
    left = tuple(possible)
    return tuple(
        one for one in left if not any(other < one or other < named(one) for other in left)
    )


def parts(some: Iterable[Hypothesis]) -> tuple[tuple[str, ...], ...]:
    """Each hypothesis as its parts: dimensions in the table's order, then compound ones."""
    order = (*BY_NAME, *COMPOUND)
    return tuple(tuple(name for name in order if name in one) for one in some)
