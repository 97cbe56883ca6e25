"""Outcome and signals: labels, sides, and nothing but safe shapes."""

from pawwork_proxy.model.outcome import Family, Kind, Origin, Outcome
from pawwork_proxy.model.signals import Ending, Side


def test_an_origin_names_its_provider() -> None:
    outcome = Outcome(
        kind=Kind.SUCCESS,
        family=Family.OK,
        origin=Origin.RELAYED,
        provider="Nvidia",
        rule_id="free_usage_type",
    )
    assert outcome.origin_label == "relayed:Nvidia"
    assert outcome.model_copy(update={"provider": None}).origin_label == "relayed"


def test_an_ending_has_a_side_unless_it_was_orderly() -> None:
    orderly = {Ending.COMPLETE, Ending.WEBSOCKET, Ending.UNSTATED}
    assert {ending for ending in Ending if ending.side is None} == orderly
    assert all(ending.failure is None for ending in orderly)
    assert Ending.UPSTREAM_TLS.side is Side.UPSTREAM


def test_a_kind_knows_its_family() -> None:
    assert Kind.PROVIDER_OVERLOAD.family is Family.OVERLOAD
