"""Studies of many kinds, and the answers to them as texts that a person has read.

`python -m tests.unit.report.answers` writes the texts anew; a look at their differences says what a
change does to what people read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.evidence import EvidenceRow
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Comparison, CutOff, OddRow, Rhythm
from pawwork_proxy.report.answer import answer_of
from pawwork_proxy.report.comparison_text import render_text
from pawwork_proxy.report.language import ENGLISH, Language, language
from tests.unit.comparison.builders import INSIDE, MORNING, Diary

TEXTS = Path(__file__).parents[2] / "data" / "answers"
BEIJING = timezone(timedelta(hours=8))
FILES = {"c1": "home.jsonl", "c2": "office.jsonl"}

A: dict[str, Any] = {"install": "laptop-a 111111", "session": "ses:a"}
B: dict[str, Any] = {"install": "laptop-b 222222", "session": "ses:b"}
FAR: dict[str, Any] = {"network": "office", "address": "ip:office", "prefix": "ip:office"}
KEY: dict[str, Any] = {"key": "key:a", "auth_kind": "user_key", "workspace": "wrk:a"}
OTHER_KEY: dict[str, Any] = {"key": "key:b", "auth_kind": "user_key", "workspace": "wrk:b"}
NO_ADDRESS: dict[str, Any] = {"address": None, "prefix": None, "ip_family": None}
HOME6: dict[str, Any] = {"ip_family": "ipv6", "address": "ip6:a", "prefix": "ip6p:home"}
SAME6: dict[str, Any] = {"ip_family": "ipv6", "address": "ip6:b", "prefix": "ip6p:home"}
FAR6: dict[str, Any] = {
    "network": "office", "ip_family": "ipv6", "address": "ip6:c", "prefix": "ip6p:office",
}  # fmt: skip


def shared_address(days: int = 3) -> list[Observation]:
    """Each day one install uses the quota up, the other meets that, and the office does not."""
    seen: list[Observation] = []
    for day in range(days):
        diary = Diary(start=MORNING + timedelta(days=day), seq=100 * day)
        one = {**A, "session": f"ses:a{day}"}
        two = {**B, "session": f"ses:b{day}"}
        diary.admitted(5, **one).refused(**one).refused(**two)
        diary.admitted(**one, **FAR).refused(**one)
        seen += diary.seen
    return seen


def on_sundays() -> list[Observation]:
    """A limit that was met on two Sundays only: it may be a daily or a weekly one."""
    seen: list[Observation] = []
    for week in range(2):
        sunday = MORNING + timedelta(days=4 + 7 * week)
        until = {"reset_at": sunday.replace(hour=0) + timedelta(days=1)}
        diary = Diary(start=sunday, seq=100 * week)
        one, two = ({**who, "session": f"ses:{week}"} for who in (A, B))
        diary.admitted(5, **one).refused(**one, **until).refused(**two, **until)
        seen += diary.admitted(**one, **FAR).refused(**one, **until).seen
    return seen


def per_key() -> list[Observation]:
    seen: list[Observation] = []
    for day in range(2):
        diary = Diary(start=MORNING + timedelta(days=day), seq=100 * day)
        diary.admitted(8, **A, **KEY).refused(**A, **KEY).refused(**B, **KEY)
        diary.admitted(**A, **OTHER_KEY).refused(**A, **KEY)
        seen += diary.seen
    return seen


def per_install() -> list[Observation]:
    seen: list[Observation] = []
    for day in range(2):
        diary = Diary(start=MORNING + timedelta(days=day), seq=100 * day)
        one, two = {**A, "session": f"ses:a{day}"}, {**B, "session": f"ses:b{day}"}
        again = {**A, "session": f"ses:again{day}"}
        diary.admitted(9, **one).refused(**one).refused(**again).refused(**again, **FAR)
        diary.admitted(**two).refused(**one)
        seen += diary.seen
    return seen


def per_conversation() -> list[Observation]:
    """Each used-up conversation is asked again after a new one was answered."""
    diary = Diary()
    for number in range(3):
        own, new = ({**A, "session": f"ses:{n}"} for n in (number, f"{number}b"))
        diary.admitted(6, **own).refused(**own).admitted(2, **new).refused(**own)
    return diary.seen


def per_model_group() -> list[Observation]:
    """Each group of models is used up once while the other one is still answered."""
    north = {"model": "north-free", "model_group": "no"}
    diary = Diary().admitted(7, **A).refused(**A).admitted(**A, **north)
    diary.refused(**A, model="bigger-free").later(days=1)
    return diary.admitted(7, **A, **north).refused(**A, **north).admitted(**A).seen


def key_makes_no_difference() -> list[Observation]:
    diary = Diary().admitted(9, **A).refused(2, **A).refused(2, **A, **KEY).admitted(2, **A, **FAR)
    return diary.refused(**A).seen


def prefix() -> list[Observation]:
    diary = Diary().admitted(9, **A, **HOME6).refused(2, **A, **HOME6).refused(**A, **SAME6)
    return diary.refused(2, **B, **SAME6).admitted(2, **A, **FAR6).refused(**A, **HOME6).seen


def relayed() -> list[Observation]:
    """OpenCode's own limit, and that of a provider behind it which a client of its own meets."""
    diary = Diary().admitted(9, **A).refused(2, **A).refused(2, **B).admitted(2, **A, **FAR)
    diary.refused(**A)
    other = {**A, "session": "ses:c", "user_agent": "other/1"}
    diary.other("free_usage_limit", "quota", origin="relayed:Console", cadence="utc_day", **other)
    return diary.seen


