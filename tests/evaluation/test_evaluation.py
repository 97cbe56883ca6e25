"""The evaluation of verdicts, small, and that it would see what it is there to see."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any, get_args

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.trials import VARIATIONS, Trial
from pawwork_proxy.model.observation import INTERCEPTING, SEVERAL
from pawwork_proxy.model.verdict import Verdict
from tests.evaluation.__main__ import Tally, evaluate, report
from tests.evaluation.decidability import Observed, decidable, fits, possible
from tests.evaluation.plans import perform
from tests.evaluation.random_worlds import (
    NO_KEY,
    People,
    random_gate,
    random_rules,
    random_world,
)
from tests.evaluation.servers import (
    ClosedTo,
    Dress,
    OwnServer,
    Rules,
    SimulatorServer,
    server_for,
)
from tests.evaluation.truth import is_wrong, truth
from tests.evaluation.worlds import AGENTS, START, World
from tests.unit.comparison.builders import MORNING, OFFICE, SAVED_KEY, TWO, Diary


@pytest.mark.slow
def test_a_few_worlds_hold() -> None:
    tally = evaluate(60, seed=11, plans_every=6)
    assert tally.wrong.total() == 0
    assert tally.truth_ruled_out == 0
    assert tally.accused == 0
    assert tally.answered_share == 1.0
    assert tally.given["does_not_follow"] > 50
    assert tally.decidable.total() > 50


@pytest.mark.slow
def test_the_same_seed_gives_the_same_report() -> None:
    assert report(evaluate(12, 5, 6)) == report(evaluate(12, 5, 6))


def test_a_world_is_a_function_of_its_seed() -> None:
    one, other = random_world("3:4")[0], random_world("3:4")[0]
    assert one.seen == other.seen
    assert one.rules == other.rules
    assert random_world("3:5")[0].seen != one.seen


@pytest.mark.parametrize("dress", get_args(Dress))
def test_a_server_that_minds_the_instrument_is_found_out(dress: Dress) -> None:
    """Arms in turn behind a gate, however it is dressed: measuring disturbs; nothing follows."""
    rng = random.Random(1)
    closed = ClosedTo("instrument", INTERCEPTING, dress)
    world, people = World(replace(PLAIN, closed_to=closed), rng), People(rng)
    who = people.installs[0] | people.keyed(None)
    arms = [arm for _ in range(2) for arm in people.arms(who)]
    world.play([people.ask(arm, START + 9 * 3600 + 90.0 * n) for n, arm in enumerate(arms)])
    comparison = compare(world.seen, plan=False)
    assert comparison.instrument.status == "disturbs"
    assert {v.finding for one in comparison.limits for v in one.verdicts} <= {"undetermined"}


RULES = replace(random_rules(random.Random(1)), key=("key",))
PLAIN = replace(
    RULES,
    limit=4,
    gated=frozenset(),
    by_model={},
    keyed_bonus=1,
    doubling=False,
    overload=0.0,
    relayed_for=None,
    own_buckets=frozenset({"big-pickle"}),
)
SAVED = {"key": "key1", "auth_kind": "user_key", "workspace": "ws1"}


def verdict(dimension: str, finding: str) -> Verdict:
    found = compare(Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen)
    one = next(v for v in found.limits[0].verdicts if v.dimension == dimension)
    return one.model_copy(update={"finding": finding})


@pytest.mark.parametrize(
    ("dimension", "finding", "wrong"),
    [
        ("address", "follows", True),
        ("address", "does_not_follow", False),
        ("address", "undetermined", False),
        ("key", "follows", False),
        ("key", "does_not_follow", True),
        ("global", "follows", True),
    ],
)
def test_a_wrong_verdict_is_seen(dimension: str, finding: str, wrong: bool) -> None:
    assert is_wrong(verdict(dimension, finding), RULES, [], ipv6=False) is wrong


def test_for_ipv4_the_prefix_is_the_address() -> None:
    rules = replace(RULES, key=("prefix",))
    assert truth(rules, False, "address") == "follows"
    assert truth(rules, True, "address") == "does_not_follow"
    assert truth(rules, True, "network") == "follows"


def test_a_mixture_of_models_is_judged_on_the_models_of_the_evidence() -> None:
    rules = replace(RULES, key=("bucket",), own_buckets=frozenset({"north-free"}))
    north = {"model": "north-free", "model_group": "no"}
    diary = Diary().admitted(9).refused().admitted(**north).later(days=1)
    diary.admitted(9, **north).refused(**north).admitted()
    found = compare(diary.seen).limits[0].verdicts
    group = next(v for v in found if v.dimension == "model_group")
    evidence = next(v for v in found if v.dimension == "global").evidence
    for finding, wrong in (("follows", False), ("does_not_follow", True)):
        said = group.model_copy(update={"finding": finding, "evidence": evidence})
        assert is_wrong(said, rules, diary.seen, ipv6=False) is wrong


def test_brute_force_agrees_on_a_plain_contrast() -> None:
    found = [Observed(Diary().admitted(9).refused(2).admitted(2, **OFFICE).refused().seen)]
    assert decidable(found, possible(found))["address"] == "follows"
    assert not fits(found, frozenset({"key"}))


@pytest.mark.parametrize(
    "diary",
    [
        Diary().admitted(9).refused().admitted(**OFFICE),
        Diary().admitted(9).refused(2).admitted(**OFFICE).refused(),
        Diary().admitted(9).refused().admitted(2, **OFFICE).refused(),
        Diary().admitted(9).refused().admitted(2, **OFFICE),
        Diary().admitted(9).refused(2).later(hours=1).admitted(2, **OFFICE).refused(),
        Diary().admitted(9).refused(2).admitted(2, **OFFICE).admitted(9).refused(),
    ],
    ids=["one", "stray admission", "stray refusal", "one change", "late", "began anew"],
)
def test_brute_force_knows_nothing_by_one_observation(diary: Diary) -> None:
    found = [Observed(diary.seen)]
    assert not decidable(found, possible(found)).keys() & {"address", "network"}


def test_brute_force_takes_two_contrasts_at_two_moments() -> None:
    diary = Diary().admitted(9).refused().admitted(**OFFICE).later(days=1)
    found = [Observed(diary.admitted(9).refused().admitted(**OFFICE).seen)]
    assert decidable(found, possible(found))["address"] == "follows"


def test_brute_force_knows_no_models_of_which_two_may_share_a_pool() -> None:
    models: list[dict[str, Any]] = [
        {"model": f"{name}-free", "model_group": name[:2]} for name in ("big", "bit", "bin")
    ]
    both_ways = [one for two in combinations(models, 2) for one in (two, two[::-1])] * 2
    several = []
    for day, (first, other) in enumerate(both_ways):
        diary = Diary(f"c{day}", MORNING + timedelta(days=day))
        diary.admitted(9, **first).refused(2, **first).admitted(2, **other).refused(**first)
        several.append(Observed(diary.seen))
    assert decidable(several, possible(several))["model"] == "follows"
    not_all = [*several[:4], *several[6:10]]
    assert "model" not in decidable(not_all, possible(not_all))


def test_brute_force_leaves_the_address_open_where_everybody_has_a_key() -> None:
    mine, other = SAVED_KEY, {**SAVED_KEY, "key": "key:other"}
    diary = Diary().admitted(9, **mine).refused(2, **mine).refused(2, **mine, **OFFICE)
    diary.admitted(2, **other).refused(**mine)
    found = [Observed(diary.seen)]
    assert decidable(found, possible(found))["key"] == "follows"
    assert fits(found, frozenset({"caller"}))
    assert not fits(found, frozenset({"address"}))
    assert "address" not in decidable(found, possible(found))


def test_brute_force_solves_for_thresholds_over_several_observations() -> None:
    """Each client is allowed more than the other, on two days that are told apart."""
    one = Diary().admitted(3).refused().admitted(user_agent="b")
    two = Diary().later(days=1).admitted(3, user_agent="b").refused(user_agent="b").admitted()
    assert fits([Observed(one.seen)], frozenset())
    assert not fits([Observed(one.seen), Observed(two.seen)], frozenset())


def test_a_trial_is_carried_out_until_refused_and_shortened() -> None:
    for number in range(40):
        world, people = random_world(f"2:{number}")
        if world.rules.limit > 5 and not world.rules.overload:
            break
    trial = Trial(VARIATIONS[0].id, VARIATIONS[:1])
    done = perform(world, dict(people.installs[0]), trial, day=30)
    assert any(one.kind == "free_usage_limit" for one in done) or world.rules.key
    assert any(one.count > 1 and one.who.request == SEVERAL for one in done)


def test_the_report_names_what_must_hold() -> None:
    tally = Tally()
    tally.wrong["follows"] = 1
    tally.explained.append("world 0: WRONG")
    assert not tally.holds
    assert "world 0: WRONG" in report(tally)


@pytest.mark.parametrize("key", [("install",), ("key", "model"), ("session", "bucket")])
def test_both_servers_refuse_at_the_same_count(key: tuple[str, ...]) -> None:
    """The simulator's limiter and our own, on rules that both can play by."""
    plain = replace(PLAIN, key=key)
    who = random_world("1:1")[1].installs[0]
    results = []
    for server in (server_for(plain, random.Random(1)), OwnServer(plain, random.Random(1))):
        said = []
        for number in range(6):
            result, finish = server.decide(who, 1000.0 + number)
            said.append(result)
            if finish is not None:
                finish(1000.5 + number, False)
        results.append(said)
    assert results == [["success"] * 4 + ["refused"] * 2] * 2
    assert isinstance(server_for(plain, random.Random(1)), SimulatorServer)
    assert isinstance(server_for(replace(plain, key=("device",)), random.Random(1)), OwnServer)


