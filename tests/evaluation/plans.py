"""Does following the next experiment lead to what can be known at all?

Every trial is carried out in the world, each on a day of its own, with a baseline that goes on
until it is refused. Following the advice means to do the very variations that it names. What all
possible trials together can show is found by the brute-force elimination.
"""

from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.experiments import baseline
from pawwork_proxy.comparison.means import EVERYTHING
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.trials import BY_ID, TRIALS, Trial, Variation
from pawwork_proxy.model.observation import ABSENT, SEVERAL, Observation
from pawwork_proxy.model.verdict import Comparison
from tests.evaluation.decidability import Observed, decidable, possible
from tests.evaluation.servers import DAY, Who
from tests.evaluation.worlds import AGENTS, START, Ask, World

MOST_STEPS = 6
ONCE_MORE = 4
"""How often somebody who met an overload asks again."""
FOLLOWED_FROM = 60
"""Day of the first trial that the advice asks for; those of everything possible come before."""
PATIENCE = 60
"""Requests after which a baseline that is still admitted is given up."""


class PlanResult(NamedTuple):
    """How a world's open question was answered."""

    reached: bool
    """Whether the advice led to all that can be followed there."""
    path: tuple[str, ...]
    """The trials that it asked for."""
    missing: tuple[str, ...] = ()
    """Dimensions that the quota could be known to follow, and that stayed open."""


def zen(comparison: Comparison) -> dict[str, str]:
    """The verdicts on Zen's own limiter."""
    own = (limit.verdicts for limit in comparison.limits if limit.origin == "zen")
    return {verdict.dimension: verdict.finding for verdict in next(own, ())}


def plan_result(
    world: World, check: Callable[[Comparison, list[Observation]], None]
) -> PlanResult | None:
    """Follow the advice in a world; None where trials can show nothing that is not known."""
    seen = list(world.seen)
    own = next((one for one in select(seen).limiters if one.origin == "zen"), None)
    start = baseline(own) if own is not None else None
    if start is None:
        return None  # nobody was refused, or measuring disturbs, and no refusal counts as a quota
    base = world.who_of[start.seen.seq]
    several = [Observed(seen)]
    for day, every in enumerate(TRIALS, start=20):
        able = tuple(one for one in every.variations if one.starts_from(start.seen.who))
        if able and not every.is_sweep:
            several.append(Observed(perform(world, base, every, day)))
    several = [found for found in several if found.refused]
    found = decidable(several, possible(several))
    reachable = {name for name, finding in found.items() if finding == "follows"}
    path: list[str] = []
    while True:
        comparison = compare(seen, means=EVERYTHING)
        check(comparison, seen)
        verdicts = zen(comparison)
        missing = tuple(sorted(name for name in reachable if verdicts.get(name) != "follows"))
        if not missing:
            return PlanResult(True, tuple(path)) if path else None
        limit = next(one for one in comparison.limits if one.origin == "zen")
        advice = limit.next_experiment
        if advice is None or advice.id == "nothing_more" or len(path) == MOST_STEPS:
            return PlanResult(False, (*path, advice.id if advice else "nothing"), missing)
        path.append(advice.id)
        trial = Trial(advice.id, tuple(map(BY_ID.__getitem__, advice.variations)))
        seen += perform(world, base, trial, FOLLOWED_FROM + len(path))


def perform(world: World, base: Who, trial: Trial, day: int) -> list[Observation]:
    """Carry out a trial: until refused, once more, each variation twice, the first after each."""
    others = [changed(base, variation) for variation in trial.variations]
    first, asked = base, others
    if trial.variations[0].reverse:
        first, asked = others[0], [base]
    at = START + day * DAY + 3600
    start = len(world.seen)
    capture = f"trial-{trial.id}"
    world.offsets[capture] = (0.0, 0.5)
    for number in range(PATIENCE):
        world.play([_ask(first, at + 10 * number, capture, f"{capture}-{number // 3}")])
        if world.seen[-1].kind == "free_usage_limit":
            break
    at += 10 * PATIENCE
    again = [who for other in asked for who in (other, other, first)]
    for number, who in enumerate((first, *again)):
        for attempt in range(ONCE_MORE):
            moment = at + 50 * number + 10 * attempt
            world.play([_ask(who, moment, capture, f"{capture}-then-{number}")])
            if world.seen[-1].kind != "provider_overload":
                break
    return _shortened(world.seen[start:])


def _ask(who: Who, at: float, capture: str, request: str) -> Ask:
    sent = who | ({} if who["request"] == ABSENT else {"request": request})
    return Ask(at, int(at), sent, capture)


def _shortened(seen: list[Observation]) -> list[Observation]:
    """The run of admissions before the last of them as one row, as volume makes it."""
    admitted = list(takewhile(lambda one: one.kind == "success", seen))
    refused = {one.who.request for one in seen if one.kind == "free_usage_limit"}
    kept = [
        one for one in admitted[:-1] if one.ending == "complete" and one.who.request not in refused
    ]
    if len(kept) < 2:
        return seen
    row = kept[0].model_copy(
        update={
            "count": len(kept),
            "ended_at": kept[-1].ended_at,
            "answered_at": kept[-1].answered_at,
            "who": kept[0].who.model_copy(update={"request": SEVERAL}),
            "action": "",
        }
    )
    return [row, *(one for one in seen if one not in kept)]


def changed(base: Who, trial: Variation) -> Who:
    """The baseline with what the trial changes, always to the same new values."""
    root = trial.id.removesuffix("_reversed")
    fresh: Who = {name: f"{root}-{name}" for name in trial.changes if name != "network"}
    if "session" in fresh and base["session"] == ABSENT:
        fresh["session"] = ABSENT
    if "family" in fresh:
        fresh["family"] = "ipv6" if base["family"] == "ipv4" else "ipv4"
    if "prefix" in fresh and fresh.get("family", base["family"]) == "ipv4":
        fresh["prefix"] = fresh["address"]
    if "auth_kind" in fresh:
        keyed = base["auth_kind"] == "user_key"
        fresh["auth_kind"] = "none" if keyed else "user_key"
        if keyed:
            fresh |= {"key": ABSENT, "workspace": ABSENT}
    if "model" in fresh:
        group = "zz" if "model_group" in fresh else base["model_group"]
        fresh |= {"model": f"{group}-{root}", "model_group": group}
    if "user_agent" in fresh:
        fresh |= next(agent for agent in AGENTS if agent["user_agent"] != base["user_agent"])
        if fresh["client"] == base["client"]:
            fresh["client"] = "acp"
    return base | fresh
