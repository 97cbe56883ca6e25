"""The words of the answer, and the tables behind them."""

from __future__ import annotations

from typing import get_args

import pytest

from pawwork_proxy.comparison.answer import (
    ASSUMPTIONS,
    NETWORK,
    OPTION_RULES,
    RESETS,
    SHARED,
    UNDECIDED,
    answer,
    options,
)
from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.dimensions import DIMENSIONS
from pawwork_proxy.comparison.windows import FIXED_CADENCES
from pawwork_proxy.model.verdict import Finding, LimitFindings, ProductOption, Verdict
from tests.unit.comparison.builders import OFFICE, TWO, Diary, stratum


def limit(**found: Finding) -> LimitFindings:
    return LimitFindings(
        origin="zen",
        server_era="V3",
        cadence="utc_day",
        windows=(),
        admitted=0,
        refused=0,
        answer="",
        verdicts=tuple(
            Verdict(
                dimension=row.name,
                finding=found.get(row.name, "undetermined"),
                reason="untested",
                words="",
                values_seen=0,
                independent=0,
            )
            for row in DIMENSIONS
        ),
        explanations=(),
        thresholds=(),
        early_refusals=(),
    )


def test_the_tables_cover_what_they_must() -> None:
    assert set(SHARED) == {row.name for row in DIMENSIONS} - {"network"}
    assert set(RESETS) == set(FIXED_CADENCES)
    assert {option.option for option in UNDECIDED} == set(get_args(ProductOption))
    assert len({row.id for row in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert {rule.option for rule, _ in OPTION_RULES} == set(get_args(ProductOption))


def test_the_answer_in_words() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    assert compare(seen).answer.startswith(
        "The free quota is shared by every install behind the same egress address; "
        "resets daily at 00:00 UTC; not per install, session."
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"address": "follows", "install": "does_not_follow"}, SHARED["address"]),
        (
            {"address": "follows"},
            "one per egress address (whether each install has its own there is open)",
        ),
        (
            {"address": "follows", "install": "follows"},
            "one per egress address and install",
        ),
        ({"session": "follows", "install": "does_not_follow"}, "one per conversation"),
        (
            {"address": "follows", "model": "follows", "install": "does_not_follow"},
            f"{SHARED['address']}, and one per model",
        ),
        ({"network": "follows", "install": "does_not_follow"}, NETWORK),
    ],
)
def test_who_shares_is_said_only_where_it_was_tried(found: dict[str, Finding], words: str) -> None:
    refused = stratum(Diary().admitted().refused().seen)
    told = answer(refused, limit(**found).verdicts, [frozenset({"address"})], ())
    assert told.startswith(f"The free quota is {words}; ")


def test_an_open_answer_lists_what_is_possible() -> None:
    words = compare(Diary().admitted(9).refused().admitted(**TWO, **OFFICE).seen).answer
    assert words.startswith("What the free quota follows is not decidable yet")
    assert "Still possible: per egress address; per install; per session." in words
    many = Diary().admitted(9).refused().admitted(**TWO, **OFFICE, region="AMS", project="repo")
    assert "more." in compare(many.seen).answer


def test_a_place_of_which_the_level_is_open() -> None:
    one = {"address": "ip6:a", "prefix": "ip6p:a", "ip_family": "ipv6"}
    other = {"address": "ip6:b", "prefix": "ip6p:b", "ip_family": "ipv6"}
    words = compare(Diary().admitted(9, **one).refused(**one).admitted(**other).seen).answer
    assert "one per network (address or prefix)" in words


NOT_THEIRS: dict[str, Finding] = {
    "key": "does_not_follow",
    "install": "does_not_follow",
    "session": "does_not_follow",
}


@pytest.mark.parametrize(
    ("found", "option", "is_open"),
    [
        ({"key": "follows"}, "user_keys", True),
        ({"key": "does_not_follow"}, "user_keys", False),
        ({"address": "follows", **NOT_THEIRS}, "own_relay", False),
        ({"address": "follows", **NOT_THEIRS, "session": "follows"}, "own_relay", None),
        ({"network": "does_not_follow"}, "own_relay", True),
        ({"install": "follows"}, "no_free_default", False),
        ({**NOT_THEIRS, "request": "does_not_follow"}, "no_free_default", True),
        ({**NOT_THEIRS, "request": "follows"}, "no_free_default", False),
        ({**NOT_THEIRS, "device": "follows"}, "no_free_default", False),
        ({"install": "does_not_follow", "session": "follows"}, "no_free_default", False),
        ({"install": "does_not_follow"}, "no_free_default", None),
    ],
)
def test_options(found: dict[str, Finding], option: str, is_open: bool | None) -> None:
    answered = {one.option: one.open for one in options([limit(**found)])}
    assert {str(name): state for name, state in answered.items()}[option] is is_open
