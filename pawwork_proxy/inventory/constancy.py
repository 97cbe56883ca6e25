"""How constant a field is: the widest scope within which its value never changed.

Invariant: nothing is claimed beyond the records. A narrower scope that had one unit only within
each wider one is named as untested, since the value may as well belong to it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, get_args

from pawwork_proxy.inventory.occurrences import SentRequest
from pawwork_proxy.model.inventory import Scope

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
"""Widest first."""

Carried = Sequence[tuple[SentRequest, str]]
"""The exchanges that carried a field, each with its value."""


class Constancy(NamedTuple):
    """What the values of one field show."""

    scope: Scope
    untested: tuple[Scope, ...]
    differs: bool
    links_conversations: bool


def constancy(carried: Carried) -> Constancy:
    """How constant a field is over the exchanges that carried it (at least one)."""
    scope = next(scope for scope in SCOPES if _constant_within(carried, scope))
    narrower = SCOPES[SCOPES.index(scope) + 1 :]
    untested = tuple(
        one
        for one in narrower
        if not holds_two((it for it, _ in carried), scope, one) and _constant_within(carried, one)
    )
    return Constancy(scope, untested, _differs(carried), _links(carried))


def _constant_within(carried: Carried, scope: Scope) -> bool:
    values: dict[str, str] = {}
    return all(values.setdefault(one.units[scope], value) == value for one, value in carried)


def holds_two(requests: Iterable[SentRequest], wide: Scope, narrow: Scope) -> bool:
    """Whether some unit of the wide scope holds two units of the narrow one."""
    seen: dict[str, str] = {}
    return any(
        seen.setdefault(one.units[wide], one.units[narrow]) != one.units[narrow]
        for one in requests
        if narrow in one.known
    )


def _differs(carried: Carried) -> bool:
    """Whether two installs of one study sent different sets of values."""
    by_install: dict[tuple[str, str], set[str]] = {}
    for one, value in carried:
        where = (one.units["everywhere"], one.units["install"])
        by_install.setdefault(where, set()).add(value)
    ordered = sorted(by_install)
    return any(a[0] == b[0] and by_install[a] != by_install[b] for a, b in pairwise(ordered))


def _links(carried: Carried) -> bool:
    """Whether a value returns in a further conversation of one install, and from no other one.

    Says something only where several installs of one study sent the field.
    """
    senders: dict[str, set[str]] = {}
    owners: dict[tuple[str, str], set[str]] = {}
    conversations: dict[tuple[str, str], set[str]] = {}
    for one, value in carried:
        study = one.units["everywhere"]
        senders.setdefault(study, set()).add(one.units["install"])
        owners.setdefault((study, value), set()).add(one.units["install"])
        if "conversation" in one.known:
            conversations.setdefault((study, value), set()).add(one.units["conversation"])
    return any(
        len(found) > 1 and len(owners[where]) == 1 and len(senders[where[0]]) > 1
        for where, found in conversations.items()
    )
