"""All errors of a paste in short: when, what, how often.

Invariant: what is missing of the list, or of the text, is said.
"""

from collections.abc import Iterator
from datetime import datetime

from pawwork_proxy.pastes.findings import Finding, Findings

_SHOWN = ("kind", "family", "origin", "provider", "error_type", "rule_id", "retry_after_s",
          "reset_at", "reset_cadence")  # fmt: skip
MOST_LINES = 20


def finding_object(finding: Finding) -> dict[str, object]:
    """One finding for a program."""
    return {
        **finding.outcome.model_dump(mode="json", include=set(_SHOWN)),
        "count": finding.count,
        "first": finding.first.isoformat() if finding.first else None,
        "last": finding.last.isoformat() if finding.last else None,
        "cut": list(finding.cuts),
    }


def findings_lines(findings: Findings) -> Iterator[str]:
    """A line for each finding where there are several, oldest first."""
    if not findings.text:
        yield "This is no text; nothing of it was read."
    found = findings.found
    if found and found[-1].cuts:
        where = " and at its ".join(found[-1].cuts)
        yield f"The last error is cut at its {where}: the rest is not known."
    total = sum(one.count for one in found)
    if total < 2:
        return
    yield f"{total} errors, in the order of the text; the last one in full below:"
    before = findings.left_out + max(0, len(found) - MOST_LINES)
    if before:
        yield f"  (before these, {before} more changes of kind)"
    wide = max(len(one.outcome.kind) for one in found)
    for one in found[-MOST_LINES:]:
        times = "once" if one.count == 1 else f"{one.count} times"
        yield f"  {_span(one):<39}  {one.outcome.kind:<{wide}}  {times}"
    yield ""


def _span(finding: Finding) -> str:
    first, last = _time(finding.first), _time(finding.last)
    return first if first == last else f"{first} - {last}"


def _time(moment: datetime | None) -> str:
    return "no time" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")
