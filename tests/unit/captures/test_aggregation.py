"""An aggregated capture says what the single exchanges say, or less; never something else."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.captures import aggregation, gathering
from pawwork_proxy.captures.aggregation import aggregate
from pawwork_proxy.captures.lines import outcome_of, read_view
from pawwork_proxy.captures.reader import opened_capture, view_capture
from pawwork_proxy.captures.tally import Tally
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.observations import observation
from pawwork_proxy.model.capture import Header, Stub
from pawwork_proxy.model.comparison_input import ComparisonInput
from pawwork_proxy.model.context import Egress
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.model.observation import ABSENT, SEVERAL, Observation
from pawwork_proxy.model.request import AuthFacts
from pawwork_proxy.model.signals import ErrorFact, ErrorPlace, RetryHint, Signals
from pawwork_proxy.model.verdict import Finding
from pawwork_proxy.model.view import ExchangeView
from pawwork_proxy.outcomes.rules import judge
from tests.unit.captures.studies import MORNING, gather, one, pseudonym, write

MANY = 4000
BORDER = datetime(2026, 9, 16, 23, 55, tzinfo=UTC)
"""Here a new server era begins, in the middle of an hour."""


def world(seed: int, keyed_by: str, limit: int = 12, requests: int = 120) -> list[Exchange]:
    """A capture of three installs on two networks, limited by one dimension."""
    random = Random(seed)
    used: dict[object, int] = {}
    found = []
    for seq in range(1, requests + 1):
        install = random.choice((1, 2, 3))
        values = {
            "address": 1 if install < 3 else 2,
            "install": install,
            "session": install * 100 + seq // 20,
            "global": 0,
        }
        pool = values[keyed_by]
        refused = used.get(pool, 0) >= limit
        used[pool] = used.get(pool, 0) + (not refused)
        found.append(
            one(
                seq,
                install,
                refused=refused,
                address=values["address"],
                session=values["session"],
                request=seq // 2,
            )
        )
    return found


def tallied(path: Path) -> tuple[Tally, Header]:
    tally = Tally()
    with opened_capture(path) as stream:
        return tally, view_capture(path, stream, tally.add).header


def aggregated(path: Path, most_rows: int = MANY) -> list[Observation]:
    tally, header = tallied(path)
    return aggregate(tally, header, frozenset(), most_rows)


def findings(inputs: ComparisonInput) -> dict[tuple[str, str], Finding]:
    limits = compare(inputs.observations, inputs.unrecorded, plan=False).limits
    return {
        (limit.origin, verdict.dimension): verdict.finding
        for limit in limits
        for verdict in limit.verdicts
    }


# Nothing is merged that differs.


def full() -> Exchange:
    """An exchange in which every field that an observation could read has a value."""
    refusal = one(1, 1, refused=True)
    moment = MORNING + timedelta(minutes=2)
    error = ErrorFact(
        place=ErrorPlace.STREAM_FIRST,
        type="FreeUsageLimitError",
        type_stem="overload",
        code="rate_limit_exceeded",
        code_stem="overload",
        google_status="RESOURCE_EXHAUSTED",
        bracket="rate_limit_exceeded",
        bracket_stem="overload",
        inner_status=429,
        wrapper="upstream_error",
        provider="Nvidia",
        phrases=("free_usage",),
        limit_name="weekly",
    )
    signals = refusal.signals.model_copy(
        update={
            "text_status": 429,
            "failed_finish": "network_error",
            "edge_markers": ("cloudflare",),
            "errors": (error,),
            "retry_hints": (RetryHint(place="retry-after", seconds=300, at=moment),),
            "events": 3,
        }
    )
    egress = Egress(
        observed_at=MORNING,
        address=pseudonym("ip", 7),
        family="ipv6",
        prefix=pseudonym("prefix", 7),
        country="DE",
        colo="FRA",
    )
    response = refusal.response
    assert response is not None
    return refusal.model_copy(
        update={
            "context": refusal.context.model_copy(update={"egress": egress}),
            "request": refusal.request.model_copy(
                update={"client": "cli", "project": pseudonym("project", 1)}
            ),
            "auth": AuthFacts(kind="user_key", pseudonym=pseudonym("key", 1)),
            "response": response.model_copy(
                update={"workspace": pseudonym("workspace", 1), "cost": 0.5}
            ),
            "signals": signals,
            "outcome": judge(Signals.model_validate(signals.model_dump())),
        }
    )


def plain() -> Exchange:
    """An admission, which is merged as soon as nothing tells it from others."""
    whole = full()
    admitted = one(1, 1)
    return whole.model_copy(
        update={
            "response": whole.response and whole.response.model_copy(update={"status": 200}),
            "signals": admitted.signals,
            "outcome": admitted.outcome,
        }
    )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all single values in a record, and of whole parts that may be absent."""
    if path and isinstance(value, dict | list):
        yield path
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*path, number))
    else:
        yield path


