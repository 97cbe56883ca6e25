"""Whether models that count apart do so each for itself, or in groups that no dimension names.

Who compared one model with two others has not compared those two: they may share a pool. Invariant:
a grouping is left only where it explains all rows as well as the models themselves do.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

from pawwork_proxy.comparison.columns import ClientKind, Columns
from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.elimination import assess
from pawwork_proxy.comparison.hypotheses import MODELS, Hypothesis
from pawwork_proxy.comparison.orders import in_circles, way_down

Above = Iterable[tuple[ClientKind, ClientKind]]


def groupings(possible: Iterable[Hypothesis], columns: Columns) -> frozenset[Hypothesis]:
    """The unknown groupings of models that say something else than the plain explanation."""
    left = frozenset(possible)
    known: dict[tuple[str, object], bool] = {}
    found = set()
    for hypothesis in left:
        rest = hypothesis - {BUCKET}
        plain = [name for name in MODELS if rest | {name} in left]
        if rest not in left and len(plain) == 1:
            (name,) = plain
            key = (name, columns.signature(rest))
            if key not in known:
                known[key] = _each_for_itself(name, rest, columns)
            if not known[key]:
                found.add(hypothesis)
    return frozenset(found)


def _each_for_itself(name: str, rest: Hypothesis, columns: Columns) -> bool:
    """Whether all models (or groups) that were seen to count apart were seen so two by two."""
    value_of = {row.client_kind: row.value(name) or "" for row in columns.rows if row.client_kind}
    above = assess(rest, columns).above
    circling = {
        value_of[kind]
        for high, low in above
        if way_down(above, low, high) is not None
        for kind in (high, low)
    }
    return bool(circling) and all(
        in_circles(_among(pair, value_of, above)) for pair in combinations(sorted(circling), 2)
    )


def _among(
    pair: tuple[str, str], value_of: Mapping[ClientKind, str], above: Above
) -> list[tuple[ClientKind, ClientKind]]:
    return [one for one in above if all(value_of[kind] in pair for kind in one)]
