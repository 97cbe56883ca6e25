"""From the keyings that are left to a verdict per dimension, each with rows to check by hand.

`follows D`: every keying left has D in it, and rows show it whose values of D are known and differ:
that nothing else is left to explain the rows is no proof. `does_not_follow D`: none has. Either the
server's pools reach across values of D (wider), or they are cut by something that D only summarises
(narrower: a quota per address does not follow the address family). All else is `undetermined`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from pawwork_proxy.comparison.contrasts import contrast, differing
from pawwork_proxy.comparison.dimensions import BUCKET, CALLER, DIMENSIONS, title
from pawwork_proxy.comparison.elimination import Conflict, Findings
from pawwork_proxy.comparison.keyings import GLOBAL, MODELS, Keying, smallest, undominated
from pawwork_proxy.comparison.selection import Row, Stratum, known_values
from pawwork_proxy.model.observation import DimensionName
from pawwork_proxy.model.verdict import Finding, Reason, Verdict

PLACE = frozenset({"address", "prefix"})
CONTRASTS_SHOWN = 3
ONLY_IPV4 = "No IPv6 address was seen; for IPv4 the prefix is the address itself."


def verdicts(stratum: Stratum, findings: Findings) -> tuple[Verdict, ...]:
    """One verdict per dimension, in the table's order."""
    alive = undominated(findings.alive)
    evidence = [row for row in stratum.rows if row.part != "maybe"]
    return tuple(_verdict(row.name, alive, findings, evidence) for row in DIMENSIONS)


def contains(keying: Keying, dimension: DimensionName) -> bool:
    """Whether a keying says that the limit follows the dimension."""
    if dimension == "network":
        return bool(keying & (PLACE | {CALLER}))
    if dimension in {"key", "address"}:
        return bool(keying & {dimension, CALLER})
    if dimension == "global":
        return keying == GLOBAL
    return dimension in keying


def _verdict(
    dimension: DimensionName,
    alive: Sequence[Keying],
    findings: Findings,
    evidence: Sequence[Row],
) -> Verdict:
    tried = any(contains(keying, dimension) for keying in (*alive, *findings.ruled_out))
    finding = _finding(dimension, alive) if tried else "undetermined"
    values = () if dimension == "global" else known_values(evidence, dimension)
    reason: Reason = "decided"
    words = ""
    confounded: tuple[DimensionName, ...] = ()
    if not tried:
        reason, words, confounded = "untested", ONLY_IPV4, ()
    elif finding == "undetermined":
        reason, words, confounded = _open(dimension, alive, evidence, len(values))
    chosen = _chosen(dimension, finding, reason, findings, alive)
    if finding == "follows" and not chosen:
        finding, (reason, words) = "undetermined", _unshown(dimension, len(values))
    shown = tuple(contrast(dimension, one, evidence) for one in chosen[:CONTRASTS_SHOWN])
    if finding != "undetermined":
        words = _decided_words(dimension, finding, alive, shown[0].words)
    return Verdict(
        dimension=dimension,
        finding=finding,
        reason=reason,
        words=words,
        confounded_with=confounded,
        values_seen=len(values),
        independent=len({one.deciding.action for one in chosen}),
        evidence=shown,
        assumptions=_assumptions(finding, chosen),
    )


def _finding(dimension: DimensionName, alive: Sequence[Keying]) -> Finding:
    if not alive or (dimension in MODELS and any(BUCKET in keying for keying in alive)):
        return "undetermined"
    says = {contains(keying, dimension) for keying in alive}
    if says == {True}:
        return "follows"
    return "does_not_follow" if says == {False} else "undetermined"


