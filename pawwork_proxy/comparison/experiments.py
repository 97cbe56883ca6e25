"""The next experiment: of what this user can do and has not done, what settles most.

Invariant: a trial is proposed only if the user has what it needs, and one of its results would rule
out something or is the second observation that a verdict needs; none asks to use up a quota on
purpose, and where nothing is left to try, that is said.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.comparison.elimination import Findings
from pawwork_proxy.comparison.hypotheses import parts, smallest, undominated
from pawwork_proxy.comparison.means import EVERYTHING, NO_KEY, Means
from pawwork_proxy.comparison.outlooks import IGNORED, Outlook, Partners, outlook, partners
from pawwork_proxy.comparison.requests import PlacedRequest
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.trials import SWEEPS, VARIATIONS, Trial, Variation
from pawwork_proxy.comparison.tried import SAME_ONE, Tried, asked_again, refused_no_more, tried
from pawwork_proxy.comparison.verdicts import contains
from pawwork_proxy.model.experiment import Baseline, Experiment, Lacking, Meaning
from pawwork_proxy.model.observation import Identities
from pawwork_proxy.model.verdict import OddRow, Verdict

MAY_CHANGE_THRESHOLD = frozenset(row.name for row in DIMENSIONS if row.threshold)
NOTHING = 1e-9
"""Rounding may give so much to a trial that settles nothing."""
REPEATING_A_ROW = 2
WITHOUT_STEPS = frozenset({"nothing_more", "not_refused_again", "contradiction"})
"""What is said where no trial can be done."""


class Start(NamedTuple):
    """Where trials start from on one limiter."""

    refused: PlacedRequest
    """Whom they vary."""
    done: Mapping[str, Tried]
    """Per variation how often it was done already."""
    partners: Partners
    """Who was admitted."""


def start_of(limiter: Limiter, refused: PlacedRequest) -> Start:
    """Where trials start from, beginning with whom they vary."""
    return Start(refused, tried(limiter, refused), partners(refused, limiter.part("admitted")))


def next_experiment(
    limiter: Limiter,
    findings: Findings,
    verdicts: Iterable[Verdict],
    means: Means = EVERYTHING,
    odd_rows: Sequence[OddRow] = (),
    exact: Findings | None = None,
) -> Experiment | None:
    """The best trial for what is open on one limiter, with what a user has.

    `exact`: the findings if nothing slipped, which say where a second observation would lead.
    `nothing_more` where something is open that they cannot find out, `not_refused_again` where the
    limit is not met any more, `contradiction` where no explanation fits all rows; None when nothing
    is open, or nothing can be built upon.
    """
    open_ = [verdict for verdict in verdicts if verdict.finding == "undetermined"]
    rows = tuple(
        odd.row for odd in odd_rows if not asked_again(limiter, odd.row.capture, odd.row.seq)
    )
    refused = baseline(limiter)
    if refused is not None and (open_ or rows) and refused_no_more(limiter, refused):
        return Experiment(id="not_refused_again", requests=0, settles=0.0)
    if rows:
        return Experiment(
            id="repeat_row", repeats=rows, requests=REPEATING_A_ROW * len(rows), settles=0.0
        )
    if refused is None or not open_:
        return None
    if not findings.possible:
        return Experiment(id="contradiction", requests=0, settles=0.0)
    start = start_of(limiter, refused)
    if (confirming := _confirming(start, exact or findings, open_, means)) is not None:
        return confirming
    found = outlooks(start, findings, means)
    if found:
        return experiment(found[0], start)
    return Experiment(
        id="nothing_more",
        requests=0,
        settles=0.0,
        lacking=_lacking(start, findings, means),
        unrefused=tuple(one.id for one in VARIATIONS if start.done[one.id].unrefused),
    )


def _lacking(start: Start, findings: Findings, means: Means) -> tuple[Lacking, ...]:
    """What the best trial would need that the user has not."""
    promising = outlooks(start, findings)
    each = (variation for one in promising[:1] for variation in one.trial.variations)
    return tuple(dict.fromkeys(name for one in each for name in means.lacks(one.needs)))


def _confirming(
    start: Start, findings: Findings, open_: Sequence[Verdict], means: Means
) -> Experiment | None:
    """The second observation of a dimension to which every explanation that is left points."""
    possible = findings.undominated
    fresh = _able(start, means)
    once = _able(start, means, attrgetter("may_confirm"))
    # A network is an address or a prefix: where one of these is pointed to, it is told by its name.
    for verdict in sorted(open_, key=lambda one: one.dimension == "network"):
        dimension = verdict.dimension
        # What was seen once is worth a second observation by the very same trial.
        able = once if verdict.ground == "one_observation" else fresh
        asking = sorted(
            (one for one in able if dimension in one.changes),
            key=lambda one: one.changes.index(dimension),
        )
        if asking and all(contains(one, dimension) for one in possible):
            trial = Trial(asking[0].id, (asking[0],))
            told = experiment(
                outlook(trial, start.refused, findings.possible, start.partners), start
            )
            return told.model_copy(update={"confirms": dimension})
    return None


def outlooks(start: Start, findings: Findings, means: Means = EVERYTHING) -> tuple[Outlook, ...]:
    """Every trial with these means that can settle something, the most promising first.

    Some explanation has to be left.
    """
    fresh = _able(start, means)

    def promising(trials: Iterable[Trial]) -> list[Outlook]:
        seen = [
            outlook(trial, start.refused, findings.possible, start.partners) for trial in trials
        ]
        good = [one for one in seen if one.settles > NOTHING]
        return sorted(good, key=lambda one: -round(one.worth, 9))

    singles = promising(Trial(one.id, (one,)) for one in fresh)
    telling = [one.trial.variations[0] for one in singles]
    ordered = [_in_this_order(sweep, telling, fresh) for sweep in SWEEPS]
    sweeps = promising(sweep for sweep in ordered if len(sweep.variations) > 1)
    return tuple(sorted([*singles, *sweeps], key=lambda one: -round(one.worth, 9)))


def _able(
    start: Start,
    means: Means,
    left: Callable[[Tried], bool] = attrgetter("is_fresh"),
) -> list[Variation]:
    """What the user can do and has not done, or not as often as `left` says."""
    return [
        one
        for one in VARIATIONS
        if not means.lacks(one.needs)
        and one.starts_from(start.refused.seen.who)
        and left(start.done[one.id])
    ]


def _in_this_order(sweep: Trial, telling: Sequence[Variation], fresh: Sequence[Variation]) -> Trial:
    """The variations of a sweep that can be done and tell something, the most telling first.

    What may have another threshold comes last: it tells nothing by itself, but an admission opens
    the way to the same trial the other way round.
    """
    first = [variation for variation in telling if variation in sweep.variations]
    last = [
        one
        for one in sweep.variations
        if one in fresh and one not in first and MAY_CHANGE_THRESHOLD & set(one.changes)
    ]
    return sweep._replace(variations=(*first, *last))


def baseline(limiter: Limiter) -> PlacedRequest | None:
    """The refusal that trials start from: the latest one of whoever asked in most windows.

    Who is asked for a trial only is seen in few. None if no refusal has a known kind of client.
    """
    windows: dict[object, set[str]] = defaultdict(set)
    times: Counter[object] = Counter()
    for row in limiter.rows:
        asker = _asker(row.seen.who)
        windows[asker].add(row.window)
        times[asker] += row.seen.count
    known = [row for row in limiter.part("refused") if row.client_kind is not None]

    def used(row: PlacedRequest) -> tuple[int, int, float]:
        asker = _asker(row.seen.who)
        return (len(windows[asker]), times[asker], row.head)

    return max(known, key=used, default=None)


_asker = attrgetter(*sorted(Identities.model_fields.keys() - IGNORED - SAME_ONE))


def experiment(found: Outlook, start: Start) -> Experiment:
    """A trial as values: what is varied, from where, and what each result would leave."""
    return Experiment(
        id=found.trial.id,
        variations=tuple(variation.id for variation in found.trial.variations),
        baseline=baseline_of(start.refused),
        meanings=tuple(
            Meaning(
                admitted=result,
                left=None if left is None else parts(smallest(undominated(left))),
            )
            for result, left in found.left
        ),
        requests=sum(variation.requests for variation in found.trial.variations),
        settles=round(found.settles, 3),
    )


def baseline_of(refused: PlacedRequest) -> Baseline:
    """Who was refused and how it was captured."""
    who = refused.seen.who
    return Baseline(
        install=who.install,
        network=who.network,
        model=who.model,
        has_key=who.key not in NO_KEY,
        client=refused.seen.client_era,
        instrument=who.instrument,
        simulated=refused.seen.simulated,
    )