def others_of(value: Any) -> list[Any]:
    """Values like this one, and its absence."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1, None]
        case str():
            last = value[-1]
            turned = {"0": "1", "z": "a", "Z": "A", "9": "8"}.get(last, chr(ord(last) + 1))
            return [value[:-1] + turned, value.replace("2026-11-20", "2026-11-19"), None]
        case _:
            return [None]


def variants(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record with one value changed, or one part left out, for each value and part."""
    words = {
        type(member): list(type(member))
        for member in _members(Exchange.model_validate_json(json.dumps(record)))
    }
    for path in leaves(record):
        if path[0] in {"type", "outcome", "redactions"} or path == ("seq",):
            continue
        *parents, name = path
        place: Any = record
        for parent in parents:
            place = place[parent]
        old = place[name]
        choices = [word.value for known in words.values() for word in known if old in list(known)][
            :3
        ]
        for new in (*dict.fromkeys([*choices, *WORDS.get(str(name), ()), *others_of(old)]),):
            changed = json.loads(json.dumps(record))
            where = changed
            for parent in parents:
                where = where[parent]
            if new is not None:
                where[name] = new
            elif isinstance(where, dict):
                del where[name]
            else:
                where.pop(name)
            if changed != record:
                yield ".".join(map(str, path)) + f"={new}", changed


WORDS = {
    "tier": ("go", "other"),
    "protocol": ("messages", "listing", "other"),
    "kind": ("none", "public", "oc_sk"),
    "family": ("ipv4",),
    "upstream_family": ("ipv6",),
    "source": ("env",),
    "wrapper": ("upstream_request",),
    "limit_name": ("monthly", "5 hour"),
    "type": ("RateLimitError", "other"),
    "code": ("overloaded_error",),
    "status": (200, 401, 503),
    "project": ("global",),
    "model": ("glm-5-free", "gpt-5-nano", "gpt-5"),
    "cost": (0.0,),
}
"""Other values of fields that take some words or numbers only, or in which some mean more."""


def _members(value: Any) -> Iterator[StrEnum]:
    if isinstance(value, StrEnum):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _members(part)
    elif hasattr(value, "model_fields_set"):
        for name in type(value).model_fields:
            yield from _members(getattr(value, name))


def blank(seen: Observation) -> Observation:
    """An observation without what a run may lose."""
    who = seen.who.model_copy(update={"session": None, "request": None})
    gone = {"seq": 0, "count": 1, "action": "", "who": who, "started_at": MORNING}
    answered = None if seen.answered_at is None else MORNING
    return seen.model_copy(update=gone | {"ended_at": MORNING, "answered_at": answered})


def numbered(record: dict[str, Any], seq: int) -> dict[str, Any]:
    """The same record as another request."""
    text = json.dumps(record | {"seq": seq})
    return json.loads(text)  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("base", [full, plain], ids=["refusal", "admission"])
@pytest.mark.parametrize("most_rows", [MANY, 0], ids=["by session", "sessions merged"])
def test_what_differs_in_any_field_is_not_merged(
    tmp_path: Path, base: Callable[[], Exchange], most_rows: int
) -> None:
    """Whatever field of a record an observation reads, now or later: each is changed in turn."""
    record = json.loads(base().model_dump_json(exclude_none=True))
    head = write(tmp_path / "a.jsonl", []).read_text().splitlines()[0]
    tried = 0
    for name, changed in variants(record):
        lines = [json.dumps(numbered(changed if seq % 2 else record, seq)) for seq in range(1, 9)]
        path = tmp_path / "b.jsonl"
        path.write_text("\n".join([head, *lines]) + "\n")
        tally, header = tallied(path)
        single = [
            observation(header, view, outcome_of(view.signals), tally.clock)
            for view in (read_view(line.encode(), 1) for line in lines)
            if isinstance(view, ExchangeView)
        ]
        assert len(single) in {4, 8}, name
        tried += len(single) == 8
        assert tally.one_by_one(header, frozenset()) == single, name
        found: Counter[Observation] = Counter()
        for row in aggregate(tally, header, frozenset(), most_rows):
            found[blank(row)] += row.count
        assert _without_waits(found) == _without_waits(Counter(map(blank, single))), name
    assert tried > 100


