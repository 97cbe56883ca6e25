"""The reset clock: sources in the client's order, the server's date, cadence, conflicts."""

import json
from datetime import UTC, datetime

import pytest

from pawwork_proxy.model.outcome import Cadence, Outcome
from pawwork_proxy.outcomes.rules import classify
from pawwork_proxy.responses.reported import read_reported
from pawwork_proxy.responses.waits import MAX_WAIT_S, http_date, text_hints

SUNDAY = "Sun, 22 Nov 2026 13:30:00 GMT"
MONDAY = "Mon, 23 Nov 2026 10:02:58 GMT"


def outcome(
    type_: str, message: str = "x", limit: str | None = None, extra: object = None, **headers: str
) -> Outcome:
    body: dict[str, object] = {"type": "error", "error": {"type": type_, "message": message}}
    if limit:
        body["metadata"] = {"limitName": limit}
    if extra:
        body["error"] |= extra  # type: ignore[operator]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return classify(read_reported(json.dumps(body).encode(), status=429, headers=named).signals)


def test_the_free_limit_resets_at_the_next_utc_day() -> None:
    found = outcome("FreeUsageLimitError", retry_after="50222", date=MONDAY)
    assert found.retry_after_s == 50222
    assert found.retry_after_from == "retry-after"
    assert found.reset_at == datetime(2026, 11, 24, tzinfo=UTC)
    assert found.reset_cadence is Cadence.UTC_DAY


@pytest.mark.parametrize(("wait", "cadence"), [("50220", "utc_day"), ("50225", "other")])
def test_midnight_is_judged_within_two_seconds(wait: str, cadence: str) -> None:
    found = outcome("FreeUsageLimitError", retry_after=wait, date=MONDAY)
    assert found.reset_cadence == cadence


def test_without_a_date_the_moment_is_not_known() -> None:
    found = outcome("FreeUsageLimitError", retry_after="50222")
    assert found.reset_at is None
    assert found.reset_cadence is Cadence.UTC_DAY
    assert outcome("FreeUsageLimitError", retry_after="30").reset_cadence is Cadence.OTHER
    assert outcome("FreeUsageLimitError").reset_cadence is Cadence.NONE


@pytest.mark.parametrize(
    ("headers", "wait", "source"),
    [
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5, "retry-after-ms"),
        ({"retry_after": "0.25"}, 0.25, "retry-after"),
        ({"retry_after": MONDAY.replace("10:02:58", "10:03:08"), "date": MONDAY}, 10,
         "retry-after date"),
        ({"retry_after": SUNDAY, "date": MONDAY}, 0, "retry-after date"),
        ({"retry_after": SUNDAY}, None, None),
        ({"retry_after": "soon"}, None, None),
        ({"retry_after": "-5"}, None, None),
        ({"retry_after": "nan"}, None, None),
        ({"retry_after": "1e99"}, MAX_WAIT_S, "retry-after"),
        ({"date": "no date"}, None, None),
    ],
)  # fmt: skip
def test_sources_are_taken_in_the_clients_order(
    headers: dict[str, str], wait: float | None, source: str | None
) -> None:
    found = outcome("RateLimitError", **headers)
    assert (found.retry_after_s, found.retry_after_from) == (wait, source)
    assert found.reset_cadence is Cadence.MINUTE


@pytest.mark.parametrize(
    ("extra", "wait"),
    [
        ({"retry_after": 12}, 12),
        ({"retryAfterMs": 500}, 0.5),
        ({"details": [{"retryDelay": "34.5s"}]}, 34.5),
        ({"details": [{"retryDelay": "soon"}]}, None),
        ({"resetsAt": "2026-11-23T10:03:58Z"}, 60),
        ({"resets_at": "2026-11-23T10:03:58"}, 60),
        ({"resets_at": "2026-13-99Tx"}, None),
        ({"reset_at": 1795428238}, 60),
        ({"reset_at": 1795428238000}, 60),
        ({"reset_at": 5}, None),
        ({"retry_after": True}, None),
        ({"data": {"responseHeaders": {"Retry-After": "77"}}}, 77),
    ],
)
def test_waits_in_the_body(extra: dict[str, object], wait: float | None) -> None:
    found = outcome("rate_limit_error", extra=extra, date=MONDAY)
    assert found.retry_after_s == wait


