"""From the hypotheses that are left to a verdict per dimension, each with rows to check by hand.

`follows D`: every hypothesis that withstands one slip (`withstand`) has D in it, and two rows show
it whose values of D are known and differ. That nothing else is left to explain the rows is no proof
by itself. `does_not_follow D`: none has D in it. Either the server's pools reach across values of D
(wider), or they are cut by something that D only summarises (narrower: a quota per address does not
follow the address family). All else is `undetermined`, also what one observation alone shows.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from pawwork_proxy.comparison.contrasts import closest, contrast, gap_s, held
from pawwork_proxy.comparison.dimensions import BUCKET, CALLER, DIMENSIONS
from pawwork_proxy.comparison.elimination import Conflict, Findings
from pawwork_proxy.comparison.evidence import Evidence
from pawwork_proxy.comparison.hypotheses import GLOBAL, MODELS, Hypothesis, named, smallest
from pawwork_proxy.comparison.requests import differing
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.withstand import NEVER_ALONE, Withstood
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import REASONS, AssumptionId, Finding, Ground, Reach, Verdict

PLACE = frozenset({"address", "prefix"})
CONTRASTS_SHOWN = 3


def verdicts(limiter: Limiter, withstood: Withstood) -> tuple[Verdict, ...]:
    """One verdict per dimension, in the table's order."""
    evidence = Evidence(
        row for row in limiter.rows if row.part != "maybe" and row not in withstood.odd
    )
    left, exact = withstood.findings, withstood.exact
    found = []
    for row in DIMENSIONS:
        verdict = _verdict(row.name, left.undominated, left, evidence)
        if verdict.finding == "undetermined" and exact.possible:
            verdict = _verdict(row.name, exact.undominated, exact, evidence)
            if verdict.finding != "undetermined":
                verdict = _by_one_observation(verdict)
        found.append(verdict)
    return tuple(found)


def _by_one_observation(verdict: Verdict) -> Verdict:
    """A verdict that one slip would undo: what it rests on is shown, and nothing is claimed."""
    unrecorded = verdict.finding == "follows" and verdict.dimension in NEVER_ALONE
    ground: Ground = "unrecorded_change" if unrecorded else "one_observation"
    return verdict.model_copy(
        update={
            "finding": "undetermined",
            "reason": REASONS[ground],
            "ground": ground,
            "narrower_by": None,
            "reach": "",
            "assumptions": (),
        }
    )


def contains(hypothesis: Hypothesis, dimension: DimensionName) -> bool:
    """Whether a hypothesis says that the limit follows the dimension."""
    if dimension == "network":
        return bool(hypothesis & (PLACE | {CALLER}))
    if dimension in {"key", "address"}:
        return bool(hypothesis & {dimension, CALLER})
    if dimension == "global":
        return hypothesis == GLOBAL
    return dimension in hypothesis


def _verdict(
    dimension: DimensionName,
    possible: Sequence[Hypothesis],
    findings: Findings,
    evidence: Evidence,
) -> Verdict:
    tried = any(contains(one, dimension) for one in (*possible, *findings.ruled_out))
    finding = _finding(dimension, possible) if tried else "undetermined"
    values = set() if dimension == "global" else evidence.values(dimension) - {None}
    narrower: DimensionName | None = None
    rivals: tuple[DimensionName, ...] = ()
    ground: Ground = "separate_pools"
    if not tried:
        ground = "only_ipv4"
    elif finding == "undetermined":
        ground, rivals = _open(dimension, possible, evidence, len(values))
    elif finding == "does_not_follow":
        ground, narrower = _not_followed(dimension, possible)
    chosen = _chosen(dimension, finding, ground, findings, possible, narrower)
    if finding == "follows" and chosen:
        chosen = closest(chosen, evidence)
        if not (used := _once_admitted(dimension, chosen, evidence)):
            finding, ground = "undetermined", "always_refused"
        chosen = used
    if finding == "follows" and not chosen:
        # Nothing else is left to explain the rows, but no pair of known values shows it.
        finding, ground = (
            "undetermined",
            ("unrecorded_change" if len(values) < 2 else "no_known_pair"),
        )
    return Verdict(
        dimension=dimension,
        finding=finding,
        reason=REASONS[ground],
        ground=ground,
        narrower_by=narrower,
        confounded_with=rivals,
        reach=_reach(dimension, finding, ground, chosen, possible),
        values_seen=len(values),
        independent=len({one.deciding.action for one in chosen}),
        repeated=finding == "follows" and any(held(one, evidence) for one in chosen),
        gap_s=gap_s(chosen[0]) if chosen and chosen[0].shows == "separate" else None,
        evidence=tuple(contrast(dimension, one, evidence) for one in chosen[:CONTRASTS_SHOWN]),
        assumptions=_assumptions(
            finding, chosen, by_counts=_by_counts(dimension, finding, findings)
        ),
    )


