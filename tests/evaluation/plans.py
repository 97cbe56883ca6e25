"""Does following the next experiment lead to what can be known at all?

Every trial is carried out in the world, each on a day of its own, with a baseline that goes on
until it is refused. Users have limited means; following the advice means to do the very variations
that it names. What all trials that they can do show together is found by brute force.
"""

import random
from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.experiments import WITHOUT_STEPS, baseline
from pawwork_proxy.comparison.means import Means
from pawwork_proxy.comparison.selection import select
from pawwork_proxy.comparison.trials import BY_ID, VARIATIONS, Trial, Variation
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.observation import ABSENT, SEVERAL, Observation
from pawwork_proxy.model.verdict import Comparison
from tests.evaluation.decidability import Observed, decidable, possible
from tests.evaluation.servers import DAY, Who
from tests.evaluation.worlds import AGENTS, START, Ask, World

MOST_STEPS = 12
"""Steps after which advice that goes on is taken never to stop."""
ONCE_MORE = 4
"""How often somebody who met an overload asks again."""
FOLLOWED_FROM = 60
"""Day of the first trial that the advice asks for; those of everything possible come before."""
PATIENCE = 60
"""Requests after which a baseline that is still admitted is given up."""


class PlanResult(NamedTuple):
    """What became of somebody who followed the advice."""

    means: Means
    path: tuple[str, ...]
    """The trials that it asked for."""
    open: bool
    """Whether something could be found out that was not known."""
    missing: tuple[str, ...] = ()
    """Dimensions that the quota could be known to follow, and that stayed open."""
    impossible: tuple[str, ...] = ()
    """What was asked and cannot be done with these means."""
    repeated: tuple[str, ...] = ()
    """What was asked and had been done."""
    stopped: bool = True
    """Whether the advice came to an end."""

    @property
    def faults(self) -> str:
        """What was wrong with the advice, in words; empty if nothing was."""
        said = {
            "could be found out": self.missing,
            "impossible": self.impossible,
            "asked twice": self.repeated,
            "never ends": () if self.stopped else ("the advice",),
        }
        return "; ".join(f"{', '.join(what)} {how}" for how, what in said.items() if what)


def zen(comparison: Comparison) -> dict[str, str]:
    """The verdicts on Zen's own limiter."""
    own = (limit.verdicts for limit in comparison.limits if limit.origin == "zen")
    return {verdict.dimension: verdict.finding for verdict in next(own, ())}


def random_means(rng: random.Random, base: Who) -> Means:
    """Of everything a little, and what the refused one used in any case."""
    keyed, on_ipv6 = base["auth_kind"] == "user_key", base["family"] == "ipv6"
    return Means(
        networks=rng.choice((1, 2, 2, 3)),
        devices=rng.choice((1, 1, 2)),
        keys=rng.choice((0, 0, 1, 2)) + keyed,
        ipv6=on_ipv6 or rng.random() < 0.3,
    )


def can_do(variation: Variation, means: Means, base: Who) -> bool:
    """Whether a user can change what a variation changes."""
    changes, keyed = set(variation.changes), base["auth_kind"] == "user_key"
    return not (
        (changes >= {"device"} and means.devices < 2)
        or (changes >= {"network"} and means.networks < 2)
        or (changes >= {"family"} and not means.ipv6)
        or (changes & {"address", "network", "family"} == {"address"} and base["family"] != "ipv6")
        or (changes >= {"auth_kind"} and means.keys < 1)
        or (changes & {"key", "auth_kind"} == {"key"} and not (keyed and means.keys > 1))
        or changes >= {"region"}
    )


def plan_result(
    world: World, seed: str, check: Callable[[Comparison, list[Observation]], None]
) -> PlanResult | None:
    """Follow the advice in a world until it ends; None where nobody was refused by a quota."""
    seen = list(world.seen)
    own = next((one for one in select(seen).limiters if one.origin == "zen"), None)
    start = baseline(own) if own is not None else None
    if start is None:
        return None
    base = world.who_of[start.seen.seq]
    means = random_means(random.Random(seed), base)
    reachable = _reachable(world, base, means)
    path: list[str] = []
    done: set[str] = set()
    impossible: list[str] = []
    repeated: list[str] = []
    known: set[str] | None = None
    while True:
        comparison = compare(seen, means=means)
        check(comparison, seen)
        verdicts = zen(comparison)
        missing = {name for name in reachable if verdicts.get(name) != "follows"}
        known = missing if known is None else known
        limit = next(one for one in comparison.limits if one.origin == "zen")
        advice = limit.next_experiment
        stopped = advice is None or advice.id in WITHOUT_STEPS
        if advice is None or stopped or len(path) == MOST_STEPS:
            return PlanResult(
                means=means,
                path=tuple(path),
                open=bool(known),
                missing=tuple(sorted(missing)),
                impossible=tuple(impossible),
                repeated=tuple(repeated),
                stopped=stopped,
            )
        path.append(advice.id)
        asked = tuple(map(BY_ID.__getitem__, advice.variations))
        impossible += [one.id for one in asked if not can_do(one, means, base)]
        rows = {f"row {one.seq}": world.who_of[one.seq] for one in advice.repeats}
        if done >= {*rows, *(one.id for one in asked)} and not confirming(advice, path):
            repeated.append(advice.id)
        done |= {*rows, *(one.id for one in asked)}
        day = FOLLOWED_FROM + len(path)
        if rows:
            seen += _carry_out(world, base, list(rows.values()), advice.id, day)
        else:
            seen += perform(world, base, Trial(advice.id, asked), day)


def confirming(advice: Experiment, path: list[str]) -> bool:
    """Whether it is the second observation that a verdict needs; a third one would be a fault."""
    return advice.confirms is not None and path.count(advice.id) <= 2


def _reachable(world: World, base: Who, means: Means) -> set[str]:
    """What the quota can be known to follow after everything that can be tried."""
    several = [Observed(world.seen)]
    for day, one in enumerate(VARIATIONS, start=20):
        if can_do(one, means, base):
            several.append(Observed(perform(world, base, Trial(one.id, (one,)), day)))
    refused = [found for found in several if found.refused]
    found = decidable(refused, possible(refused))
    return {name for name, finding in found.items() if finding == "follows"}


def perform(world: World, base: Who, trial: Trial, day: int) -> list[Observation]:
    """Carry out a trial: until refused, once more, each variation twice, the first after each."""
    others = [changed(base, variation) for variation in trial.variations]
    first, asked = base, others
    if trial.variations[0].reverse:
        first, asked = others[0], [base]
    return _carry_out(world, first, asked, trial.id, day)


def _carry_out(
    world: World, first: Who, asked: list[Who], trial: str, day: int
) -> list[Observation]:
    """One asks until refused, each of the others then asks twice, the first one after each."""
    at = START + day * DAY + 3600
    start = len(world.seen)
    capture = f"trial-{trial}"
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