@pytest.mark.parametrize(
    ("part", "value", "server"),
    [
        ("user_agent", AGENTS[2]["user_agent"], SimulatorServer),
        ("auth_kind", "none", SimulatorServer),
        ("client", "cli", OwnServer),
    ],
)
@pytest.mark.parametrize("dress", get_args(Dress))
def test_a_gate_turns_some_away_from_the_first_request_on(
    part: str, value: str, server: type, dress: Dress
) -> None:
    closed = replace(PLAIN, closed_to=ClosedTo(part, value, dress))
    who = random_world("1:1")[1].installs[0] | SAVED | AGENTS[1]
    gated = who | NO_KEY if part == "auth_kind" else who | AGENTS[2 if part == "user_agent" else 0]
    for judge in {server, OwnServer}:
        found = judge(closed, random.Random(1))
        assert found.decide(gated, 1000.0) == (dress, None)
        assert found.decide(who, 1001.0)[0] == "success"
        assert found.decide(gated, 1002.0) == (dress, None)
    assert type(server_for(closed, random.Random(1))) is server


@pytest.mark.slow
def test_no_wrong_verdict_comes_of_a_gate_that_is_dressed_as_the_quota(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def always(rng: random.Random) -> ClosedTo:
        return next(gate for _ in range(1000) if (gate := random_gate(rng)) is not None)

    monkeypatch.setattr("tests.evaluation.random_worlds.random_gate", always)
    tally = evaluate(80, seed=4, plans_every=0)
    assert min(tally.gated[dress] for dress in get_args(Dress)) > 5
    assert tally.wrong.total() == tally.truth_ruled_out == 0
    assert tally.answered_share == 1.0
    assert tally.given["does_not_follow"] > 10


def test_rules_differ_from_world_to_world() -> None:
    drawn: set[tuple[str, ...]] = {random_world(f"9:{n}")[0].rules.key for n in range(40)}
    assert len(drawn) > 10
    assert isinstance(RULES, Rules)
