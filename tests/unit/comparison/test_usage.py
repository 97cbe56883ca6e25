"""How much was used and is left: by the window of the rhythm, per address and group of models."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.usage import span_at, usages
from pawwork_proxy.model.observation import UNTOUCHED, Observation
from pawwork_proxy.model.usage import Usages
from pawwork_proxy.model.verdict import CutOff, Rhythm
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary

NOON = MORNING.replace(hour=12)
TOMORROW = MORNING + timedelta(days=1)


def at(now: datetime, seen: list[Observation], **changes: Any) -> Usages:
    found = compare(seen, plan=False)
    limits = tuple(limit.model_copy(update=changes) for limit in found.limits)
    return usages(seen, found.model_copy(update={"limits": limits}), now)


def test_a_refused_address_has_nothing_left_until_the_reset() -> None:
    reset = NOON.replace(hour=0) + timedelta(days=1)
    seen = Diary().admitted(5).refused(reset_at=reset).refused(**TWO).admitted(2, **OFFICE).seen
    home, office = at(NOON, seen).rows
    assert (home.network, home.used, home.cut_off_at, home.left) == ("home", 5, 5, 0)
    assert home.refused_until == reset
    assert (office.used, office.cut_off_at, office.left) == (2, None, None)


def test_the_next_day_as_many_are_left_as_were_answered_before_the_last_cut_off() -> None:
    diary = Diary().admitted(5).refused().later(days=1).admitted(2)
    (home,) = at(TOMORROW.replace(hour=12), diary.seen).rows
    assert (home.used, home.cut_off_at, home.left) == (2, 5, 3)
    assert home.cut_off_on is not None
    assert home.cut_off_on.date() == MORNING.date()


def test_nothing_is_said_to_be_left_where_others_had_used_it_up() -> None:
    (home,) = at(NOON, Diary().refused().seen).rows
    assert (home.cut_off_at, home.left) == (0, None)


def test_a_network_that_got_another_address_is_one_row_and_keeps_its_cut_off() -> None:
    diary = Diary()
    for day in range(14):
        address = {"address": f"ip:{day}", "prefix": f"ip:{day}"}
        diary.admitted(3 + day % 2, **address)
        if day < 4:
            diary.refused(**address)
        diary.later(days=1)
    diary.admitted(address="ip:far", network="office").admitted(address="ip:new", network=None)
    now = (MORNING + timedelta(days=14)).replace(hour=12)
    rows = {row.network: row for row in at(now, diary.seen).rows}
    assert len(rows) == len(at(now, diary.seen).rows) == 3
    assert (rows["home"].used, rows["home"].cut_off_at, rows["home"].left) == (0, 4, 4)
    assert rows["home"].cut_off_on is not None
    assert rows["home"].cut_off_on.date() == MORNING.date() + timedelta(days=3)
    assert rows["office"].cut_off_at is None
    assert rows[None].cut_off_at is None


def test_addresses_of_one_network_in_one_window_are_rows_of_their_own() -> None:
    diary = Diary().admitted(5).refused().admitted(2, address="ip:later", prefix="ip:later")
    rows = at(NOON, diary.seen).rows
    assert [(row.network, row.used, row.cut_off_at) for row in rows] == [
        ("home", 5, 5),
        ("home", 2, 5),
    ]


def test_groups_of_models_and_unknown_addresses_are_apart() -> None:
    north = {"model": "north-free", "model_group": "no"}
    unknown = {"address": None, "prefix": None}
    diary = Diary().admitted(3).admitted(2, **north).admitted(**unknown).admitted(model="bigger")
    rows = at(NOON, diary.seen).rows
    assert [(row.used, row.models, row.address_known) for row in rows] == [
        (4, ("big-pickle", "bigger"), True),
        (2, ("north-free",), True),
        (1, ("big-pickle",), False),
    ]


def test_what_asks_no_free_model_is_not_counted() -> None:
    diary = Diary().admitted().admitted(free=False).admitted(answered_here=True)
    diary.admitted(tier="go").admitted(model_call=False).other("provider_overload", "overload")
    diary.refused(origin="edge")
    assert [row.used for row in at(NOON, diary.seen).rows] == [1]
    assert at(NOON, []).rows == ()


def test_an_exchange_that_two_routes_saw_counts_once() -> None:
    one = {"answer_id": "ray:1", "request": "msg:x"}
    tapped = {"instrument": UNTOUCHED, "address": None, "prefix": None}
    inside = Diary("in").admitted(**one, **tapped)
    proxied = Diary("by", MORNING + timedelta(seconds=0.015)).admitted(**one)
    assert [row.used for row in at(NOON, [*inside.seen, *proxied.seen]).rows] == [1]


def test_where_the_quota_goes_by_addresses_another_one_has_as_many() -> None:
    diary = Diary().admitted(5).refused(2).refused(**TWO).admitted(2, **OFFICE).refused()
    found = at(NOON, diary.seen, cut_off=CutOff(at=5, windows=3, of=3))
    assert [row.left for row in found.rows if row.network == "office"] == [3]
    by_nothing = Diary().admitted(5).refused().admitted(**TWO, model="x", model_group="x").seen
    other = at(NOON, by_nothing, cut_off=CutOff(at=5, windows=3, of=3)).rows[1]
    assert other.left is None


@pytest.mark.parametrize(
    ("rhythm", "start", "end"),
    [
        (Rhythm("utc_day"), "2026-06-03T00:00", "2026-06-04T00:00"),
        (Rhythm("week"), "2026-06-01T00:00", "2026-06-08T00:00"),
        (Rhythm("unknown"), "2026-06-03T00:00", None),
        (Rhythm("hours"), "2026-06-03T00:00", None),
        (Rhythm("rolling"), "2026-06-03T00:00", None),
        (Rhythm("rolling", 3600.0), "2026-06-03T11:00", None),
        (
            Rhythm("hours", 10800.0, datetime(2026, 6, 1, 1, tzinfo=UTC)),
            "2026-06-03T10:00",
            "2026-06-03T13:00",
        ),
    ],
)
def test_the_window_is_that_of_the_rhythm(rhythm: Rhythm, start: str, end: str | None) -> None:
    found = span_at(NOON, rhythm)
    assert f"{found.start:%Y-%m-%dT%H:%M}" == start
    assert (f"{found.end:%Y-%m-%dT%H:%M}" if found.end else None) == end


def test_refusals_say_by_which_rhythm() -> None:
    seen = Diary().admitted(5).refused(2).seen
    assert at(NOON, seen).rhythm.certain
    assert not at(NOON, seen[:6]).rhythm.certain, "one refusal"
    weekly = at(NOON, seen, rhythm=Rhythm("rolling", 3600.0))
    assert weekly.resets_at is None
    assert at(NOON, Diary().admitted().seen).rhythm == Rhythm("utc_day")
