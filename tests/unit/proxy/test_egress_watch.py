"""The egress follows the route of the traffic, and traffic never waits for it."""

import asyncio
from typing import Any

from pawwork_proxy.model.context import Egress
from pawwork_proxy.model.outcome import Kind, Origin, Outcome
from pawwork_proxy.proxy.egress_watch import ASK_AGAIN_S, LEAST_GAP_S, EgressWatch
from tests.unit.builders import NOON, exchange

HOP = ("zen.example", 443)


def egress(name: str) -> Egress:
    return Egress(observed_at=NOON, address=f"ip:{name:0>24}", family="ipv4")


class Edge:
    """Answers probes from a table, and keeps what was asked and told."""

    def __init__(self, *, chained: bool = False, **addresses: str | None) -> None:
        self.addresses: dict[str, str | None] = {
            name.replace("_", "."): address for name, address in addresses.items()
        }
        self.asked: list[str | None] = []
        self.told: list[tuple[str, str | None]] = []
        self.now = 0.0
        self.watch = EgressWatch(self.ask, HOP, chained=chained, monotonic=lambda: self.now)
        self.watch.report_to(self.tell)

    async def ask(self, source: str | None) -> Egress | None:
        self.asked.append(source)
        await asyncio.sleep(0)
        name = self.addresses.get(source or "")
        return egress(name) if name else None

    def tell(self, event: str, egress: Egress | None) -> None:
        self.told.append((event, egress.address[-1] if egress else None))

    async def connected(self, source: str, remote: str = "r", hop: tuple[str, int] = HOP) -> None:
        self.watch.connected(hop, source, remote)
        for _ in range(5):
            await asyncio.sleep(0)

    async def recorded(self, kind: Kind, source: str | None = "a", **changes: Any) -> None:
        outcome = Outcome(kind=kind, family=kind.family, origin=Origin.ZEN, rule_id="made-up")
        self.watch.recorded(exchange(outcome=outcome, **changes), source)
        for _ in range(5):
            await asyncio.sleep(0)

    def name_of(self, source: str) -> str | None:
        found = self.watch.of(source)
        return found.address[-1] if found else None


async def test_the_route_probed_at_the_start_is_not_probed_again() -> None:
    edge = Edge(a="1")
    assert await edge.watch.start("a") == egress("1")
    await edge.connected("a")
    await edge.connected("a", "another address of the upstream")
    assert edge.asked == ["a"]
    assert edge.name_of("a") == "1"
    assert edge.watch.of(None) is None, "no connection, no egress"
    assert edge.told == []


async def test_another_local_address_is_probed_and_told() -> None:
    edge = Edge(a="1", b="2")
    await edge.watch.start("a")
    await edge.connected("a")
    await edge.connected("b")
    assert edge.told == [("egress_changed", "2")]
    assert edge.name_of("b") == "2"
    assert edge.name_of("a") is None, "an old route's egress is not known any more"


async def test_a_route_that_comes_back_is_probed_anew() -> None:
    edge = Edge(a="1", b="2")
    await edge.watch.start("a")
    for source in "aba":
        edge.addresses["a"] = "3"
        await edge.connected(source)
    assert edge.asked == ["a", "b", "a"]
    assert edge.name_of("a") == "3"


async def test_another_way_to_the_same_egress_is_no_change() -> None:
    edge = Edge(a="1", b="1")
    await edge.watch.start("a")
    await edge.connected("b")
    assert edge.told == []
    assert edge.name_of("b") == "1"


async def test_traffic_does_not_wait_and_has_no_egress_meanwhile() -> None:
    edge = Edge(a="1", b="2")
    await edge.watch.start("a")
    edge.watch.connected(HOP, "b", "r")
    assert edge.watch.of("b") is None
    await edge.watch.close()


