"""What a contrast says has changed."""

from __future__ import annotations

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.verdict import Contrast
from tests.unit.comparison.builders import OFFICE, Diary

SIX = {"ip_family": "ipv6", "address": "ip:six", "prefix": "ip:prefix"}
ELSEWHERE = {"ip_family": "ipv6", "address": "ip:other", "prefix": "ip:otherprefix"}


def contrast(diary: Diary) -> Contrast:
    """The first one that shows more than one pool."""
    verdicts = {one.dimension: one for one in compare(diary.seen).limits[0].verdicts}
    return verdicts["global"].evidence[0]


def test_ipv4_addresses_have_no_ipv6_prefix_that_changed() -> None:
    found = contrast(Diary().admitted(9).refused().admitted(**OFFICE))
    assert "egress address" in found.words
    assert "IPv6" not in found.words
    assert "prefix" not in found.differs_in


def test_ipv6_prefixes_are_named() -> None:
    found = contrast(Diary().admitted(9, **SIX).refused(**SIX).admitted(**ELSEWHERE))
    assert "IPv6 prefix" in found.words
    assert "prefix" in found.differs_in


def test_from_ipv4_to_ipv6_the_prefix_is_named_too() -> None:
    found = contrast(Diary().admitted(9).refused().admitted(**SIX))
    assert {"address", "prefix", "family"} <= set(found.differs_in)
