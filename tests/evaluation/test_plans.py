"""Following the next experiment with limited means: what counts as a fault of the advice."""

import random

import pytest

from pawwork_proxy.comparison.means import Means
from pawwork_proxy.comparison.trials import BY_ID
from tests.evaluation.plans import PlanResult, can_do, random_means
from tests.evaluation.servers import Who

NOTHING = Means()
PLAIN: Who = {"auth_kind": "none", "family": "ipv4"}
KEYED: Who = {"auth_kind": "user_key", "family": "ipv6"}


@pytest.mark.parametrize(
    ("variation", "means", "base", "possible"),
    [
        ("new_session", NOTHING, PLAIN, True),
        ("other_install", NOTHING, PLAIN, True),
        ("other_network", NOTHING, PLAIN, False),
        ("other_network", Means(networks=2), PLAIN, True),
        ("other_device", NOTHING, PLAIN, False),
        ("other_device", Means(devices=2), PLAIN, True),
        ("other_family", NOTHING, PLAIN, False),
        ("other_family", Means(ipv6=True), PLAIN, True),
        ("other_address_same_prefix", Means(ipv6=True), PLAIN, False),
        ("other_address_same_prefix", Means(ipv6=True), KEYED, True),
        ("other_key_kind", NOTHING, PLAIN, False),
        ("other_key_kind", Means(keys=1), PLAIN, True),
        ("other_key", Means(keys=2), PLAIN, False),
        ("other_key", Means(keys=1), KEYED, False),
        ("other_key", Means(keys=2), KEYED, True),
    ],
)
def test_what_a_user_can_change_depends_on_what_there_is(
    variation: str, means: Means, base: Who, possible: bool
) -> None:
    assert can_do(BY_ID[variation], means, base) is possible


def test_what_the_refused_one_used_is_among_the_means() -> None:
    for seed in range(30):
        assert random_means(random.Random(seed), KEYED).keys >= 1
        assert random_means(random.Random(seed), KEYED).ipv6
    drawn = {random_means(random.Random(seed), PLAIN) for seed in range(60)}
    assert len(drawn) > 20


def test_every_fault_of_the_advice_is_named() -> None:
    assert PlanResult(NOTHING, ("new_session",), open=True).faults == ""
    bad = PlanResult(NOTHING, (), True, ("key",), ("other_device",), ("new_session",), False)
    assert bad.faults == (
        "key could be found out; other_device impossible; new_session asked twice; "
        "the advice never ends"
    )
