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


def conversations(admitted: int) -> list[Observation]:
    """One install whose conversations are refused after so many requests each."""
    diary = Diary()
    for number in range(6):
        session = f"ses:{number}"
        diary.admitted(admitted, session=session).refused(session=session)
    return diary.seen


def test_nothing_is_shared_across_installs_as_long_as_each_conversation_may_have_its_own() -> None:
    """The install got more in all than before its first refusal, which a finer quota explains."""
    found = judged(conversations(2))
    assert (found["session"].finding, found["install"].finding) == (
        "undetermined",
        "does_not_follow",
    )
    assert (found["install"].reach, found["device"].reach) == ("", "")
    assert found["request"].reach == "wider"


def test_what_every_explanation_is_finer_than_is_cut_finer() -> None:
    """Address or prefix, which of them is not known: both are finer than the address family."""
    six = {"address": "ip6:1", "prefix": "ip6p:1", "ip_family": "ipv6"}
    other = {"address": "ip6:2", "prefix": "ip6p:2", "ip_family": "ipv6"}
    found = judged(Diary().admitted(9, **six).refused(**six).admitted(**other).seen)
    assert (found["address"].finding, found["prefix"].finding) == ("undetermined", "undetermined")
    assert (found["family"].finding, found["family"].reach) == ("does_not_follow", "narrower")