def _without_waits(rows: Counter[Observation]) -> Counter[Observation]:
    """Refusals in one hour that differ in their wait only are one refusal and a number."""
    found: Counter[Observation] = Counter()
    for row, count in rows.items():
        found[row.model_copy(update={"retry_after_s": None, "reset_at": None})] += count
    return found


# What is merged loses its value.


def runs(path: Path, most_rows: int = MANY) -> list[Observation]:
    return sorted(aggregated(path, most_rows), key=lambda row: -row.count)


def test_a_large_capture_of_plain_admissions_becomes_a_few_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1, session=seq) for seq in range(1, 301)])
    run, latest = runs(path, most_rows=10)
    assert (run.count, run.who.session, run.who.request, run.action) == (299, None, SEVERAL, "")
    assert (latest.count, latest.seq) == (1, 300)
    assert latest.who.session == pseudonym("session", 300)
    assert len(aggregated(path, most_rows=600)) == 300


def test_a_run_lasts_from_its_first_request_to_its_last_answer(tmp_path: Path) -> None:
    exchanges = [one(seq, 1) for seq in (1, 2, 3, 4)]
    slow = exchanges[0].timing.model_copy(update={"first_byte_ms": 9e5, "total_ms": 9.5e5})
    exchanges[0] = exchanges[0].model_copy(update={"timing": slow})
    run, latest = runs(write(tmp_path / "a.jsonl", exchanges))
    first, *_ = gather([tmp_path]).observations
    assert (run.count, latest.seq, run.who.session) == (3, 4, pseudonym("session", 1))
    assert (run.started_at, run.answered_at) == (first.started_at, first.answered_at)
    assert run.ended_at == first.ended_at


def test_a_run_ends_with_its_longest_answer_however_soon_that_began(tmp_path: Path) -> None:
    exchanges = [one(seq, 1) for seq in range(1, 9)]
    long = exchanges[0].timing.model_copy(update={"total_ms": 9e5})
    exchanges[0] = exchanges[0].model_copy(update={"timing": long})
    run, _ = runs(write(tmp_path / "a.jsonl", exchanges))
    first, *_, seventh, _ = gather([tmp_path]).observations
    assert (run.answered_at, run.ended_at) == (seventh.answered_at, first.ended_at)


def test_responses_without_a_date_are_merged_as_well(tmp_path: Path) -> None:
    undated = []
    for seq in range(1, 5):
        record = one(seq, 1)
        assert record.response is not None
        response = record.response.model_copy(update={"date": None})
        undated.append(record.model_copy(update={"response": response}))
    assert [row.count for row in runs(write(tmp_path / "a.jsonl", undated))] == [3, 1]


def test_a_run_of_merged_sessions_ends_with_the_slowest_of_them(tmp_path: Path) -> None:
    exchanges = [one(seq, 1, session=seq) for seq in range(1, 8)]
    slow = exchanges[2].timing.model_copy(update={"first_byte_ms": 8e4, "total_ms": 9e4})
    exchanges[2] = exchanges[2].model_copy(update={"timing": slow})
    path = write(tmp_path / "a.jsonl", exchanges)
    run, latest = runs(path, most_rows=0)
    slowest = runs(path)[2]
    assert (run.count, latest.seq, slowest.seq) == (6, 7, 3)
    assert (run.answered_at, run.ended_at) == (slowest.answered_at, slowest.ended_at)


@pytest.mark.parametrize("sessions", ["ABBAA", "ABABA", "ABBBA", "BAAB", "AB"])
def test_merged_sessions_last_from_the_first_of_all_to_the_last(
    tmp_path: Path, sessions: str
) -> None:
    asked = [one(seq, 1, session=ord(name)) for seq, name in enumerate(sessions, 1)]
    *earlier, latest = sorted(
        aggregated(write(tmp_path / "a.jsonl", asked), 0), key=lambda row: row.seq
    )
    (run,) = earlier
    assert (latest.seq, latest.who.session) == (
        len(sessions),
        pseudonym("session", ord(sessions[-1])),
    )
    assert (run.seq, run.count) == (1, len(sessions) - 1)
    assert (run.who.session is None) is (run.count > 1)


