"""Two networks that reach two edge locations: counts over days tell address from region."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Verdict
from tests.unit.comparison.builders import MORNING, OFFICE, TWO, Diary

PHONE: dict[str, Any] = {
    "network": "phone",
    "address": "ip:phone",
    "prefix": "ip:phone",
    "region": "LHR",
}
SECOND: dict[str, Any] = {**TWO, "device": "device:b"}


def days(numbers: Iterable[int], **who: Any) -> list[Observation]:
    """Day by day one is cut off at home and elsewhere; a second device at home shares that."""
    seen: list[Observation] = []
    for day, number in enumerate(numbers):
        diary = Diary(f"c{day}", MORNING + timedelta(days=day), seq=100 * day)
        diary.admitted(number, **who).refused(2, **who)
        diary.admitted(number, **{**who, **PHONE}).refused(2, **{**who, **PHONE})
        seen += diary.refused(**who).refused(2, **{**who, **SECOND}).seen
    return seen


def on(dimension: str, seen: list[Observation]) -> Verdict:
    (limit,) = compare(seen, plan=False).limits
    return next(one for one in limit.verdicts if one.dimension == dimension)


def test_exactly_five_on_each_of_seven_days_is_no_shared_region() -> None:
    address = on("address", days([5] * 7))
    assert (address.finding, address.repeated) == ("follows", True)
    assert "no_crowd" in address.assumptions
    install = on("install", days([5] * 7))
    assert install.finding == "does_not_follow"
    assert "no_crowd" not in install.assumptions


def test_numbers_that_vary_leave_the_region() -> None:
    assert on("address", days([5, 4, 5, 6, 5, 5, 2])).confounded_with == ("region",)


def test_a_few_days_leave_the_region() -> None:
    assert on("address", days([5] * 6)).finding == "undetermined"


def test_a_key_of_ones_own_is_no_crowd() -> None:
    """Each key has a pool of its own at every edge location, for all that is seen."""
    keyed = {"key": "key:mine", "auth_kind": "user_key", "workspace": "wrk:mine"}
    address = on("address", days([5] * 7, **keyed))
    assert "region" in address.confounded_with


def test_the_region_stays_where_nothing_narrower_explains() -> None:
    """An address of which the user vouches was refused at once, in the same region."""
    office = {**SECOND, **OFFICE, "exclusive": True}
    seen = list[Observation]()
    for day in range(7):
        diary = Diary(f"c{day}", MORNING + timedelta(days=day), seq=100 * day)
        diary.admitted(5).refused(2).admitted(5, **PHONE).refused(2, **PHONE)
        seen += diary.refused().refused(2, **office).seen
    assert on("region", seen).finding == "follows"
    assert on("address", seen).finding == "does_not_follow"
