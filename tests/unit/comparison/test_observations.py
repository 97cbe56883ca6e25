"""From exchanges to observations."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, get_args

import pytest

from pawwork_proxy.comparison.observations import (
    INSTRUMENTS,
    LEAST_ERROR_S,
    LONGEST_RESPONSE,
    UNKNOWN_CLOCK_S,
    Arrival,
    Probes,
    ServerClock,
    after_last,
    observation,
    server_clock,
    unrecorded,
)
from pawwork_proxy.model.capture import End, Note, Stub
from pawwork_proxy.model.context import Egress, ExchangeContext, Route
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.observation import ABSENT, INTERCEPTING, PUBLIC, UNTOUCHED, Observation
from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.model.request import AuthFacts
from pawwork_proxy.model.response import ResponseFacts
from pawwork_proxy.model.signals import Ending, Signals
from pawwork_proxy.model.view import view_of
from tests.unit.builders import NOON, exchange, header

TIMING = Timing(started_at=NOON, first_byte_ms=400.0, total_ms=900.0)


def outcome(kind: Kind, origin: Origin = Origin.ZEN) -> Outcome:
    return Outcome(kind=kind, family=kind.family, origin=origin, rule_id="made-up")


def answer(**changes: Any) -> ResponseFacts:
    return ResponseFacts(status=200, http_version="HTTP/1.1", **changes)


def context(**changes: Any) -> ExchangeContext:
    return exchange().context.model_copy(update=changes)


def observed(one: Exchange, **changes: Any) -> Observation:
    clock = ServerClock(0.0, UNKNOWN_CLOCK_S)
    return observation(header(**changes), view_of(one), one.outcome, clock, frozenset({"lab"}))


def test_a_plain_admission() -> None:
    found = observed(exchange(timing=TIMING, outcome=outcome(Kind.SUCCESS)))
    assert (found.capture, found.seq, found.kind, found.family) == (
        header().capture_id,
        1,
        "success",
        "ok",
    )
    assert found.clock_error_s == UNKNOWN_CLOCK_S
    assert found.answered_at is not None
    assert found.answered_at - found.started_at == timedelta(seconds=0.4)
    assert found.ended_at - found.started_at == timedelta(seconds=0.9)
    assert (found.ending, found.free, found.server_era, found.client_era) == (
        "complete",
        True,
        "V7b",
        "another client",
    )


def test_what_is_not_sent_is_a_value_and_what_is_not_known_is_none() -> None:
    who = observed(exchange()).who
    assert (who.session, who.request, who.project, who.client, who.user_agent) == (ABSENT,) * 5
    assert (who.key, who.auth_kind, who.workspace) == (PUBLIC, "none", ABSENT)
    assert (who.address, who.prefix, who.family, who.region) == (None,) * 4
    assert who.install == "main cccccc"
    key = "key:" + "1" * 24
    keyed = observed(exchange(auth=AuthFacts(kind="user_key", pseudonym=key))).who
    assert (keyed.key, keyed.auth_kind, keyed.workspace) == (key, "user_key", None)


@pytest.mark.parametrize(
    ("date_s", "start_s"),
    [((0, 10, 20), (0.0, 10.3, 19.8)), ((100, 110, 120), (0.0, 10.3, 19.8))],
)
def test_dated_answers_narrow_the_clock_down(
    date_s: tuple[int, ...], start_s: tuple[float, ...]
) -> None:
    """Each answer's head came 0.4 s after the request."""
    pairs = list(zip(date_s, start_s, strict=True))
    clock = server_clock(
        [date - start - 0.4 for date, start in pairs], [date + 1 - start for date, start in pairs]
    )
    assert clock.error_s == LEAST_ERROR_S
    assert clock.steady
    assert abs(clock.offset_s - date_s[0]) < 0.7


def test_a_clock_that_was_set_during_the_run_is_as_wrong_as_its_answers() -> None:
    clock = server_clock([-0.4, 59.6], [1.0, 61.0])
    assert not clock.steady
    assert clock.offset_s - clock.error_s == pytest.approx(-0.4)
    assert clock.offset_s + clock.error_s == pytest.approx(61.0)


