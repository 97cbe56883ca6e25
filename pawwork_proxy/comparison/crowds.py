"""Pools that a crowd shares are not used up at one number of our own requests day by day.

Two networks mostly reach two edge locations, so that contrasts cannot tell address and region
apart. Counts can: whoever was cut off at exactly five on each of seven days shared with nobody.
Invariant: this rules out a region only where something narrower explains all rows as well.
"""

from dataclasses import replace

from pawwork_proxy.comparison.columns import Columns
from pawwork_proxy.comparison.dimensions import BUCKET
from pawwork_proxy.comparison.elimination import Findings
from pawwork_proxy.comparison.hypotheses import MODELS, Hypothesis
from pawwork_proxy.comparison.selection import Limiter
from pawwork_proxy.comparison.thresholds import cut_off, thresholds
from pawwork_proxy.model.observation import ABSENT, PUBLIC

REGION = "region"
CROWDS = MODELS | {REGION, BUCKET, "family", "auth_kind", "client", "user_agent", "instrument"}
"""What strangers without number have in common with us at one edge location."""
EVERYBODYS = frozenset({ABSENT, PUBLIC, "global"})
"""Values that strangers without number have."""
WINDOWS = 7
"""In so many windows chance does not leave a crowd's pool to one number of our own requests."""


def without_crowds(findings: Findings, limiter: Limiter, columns: Columns) -> Findings:
    """Findings without the regions that counts rule out."""
    common = CROWDS | {
        name
        for name in ("key", "workspace", "project", "session", "request")
        if all(row.value(name) in EVERYBODYS for row in limiter.rows)
    }
    crowded = [one for one in findings.possible if REGION in one and common.issuperset(one)]
    if all(REGION in one or common.issuperset(one) for one in findings.possible):
        return findings
    known: dict[object, bool] = {}
    for one in crowded:
        signature = columns.signature(one)
        if signature not in known:
            known[signature] = _is_regular(one, limiter)
    gone = {one for one in crowded if known[columns.signature(one)]}
    return replace(
        findings,
        possible={one: how for one, how in findings.possible.items() if one not in gone},
        ruled_out=findings.ruled_out | dict.fromkeys(gone, ()),
    )


def _is_regular(hypothesis: Hypothesis, limiter: Limiter) -> bool:
    """Whether its pools were always used up at one number of our own requests."""
    found = cut_off(thresholds(limiter, hypothesis))
    return found is not None and found.windows == found.of >= WINDOWS