def _finding(dimension: DimensionName, possible: Sequence[Hypothesis]) -> Finding:
    if not possible or (
        dimension in MODELS and any(BUCKET in hypothesis for hypothesis in possible)
    ):
        return "undetermined"
    says = {contains(hypothesis, dimension) for hypothesis in possible}
    if says == {True}:
        return "follows"
    return "does_not_follow" if says == {False} else "undetermined"


def _named_models(possible: Iterable[Hypothesis]) -> bool:
    """Whether models, or their groups, explain the rows by themselves."""
    return any(not MODELS.isdisjoint(hypothesis) for hypothesis in possible)


def _open(
    dimension: DimensionName,
    possible: Sequence[Hypothesis],
    evidence: Evidence,
    values: int,
) -> tuple[Ground, tuple[DimensionName, ...]]:
    """Why there is no verdict, and from which other dimensions this one cannot be told."""
    some_unknown = dimension != "global" and None in evidence.values(dimension)
    if not possible:
        return "nothing_fits", ()
    if dimension in MODELS and any(BUCKET in hypothesis for hypothesis in possible):
        return ("models_in_part" if _named_models(possible) else "models_differ"), ()
    if dimension != "global" and values < 2:
        return "not_known" if some_unknown else "one_value", ()
    if GLOBAL in possible:
        return "global_fits", ()
    least = smallest(possible)
    with_it = [hypothesis for hypothesis in least if contains(hypothesis, dimension)]
    without = [hypothesis for hypothesis in least if not contains(hypothesis, dimension)]
    if with_it and without:
        rivals = frozenset().union(*without) - frozenset.intersection(*least)
        return "confounded", tuple(row.name for row in DIMENSIONS if row.name in rivals)
    if some_unknown:
        return "not_in_every_row", ()
    by_caller = all(CALLER in one for one in possible if contains(one, dimension))
    return "by_caller" if by_caller else "used_by_others", ()


def _not_followed(
    dimension: DimensionName, possible: Sequence[Hypothesis]
) -> tuple[Ground, DimensionName | None]:
    """Why a dimension is not followed, and by which dimension the pools are cut, if by one."""
    if dimension == "global":
        return "several_pools", None
    common = frozenset.intersection(*smallest(possible))
    narrower = [row.name for row in DIMENSIONS if row.name in common and dimension in row.fixes]
    return ("narrower_pools", narrower[0]) if narrower else ("not_part", None)


def _once_admitted(
    dimension: DimensionName, chosen: Sequence[Conflict], evidence: Evidence
) -> list[Conflict]:
    """Those whose refused one was admitted at some time: a gate does not explain them."""
    names = PLACE if dimension == "network" else {dimension}
    return [
        one
        for one in chosen
        if any(one.rows[-2].value(name) in evidence.values(name, "admitted") for name in names)
    ]


