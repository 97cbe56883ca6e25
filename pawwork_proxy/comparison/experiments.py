"""The next experiment: the trial whose result removes most of what is still possible.

Each trial is tried out on paper: for every keying that is left, what would either result say about
it? Invariant: a trial is proposed only if one of its results would rule out something, and it
never asks to use up a quota on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from shlex import quote
from typing import Literal, NamedTuple

from pawwork_proxy.comparison.contrasts import differing
from pawwork_proxy.comparison.dimensions import BUCKET, COMPOUND, DIMENSIONS, PRESENCE, title
from pawwork_proxy.comparison.elimination import Findings, Gate, Standing, way_down
from pawwork_proxy.comparison.keyings import Keying, smallest, undominated
from pawwork_proxy.comparison.selection import Row, Stratum, row_of
from pawwork_proxy.comparison.trials import BY_ID, TRIALS, Trial, Variation, possible_for
from pawwork_proxy.model.observation import ABSENT, PUBLIC, Identities
from pawwork_proxy.model.verdict import Experiment, Meaning, Verdict

Result = Literal["admitted", "refused"]
NO_KEY = frozenset({None, ABSENT, PUBLIC})
RESULTS: tuple[Result, Result] = ("admitted", "refused")

LIKELY: Mapping[str, float] = {"address": 3.0, "prefix": 3.0, "key": 2.0, "install": 2.0}
"""Parts that a limit has more often than others; the rest weigh 1."""
FURTHER_PART = 0.03
"""How much less likely an explanation is with each part beyond the first."""
STRAINED = 0.5
"""How much less likely an explanation is with each row that it explains by other people."""
REPEATED = 4.0
"""A trial done before promises this much less each time."""
UNTOLD = frozenset({"request", "network"})
"""What changes with every trial, or is only a label."""
GATES = frozenset(row.name for row in DIMENSIONS if row.threshold)
NOTHING = 1e-9
"""What rounding can make of a trial that settles nothing."""
PER_REQUEST = 0.005
"""How much more a trial must settle to be worth another request."""


class Outlook(NamedTuple):
    """What a trial promises."""

    trial: Trial
    settles: float
    """Expected share of the open explanations, by weight, that its results remove."""
    worth: float
    """The same, less what it costs and what was done before."""
    left: tuple[tuple[str, tuple[Keying, ...] | None], ...]
    """Per result: what it is, and the keyings that remain; None where that is all of them."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two requests of a trial: the refused one, and the one that differs."""

    first: Row
    second: Row

    def same_pool(self, keying: Keying) -> bool | None:
        """Whether both fall into one pool; None where a keying leaves that open."""
        if any(self.first.value(p) != self.second.value(p) for p in keying if p != BUCKET):
            return False
        alike = self.first.value("model") == self.second.value("model")
        return None if BUCKET in keying and not alike else True

    @property
    def changes(self) -> frozenset[str]:
        """What differs between the two, as far as it matters."""
        return frozenset(differing(self.first, self.second)) - UNTOLD

    def expected(self, keying: Keying) -> Result:
        """What comes out if the keying is the truth and others stay away."""
        return "refused" if self.same_pool(keying) else "admitted"

    def leaves(self, keying: Keying, standing: Standing, result: Result) -> bool:
        """Whether a keying is still possible after a result."""
        same = self.same_pool(keying)
        first, second = self.first.threshold, self.second.threshold
        assert first is not None
        assert second is not None
        if result == "admitted":
            return not (same and _allows_more(standing, first, second))
        own = any(self.second.private(part) for part in keying - {BUCKET})
        return not (same is False and own and second in standing.admitted)


def _allows_more(standing: Standing, high: Gate, low: Gate) -> bool:
    """Whether one kind of client is known to be allowed at least as much as another."""
    over: dict[Gate, list[Gate]] = {}
    for one, other in standing.above:
        over.setdefault(one, []).append(other)
    return way_down(over, high, low) is not None


def next_experiment(
    stratum: Stratum, findings: Findings, verdicts: Iterable[Verdict]
) -> Experiment | None:
    """The best trial for what is open on one limiter; None when nothing is open or can be tried."""
    if all(verdict.finding != "undetermined" for verdict in verdicts):
        return None
    found = outlooks(stratum, findings)
    return experiment(found[0], stratum) if found else None


def outlooks(stratum: Stratum, findings: Findings) -> tuple[Outlook, ...]:
    """Every trial that can settle something, the most promising first."""
    refused = baseline(stratum)
    if refused is None or not findings.alive:
        return ()
    who = refused.seen.who
    done = _done(stratum, refused)
    partners = stratum.part("admitted")

    def promising(trials: Iterable[Trial]) -> list[Outlook]:
        seen = [_outlook(trial, refused, findings.alive, done, partners) for trial in trials]
        good = [outlook for outlook in seen if outlook.settles > NOTHING]
        return sorted(good, key=lambda outlook: -round(outlook.worth, 9))

    able = [possible_for(one, who.key not in NO_KEY, who.family == "ipv6") for one in TRIALS]
    trials = [trial for trial in able if trial is not None]
    singles = promising(trial for trial in trials if len(trial.variations) == 1)
    telling = [outlook.trial.variations[0] for outlook in singles]
    ordered = [_in_this_order(trial, telling) for trial in trials if trial.is_sweep]
    sweeps = promising(trial for trial in ordered if len(trial.variations) > 1)
    return tuple(sorted([*singles, *sweeps], key=lambda outlook: -round(outlook.worth, 9)))


