"""The dimensions a quota could follow, as a table, and which of them imply others.

Invariant: one row per dimension. What a row says about privacy and thresholds decides which
explanations an observation can rule out, so each says why.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pawwork_proxy.model.observation import ABSENT, PUBLIC, DimensionName

BUCKET: Final = "bucket"
"""Part of a hypothesis: some unknown grouping of models, as Zen's own rate limits make one."""


CALLER: Final = "caller"
"""Part of a hypothesis: the key where one is sent, else the address. A common rule of servers."""


class Dimension(NamedTuple):
    """One row: what it is called, what it implies, who else can share a value of it."""

    name: DimensionName
    title: str
    reason: str
    """Why the following say what they say."""
    fixes: tuple[DimensionName, ...] = ()
    """Dimensions that cannot differ where this one agrees."""
    private: bool = False
    """Whether a value belongs to the observer alone, so that nobody else can use up its pool."""
    threshold: bool = False
    """Whether a server may allow more to one value than to another *within one pool*."""


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "network",
        "network (your label)",
        "A claim of the user: it may be missing or wrong, so addresses decide.",
    ),
    Dimension(
        "address",
        "egress address",
        "Others may be behind the same address (NAT, VPN exit).",
        fixes=("prefix", "family"),
    ),
    Dimension(
        "prefix",
        "IPv6 prefix",
        "First four groups; a household or a hoster shares them.",
        fixes=("family",),
    ),
    Dimension("family", "address family", "IPv4 or IPv6, no more."),
    Dimension(
        "region",
        "region or edge location",
        "One address can reach several edge locations, and many people share one.",
    ),
    Dimension(
        "key",
        "API key",
        "A key of one's own is used by nobody else; no key or `public` is everybody's.",
        fixes=("workspace", "auth_kind"),
        private=True,
    ),
    Dimension(
        "auth_kind",
        "kind of key",
        "Callers with a key may be allowed more than those without.",
        threshold=True,
    ),
    Dimension("workspace", "workspace", "Colleagues share a workspace."),
    Dimension("device", "device", "The observer's own machine.", private=True),
    Dimension(
        "install",
        "install",
        "The observer's own; each of its requests passes the proxy.",
        fixes=("device",),
        private=True,
    ),
    Dimension(
        "session",
        "session",
        "A random id made by one install for one conversation.",
        fixes=("install", "device", "project"),
        private=True,
    ),
    Dimension(
        "request",
        "user action (x-opencode-request)",
        "A random id made for one prompt; its rounds, retries and title call share it.",
        fixes=("session", "install", "device", "project"),
        private=True,
    ),
    Dimension(
        "project",
        "project",
        "`global` for everybody outside git, equal for clones of one repository.",
    ),
    Dimension(
        "model",
        "model",
        "A model can have a limit of its own, also inside a shared bucket.",
        fixes=("model_group",),
        threshold=True,
    ),
    Dimension(
        "model_group",
        "model group (first two letters)",
        "Zen's buckets for models with a limit of their own.",
    ),
    Dimension(
        "client",
        "client (x-opencode-client)",
        "The header gate allows less to clients it does not know.",
        threshold=True,
    ),
    Dimension(
        "user_agent",
        "user agent",
        "The header gate and a relayed service look at it.",
        threshold=True,
    ),
    Dimension("global", "everybody", "One pool for all users of the world."),
)

BY_NAME: dict[str, Dimension] = {row.name: row for row in DIMENSIONS}

KEYABLE: tuple[DimensionName, ...] = tuple(
    row.name for row in DIMENSIONS if row.name not in {"network", "global"}
)
"""Dimensions that can be part of a server's key: a label never reaches it."""

PRESENCE: tuple[DimensionName, ...] = ("session", "request", "project")
"""Headers whose mere presence can decide the threshold (the header gate of zen-facts 7.3)."""


COMPOUND = {BUCKET: "part of the models", CALLER: "API key, or egress address without one"}
"""Parts of a hypothesis that are no dimension of their own, and what people call them."""


def title(name: str) -> str:
    """What people call a dimension."""
    return COMPOUND.get(name) or BY_NAME[name].title


def is_private(name: str, value: str | None) -> bool:
    """Whether nobody but the observer can have this value."""
    return BY_NAME[name].private and value not in {None, ABSENT, PUBLIC}