def test_the_clock_lies_between_the_tightest_bounds() -> None:
    assert server_clock([], []) == ServerClock(0.0, UNKNOWN_CLOCK_S)
    assert server_clock([-5.0, 2.0], [9.0, 20.0]) == ServerClock(5.5, 3.5)


def test_an_aborted_stream_was_let_through() -> None:
    signals = Signals(status=200, ending=Ending.CLIENT_LEFT_MIDSTREAM)
    left = outcome(Kind.TRANSPORT_ERROR, Origin.CLIENT)
    found = observed(exchange(signals=signals, timing=TIMING, outcome=left))
    assert (found.kind, found.family, found.ending) == ("success", "ok", "aborted")
    assert found.recorded_kind == "transport_error"


def test_no_answer_is_no_admission() -> None:
    signals = Signals(ending=Ending.UPSTREAM_REFUSED)
    failed = outcome(Kind.TRANSPORT_ERROR, Origin.PROXY)
    found = observed(exchange(status=None, signals=signals, outcome=failed))
    assert (found.family, found.ending, found.answered_at) == ("network", "none", None)
    assert found.who.region is None


@pytest.mark.parametrize(
    ("model", "auth", "cost", "free"),
    [
        ("glm-5", "public", None, True),
        ("big-pickle", "user_key", None, True),
        ("mimo-v2.5-free", "user_key", 0.0, True),
        ("glm-5", "user_key", 0.2, False),
        ("glm-5", "user_key", 0.0, None),
        ("gpt-5-nano", "user_key", 0.0, False),
        ("gpt-5.4-nano", "public", None, True),
        (None, "user_key", None, None),
    ],
)
def test_which_models_are_free(
    model: str | None, auth: str, cost: float | None, free: bool | None
) -> None:
    one = exchange(response=answer(cost=cost))
    request = one.request.model_copy(update={"model": model})
    facts = one.auth.model_copy(update={"kind": auth})
    assert observed(one.model_copy(update={"request": request, "auth": facts})).free is free


def test_whether_a_model_is_free_is_not_known_without_an_answer() -> None:
    one = exchange(status=None, auth=AuthFacts(kind="user_key"))
    request = one.request.model_copy(update={"model": "glm-5"})
    assert observed(one.model_copy(update={"request": request})).free is None


IP, PREFIX = "ip:" + "1" * 24, "ip6p:" + "1" * 24
LOCAL, LOCAL6 = "ip:" + "2" * 24, "ip:" + "3" * 24
EGRESS = Egress(observed_at=NOON, address=IP, family="ipv4", country="DE", colo="FRA")


def test_the_probe_tells_the_address() -> None:
    who = observed(exchange(context=context(egress=EGRESS))).who
    assert (who.address, who.prefix, who.family, who.region) == (IP, IP, "ipv4", "FRA")
    six = EGRESS.model_copy(update={"family": "ipv6", "prefix": PREFIX, "colo": None})
    who = observed(exchange(context=context(egress=six))).who
    assert (who.prefix, who.family, who.region) == (PREFIX, "ipv6", "DE")
    one = exchange(context=context(egress=EGRESS), response=answer(colo="AMS"))
    assert observed(one).who.region == "AMS"


def test_a_simulator_sees_the_address_we_send_from() -> None:
    local = context(source_address=LOCAL, upstream_family="ipv4", network="lab")
    found = observed(exchange(context=local), simulated=True)
    assert (found.who.address, found.who.prefix) == (LOCAL, LOCAL)
    assert (found.server_era, found.exclusive, found.simulated) == ("simulated", True, True)
    six = context(source_address=LOCAL6, upstream_family="ipv6")
    assert observed(exchange(context=six), simulated=True).who.prefix is None
    assert observed(exchange(context=local)).who.address is None
    assert observed(exchange(context=local)).who.family == "ipv4"


def test_behind_another_proxy_nothing_is_known_of_the_route() -> None:
    chained = context(source_address=LOCAL, upstream_family="ipv4", chained_proxy=True)
    found = observed(exchange(context=chained), simulated=True)
    assert (found.who.address, found.who.family, found.chained_proxy) == (None, None, True)