def _open(
    dimension: DimensionName,
    alive: Sequence[Keying],
    evidence: Sequence[Row],
    values: int,
) -> tuple[Reason, str, tuple[DimensionName, ...]]:
    """Why there is no verdict: reason, words, and what it cannot be told from."""
    name = title(dimension)
    if not alive:
        words = "No explanation fits all rows: a rule, an address or a label changed unnoticed."
        return "contradictory", words, ()
    if dimension in MODELS and any(BUCKET in keying for keying in alive):
        return "contradictory", "Some models share a pool and others do not; both are shown.", ()
    if dimension != "global" and values < 2:
        blank = any(row.value(dimension) is None for row in evidence)
        if blank:
            return "untested", f"The {name} is not known in these captures.", ()
        return "untested", f"Only one {name} was seen.", ()
    if GLOBAL in alive:
        return "insufficient", "One pool for everybody would still explain every row.", ()
    least = smallest(alive)
    with_it = [keying for keying in least if contains(keying, dimension)]
    without = [keying for keying in least if not contains(keying, dimension)]
    if with_it and without:
        rivals = frozenset().union(*without) - frozenset.intersection(*least)
        names = tuple(row.name for row in DIMENSIONS if row.name in rivals)
        listed = ", ".join(title(rival) for rival in names)
        return "confounded", f"Cannot be told from: {listed}.", names
    words = f"No row shows whether the {name} matters in addition"
    if any(row.value(dimension) is None for row in evidence):
        return "insufficient", f"{words}; it is not known in every row.", ()
    return "insufficient", f"{words}: others may have used up what was refused.", ()


def _unshown(dimension: DimensionName, values: int) -> tuple[Reason, str]:
    """Why the only explanation that is left does not count."""
    name = title(dimension)
    if values < 2:
        known = "not known in these captures" if values == 0 else "the same in all rows"
        return "untested", (
            f"Only another {name} would explain the rows, and it is {known}: something else, "
            "which is not recorded, may have changed."
        )
    return "insufficient", (
        f"Only the {name} would explain the rows, but none shows an admission after a refusal of "
        "another known one."
    )


def _chosen(
    dimension: DimensionName,
    finding: Finding,
    reason: Reason,
    findings: Findings,
    alive: Sequence[Keying],
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
        added = [k for k in with_it if _rest(k, dimension) in alive]
        alone = [k for k in with_it if len(k) <= 1]
        return _plainest(dimension, added or alone, findings)
    if not alive:
        every = _plainest(dimension, findings.ruled_out, findings, named=False)
        kinds = dict.fromkeys(one.shows for one in every)
        return [next(one for one in every if one.shows == kind) for kind in kinds]
    if reason == "contradictory":
        return [
            *_plainest(dimension, without, findings)[:1],
            *_plainest(dimension, with_it, findings)[:1],
        ]
    return []


def _rest(keying: Keying, dimension: DimensionName) -> Keying:
    return keying - (PLACE if dimension == "network" else {dimension})


def _plainest(
    dimension: DimensionName,
    keyings: Iterable[Keying],
    findings: Findings,
    *,
    named: bool = True,
) -> list[Conflict]:
    """Conflicts sorted by how little their rows differ in; if named, the dimension's own first."""
    unique = {one.rows: one for keying in keyings for one in findings.ruled_out[keying]}

    def rank(one: Conflict) -> tuple[bool, int, float, int]:
        shown = differing(*one.rows[-2:])
        seen = one.deciding.seen
        return (named and dimension not in shown, len(shown), one.deciding.start, seen.seq)

    return sorted(unique.values(), key=rank)


def _decided_words(
    dimension: DimensionName, finding: Finding, alive: Sequence[Keying], example: str
) -> str:
    name = title(dimension)
    if finding == "follows":
        return f"Another {name}, another pool. {example}"
    if dimension == "global":
        return f"There is more than one pool. {example}"
    common = frozenset.intersection(*alive)
    narrower = [row.title for row in DIMENSIONS if row.name in common and dimension in row.fixes]
    if narrower:
        return f"The pools are narrower: by {narrower[0]}. {example}"
    return f"Not part of what the pool is chosen by. {example}"


def _assumptions(finding: Finding, chosen: Sequence[Conflict]) -> tuple[str, ...]:
    if finding == "undetermined":
        return ()
    found = ["two_parts", "recorded_values"]
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
        if one.shows == "shared" and one.deciding.seen.alone:
            found.append("alone")
    return tuple(dict.fromkeys(found))
