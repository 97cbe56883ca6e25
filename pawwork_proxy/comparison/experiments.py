"""The next experiment: the trial whose result removes most of what is still possible.

Each trial is tried out on paper: its rows are added to the evidence with either result, and the
same elimination says what would be left. Invariant: a trial is proposed only if one of its results
would rule out something, and it never asks to use up a quota on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from pawwork_proxy.comparison.dimensions import BUCKET, DIMENSIONS, PRESENCE, title
from pawwork_proxy.comparison.elimination import Findings, eliminate
from pawwork_proxy.comparison.keyings import Keying, smallest, undominated
from pawwork_proxy.comparison.selection import Part, Row, Stratum, row_of
from pawwork_proxy.comparison.trials import TRIALS, Trial
from pawwork_proxy.comparison.windows import Window
from pawwork_proxy.model.observation import ABSENT, PUBLIC, Identities
from pawwork_proxy.model.verdict import Experiment, Meaning, Verdict

Result = Literal["admitted", "refused"]
RESULTS: tuple[Result, Result] = ("admitted", "refused")

SLACK_WEIGHT = 0.1
"""Weight of an explanation with three parts: possible, but not expected."""
EXPECTED_PARTS = 2
AMPLE = 1_000_000
"""Stands for 'whatever it takes to be refused' where a trial waits for that to happen."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a trial promises."""

    trial: Trial
    settles: float
    """Expected share of the open explanations, by weight, that its result removes."""
    left: dict[Result, tuple[Keying, ...]]


def next_experiment(
    stratum: Stratum, findings: Findings, verdicts: Iterable[Verdict]
) -> Experiment | None:
    """The best trial for what is open on one limiter; None when nothing is open or can be tried."""
    if all(verdict.finding != "undetermined" for verdict in verdicts):
        return None
    found = outlooks(stratum, findings)
    return _experiment(found[0], stratum) if found else None


def outlooks(stratum: Stratum, findings: Findings) -> tuple[Outlook, ...]:
    """Every trial that can settle something, the most promising first."""
    refused = _baseline(stratum)
    if refused is None or not findings.alive:
        return ()
    found = [
        _outlook(trial, refused, stratum, findings.alive)
        for trial in TRIALS
        if _possible(trial, refused.seen.who)
    ]
    useful = [outlook for outlook in found if outlook.settles > 0]
    return tuple(sorted(useful, key=lambda outlook: -round(outlook.settles, 9)))


def _possible(trial: Trial, who: Identities) -> bool:
    if trial.needs == "key":
        return who.key not in {None, ABSENT, PUBLIC}
    return trial.needs != "ipv6" or who.family == "ipv6"


def _baseline(stratum: Stratum) -> Row | None:
    """The latest refusal whose kind of client is known: trials start from it."""
    known = [row for row in stratum.part("refused") if row.threshold is not None]
    return max(known, key=lambda row: row.head, default=None)


def _outlook(trial: Trial, refused: Row, stratum: Stratum, alive: Sequence[Keying]) -> Outlook:
    total = sum(_weight(keying) for keying in alive)
    left = {
        result: eliminate(_with_trial(stratum, refused, trial, result), alive).alive
        for result in RESULTS
    }
    removed = {
        result: total - sum(_weight(keying) for keying in left[result]) for result in RESULTS
    }
    settles = sum(
        _weight(keying) * removed[_predicted(keying, refused, trial)] for keying in alive
    ) / (total * total)
    return Outlook(trial, settles, left)


def _weight(keying: Keying) -> float:
    return 1.0 if len(keying) <= EXPECTED_PARTS else SLACK_WEIGHT


def _predicted(keying: Keying, refused: Row, trial: Trial) -> Result:
    """What a trial would give if the keying were the truth and others stayed away."""
    parts = keying - {BUCKET} | ({"model_group"} if BUCKET in keying else set())
    first = _filled(refused.seen.who)
    second = _changed(first, trial)
    differs = any(getattr(first, part) != getattr(second, part) for part in parts)
    return "admitted" if differs else "refused"