def _in_this_order(sweep: Trial, telling: Sequence[Variation]) -> Trial:
    """A sweep of what tells something, the most telling first.

    What may have another threshold comes last: it tells nothing by itself, but an admission opens
    the way to the same trial the other way round.
    """
    first = [variation for variation in telling if variation in sweep.variations]
    last = [one for one in sweep.variations if one not in first and GATES & set(one.changes)]
    return sweep._replace(variations=(*first, *last))


def baseline(stratum: Stratum) -> Row | None:
    """The refusal that trials start from: the latest of who was seen most, if known enough."""
    times: Counter[Identities] = Counter()
    for row in stratum.rows:
        times[_untold(row)] += row.seen.count
    known = [row for row in stratum.part("refused") if row.threshold is not None]
    return max(known, key=lambda row: (times[_untold(row)], row.head), default=None)


def _untold(row: Row) -> Identities:
    return row.seen.who.model_copy(update=dict.fromkeys(UNTOLD))


def _outlook(
    trial: Trial,
    refused: Row,
    alive: Mapping[Keying, Standing],
    done: Mapping[frozenset[str], int],
    partners: Sequence[Row],
) -> Outlook:
    pairs = [_pair(refused, variation, partners) for variation in trial.variations]
    expected: dict[tuple[Result, ...], list[Keying]] = {}
    for keying in alive:
        results = tuple(pair.expected(keying) for pair in pairs)
        expected.setdefault(results, []).append(keying)
    leaves = [
        {
            result: frozenset(k for k in alive if pair.leaves(k, alive[k], result))
            for result in RESULTS
        }
        for pair in pairs
    ]
    weights = {keying: _weight(keying, how) for keying, how in alive.items()}
    total = fsum(weights.values())
    settles = 0.0
    for results, keyings in expected.items():
        chance = fsum(weights[keying] for keying in keyings) / total
        left = _left(leaves, results)
        settles += chance * (1 - fsum(weights[keying] for keying in left) / total)
    repeats = [done.get(pair.changes, 0) for pair in pairs]
    fresh = sum(REPEATED**-times for times in repeats) / len(repeats)
    told = [
        (f"{variation.title if len(pairs) > 1 else 'It'} is admitted", left["admitted"])
        for variation, left in zip(trial.variations, leaves, strict=True)
    ]
    all_refused = _left(leaves, ["refused"] * len(pairs))
    told.append(("All are refused" if len(pairs) > 1 else "It is refused", all_refused))
    worth = settles * fresh - PER_REQUEST * len(pairs)
    return Outlook(
        trial, settles, worth, tuple((result, _in_order(alive, left)) for result, left in told)
    )


def _left(
    leaves: Sequence[Mapping[Result, frozenset[Keying]]], results: Sequence[Result]
) -> frozenset[Keying]:
    return frozenset.intersection(
        *(which[result] for which, result in zip(leaves, results, strict=True))
    )


def _in_order(
    alive: Mapping[Keying, Standing], left: frozenset[Keying]
) -> tuple[Keying, ...] | None:
    """The keyings that are left, or None if all are."""
    return None if len(left) == len(alive) else tuple(one for one in alive if one in left)


def _weight(keying: Keying, standing: Standing) -> float:
    weight = STRAINED**standing.strain
    for part in keying:
        weight *= LIKELY.get(part, 1.0)
    return weight * FURTHER_PART ** max(0, len(keying) - 1)


def _done(stratum: Stratum, start: Row) -> dict[frozenset[str], int]:
    """How often something was asked right after that refusal, by what was different about it."""
    found: Counter[frozenset[str]] = Counter()
    refused: dict[str, Row] = {}
    tried: set[tuple[str, Identities]] = set()
    for row in stratum.rows:
        earlier = refused.get(row.window)
        who = _untold(row)
        if row.part == "refused" and who == _untold(start):
            refused.setdefault(row.window, row)
            continue
        if earlier is None or row.part == "maybe" or (row.window, who) in tried:
            continue
        if not earlier.surely_before(row):
            continue
        tried.add((row.window, who))
        found[frozenset(differing(earlier, row)) - UNTOLD] += 1
    return found


def _pair(refused: Row, variation: Variation, admitted: Sequence[Row]) -> _Pair:
    """A variation's two requests, as the refused install would send them."""
    first = _filled(refused.seen.who)
    second = _changed(first, variation)
    if variation.reverse:
        second = _partner(refused, variation, admitted) or second
        first, second = second, first
    rows = [
        row_of(refused.seen.model_copy(update={"who": who}), "refused", "trial")
        for who in (first, second)
    ]
    return _Pair(*rows)


