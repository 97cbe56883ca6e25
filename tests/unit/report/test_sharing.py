"""The picture says who shares only where the verdicts do, and never shows a pseudonym."""

from datetime import timedelta
from typing import Any

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Finding
from pawwork_proxy.report.contrast_story import install_names
from pawwork_proxy.report.language import ENGLISH
from pawwork_proxy.report.sharing import (
    MOST_LINES,
    MOST_POOLS,
    MOST_RUNS,
    Party,
    Picture,
    Rest,
    sharing,
)
from tests.unit.comparison.builders import MORNING, Diary, limit
from tests.unit.report.answers import FAR, KEY, A, B, per_install, per_key, shared_address


def drawn(seen: list[Observation], *followed: str) -> Picture:
    """The picture, as if the quota was found to be counted by these."""
    follows: Finding = "follows"
    found = limit(**dict.fromkeys(followed, follows))
    names = install_names(each.who.install for each in seen)
    return sharing(found, seen, names, ENGLISH)


def boxes(picture: Picture) -> dict[str, list[str]]:
    return {pool.title: [party.name for party in pool.parties] for pool in picture.pools}


def fared(party: Party) -> tuple[int, int]:
    """How many of the requests that are drawn were answered, and how many refused."""
    refused = sum(run.requests for run in party.runs if run.refused)
    return sum(run.requests for run in party.runs) - refused, refused


def test_a_quota_per_address_is_a_box_per_address() -> None:
    picture = drawn(shared_address(), "address", "network")
    assert picture.known
    assert boxes(picture) == {
        "network address 1 (home)": ["laptop-a", "laptop-b"],
        "network address 2 (office)": ["laptop-a"],
    }
    home = picture.pools[0].parties[0]
    assert fared(home) == (15, 6)
    assert [(run.refused, run.requests) for run in home.runs] == [(False, 5), (True, 2)] * 3
    assert [run.new_window for run in home.runs] == [False, False, True, False, True, False]
    assert home.runs[0].words == "5 answered"


def test_the_picture_agrees_with_a_real_comparison() -> None:
    seen = per_install()
    found = compare(seen, plan=False).limits[0]
    names = install_names(each.who.install for each in seen)
    assert boxes(sharing(found, seen, names, ENGLISH))["laptop-b"] == ["laptop-b"]


def test_boxes_stand_in_the_order_of_their_first_request_and_resets_are_explained() -> None:
    seen = Diary().admitted(**A).admitted(3, **A, **FAR).seen
    assert [*boxes(drawn(seen, "address"))] == [
        "network address 1 (home)",
        "network address 2 (office)",
    ]
    assert not drawn(seen, "address").resets
    assert drawn(shared_address(), "address").resets


def test_keys_are_numbered_and_hold_those_who_use_them() -> None:
    picture = drawn(per_key(), "key")
    assert boxes(picture) == {"API key 1": ["laptop-a", "laptop-b"], "API key 2": ["laptop-a"]}


def test_where_nothing_is_decided_the_boxes_are_networks() -> None:
    seen = Diary().admitted(**A).refused(**A).admitted(**B, **FAR).seen
    picture = drawn(seen)
    assert not picture.known
    assert boxes(picture) == {"home": ["laptop-a"], "office": ["laptop-b"]}
    assert "not known yet" in picture.caption


def test_a_quota_of_all_is_one_box() -> None:
    picture = drawn(Diary().admitted(**A).admitted(**B).seen, "global")
    assert boxes(picture) == {"Everybody": ["laptop-a", "laptop-b"]}


def test_two_dimensions_stand_in_the_title_and_models_where_their_group_counts() -> None:
    seen = Diary().admitted(**A, model="big-pickle", model_group="bi").seen
    pool = drawn(seen, "address", "model_group").pools[0]
    assert pool.title == "network address 1 (home) · bi"
    assert pool.parties[0].model == "big-pickle"


def test_a_party_says_what_the_title_does_not() -> None:
    seen = Diary().admitted(install="home-laptop 111111", network="home", **KEY).seen

    def said(*dimensions: Any) -> tuple[str, str]:
        party = drawn(seen, *dimensions).pools[0].parties[0]
        return party.network, party.key

    assert said("install") == ("home", "API key 1"), "home is part of another name"
    assert said("address") == said() == ("", "API key 1")
    assert said("key") == ("home", "")


def test_where_the_group_of_models_may_matter_models_are_apart() -> None:
    seen = Diary().admitted(5, **A).refused(**A).admitted(**A, model="q", model_group="q").seen
    (pool,) = drawn(seen).pools
    assert [(one.model, *fared(one)) for one in pool.parties] == [
        ("big-pickle", 5, 1),
        ("q", 1, 0),
    ]
    assert {one.model for one in drawn(seen[:6]).pools[0].parties} == {""}
    assert {one.model for one in drawn(seen, "address").pools[0].parties} == {""}


