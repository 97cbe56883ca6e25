"""Grounds of verdicts that small studies do not reach."""

from pawwork_proxy.comparison.verdicts import contains, verdicts
from pawwork_proxy.comparison.withstand import withstand
from pawwork_proxy.model.observation import Observation
from pawwork_proxy.model.verdict import Verdict
from tests.unit.comparison.builders import OFFICE, SAVED_KEY, Diary, limiter, repeated


def judged(seen: list[Observation]) -> dict[str, Verdict]:
    rows = limiter(repeated(seen))
    return {one.dimension: one for one in verdicts(rows, withstand(rows))}


def test_a_network_is_an_address_or_a_prefix() -> None:
    assert contains(frozenset({"prefix", "key"}), "network")
    assert not contains(frozenset({"family"}), "network")


def test_a_dimension_that_is_not_known_in_every_row() -> None:
    seen = Diary().admitted(9).refused().admitted(**OFFICE).refused(workspace=None).seen
    seen = [*seen, *Diary("c2", seen[-1].ended_at).refused(**SAVED_KEY).seen]
    found = judged(seen)
    assert found["workspace"].ground == "not_in_every_row"
    assert found["auth_kind"].ground == "used_by_others"


def test_the_verdict_on_a_coarser_dimension_names_the_narrower_one() -> None:
    seen = Diary().admitted(9).refused().admitted(**OFFICE).seen
    found = judged(seen)
    assert (found["family"].ground, found["family"].narrower_by) == ("narrower_pools", "address")


def test_no_verdict_on_networks_rests_on_labels() -> None:
    """The label changed, the address did not; refused at once is no proof against the network."""
    seen = Diary().admitted(9).refused().refused(network="office").seen
    found = judged(seen)
    assert found["network"].finding == "undetermined"