def _partner(refused: Row, variation: Variation, admitted: Sequence[Row]) -> Identities | None:
    """Who was admitted with just this changed: to be refused first, the other way round."""
    for row in reversed(admitted):
        changes = frozenset(differing(refused, row)) - UNTOLD
        if changes and changes <= set(variation.changes) and row.threshold != refused.threshold:
            update: dict[str, str | None] = {
                name: getattr(row.seen.who, name) for name in variation.changes
            }
            return _filled(refused.seen.who).model_copy(update=update)
    return None


def _filled(who: Identities) -> Identities:
    """As the refused install is, with what the egress probe will add."""
    unknown = {name: "here" for name, value in who if value is None}
    return who.model_copy(update=unknown)


def _changed(who: Identities, trial: Variation) -> Identities:
    update: dict[str, str] = {
        name: f"trial {name}"
        for name in (*trial.changes, "request")
        if name not in PRESENCE or getattr(who, name) != ABSENT
    }
    if "auth_kind" in trial.changes and who.key not in NO_KEY:
        update |= {"key": ABSENT, "workspace": ABSENT}
    return who.model_copy(update=update)


def experiment(outlook: Outlook, stratum: Stratum) -> Experiment:
    """A trial as steps, commands and what each result would mean."""
    trial = outlook.trial
    refused = baseline(stratum)
    assert refused is not None
    who = refused.seen.who
    label = (who.install or "main").split(" ", maxsplit=1)[0]
    names = {"install": quote(label), "network": quote(who.network or "NETWORK")}
    model = quote(who.model or "MODEL")
    plain = _command(BY_ID["new_session"], model, names)
    key = " (without a key)" if who.key in NO_KEY else " (with its key)"
    asking = [_asking(variation) for variation in trial.variations]
    if len(asking) > 1:
        first = (
            "In the same reset window make one change at a time, the most telling first, and ask "
            "once each time; undo it before the next. Stop where you have to."
        )
        asking = [first, *(f"{step[0].upper()}{step[1:]}" for step in asking)]
    else:
        asking = [f"In the same reset window, {asking[0]} Ask once."]
    commands = [
        _command(v, v.model if v.model != "MODEL" else model, names) for v in trial.variations
    ]
    if trial.variations[0].reverse:
        waiting = (
            f"Change this and go on as usual: {trial.variations[0].step}. "
            "Wait until that is refused in ordinary use; do not force it."
        )
        asking = [f"In the same reset window ask once as {names['install']} was before."]
        commands, plain = [plain], commands[0]
    else:
        waiting = f"Wait until {names['install']}{key} is refused in ordinary use; do not force it."
    steps = (
        waiting,
        "Ask once more, captured with the egress probe, to have the refusal beside the trial; "
        "a refused request is not counted.",
        *asking,
        "Compare all captures again.",
    )
    done = [plain, *commands, "pawwork-proxy compare captures/"]
    return Experiment(
        id=trial.id,
        title=f"Try {trial.title}",
        why="Of all trials it separates most of the explanations that are still possible.",
        steps=steps,
        commands=_of_steps(done, [2, *range(len(steps) - len(commands), len(steps) + 1)]),
        meanings=tuple(_meaning(result, left) for result, left in outlook.left),
        requests=sum(variation.requests for variation in trial.variations),
        settles=round(outlook.settles, 3),
        variations=tuple(variation.id for variation in trial.variations),
    )


def _asking(variation: Variation) -> str:
    kept = ", ".join(title(name) for name in variation.same)
    return variation.step + (f" (keep the same: {kept})." if kept else ".")


def _command(variation: Variation, model: str, names: dict[str, str]) -> str:
    again = "" if "session" in variation.changes else "--continue "
    return (
        f"pawwork-proxy launch {variation.options.format(**names)} --egress-probe "
        f'-- opencode run {again}-m opencode/{model} "Say hello."'
    )


def _of_steps(commands: Sequence[str], steps: Iterable[int]) -> tuple[str, ...]:
    """Each command once, with the steps that it is for as a shell's comment."""
    numbers: dict[str, list[str]] = {}
    for command, step in zip(commands, steps, strict=True):
        numbers.setdefault(command, []).append(str(step))
    return tuple(
        f"{command}  # step{'s' if len(found) > 1 else ''} {', '.join(found)}"
        for command, found in numbers.items()
    )


def _meaning(result: str, left: Sequence[Keying] | None) -> Meaning:
    if left is None:
        return Meaning(result=result, words="That rules out nothing by itself.")
    keyed = smallest(undominated(left))
    if not keyed:
        words = "Nothing known here would explain it: a rule or a route changed."
    else:
        words = f"Left: {'; or '.join(keying_words(keying) for keying in keyed[:4])}"
        words += f"; or {len(keyed) - 4} more." if len(keyed) > 4 else "."
    return Meaning(result=result, words=words)


def keying_words(keying: Keying) -> str:
    """A keying as people say it."""
    if not keying:
        return "one pool for everybody"
    names = [row.title for row in DIMENSIONS if row.name in keying]
    names += [title(part) for part in COMPOUND if part in keying]
    return "per " + " and ".join(names)
