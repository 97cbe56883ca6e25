import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.simulator.routes import Target, call_of, key_of, route_of

NEW = "/inference"
SENDER: dict[str, Any] = {
    "address": "203.0.113.7",
    "region": "DE",
    "install_header": "x-simulated-install",
}


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/zen/v1/chat/completions", Target("chat", base="/zen/v1")),
        ("POST", "/zen/go/v1/chat/completions", Target("chat", "go", base="/zen/go/v1")),
        ("POST", "/zen/v1/messages", Target("messages", base="/zen/v1")),
        ("POST", "/zen/go/v1/responses", Target("responses", "go", base="/zen/go/v1")),
        (
            "POST",
            "/zen/v1/models/gemini-3-flash:streamGenerateContent",
            Target("google", "zen", "gemini-3-flash", True, "/zen/v1"),
        ),
        (
            "POST",
            "/zen/v1/models/gemini-3-flash:generateContent",
            Target("google", "zen", "gemini-3-flash", False, "/zen/v1"),
        ),
        ("POST", "/zen/go/v1/models/gemini-3-flash:generateContent", Target("site")),
        ("GET", "/zen/v1/models", Target("listing", base="/zen/v1")),
        ("GET", "/zen/go/v1/models", Target("listing", "go", base="/zen/go/v1")),
        ("GET", "/zen/go/v1/usage", Target("usage", "go", base="/zen/go/v1")),
        ("GET", "/zen/v1/usage", Target("site")),
        ("POST", f"{NEW}/openai/v1/responses", Target("responses", base=f"{NEW}/openai/v1")),
        ("POST", f"{NEW}/anthropic/v1/messages", Target("messages", base=f"{NEW}/anthropic/v1")),
        (
            "POST",
            f"{NEW}/google/v1beta/models/gemini-3-flash:generateContent",
            Target("google", "zen", "gemini-3-flash", False, f"{NEW}/google/v1beta"),
        ),
        (
            "POST",
            f"{NEW}/go/openai/v1/chat/completions",
            Target("chat", "go", base=f"{NEW}/go/openai/v1"),
        ),
        ("GET", f"{NEW}/go/v1/usage", Target("usage", "go", base=f"{NEW}/go/v1")),
        ("POST", f"{NEW}/openai/v1/messages", Target("site")),
        ("GET", "/zen/v1/chat/completions", Target("site")),
        ("GET", "/cdn-cgi/trace", Target("trace")),
        ("GET", "/_simulator/seen", Target("control")),
        ("GET", "/", Target("site")),
    ],
)
def test_routes(method: str, path: str, route: Target) -> None:
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
    call = call_of(Target("chat"), headers, body, **SENDER)
    assert call is not None
    assert (call.model, call.stream, call.key) == ("big-pickle", True, "sk-a")
    assert call.tools == {"bash", "read", "own"}
    assert (call.session, call.request, call.project) == ("ses_1", "msg_1", "global")
    assert (call.client, call.install, call.locale) == ("cli", "i1", "de")
    assert (call.address, call.region) == ("203.0.113.7", "DE"), "x-real-ip is replaced"


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "system", "content": "Be\nkind"}, {"role": "user", "content": "x"}]},
        {"messages": [{"role": "system", "content": [{"text": "Be"}, {"text": "kind"}]}]},
        {"system": "Be\nkind", "messages": [{"role": "user", "content": "x"}]},
        {"system": [{"type": "text", "text": "Be"}, 7, {"type": "text", "text": "kind"}]},
        {"instructions": "Be\nkind", "input": "x"},
        {"input": [{"role": "developer", "content": [{"type": "input_text", "text": "Be\nkind"}]}]},
        {"systemInstruction": {"parts": [{"text": "Be"}, {"text": "kind"}]}},
    ],
)
def test_the_system_prompt_is_found_in_each_protocol(fields: dict[str, Any]) -> None:
    body = json.dumps({"model": "m", **fields}).encode()
    call = call_of(Target("chat"), {}, body, **SENDER)
    assert call is not None
    assert call.system == "Be\nkind"


ASKED = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        ({"messages": [ASKED, {"role": "tool", "tool_call_id": "call_1", "content": "y"}]}, True),
        ({"messages": [{"role": "tool", "content": "y"}, ASKED]}, False),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, False),
        ({"input": [ASKED, {"type": "function_call_output", "output": "y"}]}, True),
        ({"input": "x"}, False),
        ({"contents": [{"role": "user", "parts": [{"functionResponse": {}}]}]}, True),
        ({"contents": [{"role": "user", "parts": [{"text": "x"}]}]}, False),
        ({}, False),
    ],
)
def test_a_tools_result_is_what_was_said_last(fields: dict[str, Any], answered: bool) -> None:
    body = json.dumps({"model": "m", **fields}).encode()
    call = call_of(Target("chat"), {}, body, **SENDER)
    assert call is not None
    assert call.tool_answered is answered


def test_googles_tools_are_declarations() -> None:
    tools = [{"functionDeclarations": [{"name": "bash"}, {"name": "read"}]}]
    call = call_of(Target("google", model="m"), {}, json.dumps({"tools": tools}).encode(), **SENDER)
    assert call is not None
    assert call.tools == {"bash", "read"}


def test_googles_model_and_stream_flag_stand_in_the_path() -> None:
    route = Target("google", "zen", "gemini-3-flash", True)
    call = call_of(route, {}, b'{"contents": [], "model": "other"}', **SENDER)
    assert call is not None
    assert (call.model, call.stream, call.protocol) == ("gemini-3-flash", True, "google")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


NAMES = ("model", "tools", "messages", "input", "system", "systemInstruction")


@given(body=st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_body_raises(body: bytes) -> None:
    call_of(Target("chat"), {}, body, **SENDER)


@given(fields=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON_VALUES)))
def test_wrong_types_make_no_call(fields: dict[str, Any]) -> None:
    call = call_of(Target("chat"), {}, json.dumps(fields).encode(), **SENDER)
    assert (call is not None) == isinstance(fields.get("model"), str)


def test_deep_nesting_is_no_request() -> None:
    assert call_of(Target("chat"), {}, b"[" * 200_000, **SENDER) is None
