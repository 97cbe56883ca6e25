"""How often verdicts are wrong where one assumption is broken, by kind."""

from collections import Counter
from dataclasses import dataclass, field

from pawwork_proxy.comparison.compare import compare
from tests.evaluation.broken_worlds import KINDS, broken_world
from tests.evaluation.decidability import has_ipv6
from tests.evaluation.truth import is_wrong

ALLOWED = 0.002
"""Share of worlds in which a wrong `follows` is borne."""
EXPLAINED = 40


@dataclass
class BrokenTally:
    """What was counted over worlds with one broken assumption."""

    worlds: Counter[str] = field(default_factory=Counter)
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Decided verdicts by kind of world and finding."""
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    misled: int = 0
    """Worlds with at least one wrong `follows`."""
    explained: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether wrong `follows` are as rare as they must be."""
        return self.wrong_total("follows") <= max(1, ALLOWED * self.worlds.total())

    def wrong_total(self, finding: str) -> int:
        """Wrong verdicts of this finding over all kinds."""
        return sum(count for (_, found), count in self.wrong.items() if found == finding)


def evaluate_broken(kinds: list[str], worlds: int, seed: int) -> BrokenTally:
    """Judge so many worlds, each kind as often as the others."""
    tally = BrokenTally()
    for number in range(worlds):
        kind = kinds[number % len(kinds)]
        _judge(tally, kind, f"{seed}:{number}")
    return tally


def _judge(tally: BrokenTally, kind: str, seed: str) -> None:
    world = broken_world(kind, seed)
    tally.worlds[kind] += 1
    ipv6 = has_ipv6(world.seen)
    misled = False
    for limit in compare(world.seen, plan=False).limits:
        for verdict in limit.verdicts if limit.origin == "zen" else ():
            if verdict.finding == "undetermined":
                continue
            tally.given[kind, verdict.finding] += 1
            if is_wrong(verdict, world.rules, world.seen, ipv6):
                tally.wrong[kind, verdict.finding] += 1
                misled |= verdict.finding == "follows"
                tally.explained.append(
                    f"{kind} {seed}: {verdict.dimension} {verdict.finding}, truth "
                    f"{'+'.join(world.rules.key) or 'global'}"
                )
    tally.misled += misled


def broken_report(tally: BrokenTally) -> str:
    """The figures by kind and every wrong `follows`, as text."""
    lines = [f"{'broken':20} worlds  follows  wrong  does_not_follow  wrong"]
    for kind in [kind for kind in KINDS if kind in tally.worlds]:
        yes, no = (kind, "follows"), (kind, "does_not_follow")
        lines.append(
            f"{kind:20} {tally.worlds[kind]:6} {tally.given[yes]:8} {tally.wrong[yes]:6}"
            f" {tally.given[no]:16} {tally.wrong[no]:6}"
        )
    given = {
        finding: sum(n for (_, found), n in tally.given.items() if found == finding)
        for finding in ("follows", "does_not_follow")
    }
    lines.append(
        f"{'all':20} {tally.worlds.total():6} {given['follows']:8} "
        f"{tally.wrong_total('follows'):6} {given['does_not_follow']:16} "
        f"{tally.wrong_total('does_not_follow'):6}"
    )
    lines.append(f"worlds with a wrong follows: {tally.misled} (at most {ALLOWED:.1%} may be)")
    if len(tally.explained) > EXPLAINED:
        lines.append(f"the first {EXPLAINED} of {len(tally.explained)} wrong verdicts:")
    return "\n".join([*lines, *tally.explained[:EXPLAINED]])
