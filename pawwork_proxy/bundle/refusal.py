"""A finding in a bundle that was not written → an error in terms of what the user has.

No file of the bundle exists by then: what helps is the capture, its line, and how to leave it out.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from pawwork_proxy.bundle.selection import Part, Record
from pawwork_proxy.errors import BundleError
from pawwork_proxy.verification.scan import Finding

_MEMBER = re.compile(r"captures/(\d+)\.jsonl")
_ELSEWHERE = (
    "nothing was written. Leave captures or records out by naming files, --since, --until, "
    "--install or --outcome, and report the rule"
)


def refusal(finding: Finding, parts: Sequence[Part]) -> BundleError:
    """The error for a finding in the bundle made of `parts`; names no content."""
    match = _MEMBER.fullmatch(finding.member)
    if match is None or finding.line is None or not 1 <= int(match[1]) <= len(parts):
        return BundleError(_refused(finding.rule, finding.place), _ELSEWHERE)
    part = parts[int(match[1]) - 1]
    behind_header = finding.line - 2
    if behind_header < 0:
        return BundleError(
            _refused(finding.rule, f"{part.path}:1"),
            "nothing was written. The header names installs and the network: leave this capture "
            "out, or its install by --install, and record under plain names."
            + _own_name(finding.rule),
        )
    if behind_header >= len(part.records):
        return BundleError(
            _refused(finding.rule, f"{part.path} (a note or its end)"),
            "nothing was written. Leave this capture out, and report the rule",
        )
    record = part.records[behind_header]
    hint = _without(record) + _own_name(finding.rule)
    return BundleError(_refused(finding.rule, f"{part.path}:{record.number}"), hint)


def _own_name(rule: str) -> str:
    own = rule in ("own_user", "own_host")
    return " Perhaps a name you chose for an install or the network is your own." if own else ""


def _refused(rule: str, place: str) -> str:
    return f"the bundle is refused: rule {rule} at {place}"


def _without(record: Record) -> str:
    """How to make the same bundle without a record."""
    second = record.at.replace(microsecond=0, tzinfo=None)
    return (
        f"nothing was written. Leave record {record.seq} of {record.at:%Y-%m-%d %H:%M:%S} UTC out: "
        f"--until {second.isoformat()} keeps what came before, "
        f"--since {(second + timedelta(seconds=1)).isoformat()} what came after; or choose by "
        "--outcome or --install; and report the rule."
    )
