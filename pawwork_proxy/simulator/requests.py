"""From an HTTP request to facts: routes, the fields of a body that matter, locale, tools.

Pure. Invariant: whatever the bytes, the result is a route and facts, or a route and None for a
body that is no JSON object; nothing raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from pawwork_proxy.facts import addresses
from pawwork_proxy.simulator.facts import Protocol, RequestFacts, Tier
from pawwork_proxy.simulator.messages import locale_of

RouteName = Literal[
    "chat",
    "messages",
    "responses",
    "google",
    "models",
    "go_usage",
    "trace",
    "control",
    "site",
]

CORE_TOOLS = frozenset({"bash", "edit", "glob", "grep", "read", "task", "write", "todowrite"})
"""OpenCode's core tools, lower case (zen-facts 7.4 counts at least five of them)."""


class Route(NamedTuple):
    """Where a path leads."""

    name: RouteName
    tier: Tier = "zen"
    model: str | None = None
    """Google's model, which stands in the path."""
    stream: bool | None = None
    """Google's stream flag, likewise."""

    @property
    def protocol(self) -> Protocol | None:
        """The protocol of a model call, else None."""
        name = self.name
        if name in ("chat", "messages", "responses", "google"):
            return name
        return None


_GOOGLE = re.compile(r"models/([^/:]+):(stream)?[gG]enerateContent")
_FIXED: Mapping[tuple[str, str], RouteName] = {
    ("POST", "chat/completions"): "chat",
    ("POST", "messages"): "messages",
    ("POST", "responses"): "responses",
    ("GET", "models"): "models",
}


def route_of(method: str, path: str) -> Route:
    """The route of a path without its query; what Zen does not serve is the web site."""
    if path.startswith("/_simulator/"):
        return Route("control")
    if path == addresses.TRACE:
        return Route("trace")
    found = addresses.endpoint(path)
    if found is None or not found.base.default:
        return Route("site")
    tier: Tier = "go" if found.base.tier == "go" else "zen"
    rest = found.rest.removeprefix("/")
    if tier == "go" and (method, rest) == ("GET", "usage"):
        return Route("go_usage", tier)
    google = _GOOGLE.fullmatch(rest)
    if method == "POST" and google is not None and tier == "zen":
        return Route("google", tier, unquote(google[1]), google[2] is not None)
    name = _FIXED.get((method, rest))
    return Route("site") if name is None else Route(name, tier)


def key_of(headers: Mapping[str, str]) -> str | None:
    """The credential, in whichever header the protocol puts it; lower-case names."""
    authorization = headers.get("authorization", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    return headers.get("x-api-key") or headers.get("x-goog-api-key")


class Origin(NamedTuple):
    """What is known of the client apart from its request."""

    address: str
    region: str
    install_header: str


def facts_of(
    route: Route, headers: Mapping[str, str], body: bytes, origin: Origin
) -> RequestFacts | None:
    """Facts of a model call; None when the body is no JSON object or names no model."""
    protocol = route.protocol
    parsed = _object(body)
    if protocol is None or parsed is None:
        return None
    model = route.model if route.model is not None else parsed.get("model")
    if not isinstance(model, str):
        return None
    stream = route.stream if route.stream is not None else parsed.get("stream") is True
    return RequestFacts(
        model=model,
        address=origin.address,
        key=key_of(headers),
        protocol=protocol,
        tier=route.tier,
        stream=stream,
        user_agent=headers.get("user-agent"),
        session=headers.get("x-opencode-session"),
        request=headers.get("x-opencode-request"),
        project=headers.get("x-opencode-project"),
        client=headers.get("x-opencode-client"),
        install=headers.get(origin.install_header),
        region=origin.region,
        tools=_core_tools(parsed.get("tools")),
        locale=locale_of(headers),
        headers=headers,
    )


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _core_tools(tools: object) -> int:
    if not isinstance(tools, list):
        return 0
    names = set()
    for tool in tools:
        if isinstance(tool, dict):
            inner = tool.get("function")
            name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
            if isinstance(name, str):
                names.add(name)
    return len(names & CORE_TOOLS)
