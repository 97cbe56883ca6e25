"""The edge's trace page: what is read from it, and what of it may be kept."""

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.proxy.chained import ChainedProxy
from pawwork_proxy.proxy.egress import ProbeRoute, Trace, egress_of, parse_trace
from pawwork_proxy.recording.destination import Upstream
from pawwork_proxy.redaction.pseudonyms import Pseudonymiser
from tests.unit.builders import NOON

PAGE = "fl=1f1\nh=zen.example\nip=203.0.113.9\nts=1.5\ncolo=FRA\nhttp=http/1.1\nloc=DE\n"


@pytest.fixture(scope="module")
def pseudonyms() -> Pseudonymiser:
    return Pseudonymiser(b"k" * 32)


def test_a_trace_page() -> None:
    assert parse_trace(PAGE) == Trace("203.0.113.9", "DE", "FRA")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>ip</html>",
        "ip=\nloc=DE",
        "ip=someone.example\n",
        "ip=203.0.113.9.1",
        json.dumps({"ip": "203.0.113.9"}),
    ],
)
def test_what_names_no_address_is_no_trace(text: str) -> None:
    assert parse_trace(text) is None


def test_missing_country_and_colo_are_none() -> None:
    assert parse_trace("ip=2001:db8::1\r\n") == Trace("2001:db8::1", None, None)


def test_the_first_of_two_lines_counts() -> None:
    assert parse_trace("ip=203.0.113.9\nip=203.0.113.10") == Trace("203.0.113.9", None, None)


@given(st.text(max_size=300))
def test_any_text_is_a_trace_with_an_address_or_none(text: str) -> None:
    found = parse_trace(text)
    assert found is None or ipaddress.ip_address(found.address)


def test_the_address_is_pseudonymised(pseudonyms: Pseudonymiser) -> None:
    egress = egress_of(Trace("203.0.113.9", "DE", "FRA"), pseudonyms, NOON)
    assert egress is not None
    assert egress.address == pseudonyms.address("203.0.113.9").address
    assert (egress.family, egress.prefix) == ("ipv4", None)
    assert (egress.country, egress.colo, egress.observed_at) == ("DE", "FRA", NOON)
    assert "203.0.113" not in egress.model_dump_json()


def test_addresses_of_one_ipv6_network_share_the_prefix(pseudonyms: Pseudonymiser) -> None:
    one, two, far = (
        egress_of(Trace(address, None, None), pseudonyms, NOON)
        for address in ("2001:db8:0:1::5", "2001:db8:0:1:9::6", "2001:db8:0:2::5")
    )
    assert one
    assert two
    assert far
    assert one.family == "ipv6"
    assert one.prefix == two.prefix != far.prefix
    assert one.address != two.address


def test_words_that_are_no_country_or_colo_are_not_kept(pseudonyms: Pseudonymiser) -> None:
    egress = egress_of(Trace("203.0.113.9", "Someone's house", "sk-secret"), pseudonyms, NOON)
    assert egress is not None
    assert (egress.country, egress.colo) == (None, None)


def test_the_route_does_not_show_the_proxy_password() -> None:
    via = ChainedProxy("http", "p", 1, "someone:word")
    route = ProbeRoute(Upstream("https", "zen.example", 443), via)
    assert "word" not in repr(route)
    assert route.first_hop == ("p", 1)
