"""Observations in, everything that they show out.

Invariant: the result depends on what was observed only, not on the order in which it is given.
"""

from collections.abc import Iterable, Iterator, Sequence

from pawwork_proxy.comparison.elimination import Findings
from pawwork_proxy.comparison.exclusions import is_refusal
from pawwork_proxy.comparison.experiments import WITHOUT_STEPS, next_experiment
from pawwork_proxy.comparison.hypotheses import Hypothesis, parts, smallest
from pawwork_proxy.comparison.likelihood import error_rate, ranked, rated
from pawwork_proxy.comparison.means import Means, means_seen
from pawwork_proxy.comparison.options import assumptions, options
from pawwork_proxy.comparison.patterns import cadences, hours, noise_floor
from pawwork_proxy.comparison.requests import evidence_row
from pawwork_proxy.comparison.selection import Limiter, Selection, one_world, select
from pawwork_proxy.comparison.thresholds import SHOWN, cut_off, early_refusals, thresholds
from pawwork_proxy.comparison.verdicts import verdicts
from pawwork_proxy.comparison.withstand import NEVER_ALONE, Withstood, withstand
from pawwork_proxy.model.experiment import Experiment
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison, InstrumentStatus, LimiterFindings, Note, OddRow

NOTHING_REFUSED = Experiment(id="wait_for_refusal", requests=1, settles=0.0)
WITHOUT_EVIDENCE: dict[InstrumentStatus, Experiment] = {
    "disturbs": Experiment(id="observe_untouched", requests=1, settles=0.0),
    "suspected": Experiment(id="try_both_routes", requests=6, settles=0.0),
    "no_sign": NOTHING_REFUSED,
    "not_tried": NOTHING_REFUSED,
}
"""What to do while nothing can be compared."""


def compare(
    observations: Iterable[Observation],
    unrecorded: Iterable[Observation] = (),
    *,
    plan: bool = True,
    means: Means | None = None,
) -> Comparison:
    """Compare any number of observations; `plan=False` leaves the next experiments out.

    `means` are what the user has for them, by default what the observations show. `unrecorded`
    stand for requests without a record, which may have been counted.
    """
    seen = tuple(observations)
    selection = select(seen, unrecorded)
    having = (means or means_seen(seen)) if plan else None
    limits = tuple(judge(limiter, having) for limiter in selection.limiters)
    plans = [one.next_experiment for one in limits if one.next_experiment]
    planned = min(plans, key=lambda one: one.id in WITHOUT_STEPS, default=None)
    if plan and not limits:
        planned = WITHOUT_EVIDENCE[selection.instrument.status]
    return Comparison(
        simulated=any(one.simulated for one in seen),
        instrument=selection.instrument,
        exchanges=sum(one.count for one in seen),
        evidence=selection.evidence,
        refusals=sum(one.count for one in seen if is_refusal(one)),
        limits=limits,
        options=options(limits),
        cadence=cadences(seen),
        hours=hours(seen),
        noise=noise_floor(selection.limiters),
        exclusions=selection.exclusions,
        assumptions=assumptions(limits),
        client_eras=tuple(sorted({one.client_era for one in seen})),
        notes=tuple(_notes(seen, selection)),
        next_experiment=planned,
    )


def judge(limiter: Limiter, means: Means | None = None) -> LimiterFindings:
    """Everything about one limiter; without means no next experiment."""
    withstood = withstand(limiter)
    left = withstood.findings
    explanations = _explanations(withstood)
    error = error_rate(limiter, explanations[0]) if explanations else 0.0
    found = rated(verdicts(limiter, withstood), withstood, error)
    odd_rows = tuple(
        OddRow(row=evidence_row(row), fits=parts(explanations[:1])[0]) for row in withstood.odd
    )
    bounds = thresholds(limiter, explanations[0]) if explanations else ()
    return LimiterFindings(
        origin=limiter.origin,
        server_era=limiter.server_era,
        cadence=limiter.cadence,
        windows=tuple(window.id for window in limiter.windows),
        admitted=sum({id(row.seen): row.seen.count for row in limiter.part("admitted")}.values()),
        refused=sum(row.seen.count for row in limiter.part("refused")),
        announced=limiter.announced,
        verdicts=found,
        hypotheses=parts(explanations),
        thresholds=bounds[:SHOWN],
        rhythm=limiter.rhythm,
        cut_off=cut_off(bounds),
        early_refusals=early_refusals(limiter),
        ranked=ranked(explanations, withstood, error),
        odd_rows=odd_rows,
        next_experiment=next_experiment(limiter, left, found, means, odd_rows, withstood.exact)
        if means
        else None,
    )


def _explanations(withstood: Withstood) -> list[Hypothesis]:
    """What fits; if that is only that each conversation is another matter, all that slips save."""
    fitting, left = _simplest(withstood.exact), _simplest(withstood.findings)
    if any(NEVER_ALONE.isdisjoint(one) for one in fitting):
        return fitting
    return [*fitting, *(one for one in left if one not in fitting)]


def _simplest(findings: Findings) -> list[Hypothesis]:
    """The smallest explanations that are left; what needs no strangers first."""
    least = smallest(findings.undominated)
    return sorted(least, key=lambda one: findings.possible[one].excuses)


def _notes(seen: Sequence[Observation], selection: Selection) -> Iterator[Note]:
    """What weakens the comparison, the gravest first."""
    if any(one.simulated for one in seen):
        yield Note(id="simulated")
    seen = one_world(seen)
    if any(one.chained_proxy for one in seen):
        yield Note(id="chained_proxy")
    if len({one.who.install for one in seen}) == 1:
        yield Note(id="one_install")
    if any(one.who.address is None for one in seen):
        yield Note(id="address_not_known")
    if unknown := sum(one.count for one in seen if one.tier == "unknown"):
        yield Note(id="unknown_base", exchanges=unknown)
    by_label: dict[str, set[str]] = {}
    for one in seen:
        if one.who.network is not None and one.who.address is not None:
            by_label.setdefault(one.who.network, set()).add(one.who.address)
    for label, found in sorted(by_label.items()):
        if len(found) > 1:
            yield Note(id="label", label=label, addresses=len(found))
    if len({one.origin for one in selection.limiters}) > 1:
        yield Note(id="several_limiters")