def test_a_moment_without_a_date_is_a_reset_and_no_wait() -> None:
    found = outcome("rate_limit_error", extra={"resetsAt": "2026-11-23T10:03:58Z"})
    assert found.retry_after_s is None
    assert found.retry_after_from is None
    assert str(found.reset_at) == "2026-11-23 10:03:58+00:00"
    assert found.reset_cadence is Cadence.OTHER


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5-hour usage limit reached. Resets in 4hr 59min.", 17940),
        ("Weekly usage limit reached. Resets in 4 days", 345600),
        ("It will reset in 10 days 19 hours.", 932400),
        ("Free usage exceeded [retrying in 17h 42m attempt #1]", 63720),
        ("Réessayez dans 18min.", 1080),
        ("2 days 後に再試行してください", 172800),
        ("try again in 1.5s", 1.5),
        ("available in 3 hours and 5 minutes", 11100),
        ("wait 5s, then retry in 9s", 9),
        ("3 hours and 5 minutes", None),
        ("5 hour limit", None),
        ("at 02:06:16", None),
        ("429 Too Many Requests", None),
    ],
)
def test_waits_in_words(text: str, seconds: float | None) -> None:
    hints = text_hints(text)
    assert [hint.seconds for hint in hints] == ([] if seconds is None else [seconds])
    assert all(hint.place == "text" for hint in hints)


@pytest.mark.parametrize(
    ("limit", "message", "headers", "cadence"),
    [
        ("5 hour", "x", {}, "rolling_5h"),
        ("weekly", "x", {}, "week"),
        ("monthly", "x", {}, "month"),
        (None, "5時間の使用制限", {}, "rolling_5h"),
        (None, "Достигнут недельный лимит", {}, "week"),
        (None, "Limite mensal de uso atingido", {}, "month"),
        (None, "x", {"retry_after": "37800", "date": SUNDAY}, "week"),
        (None, "x", {"retry_after": "37000", "date": SUNDAY}, "other"),
        (None, "x", {"retry_after": "37000"}, "other"),
        (None, "x", {}, "none"),
        ("yearly", "x", {}, "none"),
    ],
)
def test_the_go_plans_window(
    limit: str | None, message: str, headers: dict[str, str], cadence: str
) -> None:
    assert outcome("GoUsageLimitError", message, limit, **headers).reset_cadence == cadence


def test_other_kinds_have_their_cadence() -> None:
    assert outcome("MonthlyLimitError").reset_cadence is Cadence.MONTH
    assert outcome("rate_limit_error", retry_after="8").reset_cadence is Cadence.MINUTE
    assert outcome("rate_limit_error", retry_after="900").reset_cadence is Cadence.OTHER


@pytest.mark.parametrize(
    ("message", "wait", "conflicts"),
    [
        ("Resets in 4hr 59min.", "17941", ()),
        ("Resets in 4hr 59min.", "60", ("text=17940",)),
        ("Resets in 3hr.", "12000", ()),
        ("Resets in 3 days.", "300000", ()),
        ("Resets in 3 days.", "3", ("text=259200",)),
    ],
)
def test_sources_that_disagree_are_shown(
    message: str, wait: str, conflicts: tuple[str, ...]
) -> None:
    found = outcome("GoUsageLimitError", message, retry_after=wait)
    assert found.retry_after_s == float(wait)
    assert found.reset_conflicts == conflicts


def test_two_headers_that_disagree_are_shown() -> None:
    found = outcome("RateLimitError", retry_after_ms="1000", retry_after="60")
    assert found.reset_conflicts == ("retry-after=60",)


def test_a_date_at_the_end_of_the_calendar_breaks_nothing() -> None:
    found = outcome(
        "FreeUsageLimitError", retry_after="86400", date="Fri, 31 Dec 9999 23:59:59 GMT"
    )
    assert found.reset_at is None
    found = outcome("FreeUsageLimitError", retry_after="0", date="Fri, 31 Dec 9999 23:59:59 GMT")
    assert found.reset_cadence is Cadence.OTHER


def test_a_success_has_no_reset() -> None:
    answer = read_reported(b'{"ok":1}', status=200, headers={"retry-after": "5"})
    assert classify(answer.signals).retry_after_s is None


@pytest.mark.parametrize("value", ["", "x", "Mon, 99 Nov 2026 10:00:00 GMT"])
def test_a_damaged_date_is_none(value: str) -> None:
    assert http_date(value) is None


def test_a_date_without_a_zone_is_utc() -> None:
    assert http_date("Mon, 23 Nov 2026 10:00:00 -0000") == datetime(2026, 11, 23, 10, tzinfo=UTC)
