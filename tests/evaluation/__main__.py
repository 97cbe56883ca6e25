"""How often verdicts are right, wrong or missing, over random worlds with a known truth.

    python -m tests.evaluation --worlds 2000 --seed 1
    python -m tests.evaluation --worlds 1000 --seed 1 --broken all
    python -m tests.evaluation --flipped 500 --seed 1

Prints wrong `follows`, wrong `does_not_follow`, how many decidable dimensions were answered, how
good the next experiments were, and explains every miss. Exit code 1 if something is below what
must hold. Same options, same output.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import get_args

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.instrument import judge_instrument
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison
from pawwork_proxy.report.sentences import instrument_words, verdict_words
from tests.evaluation.broken import broken_report, evaluate_broken
from tests.evaluation.broken_worlds import KINDS
from tests.evaluation.decidability import (
    Observed,
    decidable,
    fits,
    has_ipv6,
    possible,
)
from tests.evaluation.flipped import evaluate_flips, flip_report
from tests.evaluation.plans import PlanResult, plan_result, zen
from tests.evaluation.random_worlds import random_world
from tests.evaluation.servers import Dress, SimulatorServer
from tests.evaluation.truth import is_wrong
from tests.evaluation.worlds import World

GATES: tuple[Dress, ...] = get_args(Dress)
ANSWERED = 0.95
PLANNED = 0.9
EXPLAINED = 40


@dataclass
class Tally:
    """What was counted over all worlds."""

    worlds: int = 0
    exchanges: int = 0
    simulated: int = 0
    """Worlds played by the simulator's own scenario core."""
    gated: Counter[str] = field(default_factory=Counter)
    """Worlds whose gate turned away somebody that was observed, by how it is dressed."""
    without_refusal: int = 0
    truth_ruled_out: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    decidable: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    disturbed: Counter[str] = field(default_factory=Counter)
    """Worlds by whether their server minds the instrument, and by what was found of it."""
    beyond: int = 0
    """Verdicts on what brute force leaves open: bolder than its two observations, or mistaken."""
    plans: list[PlanResult] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    """Misses, for the end of the output."""

    @property
    def answered_share(self) -> float:
        """Answered part of what strict elimination can decide."""
        return self.answered.total() / max(1, self.decidable.total())

    @property
    def planned_share(self) -> float:
        """Of the worlds where something can be found out, those where the advice led to all."""
        some = [plan for plan in self.plans if plan.open]
        return sum(not plan.missing for plan in some) / max(1, len(some))

    @property
    def bad_advice(self) -> int:
        """Worlds where the advice asked what is impossible or done, or had no end."""
        return sum(bool(one.impossible or one.repeated) or not one.stopped for one in self.plans)

    @property
    def accused(self) -> int:
        """Worlds in which measuring was said to disturb, and the server does not mind it."""
        return self.disturbed["no: disturbs"]

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        return (
            not self.wrong.total()
            and not self.accused
            and not self.truth_ruled_out
            and self.answered_share >= ANSWERED
            and (not self.plans or self.planned_share >= PLANNED)
            and not self.bad_advice
        )


def undoubted(seen: list[Observation]) -> list[Observation]:
    """What is left to judge by: refusals that the instrument may have caused are unclear."""
    ordered = sorted(seen, key=lambda one: (one.started_at, one.capture, one.seq))
    doubted = {one.seq for one in judge_instrument(ordered).doubted}
    unclear = {"kind": "unknown", "family": "unknown"}
    return [one.model_copy(update=unclear) if one.seq in doubted else one for one in seen]


def evaluate(worlds: int, seed: int, plans_every: int) -> Tally:
    """Judge so many worlds; every so many of them is also asked for its plans."""
    tally = Tally()
    for number in range(worlds):
        world, _ = random_world(f"{seed}:{number}")
        tally.worlds += 1
        tally.exchanges += len(world.seen)
        tally.simulated += isinstance(world.server, SimulatorServer)
        tally.gated.update(turned_away(world))
        _judge(tally, number, world)
        if plans_every and number % plans_every == 0:
            _plan(tally, number, world)
    return tally


def turned_away(world: World) -> set[str]:
    """How the gate is dressed, if it turned away somebody who was observed."""
    closed = world.rules.closed_to
    who = (world.who_of[seen.seq] for seen in world.seen)
    hit = closed is not None and any(one[closed.part] == closed.value for one in who)
    return {closed.dress} if closed is not None and hit else set()


def _judge(tally: Tally, number: int, world: World) -> None:
    comparison = compare(world.seen, plan=False)
    observed = Observed(undoubted(world.seen))
    closed = world.rules.closed_to
    minds = "instrument" in world.rules.key or (closed is not None and closed.part == "instrument")
    tally.disturbed[f"{'yes' if minds else 'no'}: {comparison.instrument.status}"] += 1
    if comparison.instrument.status == "disturbs" and not minds:
        tally.explained.append(
            f"world {number}: WRONG that measuring disturbs, truth {world.rules.key}: "
            f"{instrument_words(comparison.instrument)}"
        )
    if not observed.refused:
        tally.without_refusal += 1
    _check(tally, f"world {number}", world, comparison, list(world.seen))
    found = zen(comparison)
    alive = possible([observed])
    if not fits([observed], frozenset(world.rules.key)):
        tally.truth_ruled_out += 1
        tally.explained.append(
            f"world {number}: the truth {world.rules.key} is ruled out by brute force"
        )
    could = decidable([observed], alive)
    for dimension, finding in could.items():
        tally.decidable[finding] += 1
        if found.get(dimension) == finding:
            tally.answered[finding] += 1
        else:
            tally.explained.append(
                f"world {number}: {dimension} could be known to be {finding}, "
                f"got {found.get(dimension, 'nothing')} (truth: {world.rules.key})"
            )
    tally.beyond += sum(
        finding != "undetermined" and dimension not in could for dimension, finding in found.items()
    )