def test_sessions_are_merged_where_there_would_be_too_many_rows(tmp_path: Path) -> None:
    """Each run is two rows at most, and what was not admitted one."""
    asked = [one(seq, 1, session=seq) for seq in range(1, 4)]
    failed = [failure(one(seq, 1)) for seq in range(4, 8)]
    path = write(tmp_path / "a.jsonl", [*asked, *failed])
    assert [row.count for row in aggregated(path, 10)] == [1] * 7
    assert sorted(row.count for row in aggregated(path, 9)) == [1, 1, 2, 3]


def test_a_session_that_was_refused_is_not_merged_with_others(tmp_path: Path) -> None:
    asked = [one(seq, 1, session=seq % 3) for seq in range(1, 10)]
    refused = one(10, 1, session=1, refused=True)
    rows = runs(write(tmp_path / "a.jsonl", [*asked, refused]), most_rows=0)
    assert [(row.count, row.who.session) for row in rows if row.count > 1] == [
        (5, None),
        (2, pseudonym("session", 1)),
    ]


SLOW = 1_000_000.0
"""Milliseconds: with responses so slow, the server's clock is known to 500.5 seconds only, and is
499.5 seconds behind the machine's."""


def around(border: datetime, before: int, *, failed: bool) -> list[Exchange]:
    """Ten slow exchanges, one a second, so many of them before a moment."""
    found = []
    for number in range(10):
        record = one(number, 1, at=border + timedelta(seconds=number - before))
        timing = record.timing.model_copy(update={"first_byte_ms": SLOW, "total_ms": SLOW})
        record = record.model_copy(update={"timing": timing})
        found.append(failure(record) if failed else record)
    return found


@pytest.mark.parametrize("before", [1, 9])
@pytest.mark.parametrize(
    ("border", "failed"),
    [
        (MORNING.replace(hour=0, minute=16, second=40), False),
        (MORNING.replace(hour=23, minute=43, second=19), False),
        (MORNING.replace(hour=23, minute=43, second=19), True),
    ],
    ids=["may be yesterday's", "may be tomorrow's", "failures that may be tomorrow's"],
)
def test_requests_that_another_day_may_have_counted_are_not_merged_with_others(
    tmp_path: Path, border: datetime, before: int, *, failed: bool
) -> None:
    path = write(tmp_path / "a.jsonl", around(border, before, failed=failed))
    assert [row.count for row in runs(path, most_rows=0)] == [8, 1, 1]


@pytest.mark.parametrize("order", [1, -1])
def test_rows_need_not_come_in_order(tmp_path: Path, order: int) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in range(1, 9)][::order])
    run, latest = runs(path)
    assert (run.seq, run.count, latest.seq) == (1, 7, 8)


def test_two_hours_two_days_and_two_rules_of_the_server_are_not_one_run(tmp_path: Path) -> None:
    start = MORNING.replace(hour=22, minute=59, second=58)
    for days, hours in ((0, 0), (0, 1)):
        moment = start + timedelta(days=days, hours=hours)
        many = [one(n, 1, session=n, at=moment + timedelta(seconds=n)) for n in range(9)]
        rows = runs(write(tmp_path / "a.jsonl", many), most_rows=0)
        assert sum(row.count for row in rows) == 9
        assert len(rows) > 2
    borders = [one(n, 1, at=BORDER + timedelta(seconds=10 * (n - 4))) for n in range(9)]
    rows = runs(write(tmp_path / "a.jsonl", borders, simulated=False), most_rows=0)
    assert {row.count for row in rows} == {1}
    assert len({row.server_era for row in rows}) == 2


def test_admissions_whose_action_was_refused_as_well_are_a_run_of_their_own(tmp_path: Path) -> None:
    asked = [one(seq, 1, request=1 if seq > 6 else seq) for seq in range(1, 10)]
    refused = one(10, 1, request=1, refused=True)
    rows = runs(write(tmp_path / "a.jsonl", [*asked, refused]))
    assert sorted((row.count, row.who.request in {None, SEVERAL}) for row in rows if row.count > 1)
    by_request = {row.who.request: row.count for row in rows if row.count > 1}
    assert by_request == {None: 3, SEVERAL: 4}


