"""The support view as a table: what each install met.

Invariant: no column gives way to another; where there is no room for all, rows are cards.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from pawwork_proxy.facts.server import PROVIDERS
from pawwork_proxy.model.support import Meeting
from pawwork_proxy.report.answer_words import joined
from pawwork_proxy.report.exchange_table import FAMILY_STYLES
from pawwork_proxy.report.language import ENGLISH, Language
from pawwork_proxy.report.layout import Column, Sheet, headed
from pawwork_proxy.report.moments import zone_name
from pawwork_proxy.report.words import duration

COLUMNS = (
    Column("install"),
    Column("provider"),
    Column("model"),
    Column("auth"),
    Column("status", right=True),
    Column("outcome", folds=0),
    Column("wait", right=True),
    Column("resets"),
    Column("client"),
    Column("system"),
    Column("network"),
    Column("count", right=True),
    Column("first"),
    Column("last"),
)
_ID_DIGITS = 4


def support_sheet(
    rows: Sequence[Meeting], zone: tzinfo = UTC, language: Language = ENGLISH
) -> Sheet:
    """The rows, their times told in this zone."""
    title = ""
    if rows:
        shown = zone_name(rows[0].last_seen.astimezone(zone), language)
        title = language.say("Times: {zone}", zone=shown)
    return Sheet(
        headed(COLUMNS, language),
        cells(rows, zone, language),
        title,
        styled=language.text("outcome"),
        styles=[FAMILY_STYLES[row.outcome.family] for row in rows],
    )


def cells(
    rows: Sequence[Meeting], zone: tzinfo = UTC, language: Language = ENGLISH
) -> list[tuple[str, ...]]:
    """The rows as texts under `COLUMNS`; installs of one name are told apart by their ids."""
    names = install_names(rows)
    return [
        (
            names[row.install_id],
            PROVIDERS[row.tier],
            row.model or "-",
            row.auth_kind if row.auth_kind == "public" else f"{row.auth_kind} ({row.auth_source})",
            "-" if row.status is None else str(row.status),
            _outcome(row, language),
            "-" if row.retry_after_s is None else duration(row.retry_after_s),
            _time(row.reset_at, zone),
            row.client,
            f"{row.os} {row.os_release}",
            row.network or "-",
            str(row.count),
            _time(row.first_seen, zone),
            _time(row.last_seen, zone),
        )
        for row in rows
    ]


def install_names(rows: Sequence[Meeting]) -> dict[str, str]:
    """What each install is called, by its id."""
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(row.install, set()).add(row.install_id)
    return {
        row.install_id: row.install
        if len(ids[row.install]) == 1
        else f"{row.install}#{row.install_id[-_ID_DIGITS:]}"
        for row in rows
    }


def _time(at: datetime | None, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else "-"


def _outcome(row: Meeting, language: Language) -> str:
    remarks = [row.error_type, language.text("seen in part") if row.observed_in_part else None]
    said = joined(filter(None, remarks), language)
    return (
        language.say("{told} ({where})", told=row.outcome, where=said) if said else str(row.outcome)
    )
