"""Copies of bodies end at a limit, whatever passes; up to it they are whole."""

import pytest

from pawwork_proxy.model.signals import Ending
from pawwork_proxy.recording.ongoing import Arrival, Ongoing, UpstreamFacts
from tests.unit.builders import NOON
from tests.unit.held import size_of

KIB = 1024
MIB = 1024 * KIB
ARRIVAL = Arrival("main", "reverse", "POST", "/zen/v1/chat/completions", "HTTP/1.1", ())


@pytest.fixture
def ongoing() -> Ongoing:
    return Ongoing(1, NOON, ARRIVAL, lambda: 0.0, lambda *_: None)


@pytest.mark.parametrize("size", [8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])
def test_eight_mebibytes_of_a_request_are_copied(ongoing: Ongoing, size: int) -> None:
    for start in range(0, size, 3 * MIB):
        ongoing.request_chunk(b"x" * min(3 * MIB, size - start))
    assert len(ongoing.request_body) == min(size, 8 * MIB)
    assert ongoing.request_bytes == size


@pytest.mark.parametrize("size", [64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 10 * MIB])
def test_sixty_four_kibibytes_of_a_response_are_copied(ongoing: Ongoing, size: int) -> None:
    ongoing.response_started(200, "HTTP/1.1", ())
    for start in range(0, size, 50 * KIB):
        ongoing.response_chunk(b"x" * min(50 * KIB, size - start))
    assert len(ongoing.response_head) == min(size, 64 * KIB)


def test_an_exchange_keeps_little_of_what_passes(ongoing: Ongoing) -> None:
    before = size_of(ongoing)
    ongoing.response_started(200, "HTTP/1.1", ())
    for _ in range(1000):
        ongoing.response_chunk(b"data: " + b"x" * 30 * KIB)
    assert size_of(ongoing) - before < MIB
    ongoing.finish(Ending.COMPLETE, UpstreamFacts())
    ongoing.let_go()
    assert not ongoing.response_head
