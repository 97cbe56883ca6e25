"""How much of the quota is left, as a table and in sentences.

Invariant: what is not known is said; no hash stands for a network.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from pawwork_proxy.model.usage import Usage, Usages
from pawwork_proxy.report.answer_words import TEXTS
from pawwork_proxy.report.language import Language
from pawwork_proxy.report.layout import Column, Sheet
from pawwork_proxy.report.moments import moment

MODELS = 2
"""So many models of a group are named."""


def status_sheet(found: Usages, language: Language, zone: tzinfo) -> Sheet:
    """The table: a row per network address and group of models."""
    text = language.text
    columns = [
        Column(text("network"), folds=0),
        Column(text("models"), gives_way=1, folds=0),
        Column(text("used"), right=True),
        Column(text("left"), right=True),
        Column(text("last cut-off"), folds=0),
        Column(text("resets"), folds=0),
    ]
    rows = [_row(usage, found, language, zone) for usage in found.rows]
    return Sheet(columns, rows)


def _row(usage: Usage, found: Usages, language: Language, zone: tzinfo) -> list[str]:
    names = ", ".join(usage.models[:MODELS])
    more = len(usage.models) - MODELS
    resets = usage.refused_until or found.resets_at
    network = usage.network or language.text("without a label")
    return [
        network
        if usage.address_known
        else language.say("{network} (which address?)", network=network),
        f"{names} +{more}" if more > 0 else names,
        str(usage.used),
        _left(usage, language),
        _cut_off(usage, language, zone),
        _short(resets, found.at, zone) if resets else "-",
    ]


def _left(usage: Usage, language: Language) -> str:
    if usage.left is None:
        return language.text("not known")
    return language.say("about {number}", number=usage.left) if usage.left else "0"


def _cut_off(usage: Usage, language: Language, zone: tzinfo) -> str:
    if usage.cut_off_on is None:
        return language.text("never")
    on = f"{usage.cut_off_on.astimezone(zone):%m-%d %H:%M}"
    return language.say("at {number}, {on}", number=usage.cut_off_at, on=on)


def _short(at: datetime, now: datetime, zone: tzinfo) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%m-%d %H:%M}"


def status_words(found: Usages, language: Language, zone: tzinfo) -> Iterator[str]:
    """What the table rests on, and what it does not know."""
    if found.simulated:
        yield language.text("SIMULATED: this says nothing about the real server.")
    if not found.rows:
        yield language.text("No request to a free model was captured.")
        return
    since = moment(found.since, language, zone)
    yield language.say("Counted since {since}; times are those of this machine.", since=since)
    if not found.rhythm.certain:
        yield _doubt(found, language)
    if any(usage.left is None for usage in found.rows):
        yield language.text(
            "How much is left is not known where nobody was refused yet, or others used it up too."
        )
    if any(not usage.address_known for usage in found.rows):
        yield language.text(
            "Some addresses are not known: capture with --egress-probe to tell networks apart."
        )
    yield language.text(
        "Only what was captured is counted; others behind the same address use the same quota."
    )


def _doubt(found: Usages, language: Language) -> str:
    """Why nobody should rely on the reset."""
    if found.rhythm.perhaps:
        return language.text(TEXTS["resets_perhaps"]["_".join(found.rhythm.perhaps)])
    if found.rhythm.resets_at is None:
        return language.text(
            "No refusal was seen that says when the quota resets: by the server's source it is "
            "daily at 00:00 UTC."
        )
    if found.resets_at is None:
        return language.text("What refusals say of the reset fits no one rhythm, or several.")
    return language.text("The reset is not sure: too few refusals say when it is.")


def status_document(found: Usages, language: Language, zone: tzinfo) -> dict[str, Any]:
    """The same for programs; times are in UTC."""
    return {
        "at": found.at.isoformat(),
        "rhythm": found.rhythm.kind,
        "since": found.since.isoformat(),
        "resets_at": found.resets_at.isoformat() if found.resets_at else None,
        "simulated": found.simulated,
        "rows": [
            usage._asdict()
            | {
                "cut_off_on": usage.cut_off_on.isoformat() if usage.cut_off_on else None,
                "refused_until": usage.refused_until.isoformat() if usage.refused_until else None,
            }
            for usage in found.rows
        ],
        "notes": list(status_words(found, language, zone)),
    }
