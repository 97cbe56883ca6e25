import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.routes import Route, call_of, key_of, route_of

SENDER = {
    "address": "203.0.113.7",
    "region": "DE",
    "install_header": "x-simulated-install",
}


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/zen/v1/chat/completions", Route("chat")),
        ("POST", "/zen/go/v1/chat/completions", Route("chat", "go")),
        ("POST", "/zen/v1/messages", Route("messages")),
        ("POST", "/zen/go/v1/responses", Route("responses", "go")),
        (
            "POST",
            "/zen/v1/models/gemini-3-flash:streamGenerateContent",
            Route("google", "zen", "gemini-3-flash", True),
        ),
        (
            "POST",
            "/zen/v1/models/gemini-3-flash:generateContent",
            Route("google", "zen", "gemini-3-flash", False),
        ),
        ("POST", "/zen/go/v1/models/gemini-3-flash:generateContent", Route("site")),
        ("GET", "/zen/v1/models", Route("listing")),
        ("GET", "/zen/go/v1/models", Route("listing", "go")),
        ("GET", "/zen/go/v1/usage", Route("usage", "go")),
        ("GET", "/zen/v1/usage", Route("site")),
        ("GET", "/zen/v1/chat/completions", Route("site")),
        ("GET", "/cdn-cgi/trace", Route("trace")),
        ("GET", "/_simulator/seen", Route("control")),
        ("GET", "/", Route("site")),
    ],
)
def test_routes(method: str, path: str, route: Route) -> None:
    assert route_of(method, path) == route


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer public"}, "public"),
        ({"authorization": "bearer sk-a"}, "sk-a"),
        ({"authorization": "Basic abc"}, None),
        ({"x-api-key": "sk-b"}, "sk-b"),
        ({"x-goog-api-key": "sk-c"}, "sk-c"),
        ({}, None),
    ],
)
def test_the_key_is_found_in_each_protocols_header(
    headers: dict[str, str], key: str | None
) -> None:
    assert key_of(headers) == key


def test_call_are_read_from_headers_and_body() -> None:
    headers = {
        "authorization": "Bearer sk-a",
        "user-agent": "opencode/1.18.33",
        "x-opencode-session": "ses_1",
        "x-opencode-request": "msg_1",
        "x-opencode-project": "global",
        "x-opencode-client": "cli",
        "x-simulated-install": "i1",
        "accept-language": "de",
        "x-real-ip": "192.0.2.99",
    }
    tools = [
        {"type": "function", "function": {"name": "bash"}},
        {"name": "read"},
        {"function": {"name": "own"}},
        {"function": {"name": "bash"}},
        7,
    ]
    body = json.dumps({"model": "big-pickle", "stream": True, "tools": tools}).encode()
    call = call_of(Route("chat"), headers, body, **SENDER)
    assert call is not None
    assert (call.model, call.stream, call.key, call.tools) == ("big-pickle", True, "sk-a", 2)
    assert (call.session, call.request, call.project) == ("ses_1", "msg_1", "global")
    assert (call.client, call.install, call.locale) == ("cli", "i1", "de")
    assert (call.address, call.region) == ("203.0.113.7", "DE"), "x-real-ip is replaced"


def test_googles_model_and_stream_flag_stand_in_the_path() -> None:
    route = Route("google", "zen", "gemini-3-flash", True)
    call = call_of(route, {}, b'{"contents": [], "model": "other"}', **SENDER)
    assert call is not None
    assert (call.model, call.stream, call.protocol) == ("gemini-3-flash", True, "google")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(body=st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_raises(body: bytes) -> None:
    call_of(Route("chat"), {}, body, **SENDER)


@given(fields=st.fixed_dictionaries({}, optional={"model": JSON_VALUES, "tools": JSON_VALUES}))
def test_wrong_types_make_no_call(fields: dict[str, Any]) -> None:
    call = call_of(Route("chat"), {}, json.dumps(fields).encode(), **SENDER)
    assert (call is not None) == isinstance(fields.get("model"), str)


def test_deep_nesting_is_no_request() -> None:
    assert call_of(Route("chat"), {}, b"[" * 200_000, **SENDER) is None
