"""The worlds with a broken assumption: that each kind breaks what it is there to break."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from pawwork_proxy.model.observation import Observation
from tests.evaluation.__main__ import main
from tests.evaluation.broken import BrokenTally, broken_report, evaluate_broken
from tests.evaluation.broken_servers import HOUR, BrokenServer, Quirk
from tests.evaluation.broken_worlds import KINDS, broken_world
from tests.evaluation.random_worlds import random_rules
from tests.evaluation.worlds import AGENTS, START


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_world_is_a_function_of_its_kind_and_seed(kind: str) -> None:
    one, other = broken_world(kind, "1:2"), broken_world(kind, "1:2")
    assert one.seen == other.seen != broken_world(kind, "1:3").seen


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_somebody_is_refused_in_worlds_of_each_kind(kind: str) -> None:
    results = Counter(seen.kind for n in range(8) for seen in broken_world(kind, f"2:{n}").seen)
    assert min(results["free_usage_limit"], results["success"]) > 8


@pytest.mark.parametrize(
    ("kind", "cadence"),
    [
        ("weekly", "other"),
        ("three_hours", "other"),
        ("rolling_day", "other"),
        ("strangers", "utc_day"),
    ],
)
def test_refusals_say_when_they_end(kind: str, cadence: str) -> None:
    refused = [one for n in range(9) for one in broken_world(kind, f"1:{n}").seen if waits(one)]
    assert cadence in {one.cadence for one in refused}
    for one in refused:
        assert one.retry_after_s
        assert one.reset_at
        assert one.reset_at > one.started_at


def waits(seen: Observation) -> bool:
    return seen.kind == "free_usage_limit"


WHO = {
    "address": "here",
    "model": "north-free",
    "model_group": "no",
    "auth_kind": "none",
    "request": "one",
} | AGENTS[0]
RULES = replace(
    random_rules(random.Random(1)), key=("address",), limit=2, gated=frozenset(), by_model={}
)
NOON = START + 12 * HOUR


@pytest.mark.parametrize(
    ("quirk", "results"),
    [
        (Quirk(), "++----"),
        (Quirk(raised=(NOON + 35, 1)), "++--+-"),
        (Quirk(emptied=NOON + 35), "++--++"),
        (Quirk(stray={"refused": NOON + 25}), "++-+--"),
        (Quirk(stray={"success": NOON}), "-++---"),
        (Quirk(lags=(25.0,)), "++++--"),
        (Quirk(window_s=30.0), "++-++-"),
        (Quirk(window_s=40.0, rolling=True), "++--++"),
        (Quirk(model_weights={"north-free": 2}), "+-----"),
        (Quirk(new_addresses=2), "++++--"),
        (Quirk(forgetful=1.0), "++++++"),
        (Quirk(exempt="one"), "++++++"),
        (Quirk(closed=("address", "here", NOON + 5)), "+-----"),
        (Quirk(relayed=("address", 1)), "+-----"),
    ],
)
def test_a_quirk_shows_in_six_requests(quirk: Quirk, results: str) -> None:
    server = BrokenServer(RULES, quirk, random.Random(1))
    said = ""
    for n in range(6):
        result, finish = server.decide(WHO, NOON + 10 * n)
        if finish is not None:
            finish(NOON + 10 * n + 1, False)
        said += "+" if result == "success" else "-"
    assert said == results


def test_the_table_counts_and_names_what_is_wrong() -> None:
    tally = BrokenTally()
    tally.worlds["weekly"] = 500
    tally.given["weekly", "follows"] = 7
    assert tally.holds
    tally.wrong["weekly", "follows"] = 2
    tally.explained.append("weekly 1:2: session follows, truth address")
    assert not tally.holds
    said = broken_report(tally)
    assert "weekly                  500        7      2" in said
    assert said.endswith("session follows, truth address")
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert broken_report(evaluate_broken([*KINDS], 40, 3)) == broken_report(
        evaluate_broken([*KINDS], 40, 3)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["evaluation", "--worlds", "4", "--broken", "clock_skew"])
        assert main() == 0
    assert "clock_skew                4" in capsys.readouterr().out
