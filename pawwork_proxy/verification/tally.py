"""Counts the lines of a bundle again, and says where manifest and summary tell otherwise.

What follows from the records alone is held against them whichever version made the bundle. What
rules of outcomes add to the summary is judged anew only if this version made it. The fields about
the sender's machine (system, processor, Python, lines that could not be read) have closed forms,
and nothing to be held against.
Invariant: pure; shares no code with what made the bundle.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

import pawwork_proxy
from pawwork_proxy.model.capture import CaptureLine, Header, Note, Opened, Stub, StubReason
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.handshake import Connection
from pawwork_proxy.model.manifest import CheckName, Manifest, Summary, SupportRow, Window
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.outcomes.rules import judge

_CHECKS: frozenset[CheckName] = frozenset(
    ("limits", "hashes", "schema", "own-rules", "known-secrets")
)
_OF_RULES = ("outcome", "error_type", "retry_after_s", "reset_at")
"""Fields of a row that another version may judge otherwise."""
_GROUPED = frozenset(SupportRow.model_fields) - {
    "count", "first_seen", "last_seen", "retry_after_s", "reset_at",
}  # fmt: skip
"""Fields that exchanges of one row have in common."""

_Name = TypeVar("_Name", bound=str)
_Rows = dict[tuple[object, ...], tuple[int, datetime, datetime]]


class Tally:
    """What all lines of the captures in a bundle come to."""

    def __init__(self) -> None:
        self.records = 0
        self._outcomes: Counter[Kind] = Counter()
        self._suppressed: Counter[StubReason] = Counter()
        self._redacted: Counter[str] = Counter()
        self._in_part = self._lost = 0
        self._simulated = self._has_ray = False
        self._schema = 0
        self._window: Window | None = None
        self._rows: dict[tuple[object, ...], SupportRow] = {}

    def add(self, line: CaptureLine) -> None:
        """Take a line, in the order of the captures."""
        match line:
            case Header():
                self._simulated |= line.simulated
                self._schema = max(self._schema, line.schema_version)
            case Note(event="records_lost"):
                self._lost += line.count or 0
            case Exchange():
                self._count(line.timing.started_at)
                self._outcomes[line.outcome.kind] += 1
                self._in_part += line.signals.unobserved is not None
                for one in line.redactions:
                    self._redacted[one.rule] += one.count
                self._has_ray |= line.response is not None and line.response.cf_ray is not None
                self._add_row(line)
            case Stub() | Opened() | Connection():
                self._count(line.at)
                if isinstance(line, Stub):
                    self._suppressed[line.reason] += 1

    def wrong_in_manifest(self, stated: Manifest, size: int) -> Iterator[str]:
        """The fields of a manifest that the lines, or the file's size, contradict."""
        names = [check.name for check in stated.checks]
        cut, window = stated.cut, self._window
        for field, right in (
            ("created_at", not (stated.created_at.second or stated.created_at.microsecond)),
            ("schema_version", stated.schema_version >= self._schema),
            ("simulated", stated.simulated is self._simulated),
            ("unlinkable", not (stated.unlinkable and self._has_ray)),
            ("records", stated.records == self.records),
            ("window", stated.window == self._window),
            ("outcomes", _is_sorted(stated.outcomes, self._outcomes)),
            ("suppressed", _is_sorted(stated.suppressed, self._suppressed)),
            ("lost", stated.lost == self._lost),
            ("observed_in_part", stated.observed_in_part == (self._in_part or None)),
            ("redacted", _is_sorted(stated.redacted, self._redacted)),
            ("cut", cut is None or (cut.records > 0 and size <= cut.limit_bytes
                                    and (window is None or cut.up_to <= window.first))),
            ("files", [file.name for file in stated.files] == sorted(f.name for f in stated.files)),
            ("checks", len(set(names)) == len(names) and set(names) >= _CHECKS),
        ):  # fmt: skip
            if not right:
                yield field

    def agrees(self, summary: Summary, version: str) -> bool:
        """Whether a summary is that of the exchanges, as the version that made it judges them."""
        ours, theirs = self._rows.values(), summary.rows
        if version == pawwork_proxy.__version__:
            return sorted(map(repr, ours)) == sorted(map(repr, theirs))
        return _without_rules(ours) == _without_rules(theirs)

    def _count(self, at: datetime) -> None:
        self.records += 1
        first, last = (self._window.first, self._window.last) if self._window else (at, at)
        if self._window is None or not first <= at <= last:
            self._window = Window(first=min(first, at), last=max(last, at))

    def _add_row(self, exchange: Exchange) -> None:
        outcome, response = judge(exchange.signals), exchange.response
        at = exchange.timing.started_at
        row = SupportRow(
            install=exchange.context.install,
            install_id=exchange.context.install_id,
            tier=exchange.request.tier,
            model=exchange.request.model,
            auth_kind=exchange.auth.kind,
            auth_source=exchange.auth_source.source,
            status=response.status if response else None,
            observed_in_part=None if exchange.signals.unobserved is None else True,
            count=1,
            first_seen=at,
            last_seen=at,
            outcome=outcome.kind,
            error_type=outcome.error_type,
            retry_after_s=outcome.retry_after_s,
            reset_at=outcome.reset_at,
        )
        key = tuple(getattr(row, name) for name in _GROUPED)
        if before := self._rows.get(key):
            times = {
                "count": before.count + 1,
                "first_seen": min(before.first_seen, at),
                "last_seen": max(before.last_seen, at),
            }
            row = (row if at >= before.last_seen else before).model_copy(update=times)
        self._rows[key] = row


def _is_sorted(stated: Mapping[_Name, int], counted: Mapping[_Name, int]) -> bool:
    """Whether counts are those counted here, by name: an order of one's own could say something."""
    return list(stated.items()) == sorted(counted.items())


def _without_rules(rows: Iterable[SupportRow]) -> _Rows:
    """Count, first and last time of what rows have in common beside what rules judge."""
    together: _Rows = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in _GROUPED.difference(_OF_RULES))
        count, first, last = together.get(key, (0, row.first_seen, row.last_seen))
        together[key] = (count + row.count, min(first, row.first_seen), max(last, row.last_seen))
    return together
