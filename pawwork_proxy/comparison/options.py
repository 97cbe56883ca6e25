"""Which product options the verdicts leave open, and which assumptions all of it rests on.

Invariant: everything is read off verdicts; nothing here looks at rows again.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, get_args

from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import (
    Assumption,
    AssumptionId,
    Finding,
    LimiterFindings,
    OptionFinding,
    ProductOption,
)

VOUCHED: frozenset[AssumptionId] = frozenset({"alone"})
"""What the user says; all other assumptions are simply not known to hold."""


class OptionRule(NamedTuple):
    """A product option is open, or ruled out, if all these findings hold."""

    option: ProductOption
    open: bool
    needs: tuple[tuple[DimensionName, Finding], ...]
    """The first is the one that is given as the reason."""


_FREE_OF: Final[Finding] = "does_not_follow"
OPTION_RULES: tuple[OptionRule, ...] = (
    OptionRule("user_keys", True, (("key", "follows"),)),
    OptionRule("user_keys", False, (("key", _FREE_OF),)),
    OptionRule(
        "own_relay",
        False,
        (("address", "follows"), ("key", _FREE_OF), ("install", _FREE_OF), ("session", _FREE_OF)),
    ),
    OptionRule("own_relay", True, (("network", _FREE_OF),)),
    OptionRule("no_free_default", False, (("install", "follows"),)),
    OptionRule("no_free_default", False, (("device", "follows"),)),
    OptionRule("no_free_default", False, (("session", "follows"),)),
    OptionRule("no_free_default", False, (("request", "follows"),)),
    OptionRule(
        "no_free_default",
        True,
        (("install", _FREE_OF), ("session", _FREE_OF), ("request", _FREE_OF)),
    ),
)
"""The first rule of an option whose findings all hold decides it."""


def options(limits: Sequence[LimiterFindings]) -> tuple[OptionFinding, ...]:
    """Which product options the main limiter's verdicts leave open."""
    found = _found(limits[0]) if limits else {}

    def decided(option: ProductOption) -> OptionFinding:
        for rule in OPTION_RULES:
            if rule.option == option and all(found.get(name) == it for name, it in rule.needs):
                return OptionFinding(option=option, open=rule.open, because_of=rule.needs[0][0])
        return OptionFinding(option=option, open=None)

    return tuple(map(decided, get_args(ProductOption)))


def _found(limit: LimiterFindings) -> dict[DimensionName, Finding]:
    """Findings by dimension, those of the key as for users who have an account each.

    A relay has one address in one IPv6 network, so which of the two counts does not matter to it.
    Such users differ in key and workspace, so which of the two counts does not matter to them, once
    no slip would undo it; and keys of one workspace only say nothing about them.
    """
    found = {one.dimension: one.finding for one in limit.verdicts}
    if found["network"] == "follows":
        found["address"] = "follows"
    key, workspace = (
        next(one for one in limit.verdicts if one.dimension == name)
        for name in ("key", "workspace")
    )
    sure = all(one.ground not in {"one_observation", "unrecorded_change"} for one in limit.verdicts)
    either = key.confounded_with == ("workspace",) and sure
    if either or workspace.finding == "follows":
        found["key"] = "follows"
    elif workspace.ground == "one_value" and workspace.values_seen:
        found["key"] = "undetermined"
    return found


def assumptions(limits: Iterable[LimiterFindings]) -> tuple[Assumption, ...]:
    """The assumptions that some verdict rests on."""
    used = {name for limit in limits for verdict in limit.verdicts for name in verdict.assumptions}
    return tuple(
        Assumption(id=name, checked=name in VOUCHED)
        for name in get_args(AssumptionId)
        if name in used
    )