def test_values_that_are_nobodys_own_are_said_in_words() -> None:
    def titles(**who: Any) -> list[str]:
        return [pool.title for pool in drawn(Diary().admitted(**A, **who).seen, "key").pools]

    assert titles(key=None) == ["API key not known"]
    assert titles(key="(public)") == titles(key="(not sent)") == ["no API key"]
    seen = Diary().admitted(install=None).seen
    assert drawn(seen, "address").pools[0].parties[0].name == "somebody"


def test_whoever_has_the_key_of_everybody_is_whoever_has_none() -> None:
    seen = Diary().admitted(2, **A, key="(public)").admitted(3, **A, key="(not sent)").seen
    (pool,) = drawn(seen, "address").pools
    assert [(party.key, fared(party)) for party in pool.parties] == [("", (5, 0))]
    (pool,) = drawn(seen + Diary().admitted(**A, **KEY).seen, "address").pools
    told = {party.key: fared(party) for party in pool.parties}
    assert told == {"no API key": (5, 0), "API key 1": (1, 0)}


def test_only_what_the_quota_counts_is_drawn() -> None:
    seen = Diary().admitted(**A).refused(**A).seen
    others: list[dict[str, Any]] = [
        {"answered_here": True},
        {"model_call": False},
        {"free": False},
        {"family": "overload"},
        {"family": "quota", "origin": "relayed:other"},
    ]
    more = [seen[0].model_copy(update=change) for change in others]
    party = drawn([*seen, *more], "address").pools[0].parties[0]
    assert fared(party) == (1, 1)


def told(rest: Rest | None) -> tuple[str, list[str]]:
    """What is summed up, and how that fared."""
    assert rest is not None
    return rest.words, [run.words for run in rest.runs]


def test_of_many_the_most_busy_are_drawn_and_the_others_summed_up() -> None:
    diary = Diary()
    for number in range(MOST_LINES):
        diary.admitted(1 + 2 * (number == 5), install=f"i{number} 000000")
    (pool,) = drawn(diary.seen, "address").drawn
    assert (len(pool.drawn), pool.rest) == (MOST_LINES, None)
    (pool,) = drawn(diary.admitted(install="j 000000").seen, "address").drawn
    assert pool.drawn == pool.parties[: MOST_LINES - 1]
    assert pool.parties[0].name == "i5"
    assert len(pool.parties) == MOST_LINES + 1
    assert told(pool.rest) == ("and 2 more", ["2 answered"])


def test_of_many_boxes_the_most_busy_are_drawn_and_the_others_summed_up() -> None:
    diary = Diary().admitted(2, install="last 000000")
    for number in range(MOST_POOLS):
        diary.admitted(3, install=f"i{number} 000000")
    picture = drawn(diary.refused(install="last 000000").seen, "install")
    assert [pool.title for pool in picture.drawn] == ["last", "i0", "i1", "i2"]
    assert len(picture.pools) == MOST_POOLS + 1
    assert told(picture.rest) == ("and 1 more", ["3 answered"])


def test_many_boxes_of_many_say_what_all_of_them_did() -> None:
    diary = Diary()
    for number in range(40):
        place = {"network": f"n{number % 4}", "address": f"ip:{number % 4}"}
        who = {**place, "install": f"i{number} 000000"}
        diary.admitted(2, **who, model="a-free").refused(**who, model="b-free")
    picture = drawn(diary.seen, "address", "model")
    assert {(*pool.drawn,) for pool in picture.drawn} == {()}
    assert told(picture.drawn[0].rest) == ("10 installs", ["20 answered"])
    every = [party for pool in picture.pools for party in pool.parties]
    assert len(every) == 80
    assert sum(party.answered + party.refused for party in every) == len(diary.seen)


def test_of_many_runs_the_latest_are_drawn_and_all_are_counted() -> None:
    diary = Diary()
    for _ in range(MOST_RUNS):
        diary.admitted(**A).refused(**A)
    party = drawn(diary.seen, "address").pools[0].parties[0]
    assert (len(party.runs), party.cut) == (MOST_RUNS, True)
    assert (party.answered, party.refused) == (MOST_RUNS, MOST_RUNS)


def test_a_rhythm_that_is_not_the_days_draws_no_resets() -> None:
    diary = Diary().admitted(**A).later(days=2).admitted(**A)
    found = limit(address="follows").model_copy(update={"cadence": "none"})
    names = install_names(each.who.install for each in diary.seen)
    party = sharing(found, diary.seen, names, ENGLISH).pools[0].parties[0]
    assert [(run.requests, run.new_window) for run in party.runs] == [(2, False)]
    assert diary.seen[-1].started_at - MORNING > timedelta(days=1)