def test_a_client_is_named_by_user_agent_and_client_header() -> None:
    one = exchange()
    agent = "opencode/1.16.2 ai-sdk/provider-utils/4.0.23"
    request = one.request.model_copy(update={"user_agent": agent, "client": "desktop"})
    found = observed(one.model_copy(update={"request": request}))
    assert found.client_era == "PawWork 2026.6.4-2026.8.5"


def test_before_the_first_server_era_nothing_is_known() -> None:
    old = exchange(timing=Timing(started_at=NOON.replace(year=2024)))
    assert observed(old).server_era == "before V1"


def test_missing_numbers_were_asked_between_their_neighbours() -> None:
    at = [NOON + timedelta(seconds=second) for second in range(10)]
    around = [(Arrival(3, at[3]), Arrival(7, at[7])), (Arrival(1, at[5]), Arrival(3, at[4]))]
    clock = ServerClock(2.0, 1.5)
    late, turned = unrecorded(header(), around, clock)
    assert (late.seq, late.count) == (4, 3)
    assert (late.started_at, late.ended_at) == (at[5], at[9] + LONGEST_RESPONSE)
    assert (turned.seq, turned.count, turned.started_at) == (2, 1, at[6])
    assert turned.ended_at == at[7] + LONGEST_RESPONSE


def test_the_runs_own_counts_tell_of_requests_behind_the_last_one() -> None:
    at = [NOON + timedelta(seconds=second) for second in range(10)]
    known = [Arrival(0, at[0]), Arrival(3, at[3])]
    stub = Stub(seq=2, at=at[2], install="main", reason="taint")
    lost = Note(at=at[5], event="records_lost", count=4)
    other = Note(at=at[6], event="egress_unavailable")
    end = End(at=at[9], exchanges=6, stubs={"taint": 1}, lost=4, reason="finished")
    assert after_last(known, 2, [stub]) == Arrival(4, at[3])
    assert after_last(known, 2, [stub, lost, other, None]) == Arrival(8, at[5])
    assert after_last(known, 2, [stub, lost, end]) == Arrival(8, at[9]), "lost ones count once"
    unopened = end.model_copy(update={"lost": 9})
    assert after_last(known, 2, [stub, lost, unopened]) == Arrival(13, at[9])
    under_way = [Arrival(0, at[0]), Arrival(5, at[3])]
    assert after_last(under_way, 0, [lost]) == Arrival(10, at[5]), "all behind the last, perhaps"
    assert after_last(known[:1], 0, []) == Arrival(1, at[0])


def test_a_gap_stands_for_requests_of_whom_little_is_known() -> None:
    clock = ServerClock(2.0, 1.5, steady=False)
    (one,) = unrecorded(header(network="lab"), [(Arrival(3, NOON), Arrival(7, NOON))], clock)
    assert (one.seq, one.count, one.kind, one.answered_at) == (4, 3, "unknown", None)
    assert one.started_at == NOON + timedelta(seconds=2)
    assert one.ended_at > one.started_at
    assert (one.clock_error_s, one.steady) == (1.5, False)
    assert (one.who.network, one.who.address) == ("lab", None)
    assert one.who.device == header().machine.device
    assert one.who.install is None, "a bundle may have left out other installs"


@pytest.mark.parametrize(
    ("route", "value"),
    [
        ("inside", UNTOUCHED),
        ("tunnel", UNTOUCHED),
        ("forward", INTERCEPTING),
        ("reverse", INTERCEPTING),
    ],
)
def test_the_instrument_is_whose_handshake_the_server_saw(route: str, value: str) -> None:
    assert observed(exchange(context=context(route=route))).who.instrument == value


def test_every_route_has_its_instrument() -> None:
    assert set(INSTRUMENTS) == set(get_args(Route))