def test_not_sent_stays_not_sent(tmp_path: Path) -> None:
    """A run without ids of user actions is not one of several other actions than the refused."""
    bare = []
    for seq in range(1, 8):
        record = one(seq, 1, refused=seq == 7)
        request = record.request.model_copy(update={"request": None, "session": None})
        bare.append(record.model_copy(update={"request": request}))
    for most_rows in (MANY, 0):
        rows = runs(write(tmp_path / "a.jsonl", bare), most_rows)
        assert {(row.who.request, row.who.session) for row in rows} == {(ABSENT, ABSENT)}
        assert [row.count for row in rows] == [5, 1, 1]


def test_refusals_that_agree_are_the_first_and_a_number_at_the_moment_of_the_latest(
    tmp_path: Path,
) -> None:
    many = [one(seq, 1, session=seq, refused=True) for seq in range(1, 6)]
    rows = runs(write(tmp_path / "a.jsonl", many), most_rows=0)
    assert [(row.seq, row.count) for row in rows] == [(5, 4), (1, 1)]
    assert rows[0].retry_after_s == one(5, 1, refused=True).outcome.retry_after_s


def test_of_many_refusals_that_agree_hardly_any_becomes_an_observation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the dearest part of a large capture, and all but two are thrown away."""
    many = [one(seq, 1, session=seq, refused=True) for seq in range(1, 101)]
    tally, header = tallied(write(tmp_path / "a.jsonl", many))
    made: list[Observation] = []

    def counted(*arguments: Any) -> Observation:
        made.append(observation(*arguments))
        return made[-1]

    monkeypatch.setattr(aggregation, "observation", counted)
    assert [row.count for row in aggregate(tally, header, frozenset(), 0)] == [1, 99]
    assert len(made) == 3


def failure(record: Exchange) -> Exchange:
    """The same request, and an error in answer to it."""
    signals = Signals(status=500, date=record.signals.date)
    return record.model_copy(update={"signals": signals, "outcome": judge(signals)})


def test_failures_that_agree_are_one_row_of_nobody_in_particular(tmp_path: Path) -> None:
    failed = [failure(one(seq, 1, session=seq)) for seq in range(1, 6)]
    rows = runs(write(tmp_path / "a.jsonl", failed), most_rows=0)
    assert [row.count for row in rows] == [4, 1]
    assert (rows[0].who.session, rows[0].who.request, rows[0].action) == (None, None, "")
    _, second, *_, last = gather([tmp_path]).observations
    assert (rows[0].started_at, rows[0].ended_at) == (second.started_at, last.ended_at)


# What is said is the same at any size.


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    keyed_by=st.sampled_from(["address", "install", "session", "global"]),
)
def test_aggregation_decides_the_same_or_leaves_it_open(
    tmp_path_factory: pytest.TempPathFactory, seed: int, keyed_by: str
) -> None:
    path = write(tmp_path_factory.mktemp("world") / "a.jsonl", world(seed, keyed_by))
    whole = gather([path])
    expected = findings(whole)
    for rows in (MANY, 0):
        observations = aggregated(path, rows)
        found = findings(ComparisonInput(captures=(), observations=tuple(observations)))
        assert sum(row.count for row in observations) == len(whole.observations)
        assert len(observations) <= len(whole.observations)
        for dimension, finding in found.items():
            assert finding in {expected[dimension], "undetermined"}, (dimension, rows)


JUNK = (
    b"",
    b"   \t",
    b"not json",
    b"\xff\xfe",
    b'{"a":\x01}',
    b"\x00" * 40,
    b"[1,2]",
    b"null",
    b'{"type":"exchange"}',
    b'{"type":"opened","seq":"x"}',
    b'{"type":"later","seq":7}',
    b"\xef\xbb\xbf{}",
)
"""Lines that no version of ours has written."""


def say_the_same(path: Path) -> None:
    single, many = gather([path]), gather([path], one_by_one=-1)
    assert [one.aggregated for one in many.captures] == [True]
    assert [one.model_copy(update={"aggregated": False}) for one in many.captures] == [
        *single.captures
    ]
    assert many.remarks == single.remarks
    assert many.unrecorded == single.unrecorded
    assert sum(row.count for row in many.observations) == len(single.observations)
    expected, together = findings(single), findings(many)
    assert expected.keys() == together.keys()
    # What is missing may leave a verdict open that single exchanges decide; never another one.
    for place, finding in together.items():
        assert finding in {expected[place], "undetermined"}, place


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(data=st.data(), keyed_by=st.sampled_from(["address", "install"]))
def test_damage_is_counted_and_hides_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, keyed_by: str
) -> None:
    path = write(tmp_path_factory.mktemp("world") / "a.jsonl", world(7, keyed_by, requests=40))
    lines = path.read_bytes().splitlines()
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(1, len(lines) - 2))
        cut = data.draw(st.integers(1, len(lines[place]) - 1)) if len(lines[place]) > 1 else 0
        match data.draw(st.sampled_from(["junk", "torn", "glued", "dropped"])):
            case "junk":
                lines.insert(place, data.draw(st.sampled_from(JUNK)))
            case "torn":
                lines[place] = lines[place][:cut]
            case "glued":
                lines[place : place + 2] = [lines[place][:cut] + lines[place + 1]]
            case "dropped":
                del lines[place]
    whole_file = b"\n".join(lines)
    torn = data.draw(st.integers(0, len(lines[-1])))
    path.write_bytes(whole_file[: len(whole_file) - torn])
    say_the_same(path)


def test_requests_without_a_record_are_named_with_their_number(tmp_path: Path) -> None:
    """Lost, withheld, under way, left out: whatever made the hole."""
    path = write(tmp_path / "a.jsonl", world(3, "address", requests=40))
    lines = path.read_text().splitlines()
    kept = [
        line
        for line in lines
        if not any(f'"seq":{seq},' in line for seq in (1, 2, 11, 20, 21, 22))
        and not ('"exchange"' in line and '"seq":40,' in line)
    ]
    stub = Stub(seq=11, at=MORNING, install="install1", reason="taint")
    path.write_text("\n".join([*kept[:-1], stub.model_dump_json(), kept[-1]]) + "\n")
    found = gather([path]).unrecorded
    assert [(one.seq, one.count) for one in found] == [(1, 2), (11, 1), (20, 3), (40, 1)]
    say_the_same(path)


@pytest.mark.parametrize("exchanges", [0, 1])
def test_a_capture_of_which_hardly_anything_is_left(tmp_path: Path, exchanges: int) -> None:
    path = write(tmp_path / "a.jsonl", [one(seq, 1) for seq in range(1, 4)])
    lines = [line for line in path.read_text().splitlines() if '"exchange"' not in line]
    seen = [line for line in path.read_text().splitlines() if '"seq":1,' in line][1:][:exchanges]
    path.write_text("\n".join([*lines[:1], *seen, *lines[1:]]) + "\n")
    assert sum(one.count for one in gather([path]).unrecorded) == 3 - exchanges


def test_what_is_cut_off_behind_the_last_record_is_missing(tmp_path: Path) -> None:
    """A bundle `--until` keeps the end line, whose count says how much was left out."""
    path = write(tmp_path / "a.jsonl", world(3, "address", requests=40))
    kept = [
        line
        for line in path.read_text().splitlines()
        if not any(f'"seq":{seq},' in line for seq in range(31, 41))
    ]
    path.write_text("\n".join(kept) + "\n")
    assert [(one.seq, one.count) for one in gather([path]).unrecorded] == [(31, 10)]
    say_the_same(path)


@pytest.mark.parametrize("same", [True, False], ids=["same", "different"])
def test_two_joined_captures_are_the_first_one_only(tmp_path: Path, same: bool) -> None:
    first = write(tmp_path / "a.jsonl", [one(1, 1), one(2, 1)])
    second = write(tmp_path / "b.jsonl", [one(seq, 2) for seq in ((1, 2) if same else (7, 8, 9))])
    joined = tmp_path / "joined.jsonl"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    inputs = gather([joined])
    assert inputs.observations == gather([first]).observations
    (remark,) = inputs.remarks
    assert "lines of another capture stand behind it and are left out" in remark
    say_the_same(joined)


def test_few_exchanges_stay_single_and_the_first_too_many_aggregates_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write(tmp_path / f"{name}.jsonl", [one(seq, 1) for seq in range(1, 7)])
    assert len(gather([tmp_path], one_by_one=18).observations) == 18
    many = gather([tmp_path], one_by_one=17)
    assert [row.count for row in many.observations] == [1, 5] * 3
    assert {one.aggregated for one in many.captures} == {True}
    assert [one.name for one in many.captures] == ["a.jsonl", "b.jsonl", "c.jsonl"]
    monkeypatch.setattr(gathering, "MOST_ROWS", 3)
    write(tmp_path / "a.jsonl", [one(seq, 1, session=seq) for seq in range(1, 7)])
    merged = gather([tmp_path / "a.jsonl"], one_by_one=1).observations
    assert [(row.count, row.who.session is None) for row in merged] == [(1, False), (5, True)]
