"""Which kind of client must be allowed more than which, taken together."""

from collections import defaultdict
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from pawwork_proxy.comparison.columns import ClientKind


def in_circles(above: Iterable[tuple[ClientKind, ClientKind]]) -> bool:
    """Whether some kind of client would have to be allowed more than itself."""
    order = TopologicalSorter[ClientKind]()
    for high, low in above:
        order.add(high, low)
    try:
        order.prepare()
    except CycleError:
        return True
    return False


def way_down(
    above: Iterable[tuple[ClientKind, ClientKind]], start: ClientKind, goal: ClientKind
) -> list[ClientKind] | None:
    """A way from one kind of client down to another that is allowed less, if there is one."""
    over: dict[ClientKind, list[ClientKind]] = defaultdict(list)
    for high, low in above:
        over[high].append(low)
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == goal:
            return way
        for low in over.get(way[-1], ()):
            if low not in seen:
                seen.add(low)
                ways.append([*way, low])
    return None
