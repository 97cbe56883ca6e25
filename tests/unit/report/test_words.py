"""Numbers with their noun, outcomes as `show` has them."""

import pytest

from pawwork_proxy.report.words import counted, outcome_words
from tests.unit.comparison.builders import Diary


@pytest.mark.parametrize(("number", "words"), [(0, "0 windows"), (1, "1 window"), (2, "2 windows")])
def test_a_number_and_its_noun(number: int, words: str) -> None:
    assert counted(number, "window") == words


def test_what_counts_as_admitted_although_it_broke_off_says_both() -> None:
    (plain,) = Diary().admitted().seen
    assert outcome_words(plain) == "success"
    broken = plain.model_copy(update={"recorded_kind": "transport_error", "ending": "cut"})
    assert outcome_words(broken) == "transport_error (admitted, then cut)"
