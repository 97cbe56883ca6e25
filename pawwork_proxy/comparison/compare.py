"""Observations in, the whole answer out.

Invariant: the result depends on what was observed only, not on the order in which it is given.
"""

from __future__ import annotations

from collections.abc import Iterable

from pawwork_proxy.comparison.answer import answer, assumptions, options
from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.comparison.elimination import eliminate
from pawwork_proxy.comparison.experiments import next_experiment
from pawwork_proxy.comparison.keyings import named, smallest, undominated
from pawwork_proxy.comparison.patterns import cadences, hours, noise_floor
from pawwork_proxy.comparison.selection import Selection, Stratum, select
from pawwork_proxy.comparison.thresholds import early_refusals, thresholds
from pawwork_proxy.comparison.verdicts import verdicts
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison, Experiment, LimitFindings, Meaning

NOTHING_REFUSED = Experiment(
    id="wait_for_refusal",
    title="Go on capturing until somebody is refused",
    why="Without a refusal nothing can be compared.",
    steps=(
        "Capture two or more installs in ordinary use, with the egress probe; do not force it.",
        "When one is refused, ask once with each of the others before the next reset.",
        "Compare all captures.",
    ),
    commands=(
        "pawwork-proxy run --install one --install two --network NETWORK --egress-probe",
        "pawwork-proxy compare captures/",
    ),
    meanings=(
        Meaning(result="admitted", words="That install draws on another pool."),
        Meaning(result="refused", words="Both draw on one pool, or on two that are used up."),
    ),
    requests=1,
    settles=0.0,
)


def compare(
    observations: Iterable[Observation],
    unrecorded: Iterable[Observation] = (),
    *,
    plan: bool = True,
) -> Comparison:
    """Compare any number of observations; `plan=False` leaves the next experiments out.

    `unrecorded` stand for requests without a record, which may have been counted.
    """
    seen = tuple(observations)
    selection = select(seen, unrecorded)
    limits = tuple(judge(stratum, plan=plan) for stratum in selection.strata)
    planned = next((one.next_experiment for one in limits if one.next_experiment), None)
    if plan and not limits:
        planned = NOTHING_REFUSED
    return Comparison(
        answer=_answer(limits, seen),
        simulated=any(one.simulated for one in seen),
        exchanges=sum(one.count for one in seen),
        evidence=selection.evidence,
        limits=limits,
        options=options(limits),
        cadence=cadences(seen),
        hours=hours(seen),
        noise=noise_floor(selection.strata),
        exclusions=selection.exclusions,
        assumptions=assumptions(limits),
        client_eras=tuple(sorted({one.client_era for one in seen})),
        notes=_notes(seen, selection),
        next_experiment=planned,
    )


def judge(stratum: Stratum, *, plan: bool = True) -> LimitFindings:
    """Everything about one limiter."""
    findings = eliminate(stratum)
    found = verdicts(stratum, findings)
    explanations = sorted(
        smallest(undominated(findings.alive)), key=lambda keying: findings.alive[keying].strain
    )
    early = early_refusals(stratum)
    return LimitFindings(
        origin=stratum.origin,
        server_era=stratum.server_era,
        cadence=stratum.cadence,
        windows=tuple(window.id for window in stratum.windows),
        admitted=sum(row.seen.count for row in stratum.part("admitted")),
        refused=sum(row.seen.count for row in stratum.part("refused")),
        answer=answer(stratum, found, explanations, early),
        verdicts=found,
        explanations=tuple(
            tuple(row.name for row in DIMENSIONS if row.name in named(keying))
            for keying in explanations
        ),
        thresholds=thresholds(stratum, explanations[0]) if explanations else (),
        early_refusals=early,
        next_experiment=next_experiment(stratum, findings, found) if plan else None,
    )


def _answer(limits: tuple[LimitFindings, ...], seen: tuple[Observation, ...]) -> str:
    if limits:
        return limits[0].answer
    if not seen:
        return "There are no exchanges to compare."
    if not any(one.kind == "free_usage_limit" for one in seen):
        return "Nobody was refused by a free quota: nothing can be said about what it follows."
    return "No refusal can be used as evidence: see the exclusions for the reasons."


def _notes(seen: tuple[Observation, ...], selection: Selection) -> tuple[str, ...]:
    notes = []
    if any(one.simulated for one in seen):
        notes.append("Simulated captures: this says nothing about the real server.")
    if any(one.chained_proxy for one in seen):
        notes.append("Some requests left through another proxy: its address is what counts.")
    if len({one.who.install for one in seen}) == 1:
        notes.append("Only one install was captured: nothing tells installs apart.")
    if any(one.who.address is None for one in seen):
        notes.append(
            "The egress address is not known for some requests (captured without the egress "
            "probe); labels of networks are never taken as proof."
        )
    by_label: dict[str, set[str]] = {}
    for one in seen:
        if one.who.network is not None and one.who.address is not None:
            by_label.setdefault(one.who.network, set()).add(one.who.address)
    notes.extend(
        f"The network label {label} stands for {len(found)} egress addresses."
        for label, found in sorted(by_label.items())
        if len(found) > 1
    )
    origins = {one.origin for one in selection.strata}
    if len(origins) > 1:
        notes.append("Refusals of several limiters were seen; each is compared by itself.")
    return tuple(notes)
