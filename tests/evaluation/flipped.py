"""What one wrong row does to an otherwise clean study: it is named, and silences nothing."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import LimiterFindings
from tests.evaluation.broken_servers import BrokenServer, Quirk
from tests.evaluation.decidability import has_ipv6
from tests.evaluation.random_worlds import People, random_rules, study
from tests.evaluation.servers import DAY, midnight
from tests.evaluation.truth import is_wrong
from tests.evaluation.worlds import START, Ask, World

SILENCED = 0.1
"""Share of flips that may silence a verdict."""
PER_STUDY = 5
EXPLAINED = 20
JUDGED = ("success", "free_usage_limit")


@dataclass
class FlipTally:
    """What was counted over flips of one row each."""

    flips: int = 0
    studies: int = 0
    verdicts: int = 0
    """Decided before, summed over flips."""
    lost: Counter[str] = field(default_factory=Counter)
    """Of these not decided any more, by finding."""
    turned: int = 0
    """Of these decided otherwise."""
    silenced: int = 0
    """Flips that lost a verdict."""
    silenced_all: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """Wrong ones that were not there before, by finding."""
    odd: int = 0
    """Flips after which some row was said to be odd."""
    named: int = 0
    """Flips after which it was the flipped one."""
    explained: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether hardly any flip silences a verdict, and none adds a wrong one."""
        return not self.wrong.total() and self.silenced <= SILENCED * self.flips


def careful_study(seed: str) -> World:
    """Some days of one study, within all assumptions."""
    rng = random.Random(f"study:{seed}")
    people = People(rng)
    rules = replace(random_rules(rng), doubling=False, overload=0.0, relayed_for=None)
    asks: list[Ask] = []
    for day in range(rng.choice((3, 5, 7))):
        asks.extend(study(people, rules, START + day * DAY + 9 * 3600 + rng.uniform(0, 600))[0])
    world = World(rules, rng, BrokenServer(rules, Quirk(), rng))
    world.labels = {place["address"]: f"net-{place['address']}" for place in people.places}
    world.play(asks)
    return world


def flipped(seen: Sequence[Observation], number: int) -> list[Observation]:
    """The rows with one of them turned into its opposite."""
    row = seen[number]
    if row.kind == "success":
        end = row.started_at.timestamp()
        update: dict[str, object] = {
            "kind": "free_usage_limit",
            "family": "quota",
            "cadence": "utc_day",
            "retry_after_s": midnight(end) - end,
            "ending": "complete",
        }
    else:
        update = {"kind": "success", "family": "ok", "cadence": "none", "retry_after_s": None}
    return [*seen[:number], row.model_copy(update=update), *seen[number + 1 :]]


def evaluate_flips(flips: int, seed: int) -> FlipTally:
    """Flip so many rows of studies that had a verdict."""
    tally, number = FlipTally(), 0
    while tally.flips < flips:
        world = careful_study(f"{seed}:{number}")
        before = _own(world.seen)
        if before is not None and _decided(before):
            tally.studies += 1
            rng = random.Random(f"flip:{seed}:{number}")
            days = {seen.started_at.date() for seen in world.seen if seen.kind == JUDGED[1]}
            rows = [n for n, seen in enumerate(world.seen) if seen.started_at.date() in days]
            for row in rng.sample(rows, min(PER_STUDY, len(rows), flips - tally.flips)):
                _flip(tally, f"{seed}:{number} row {row}", world, before, row)
        number += 1
    return tally


def _own(seen: Sequence[Observation]) -> LimiterFindings | None:
    limits = compare(seen, plan=False).limits
    return next((limit for limit in limits if limit.origin == "zen"), None)


def _decided(limit: LimiterFindings | None) -> dict[str, str]:
    verdicts = limit.verdicts if limit is not None else ()
    return {one.dimension: one.finding for one in verdicts if one.finding != "undetermined"}


def _flip(tally: FlipTally, place: str, world: World, before: LimiterFindings, row: int) -> None:
    seen = flipped(world.seen, row)
    after = _own(seen)
    had, has = _decided(before), _decided(after)
    lost = [name for name in had if name not in has]
    tally.flips += 1
    tally.verdicts += len(had)
    tally.lost.update(had[name] for name in lost)
    tally.turned += sum(has.get(name, finding) != finding for name, finding in had.items())
    tally.silenced += bool(lost)
    tally.silenced_all += not has
    odd = after.odd_rows if after is not None else ()
    tally.odd += bool(odd)
    tally.named += any(
        (one.row.capture, one.row.seq) == (seen[row].capture, seen[row].seq) for one in odd
    )
    ipv6 = has_ipv6(seen)
    for verdict in after.verdicts if after is not None else ():
        news = had.get(verdict.dimension) != verdict.finding
        if news and is_wrong(verdict, world.rules, seen, ipv6):
            tally.wrong[verdict.finding] += 1
            tally.explained.append(
                f"{place}: {verdict.dimension} {verdict.finding}, truth "
                f"{'+'.join(world.rules.key) or 'global'}"
            )


def flip_report(tally: FlipTally) -> str:
    """The figures and every wrong verdict, as text."""
    lines = [
        f"single flipped rows           {tally.flips} in {tally.studies} clean studies",
        f"silenced a verdict            {tally.silenced} "
        f"({tally.silenced / max(1, tally.flips):.3f}; at most {SILENCED})",
        f"silenced all                  {tally.silenced_all}",
        f"verdicts lost                 {tally.lost.total()} of {tally.verdicts}: "
        f"{tally.lost['follows']} follows, {tally.lost['does_not_follow']} does_not_follow",
        f"wrong ones added              {tally.wrong['follows']} follows, "
        f"{tally.wrong['does_not_follow']} does_not_follow; {tally.turned} turned round",
        f"some row called odd           {tally.odd}, the flipped one {tally.named}",
    ]
    return "\n".join([*lines, *tally.explained[:EXPLAINED]])