def _check(
    tally: Tally, place: str, world: World, comparison: Comparison, seen: list[Observation]
) -> None:
    """Count verdicts and note the wrong ones."""
    ipv6 = has_ipv6(Observed(seen).rows)
    for limit in comparison.limits:
        for verdict in limit.verdicts if limit.origin == "zen" else ():
            tally.given[verdict.finding] += 1
            assert verdict.finding == "undetermined" or verdict.evidence
            if is_wrong(verdict, world.rules, seen, ipv6):
                tally.wrong[verdict.finding] += 1
                tally.explained.append(
                    f"{place}: WRONG {verdict.dimension} {verdict.finding}, "
                    f"truth {world.rules.key}: {verdict_words(verdict)}"
                )


def _plan(tally: Tally, number: int, world: World) -> None:
    check = partial(_check, tally, f"world {number}, after trials", world)
    result = plan_result(world, str(number), check)
    if result is None:
        return
    tally.plans.append(result)
    if result.faults:
        tally.explained.append(
            f"world {number} with {result.means}: {result.faults}; the advice was "
            f"{', '.join(result.path) or 'nothing'} (truth: {world.rules.key})"
        )


def report(tally: Tally) -> str:
    """The figures and every miss, as text."""
    lines = [
        f"worlds                        {tally.worlds} ({tally.exchanges} exchanges)",
        f"played by the simulator       {tally.simulated}",
        *(
            f"  with a {name}".replace("_", " ").ljust(30) + str(tally.gated[name])
            for name in GATES
        ),
        f"without a usable refusal      {tally.without_refusal}",
        f"verdicts given                {tally.given['follows']} follows, "
        f"{tally.given['does_not_follow']} does_not_follow, "
        f"{tally.given['undetermined']} undetermined",
        f"wrong follows                 {tally.wrong['follows']}",
        f"wrong does_not_follow         {tally.wrong['does_not_follow']}",
        f"decidable dimensions answered {tally.answered.total()} of {tally.decidable.total()} "
        f"({tally.answered_share:.4f}; must be {ANSWERED})",
        f"  follows                     {tally.answered['follows']} of "
        f"{tally.decidable['follows']}",
        f"  does_not_follow             {tally.answered['does_not_follow']} of "
        f"{tally.decidable['does_not_follow']}",
        f"decided, but not decidable    {tally.beyond}",
        f"measuring disturbs            {tally.disturbed['yes: disturbs']} of "
        f"{sum(n for name, n in tally.disturbed.items() if name.startswith('yes'))} worlds that "
        f"mind the instrument; wrongly said in {tally.accused}",
        f"truth ruled out               {tally.truth_ruled_out}",
        f"next experiments followed     {len(tally.plans)} worlds",
        f"  led to all that there is    {tally.planned_share:.4f} of "
        f"{sum(one.open for one in tally.plans)} (must be {PLANNED})",
        f"  asked the impossible        {sum(bool(one.impossible) for one in tally.plans)}",
        f"  asked the same again        {sum(bool(one.repeated) for one in tally.plans)}",
        f"  never stopped               {sum(not one.stopped for one in tally.plans)}",
        f"  steps taken on average      "
        f"{sum(len(p.path) for p in tally.plans) / max(1, len(tally.plans)):.2f}",
        *(["", "Misses:"] if tally.explained else []),
        *tally.explained[:EXPLAINED],
    ]
    if len(tally.explained) > EXPLAINED:
        lines.append(f"… and {len(tally.explained) - EXPLAINED} more")
    return "\n".join(lines)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--worlds", type=int, default=2000, help="how many worlds (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other worlds")
    parser.add_argument(
        "--plans-every",
        type=int,
        default=10,
        metavar="N",
        help="follow the next experiments in every Nth world; 0: in none (default 10)",
    )
    parser.add_argument(
        "--broken",
        choices=("all", *KINDS),
        metavar="KIND",
        help="instead, worlds with one broken assumption of this kind, or of all kinds in turn",
    )
    parser.add_argument(
        "--flipped",
        type=int,
        metavar="N",
        help="instead, flip N single rows of clean studies between admitted and refused",
    )
    given = parser.parse_args()
    if given.flipped:
        flips = evaluate_flips(given.flipped, given.seed)
        print(flip_report(flips))
        return 0 if flips.holds else 1
    if given.broken:
        kinds = [*KINDS] if given.broken == "all" else [given.broken]
        broken = evaluate_broken(kinds, given.worlds, given.seed)
        print(broken_report(broken))
        return 0 if broken.holds else 1
    tally = evaluate(given.worlds, given.seed, given.plans_every)
    print(report(tally))
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main())
