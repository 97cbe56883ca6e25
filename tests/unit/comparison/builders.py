"""Observations in few words: a day on which an install called `one` asks from `home`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.comparison.experiments import Start, baseline, start_of
from pawwork_proxy.comparison.selection import Limiter, select
from pawwork_proxy.model.observation import ABSENT, SEVERAL, Identities, Observation
from pawwork_proxy.model.verdict import Comparison, Finding, LimiterFindings, Verdict
from pawwork_proxy.report.answer import answer_of

MORNING = datetime(2026, 6, 3, 9, 0, tzinfo=UTC)

PLAIN = Identities.model_validate(
    dict.fromkeys(Identities.model_fields, "the same for all")
    | {
        "network": "home",
        "address": "ip:home",
        "prefix": "ip:home",
        "family": "ipv4",
        "region": "FRA",
        "key": ABSENT,
        "auth_kind": "none",
        "workspace": ABSENT,
        "device": "device:a",
        "install": "one",
        "session": "ses:one",
        "project": "global",
        "model": "big-pickle",
        "model_group": "bi",
        "client": "desktop",
        "user_agent": "opencode/1.16.2",
        "instrument": "intercepting",
    }
)
"""A dimension that is added later has one value everywhere, so that it settles nothing here."""
OFFICE: dict[str, Any] = {"network": "office", "address": "ip:office", "prefix": "ip:office"}
TWO: dict[str, Any] = {"install": "two", "session": "ses:two"}
INSIDE: dict[str, Any] = {"instrument": "untouched", "session": "ses:inside"}
"""The same client started anew and observed untouched."""
SAVED_KEY: dict[str, Any] = {"key": "key:mine", "auth_kind": "user_key", "workspace": "wrk:mine"}


class Diary:
    """Writes observations down one after the other, ten seconds apart."""

    def __init__(self, capture: str = "c1", start: datetime = MORNING, seq: int = 0) -> None:
        self.capture = capture
        self.clock = start
        self.seq = seq
        self.seen: list[Observation] = []

    def admitted(self, times: int = 1, /, **changes: Any) -> Diary:
        """So many answers."""
        for _ in range(times):
            self._note("success", "ok", "none", changes)
        return self

    def refused(self, times: int = 1, /, **changes: Any) -> Diary:
        """So many refusals of the daily free quota."""
        for _ in range(times):
            self._note("free_usage_limit", "quota", "utc_day", changes)
        return self

    def other(self, kind: str, family: str, /, **changes: Any) -> Diary:
        """Something else happened."""
        self._note(kind, family, "none", changes)
        return self

    def later(self, **delta: float) -> Diary:
        """Let time pass."""
        self.clock += timedelta(**delta)
        return self

    def _note(self, kind: str, family: str, cadence: str, changes: dict[str, Any]) -> None:
        self.seq += 1
        self.clock += timedelta(seconds=10)
        own = {name: changes[name] for name in changes if name in Observation.model_fields}
        who = {name: changes[name] for name in changes if name not in own}
        if "ip_family" in who:
            who["family"] = who.pop("ip_family")
        fields: dict[str, Any] = {
            "capture": self.capture,
            "seq": self.seq,
            "started_at": self.clock,
            "answered_at": self.clock + timedelta(seconds=1),
            "ended_at": self.clock + timedelta(seconds=2),
            "kind": kind,
            "family": family,
            "cadence": cadence,
            **own,
        }
        sent = {"request": f"msg:{self.capture}:{self.seq}", **who}
        self.seen.append(Observation(**fields, who=PLAIN.model_copy(update=sent)))


def repeated(seen: Sequence[Observation]) -> list[Observation]:
    """The same study once more two days later, in other captures and with other prompts."""
    return [*seen, *map(_again, seen)]


def _again(one: Observation) -> Observation:
    later = timedelta(days=2)
    times = {"started_at": one.started_at + later, "ended_at": one.ended_at + later}
    for name in ("answered_at", "reset_at"):
        if (moment := getattr(one, name)) is not None:
            times[name] = moment + later
    request = one.who.request
    known = request in {None, ABSENT, SEVERAL}
    who = one.who.model_copy(update={} if known else {"request": f"{request}:again"})
    action = one.action and f"{one.action}:again"
    names = {"capture": f"{one.capture}-again", "action": action, "who": who}
    return one.model_copy(update={**times, **names})


def answered(comparison: Comparison) -> str:
    """What the answer says first."""
    answer = answer_of(comparison)
    return " ".join(filter(None, (answer.instrument, answer.headline)))


def limiter(seen: list[Observation]) -> Limiter:
    """The only limiter that these observations are about."""
    (found,) = select(seen).limiters
    return found


def limit(**found: Finding) -> LimiterFindings:
    """Findings on Zen's limiter that say this and nothing else."""
    return LimiterFindings(
        origin="zen",
        server_era="V3",
        cadence="utc_day",
        windows=("2026-06-03",),
        admitted=0,
        refused=0,
        verdicts=tuple(
            Verdict(
                dimension=row.name,
                finding=found.get(row.name, "undetermined"),
                reason="untested",
                ground="one_value",
                reach="wider" if found.get(row.name) == "does_not_follow" else "",
                values_seen=0,
                independent=0,
            )
            for row in DIMENSIONS
        ),
        hypotheses=(("address",),),
        thresholds=(),
        early_refusals=(),
    )


def begun(found: Limiter) -> Start:
    """What trials start from, where somebody was refused."""
    refused = baseline(found)
    assert refused is not None
    return start_of(found, refused)