def with_limit(seen: list[Observation], **changes: Any) -> Comparison:
    """A comparison whose first limiter says more than these few rows could."""
    found = compare(seen, plan=False)
    first = found.limits[0]
    return found.model_copy(
        update={"limits": (first.model_copy(update=changes), *found.limits[1:])}
    )


def sure() -> Comparison:
    found = compare(shared_address(), plan=False).limits[0]
    verdicts = tuple(
        one.model_copy(
            update={
                "rival": ("install",), "rival_odds": 0.002, "gap_s": 20.0, "repeated": True,
                "independent": 7,
            }
        )
        if one.dimension in {"address", "install"}
        else one
        for one in found.verdicts
    )  # fmt: skip
    return with_limit(
        shared_address(),
        verdicts=verdicts,
        rhythm=Rhythm("utc_day", 86400.0, MORNING.replace(hour=0) + timedelta(days=3), True),
        cut_off=CutOff(at=5, windows=7, of=7),
    )


def odd() -> Comparison:
    row = EvidenceRow(
        capture="c1", seq=51, at=MORNING, part="refused", install=A["install"], network="home"
    )
    return with_limit(shared_address(), odd_rows=(OddRow(row=row, fits=("address",)),))


STUDIES: dict[str, Callable[[], list[Observation] | Comparison]] = {
    "shared-by-a-network-three-days": shared_address,
    "shared-by-a-network-sure": sure,
    "shared-by-a-network-one-row-odd": odd,
    "shared-by-a-network-every-three-hours": lambda: with_limit(
        shared_address(),
        rhythm=Rhythm("hours", 10800.0, datetime(2026, 6, 3, 12, tzinfo=UTC), True),
        cut_off=CutOff(at=5, windows=4, of=6),
    ),
    "shared-by-a-network-weekly": lambda: with_limit(
        shared_address(), rhythm=Rhythm("week", 604800.0, None, True)
    ),
    "shared-by-a-network-rolling": lambda: with_limit(
        shared_address(), rhythm=Rhythm("rolling", None, MORNING + timedelta(days=1), True)
    ),
    "shared-by-a-network-refused-in-the-evening": lambda: with_limit(
        shared_address(),
        rhythm=Rhythm("hours", None, datetime(2026, 6, 4, tzinfo=UTC), False),
        cut_off=None,
    ),
    "shared-by-a-network-on-sundays": on_sundays,
    "per-key": per_key,
    "per-install": per_install,
    "per-conversation": per_conversation,
    "per-group-of-models": per_model_group,
    "per-ipv6-network": prefix,
    "a-key-makes-no-difference": key_makes_no_difference,
    "two-things-changed-at-once": lambda: (
        Diary().admitted(9, **A).refused(**A).admitted(**B, **FAR).seen
    ),
    "one-network-only": lambda: (
        Diary().admitted(9, **A).refused(2, **A).refused(2, **B).refused(**A).seen
    ),
    "two-networks-asked-too-often": lambda: (
        Diary().admitted(5, **A).refused(2, **A).refused(**B)
        .admitted(3, **B, **FAR).admitted(**A, **FAR).refused(**A).seen
    ),
    "one-install-only": lambda: Diary().admitted(9, **A).refused(**A).seen,
    "addresses-not-known": lambda: (
        Diary().admitted(9, **A, **NO_ADDRESS).refused(**A, **NO_ADDRESS)
        .admitted(**B, network="office", address=None, prefix=None, ip_family=None).seen
    ),
    "somebody-else-used-it": lambda: (
        Diary().admitted(20, **A, **FAR).refused(**A, **FAR).admitted(**B).refused(**B).seen
    ),
    "the-rows-contradict": lambda: (
        Diary().admitted(9, request="msg:1", **A).refused(2, request="msg:1", **A)
        .admitted(2, request="msg:1", **A).refused(2, request="msg:1", **A)
        .admitted(2, request="msg:1", **A).refused(2, request="msg:1", **A)
        .admitted(2, request="msg:1", **A).seen
    ),
    "seen-once-only": lambda: Diary().admitted(9, **A).refused(**A).admitted(**A, **FAR).seen,
    "two-kinds-of-clients": lambda: (
        Diary().admitted(5, **A).refused(**A).admitted(user_agent="other/1", **A)
        .later(days=1).admitted(5, user_agent="other/1", **A)
        .refused(user_agent="other/1", **A).admitted(**A).seen
    ),
    "measuring-disturbs": lambda: (
        Diary().refused(2, **A).admitted(**{**A, **INSIDE}).refused(**A).seen
    ),
    "measuring-may-disturb": lambda: Diary().other("client_gate", "policy", **A).seen,
    "two-limits": relayed,
    "nobody-refused": lambda: Diary().admitted(3, **A).admitted(2, **B).seen,
    "nothing-captured": list,
    "no-refusal-can-be-used": lambda: Diary().refused(**A, answered_here=True).admitted(**B).seen,
    "simulated": lambda: [
        one.model_copy(update={"simulated": True}) for one in shared_address(2)
    ],
}  # fmt: skip
"""By the name of the file that holds the answer."""
PLANNED = (
    "two-things-changed-at-once",
    "nobody-refused",
    "measuring-disturbs",
    "simulated",
    "the-rows-contradict",
)
"""Studies whose text holds the next step as well; what it says is tested where it is made."""
IN_CHINESE = ("shared-by-a-network-sure", "shared-by-a-network-on-sundays", *PLANNED)


def text_of(name: str, spoken: Language = ENGLISH) -> str:
    """The answer to a study, as `compare` prints it for somebody in Beijing."""
    found = STUDIES[name]()
    planned = name in PLANNED
    comparison = found if isinstance(found, Comparison) else compare(found, plan=planned)
    answer = answer_of(comparison, spoken, BEIJING, FILES)
    return render_text(comparison, answer, language=spoken)


def texts() -> dict[str, str]:
    """Every text by the name of its file."""
    chinese = language("zh")
    return {f"{name}.txt": text_of(name) for name in STUDIES} | {
        f"{name}.zh.txt": text_of(name, chinese) for name in IN_CHINESE
    }


if __name__ == "__main__":
    TEXTS.mkdir(exist_ok=True)
    for file in TEXTS.glob("*.txt"):
        file.unlink()
    for name, text in texts().items():
        (TEXTS / name).write_text(text, "utf-8", newline="\n")
