"""From an HTTP request to a model call: addresses, and the fields of a body that matter.

Pure. Invariant: whatever the bytes, the result is a route and a call, or a route and None for a
body that is no JSON object; nothing raises.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args
from urllib.parse import unquote

from pawwork_proxy.facts.server import BASES, TRACE
from pawwork_proxy.simulator.model_call import ModelCall, Protocol, Tier
from pawwork_proxy.simulator.refusals import locale_of
from pawwork_proxy.wire.bounded_json import json_object
from pawwork_proxy.wire.client_hello import ClientHello

_INSTRUCTIONS = ("system", "instructions", "systemInstruction")
"""Fields of a body that hold its system prompt, if no message does."""


class Target(NamedTuple):
    """Where a request leads."""

    name: str
    """Of ENDPOINTS; or `trace`, `control` (our own endpoints), `site` (anything else)."""
    tier: Tier = "zen"
    model: str | None = None
    """Google's model, which stands in the path."""
    stream: bool | None = None
    """Google's stream flag, likewise."""
    base: str = ""
    """The path of the address below which it was asked for."""

    @property
    def protocol(self) -> Protocol | None:
        """The protocol of a model call, else None."""
        return _PROTOCOLS.get(self.name)


ENDPOINTS: Mapping[str, tuple[str, str]] = {
    "chat": ("POST", "/chat/completions"),
    "messages": ("POST", "/messages"),
    "responses": ("POST", "/responses"),
    "google": ("POST", r"/models/([^/:]+):(stream)?[gG]enerateContent"),
    "listing": ("GET", "/models"),
    "usage": ("GET", "/usage"),
}
"""Method and path below a base, by protocol, as an expression: Google's has the model in it."""

_PROTOCOLS: Mapping[str, Protocol] = {protocol: protocol for protocol in get_args(Protocol)}
_SERVED = [
    (
        ENDPOINTS[name][0],
        re.compile(base.path + ENDPOINTS[name][1]),
        Target(name, "go" if base.tier == "go" else "zen", base=base.path),
    )
    for base in BASES.values()
    for name in base.serves
]


def route_of(method: str, path: str) -> Target:
    """The route of a path without its query; what Zen does not serve is the web site."""
    if path.startswith("/_simulator/"):
        return Target("control")
    if path == TRACE:
        return Target("trace")
    for wanted, pattern, route in _SERVED:
        found = pattern.fullmatch(path) if method == wanted else None
        if found is not None and route.name == "google":
            return route._replace(model=unquote(found[1]), stream=found[2] is not None)
        if found is not None:
            return route
    return Target("site")


def key_of(headers: Mapping[str, str]) -> str | None:
    """The credential, in whichever header the protocol puts it; lower-case names."""
    authorization = headers.get("authorization", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    return headers.get("x-api-key") or headers.get("x-goog-api-key")


def call_of(
    route: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    address: str,
    region: str,
    install_header: str,
    hello: ClientHello | None = None,
) -> ModelCall | None:
    """The model call; None when the body is no JSON object or names no model.

    `address`, `region` and `hello` are what the edge knows of the client.
    """
    protocol = route.protocol
    parsed = json_object(body)
    if protocol is None or parsed is None:
        return None
    model = route.model if route.model is not None else parsed.get("model")
    if not isinstance(model, str):
        return None
    return ModelCall(
        model=model,
        address=address,
        key=key_of(headers),
        protocol=protocol,
        tier=route.tier,
        stream=parsed.get("stream") is True if route.stream is None else route.stream,
        user_agent=headers.get("user-agent"),
        session=headers.get("x-opencode-session"),
        request=headers.get("x-opencode-request"),
        project=headers.get("x-opencode-project"),
        client=headers.get("x-opencode-client"),
        install=headers.get(install_header),
        region=region,
        base=route.base,
        tools=frozenset(_tool_names(parsed.get("tools"))),
        tool_answered=_ends_with_a_tool(parsed),
        system=_system_prompt(parsed),
        hello=hello,
        locale=locale_of(headers),
        headers=headers,
    )


def _tool_names(tools: object) -> Iterator[str]:
    """Names of the tools offered, in whichever form the protocol writes them."""
    for tool in _objects(tools):
        inner = tool.get("function"), *_objects(tool.get("functionDeclarations"))
        for one in (tool, *inner):
            name = one.get("name") if isinstance(one, dict) else None
            if isinstance(name, str):
                yield name


def _ends_with_a_tool(body: Mapping[str, Any]) -> bool:
    """Whether what was said last is a tool's result, in whichever form the protocol writes it."""
    said = (_objects(body.get(name)) for name in ("messages", "input", "contents"))
    last = next((turns[-1] for turns in said if turns), {})
    parts = (*_objects(last.get("content")), *_objects(last.get("parts")))
    return (
        last.get("role") == "tool"
        or last.get("type") == "function_call_output"
        or any(part.get("type") == "tool_result" or "functionResponse" in part for part in parts)
    )


def _system_prompt(body: Mapping[str, Any]) -> str:
    """The system prompt, wherever the protocol has it."""
    messages = (*_objects(body.get("messages")), *_objects(body.get("input")))
    told = [one.get("content") for one in messages if one.get("role") in {"system", "developer"}]
    for node in (*map(body.get, _INSTRUCTIONS), *told):
        parts = node.get("parts") if isinstance(node, dict) else node
        if isinstance(parts, str):
            return parts
        texts = (part.get("text") for part in _objects(parts))
        found = "\n".join(text for text in texts if isinstance(text, str))
        if found:
            return found
    return ""


def _objects(node: object) -> list[dict[str, Any]]:
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []
