"""What a contrast says has changed."""

from datetime import timedelta

import pytest

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.evidence import Contrast
from pawwork_proxy.report.sentences import contrast_words
from tests.unit.comparison.builders import OFFICE, TWO, Diary

SIX = {"ip_family": "ipv6", "address": "ip:six", "prefix": "ip:prefix"}
ELSEWHERE = {"ip_family": "ipv6", "address": "ip:other", "prefix": "ip:otherprefix"}


def contrast(diary: Diary) -> Contrast:
    """The first one that shows more than one pool."""
    verdicts = {one.dimension: one for one in compare(diary.seen).limits[0].verdicts}
    return verdicts["global"].evidence[0]


def test_ipv4_addresses_have_no_ipv6_prefix_that_changed() -> None:
    found = contrast(Diary().admitted(9).refused().admitted(**OFFICE))
    assert "egress address" in contrast_words(found)
    assert "IPv6" not in contrast_words(found)
    assert "prefix" not in found.differs_in


def test_ipv6_prefixes_are_named() -> None:
    found = contrast(Diary().admitted(9, **SIX).refused(**SIX).admitted(**ELSEWHERE))
    assert "IPv6 prefix" in contrast_words(found)
    assert "prefix" in found.differs_in


def test_from_ipv4_to_ipv6_the_prefix_is_named_too() -> None:
    found = contrast(Diary().admitted(9).refused().admitted(**SIX))
    assert {"address", "prefix", "family"} <= set(found.differs_in)


def shared(diary: Diary) -> Contrast:
    """The contrast that shows a refusal of an install without use of its own."""
    verdicts = {one.dimension: one for one in compare(diary.seen).limits[0].verdicts}
    return next(one for one in verdicts["install"].evidence if one.shows == "shared")


def rows(found: Contrast) -> list[tuple[int, str]]:
    return [(row.seq, row.part) for row in found.rows]


THREE = {"install": "three", "session": "ses:three"}


def test_before_a_fresh_refusal_stands_the_one_that_came_before() -> None:
    """Admitted nine times, refused, and then another install refused at once."""
    assert rows(shared(Diary().admitted(9).refused().refused(**TWO))) == [
        (9, "admitted"), (10, "refused"), (11, "refused"),
    ]  # fmt: skip


def test_an_admission_is_no_context() -> None:
    """Only who had been refused shows that the pool was used up."""
    diary = Diary().admitted(9).refused().admitted(model="other-free").refused(**TWO)
    assert rows(shared(diary))[-2:] == [(10, "refused"), (12, "refused")]


def test_a_refusal_of_another_window_is_no_context() -> None:
    diary = Diary().admitted(9).refused().later(days=1)
    diary.admitted(9).refused().refused(**TWO)
    assert rows(shared(diary))[-2:] == [(20, "refused"), (21, "refused")]


def test_without_an_earlier_refusal_in_its_window_there_is_no_context() -> None:
    diary = Diary().admitted(9).refused().later(days=1)
    diary.admitted(9).refused(**TWO).refused()
    assert rows(shared(diary)) == [(19, "admitted"), (20, "refused")]


def test_a_refusal_that_came_later_is_no_context() -> None:
    diary = Diary().admitted(9).refused().refused(**TWO).refused().refused(**THREE)
    assert rows(shared(diary))[-2:] == [(10, "refused"), (11, "refused")]


def test_a_refusal_whose_answer_came_with_the_next_request_is_no_context() -> None:
    diary = Diary().admitted(9).refused()
    moment = diary.clock + timedelta(seconds=20)
    diary.refused(answered_at=moment, ended_at=moment).refused(**TWO)
    assert rows(shared(diary))[-2:] == [(10, "refused"), (12, "refused")]


@pytest.mark.parametrize(("between", "context"), [(199, 10), (200, 210)])
def test_two_hundred_earlier_refusals_are_looked_at(between: int, context: int) -> None:
    """The first of them all is the likest; of the others the latest."""
    diary = Diary().admitted(9).refused().refused(between, model="other-free").refused(**TWO)
    assert rows(shared(diary))[-2] == (context, "refused")


def test_of_several_earlier_refusals_the_likest_is_the_context() -> None:
    """The last one differs in its model as well; the first differs in nothing but the install."""
    diary = Diary().admitted(9).refused().refused(model="other-free").refused(**TWO)
    found = shared(diary)
    assert rows(found)[-2:] == [(10, "refused"), (12, "refused")]
    assert "model" not in found.differs_in
    assert "install" in found.differs_in


def test_of_equally_likely_refusals_the_latest_is_the_context() -> None:
    diary = Diary().admitted(9).refused(3).refused(**TWO)
    assert rows(shared(diary))[-2:] == [(12, "refused"), (13, "refused")]


def test_a_refusal_whose_install_is_known_is_rather_the_context() -> None:
    """Of the second one nobody knows whether its install differs, though less else does."""
    diary = Diary().admitted(9).refused(model="other-free")
    diary.refused(install=None, session=None).refused(**TWO)
    assert rows(shared(diary))[-2:] == [(10, "refused"), (12, "refused")]


def test_each_row_shows_its_value_in_the_dimension_that_is_told() -> None:
    diary = Diary().admitted(9).refused().refused(**TWO)
    assert [row.value for row in shared(diary).rows] == ["one", "one", "two"]
    everybody = contrast(Diary().admitted(9).refused().admitted(**OFFICE))
    assert (everybody.shows, everybody.own, everybody.elsewhere) == ("separate", 0, 0)
    assert {row.value for row in everybody.rows} == {None}