def _reach(
    dimension: DimensionName,
    finding: Finding,
    ground: Ground,
    chosen: Sequence[Conflict],
    possible: Sequence[Hypothesis],
) -> Reach:
    """How it does not follow: pools reach across values where one without use was refused.

    As long as some explanation cuts pools finer than the dimension, no refusal shows that.
    """
    if finding != "does_not_follow":
        return ""
    finer = {row.name for row in DIMENSIONS if dimension in row.fixes}
    if ground != "not_part" or not any(finer.isdisjoint(one) for one in possible):
        return "narrower"
    across = all(finer.isdisjoint(named(one)) for one in possible)
    return "wider" if across and any(one.shows == "shared" for one in chosen) else ""


def _chosen(
    dimension: DimensionName,
    finding: Finding,
    ground: Ground,
    findings: Findings,
    possible: Sequence[Hypothesis],
    narrower: DimensionName | None,
) -> list[Conflict]:
    """The conflicts behind a verdict, the plainest first."""
    without = [k for k in findings.ruled_out if not contains(k, dimension)]
    with_it = [k for k in findings.ruled_out if contains(k, dimension)]
    if finding == "follows":
        needed = PLACE if dimension == "network" else {dimension}
        found = _plainest(dimension, without, findings)
        return [
            one
            for one in found
            if one.shows != "shared" and not needed.isdisjoint(differing(*one.rows[-2:]))
        ]
    if finding == "does_not_follow":
        added = [k for k in with_it if _rest(k, dimension) in possible]
        single = [k for k in with_it if len(k) <= 1]
        # What explains the rows with the narrower one in its place shows why this one does not.
        cut = [k for k in with_it if narrower and _rest(k, dimension) | {narrower} in possible]
        return _plainest(dimension, cut or added or single, findings)
    if not possible:
        every = _plainest(dimension, findings.ruled_out, findings, named=False)
        kinds = dict.fromkeys(one.shows for one in every)
        return [next(one for one in every if one.shows == kind) for kind in kinds]
    if ground == "models_in_part":
        return _plainest(dimension, without, findings)
    if ground == "models_differ":
        return [
            *_plainest(dimension, without, findings)[:1],
            *_plainest(dimension, with_it, findings)[:1],
        ]
    return []


def _rest(hypothesis: Hypothesis, dimension: DimensionName) -> Hypothesis:
    return hypothesis - (PLACE if dimension == "network" else {dimension})


def _plainest(
    dimension: DimensionName,
    hypotheses: Iterable[Hypothesis],
    findings: Findings,
    *,
    named: bool = True,
) -> list[Conflict]:
    """Conflicts sorted by how little their rows differ in; if named, the dimension's own first."""
    unique = {one.rows: one for hypothesis in hypotheses for one in findings.ruled_out[hypothesis]}

    def rank(one: Conflict) -> tuple[bool, int, float, int]:
        shown = differing(*one.rows[-2:])
        seen = one.deciding.seen
        return (named and dimension not in shown, len(shown), one.deciding.start, seen.seq)

    return sorted(unique.values(), key=rank)


def _by_counts(dimension: DimensionName, finding: Finding, findings: Findings) -> bool:
    """Whether something says otherwise that no rows rule out, but counts over days."""
    return any(
        not conflicts and contains(one, dimension) != (finding == "follows")
        for one, conflicts in findings.ruled_out.items()
    )


def _assumptions(
    finding: Finding, chosen: Sequence[Conflict], *, by_counts: bool
) -> tuple[AssumptionId, ...]:
    if finding == "undetermined":
        return ()
    found: list[AssumptionId] = ["two_parts", "recorded_values"]
    for one in chosen[:CONTRASTS_SHOWN]:
        match one.shows:
            case "separate":
                found.append("no_early_reset")
            case "opposed":
                found.extend(("no_early_reset", "same_order"))
            case "shared":
                found.extend(("all_captured", "own_values"))
                if one.own:
                    found.append("uniform")
            case _:
                assert_never(one.shows)
        if one.shows == "shared" and one.deciding.seen.exclusive:
            found.append("alone")
    if by_counts:
        found.append("no_crowd")
    return tuple(dict.fromkeys(found))
