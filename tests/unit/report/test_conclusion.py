"""The conclusion in words, and the tables behind it."""

from typing import get_args

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.comparison.dimensions import BY_NAME
from pawwork_proxy.comparison.options import OPTION_RULES
from pawwork_proxy.comparison.windows import FIXED_CADENCES
from pawwork_proxy.model.verdict import Finding, Note, NoteId, OptionFinding, ProductOption
from pawwork_proxy.report.sentences import (
    ASKED,
    NOTES,
    OPTION_NAMES,
    OPTIONS,
    RESETS,
    SHARED,
    conclusion,
    limiter_conclusion,
    note_words,
    option_words,
)
from tests.unit.comparison.builders import OFFICE, TWO, Diary, limit


def test_every_value_that_a_comparison_can_give_has_its_words() -> None:
    assert set(NOTES) == set(get_args(NoteId))
    assert set(RESETS) == {*FIXED_CADENCES, "not_announced"}
    assert set(OPTION_NAMES) == set(get_args(ProductOption))
    decided = {"open": True, "ruled_out": False}
    assert {
        (option, decided[state], dimension)
        for option, states in OPTIONS.items()
        for state, dimensions in states.items()
        for dimension in dimensions
    } == {(rule.option, rule.open, rule.needs[0][0]) for rule in OPTION_RULES}
    assert {*SHARED, *ASKED} <= set(BY_NAME)


def test_notes_and_options_in_words() -> None:
    several = Note(id="label", label="home", addresses=2)
    assert note_words(several) == "The network label home stands for 2 egress addresses."
    undecided = OptionFinding(option="user_keys", open=None)
    assert option_words(undecided) == "Users' own keys: not decidable yet."
    decided = OptionFinding(option="user_keys", open=True, because_of="key")
    assert option_words(decided).startswith("Keys of the users' own isolate them")


def test_the_answer_in_words() -> None:
    seen = Diary().admitted(9).refused().refused(**TWO).admitted(**OFFICE).seen
    assert conclusion(compare(seen)).startswith(
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
        ({"network": "follows", "install": "does_not_follow"}, SHARED["network"]),
    ],
)
def test_who_shares_is_said_only_where_it_was_tried(found: dict[str, Finding], words: str) -> None:
    told = limiter_conclusion(limit(**found))
    assert told.startswith(f"The free quota is {words}; ")


def test_an_open_answer_lists_what_is_possible() -> None:
    words = conclusion(compare(Diary().admitted(9).refused().admitted(**TWO, **OFFICE).seen))
    assert words.startswith("What the free quota follows is not decidable yet")
    assert "Still possible: per egress address; per install; per session." in words
    many = Diary().admitted(9).refused().admitted(**TWO, **OFFICE, region="AMS", project="repo")
    assert "more." in conclusion(compare(many.seen))


def test_a_place_of_which_the_level_is_open() -> None:
    one = {"address": "ip6:a", "prefix": "ip6p:a", "ip_family": "ipv6"}
    other = {"address": "ip6:b", "prefix": "ip6p:b", "ip_family": "ipv6"}
    words = conclusion(compare(Diary().admitted(9, **one).refused(**one).admitted(**other).seen))
    assert "one per network (address or prefix)" in words
