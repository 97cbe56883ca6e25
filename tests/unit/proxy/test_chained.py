"""The user's own proxy is found, parsed and never printed with its password."""

import pytest

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.proxy.chained import ChainedProxy, chained_proxy
from pawwork_proxy.recording.destination import ZEN, parse_upstream


def find(
    via: str | None = None, upstream: str = "https://opencode.ai", **proxies: str
) -> ChainedProxy | None:
    return chained_proxy(
        via, parse_upstream(upstream), system_proxies=lambda: proxies, bypassed=lambda _: False
    )


def test_no_proxy_named_means_none() -> None:
    assert find() is None
    assert find(http="http://proxy.example:3128") is None, "http_proxy is not for https"


@pytest.mark.parametrize("name", ["https", "all"])
def test_the_environments_proxy_is_used(name: str) -> None:
    assert find(**{name: "http://proxy.example:3128"}) == ChainedProxy(
        "http", "proxy.example", 3128
    )


def test_a_host_excluded_by_no_proxy_and_a_loopback_upstream_are_reached_directly() -> None:
    proxies = {"https": "http://proxy.example:3128", "http": "http://proxy.example:3128"}
    assert find(upstream="http://127.0.0.1:8080", **proxies) is None
    assert chained_proxy(None, ZEN, system_proxies=lambda: proxies, bypassed=lambda _: True) is None


def test_via_wins_even_for_a_loopback_upstream() -> None:
    found = find("proxy.example:3128", upstream="http://127.0.0.1:8080", https="http://o.example:1")
    assert found is not None
    assert found.address == "http://proxy.example:3128"


def test_credentials_are_decoded_and_not_shown() -> None:
    found = find("https://us%40er:pa%3Ass@[2001:db8::1]")
    assert found is not None
    assert found.credentials == "us@er:pa:ss"
    assert found.address == "https://[2001:db8::1]:443"
    assert "pa:ss" not in repr(found)


@pytest.mark.parametrize("via", ["socks5://h:1", "http://", "http://h:99999", "http://h:x", ""])
def test_what_is_no_http_proxy_is_refused_without_quoting_it(via: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(via)
    assert "--via" in caught.value.message


@pytest.mark.parametrize("url", ["http://u:pass-word[@h:1", "http://u:pass-word@ho\u2100st:80"])
def test_an_address_that_cannot_be_parsed_is_refused_without_being_told(url: str) -> None:
    for arguments in ({"via": url}, {"https": url}):
        with pytest.raises(ConfigurationError) as caught:
            find(**arguments)
        assert "pass-word" not in caught.value.message + caught.value.hint


def test_via_none_means_no_proxy() -> None:
    assert find("none", https="http://proxy.example:3128") is None


def test_a_socks_proxy_gets_the_hint_that_such_programs_speak_http_too() -> None:
    for arguments in ({"via": "socks5://127.0.0.1:7890"}, {"all": "SOCKS5h://127.0.0.1:7890"}):
        with pytest.raises(ConfigurationError) as caught:
            find(**arguments)
        assert "speak HTTP too" in (caught.value.hint or "")
