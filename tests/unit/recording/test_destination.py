"""Where requests may go, and who may ask."""

import pytest

from pawwork_proxy.errors import ConfigurationError
from pawwork_proxy.recording.destination import (
    FOREIGN_PAGE,
    NOT_OUR_HOST,
    PRESENCE_PATH,
    ZEN,
    Asked,
    Decision,
    PassBy,
    Present,
    Relay,
    TargetForm,
    Upstream,
    decide,
    parse_upstream,
    undecided,
)
from tests.rows import each_row


def asked(form: TargetForm, host: str, port: int, headers: dict[str, str]) -> Asked:
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Asked(form, host, port, fields, {9610, 9611})


def ask(
    form: TargetForm, host: str, port: int = 9610, headers: dict[str, str] | None = None
) -> Decision:
    return decide(asked(form, host, port, headers or {}))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_own_address_is_the_reverse_route(host: str) -> None:
    assert ask("origin", host) == Relay("reverse")


def test_a_listener_says_whose_it_is_and_asks_nobody() -> None:
    own = Asked("origin", "127.0.0.1", 9610, (), {9610}, PRESENCE_PATH)
    assert decide(own) == Present()
    assert decide(own._replace(headers=((b"Origin", b"https://page.example"),))) == FOREIGN_PAGE
    assert decide(own._replace(host="opencode.ai", form="tunnelled")) == Relay("forward")


def test_tunnelled_and_absolute_requests_for_opencode_keep_their_host() -> None:
    assert ask("tunnelled", "opencode.ai", 443) == Relay("forward")
    assert ask("absolute", "opencode.ai", 80) == Relay("forward")


@pytest.mark.parametrize("host", ["OpenCode.AI", "opencode.ai.", "OPENCODE.AI."])
def test_the_recorded_host_is_known_however_it_is_spelled(host: str) -> None:
    assert ask("tunnelled", host, 443) == Relay("forward")
    assert ask("absolute", host, 80) == Relay("forward")


@pytest.mark.parametrize("host", ["models.opencode.ai", "opencode.ai.example", "example.org"])
def test_other_hosts_asked_for_as_a_proxy_pass_by_unrecorded(host: str) -> None:
    assert ask("absolute", host, 80) == PassBy()


@pytest.mark.parametrize("host", ["evil.example", "opencode.ai", "192.0.2.1"])
def test_an_origin_form_request_with_another_host_is_refused(host: str) -> None:
    """DNS rebinding: the page's own name in Host, our listener behind it."""
    assert ask("origin", host) == NOT_OUR_HOST


def test_another_loopback_port_is_not_ours() -> None:
    assert ask("origin", "127.0.0.1", 9999) == NOT_OUR_HOST
    assert ask("absolute", "127.0.0.1", 9999) == PassBy()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_are_refused(headers: dict[str, str]) -> None:
    assert ask("origin", "127.0.0.1", headers=headers) == FOREIGN_PAGE


def test_a_client_that_names_our_own_origin_or_only_a_fetch_mode_passes() -> None:
    for headers in (
        {"origin": "http://127.0.0.1:9610"},
        {"sec-fetch-mode": "cors"},
        {"sec-fetch-site": "none"},
    ):
        assert isinstance(ask("origin", "127.0.0.1", headers=headers), Relay)


def test_upstreams_are_parsed_with_their_default_ports() -> None:
    assert parse_upstream("https://opencode.ai") == ZEN
    assert parse_upstream("http://127.0.0.1:8080/") == Upstream("http", "127.0.0.1", 8080)
    assert parse_upstream("http://[::1]:8080").authority == "[::1]:8080"
    assert parse_upstream("http://example.org").authority == "example.org"
    assert ZEN.is_zen
    assert not parse_upstream("http://127.0.0.1:1").is_zen


@pytest.mark.parametrize(
    "url",
    [
        "opencode.ai",
        "ftp://opencode.ai",
        "http://",
        "http://h:99999",
        "http://h/path",
        "http://user:word@h",
        "http://h?x=1",
        "http://[bad",
    ],
)
def test_other_upstreams_are_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--upstream"):
        parse_upstream(url)


@pytest.mark.parametrize("form", ["origin", "absolute"])
@pytest.mark.parametrize("name", [b"ORIGIN", b"Sec-Fetch-Site"])
def test_headers_in_any_spelling_and_no_coding_are_judged(form: TargetForm, name: bytes) -> None:
    headers = [(b"\xff\xfe", b"\x00"), (name, b"\xff\xfe")]
    assert decide(Asked(form, "127.0.0.1", 9610, headers, {9610})) == FOREIGN_PAGE


@each_row("form", ["origin", "absolute", "tunnelled"])
@each_row("host", ["127.0.0.1", "OpenCode.ai.", "evil.example"])
@each_row("names", [[], ["Origin"], ["SEC-FETCH-SITE", "accept"], ["user-agent"]])
def test_without_a_decision_traffic_goes_on_and_a_page_gets_no_more_than_with_one(
    form: TargetForm, host: str, names: list[str]
) -> None:
    request = asked(form, host, 9610, dict.fromkeys(names, "https://evil.example"))
    assert undecided(request) == decide(request)
    harmless = asked("origin", "127.0.0.1", 9610, {"sec-fetch-site": "none"})
    assert (undecided(harmless), type(decide(harmless))) == (FOREIGN_PAGE, Relay)


def test_an_upstream_beyond_ascii_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="ASCII"):
        parse_upstream("http://b\u00fccher.example")