def _with_trial(stratum: Stratum, refused: Row, trial: Trial, result: Result) -> Stratum:
    """The evidence as it would be after the trial."""
    first = _filled(refused.seen.who)
    second = _changed(first, trial)
    if trial.reverse:
        first, second = second, first
    window = Window("trial", stratum.windows[-1].end, stratum.windows[-1].end + timedelta(days=1))
    rows = [
        _hypothetical(refused, first, "maybe", 1, AMPLE),
        _hypothetical(refused, first, "refused", 2),
        _hypothetical(refused, second, result, 3),
    ]
    return replace(stratum, windows=(*stratum.windows, window), rows=(*stratum.rows, *rows))


def _hypothetical(refused: Row, who: Identities, part: Part, minute: int, count: int = 1) -> Row:
    at = refused.seen.started_at + timedelta(minutes=minute)
    seen = refused.seen.model_copy(
        update={
            "capture": "trial",
            "seq": minute,
            "started_at": at,
            "answered_at": at,
            "ended_at": at,
            "clock_error_s": 0.0,
            "who": who,
            "count": count,
            "action": "",
        }
    )
    return row_of(seen, part, "trial")


def _filled(who: Identities) -> Identities:
    """As the refused install is, with what the egress probe will add."""
    unknown = {name: "here" for name, value in who if value is None}
    return who.model_copy(update=unknown)


def _changed(who: Identities, trial: Trial) -> Identities:
    update: dict[str, str] = {
        name: f"trial {name}"
        for name in trial.changes
        if name not in PRESENCE or getattr(who, name) != ABSENT
    }
    if "auth_kind" in trial.changes and who.key not in {ABSENT, PUBLIC}:
        update |= {"key": ABSENT, "workspace": ABSENT}
    return who.model_copy(update=update)


def _experiment(outlook: Outlook, stratum: Stratum) -> Experiment:
    trial = outlook.trial
    refused = _baseline(stratum)
    assert refused is not None
    who = refused.seen.who
    names = {
        "install": who.install or "main",
        "network": who.network or "NETWORK",
    }
    model = who.model or "MODEL"
    first = _command("--install {install} --network {network}", model, names)
    second = _command(trial.options, trial.model if trial.model != "MODEL" else model, names)
    if trial.reverse:
        first, second = second, first
    waiting = (
        f"Use it as usual with the change ({trial.step}) until it is refused; do not force it."
        if trial.reverse
        else f"Wait until {names['install']} is refused in ordinary use; do not force it."
    )
    asking = (
        f"Then, in the same reset window, ask once as {names['install']} was first set up."
        if trial.reverse
        else f"Then, in the same reset window: {trial.step}, and ask once."
    )
    kept = ", ".join(title(name) for name in trial.same)
    return Experiment(
        id=trial.id,
        title=f"Try {trial.title}",
        why="Of all trials it separates most of the explanations that are still possible.",
        steps=(
            waiting,
            "Ask once more, captured with the egress probe, to have the refusal beside the trial; "
            "a refused request is not counted.",
            asking + (f" Keep the same: {kept}." if kept else ""),
            "Compare all captures again.",
        ),
        commands=(first, second, "pawwork-proxy compare captures/"),
        meanings=tuple(_meaning(result, outlook.left[result]) for result in RESULTS),
        requests=1,
        settles=round(outlook.settles, 3),
    )


def _command(options: str, model: str, names: dict[str, str]) -> str:
    return (
        f"pawwork-proxy launch {options.format(**names)} --egress-probe "
        f'-- opencode run -m opencode/{model} "Say hello."'
    )


def _meaning(result: Result, left: Sequence[Keying]) -> Meaning:
    keyed = smallest(undominated(left))
    if not keyed:
        words = "Nothing known here would explain it: a rule or a route changed."
    else:
        words = f"Left: {'; or '.join(keying_words(keying) for keying in keyed[:4])}"
        words += f"; or {len(keyed) - 4} more." if len(keyed) > 4 else "."
    return Meaning(result=result, words=words)


def keying_words(keying: Keying) -> str:
    """A keying as people say it."""
    if not keying:
        return "one pool for everybody"
    names = [row.title for row in DIMENSIONS if row.name in keying]
    if BUCKET in keying:
        names.append(title(BUCKET))
    return "per " + " and ".join(names)