def test_the_workspace_that_the_request_names_counts_where_the_answer_names_none() -> None:
    """`x-opencode-org-id`."""
    keyed = AuthFacts(kind="user_key", pseudonym="key:" + "d" * 24)
    own, other = "workspace:" + "e" * 24, "workspace:" + "f" * 24
    request = exchange().request.model_copy(update={"workspace": own})
    asked = observed(exchange(auth=keyed, request=request))
    answered = observed(exchange(auth=keyed, request=request, response=answer(workspace=other)))
    assert (asked.who.workspace, answered.who.workspace) == (own, other)


def test_what_names_an_answer() -> None:
    named = answer(cf_ray="8f1e2d3c4b5a6978-FRA", response_id="request:" + "1" * 24)
    assert observed(exchange(response=named)).answer_id == named.cf_ray
    unnamed = answer(response_id=named.response_id)
    assert observed(exchange(response=unnamed)).answer_id == named.response_id
    assert observed(exchange(response=answer())).answer_id == ""


def probed(
    address: str, minute: int, *, asked: int, source: str | None = "ip:" + "5" * 24
) -> Exchange:
    """An exchange of a minute that holds what a probe found at another one."""
    egress = Egress(
        observed_at=NOON + timedelta(minutes=asked),
        address=f"ip:{address:0>24}",
        family="ipv4",
        colo="FRA",
    )
    return exchange(
        timing=TIMING.model_copy(update={"started_at": NOON + timedelta(minutes=minute)}),
        context=context(egress=egress, source_address=source),
    )


def addresses(*exchanges: Exchange, notes: Sequence[Note] = ()) -> list[str | None]:
    clock = ServerClock(0.0, UNKNOWN_CLOCK_S)
    views = [view_of(one) for one in exchanges]
    probes = Probes((view.context for view in views), notes)
    seen = [
        observation(header(), view, one.outcome, clock, probes=probes)
        for view, one in zip(views, exchanges, strict=True)
    ]
    for one in seen:
        assert one.who.family == "ipv4"
        assert (one.who.address is None) == (one.who.region is None)
    return [one.who.address and one.who.address[-1] for one in seen]


def test_an_address_holds_from_one_probe_to_the_next_if_both_found_it() -> None:
    assert addresses(probed("1", 1, asked=0), probed("1", 5, asked=4), probed("1", 9, asked=8)) == [
        "1",
        "1",
        "1",
    ]


def test_an_address_that_changed_between_two_probes_is_not_known_in_between() -> None:
    assert addresses(
        probed("1", 1, asked=0),
        probed("1", 5, asked=4),
        probed("2", 6, asked=7),
        probed("2", 8, asked=7),
        probed("2", 9, asked=9),
    ) == ["1", None, None, "2", "2"]


def changed(address: str, minute: int) -> Note:
    """What is noted of a probe that found another address."""
    egress = probed(address, minute, asked=minute).context.egress
    return Note(at=NOON + timedelta(minutes=minute), event="egress_changed", egress=egress)


def test_a_probe_after_the_last_exchange_tells_of_a_change_as_well() -> None:
    """The refusal that a run ends with is what has it made."""
    one, last = probed("1", 1, asked=0), probed("1", 5, asked=4)
    assert addresses(one, last, notes=[changed("2", 6)]) == ["1", None]
    assert addresses(one, last, notes=[changed("1", 6)]) == ["1", "1"]
    other = Note(at=NOON, event="egress_unavailable")
    ipv6 = changed("2", 6).egress
    assert ipv6 is not None
    of_ipv6 = Note(
        at=NOON,
        event="egress_changed",
        egress=ipv6.model_copy(update={"family": "ipv6", "prefix": ipv6.address}),
    )
    assert addresses(one, last, notes=[other, of_ipv6]) == ["1", "1"]


def test_another_local_address_is_another_way_out_and_no_change() -> None:
    other = "ip:" + "6" * 24
    assert addresses(
        probed("1", 1, asked=0), probed("2", 5, asked=4, source=other), probed("1", 6, asked=0)
    ) == ["1", "2", "1"]
    three = probed("3", 9, asked=8), probed("3", 10, asked=8)
    assert addresses(probed("1", 1, asked=0), probed("2", 5, asked=4, source=other), *three) == [
        None,
        "2",
        "3",
        "3",
    ]