async def test_both_families_are_kept_side_by_side() -> None:
    edge = Edge(a="1")
    edge.addresses["::a"] = "6"
    await edge.watch.start("a")
    for source in ("a", "::a", "a", "::a"):
        await edge.connected(source)
    assert edge.asked == ["a", "::a"]
    assert (edge.name_of("a"), edge.name_of("::a")) == ("1", "6")


async def test_a_failed_probe_is_told_and_tried_again_later() -> None:
    edge = Edge(a="1")
    await edge.watch.start("a")
    await edge.connected("b")
    await edge.connected("b")
    assert edge.told == [("egress_unavailable", None)]
    edge.addresses["b"] = "2"
    edge.now += ASK_AGAIN_S
    await edge.connected("b")
    assert edge.told[-1] == ("egress_changed", "2")
    assert edge.asked == ["a", "b", "b"]


async def test_a_failed_start_is_tried_again_later() -> None:
    edge = Edge()
    assert await edge.watch.start("a") is None
    await edge.connected("a")
    assert edge.asked == ["a"]
    edge.addresses["a"] = "1"
    edge.now += ASK_AGAIN_S
    await edge.connected("a")
    assert edge.name_of("a") == "1"


async def test_connections_to_other_hosts_say_nothing() -> None:
    edge = Edge(a="1", b="2")
    await edge.watch.start("a")
    await edge.connected("b", hop=("other.example", 443))
    assert edge.asked == ["a"]


async def test_another_address_of_the_chained_proxy_is_another_route() -> None:
    edge = Edge(chained=True, a="1")
    await edge.watch.start("a")
    await edge.connected("a", "p1")
    edge.addresses["a"] = "2"
    await edge.connected("a", "p2")
    assert edge.told == [("egress_changed", "2")]
    assert edge.watch.of(None) == egress("2"), "connections by a proxy do not tell their source"


REFUSED, ADMITTED = Kind.FREE_USAGE_LIMIT, Kind.SUCCESS


async def test_a_refusal_and_the_first_admission_after_it_have_the_address_looked_up_again() -> (
    None
):
    edge = Edge(a="1")
    await edge.watch.start("a")
    for kind, asked in (
        (ADMITTED, 1), (REFUSED, 2), (Kind.PROVIDER_OVERLOAD, 2), (ADMITTED, 3), (ADMITTED, 3),
    ):  # fmt: skip
        edge.now += LEAST_GAP_S
        await edge.recorded(kind)
        assert len(edge.asked) == asked, kind
    assert edge.told == []
    edge.addresses["a"] = "2"
    edge.now += LEAST_GAP_S
    await edge.recorded(REFUSED)
    assert edge.told == [("egress_changed", "2")]
    assert edge.name_of("a") == "2"


async def test_what_a_client_repeats_at_once_is_not_asked_for_each_time() -> None:
    edge = Edge(a="1")
    await edge.watch.start("a")
    edge.now += LEAST_GAP_S
    for _ in range(3):
        await edge.recorded(REFUSED)
    await edge.recorded(ADMITTED)
    assert len(edge.asked) == 2
    edge.now += LEAST_GAP_S
    await edge.recorded(ADMITTED)
    assert len(edge.asked) == 3, "the first admission that there was time for"


async def test_what_says_nothing_of_the_free_quota_at_the_server_asks_nothing() -> None:
    edge = Edge(a="1")
    await edge.watch.start("a")
    edge.now += LEAST_GAP_S
    await edge.recorded(REFUSED, answered_here=True)
    await edge.recorded(REFUSED, "b")
    await edge.recorded(REFUSED, None)
    await edge.recorded(
        REFUSED, request=exchange().request.model_copy(update={"protocol": "other"})
    )
    assert edge.asked == ["a"]


async def test_behind_a_chained_proxy_the_latest_route_is_asked() -> None:
    edge = Edge(chained=True, a="1")
    await edge.watch.start("a")
    edge.now += LEAST_GAP_S
    await edge.recorded(REFUSED, None)
    assert edge.asked == ["a", "a"]
