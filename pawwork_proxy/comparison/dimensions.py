"""The dimensions a quota could follow, as a table, and which of them imply others.

Invariant: one row per dimension. What a row says about privacy and thresholds decides which
explanations an observation can rule out, so each says why.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pawwork_proxy.model.observation import ABSENT, PUBLIC, DimensionName

BUCKET: Final = "bucket"
"""Stands in a keying for 'some unknown grouping of models', as Zen's own rate limits make it."""


CALLER: Final = "caller"
"""Stands in a keying for 'the key where one is sent, else the address', a common rule."""


class Dimension(NamedTuple):
    """One row: what it is called, what it implies, who else can share a value of it."""

    name: DimensionName
    title: str
    fixes: tuple[DimensionName, ...]
    """Dimensions that cannot differ where this one agrees."""
    private: bool
    """Whether a value belongs to the observer alone, so that nobody else can use up its pool."""
    threshold: bool
    """Whether a server may allow more to one value than to another *within one pool*."""
    reason: str


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "network",
        "network (your label)",
        (),
        False,
        False,
        "A claim of the user: it may be missing or wrong, so addresses decide.",
    ),
    Dimension(
        "address",
        "egress address",
        ("prefix", "family"),
        False,
        False,
        "Others may be behind the same address (NAT, VPN exit).",
    ),
    Dimension(
        "prefix",
        "IPv6 prefix",
        ("family",),
        False,
        False,
        "First four groups; a household or a hoster shares them.",
    ),
    Dimension("family", "address family", (), False, False, "IPv4 or IPv6, no more."),
    Dimension(
        "region",
        "region or edge location",
        (),
        False,
        False,
        "One address can reach several edge locations, and many people share one.",
    ),
    Dimension(
        "key",
        "API key",
        ("workspace", "auth_kind"),
        True,
        False,
        "A key of one's own is used by nobody else; no key or `public` is everybody's.",
    ),
    Dimension(
        "auth_kind",
        "kind of key",
        (),
        False,
        True,
        "Callers with a key may be allowed more than those without.",
    ),
    Dimension("workspace", "workspace", (), False, False, "Colleagues share a workspace."),
    Dimension("device", "device", (), True, False, "The observer's own machine."),
    Dimension(
        "install",
        "install",
        ("device",),
        True,
        False,
        "The observer's own; each of its requests passes the proxy.",
    ),
    Dimension(
        "session",
        "session",
        ("install", "device", "project"),
        True,
        False,
        "A random id made by one install for one conversation.",
    ),
    Dimension(
        "request",
        "user action (x-opencode-request)",
        ("session", "install", "device", "project"),
        True,
        False,
        "A random id made for one prompt; its rounds, retries and title call share it.",
    ),
    Dimension(
        "project",
        "project",
        (),
        False,
        False,
        "`global` for everybody outside git, equal for clones of one repository.",
    ),
    Dimension(
        "model",
        "model",
        ("model_group",),
        False,
        True,
        "A model can have a limit of its own, also inside a shared bucket.",
    ),
    Dimension(
        "model_group",
        "model group (first two letters)",
        (),
        False,
        False,
        "Zen's buckets for models with a limit of their own.",
    ),
    Dimension(
        "client",
        "client (x-opencode-client)",
        (),
        False,
        True,
        "The header gate allows less to clients it does not know.",
    ),
    Dimension(
        "user_agent",
        "user agent",
        (),
        False,
        True,
        "The header gate and a relayed service look at it.",
    ),
    Dimension("global", "everybody", (), False, False, "One pool for all users of the world."),
)

BY_NAME: dict[str, Dimension] = {row.name: row for row in DIMENSIONS}

KEYABLE: tuple[DimensionName, ...] = tuple(
    row.name for row in DIMENSIONS if row.name not in {"network", "global"}
)
"""Dimensions that can be part of a server's key: a label never reaches it."""

PRESENCE: tuple[DimensionName, ...] = ("session", "request", "project")
"""Headers whose mere presence can decide the threshold (the header gate of zen-facts 7.3)."""


COMPOUND = {BUCKET: "part of the models", CALLER: "API key, or egress address without one"}
"""Parts of a keying that are no dimension of their own, and what people call them."""


def title(name: str) -> str:
    """What people call a dimension."""
    return COMPOUND.get(name) or BY_NAME[name].title


def is_private(name: str, value: str | None) -> bool:
    """Whether nobody but the observer can have this value."""
    return BY_NAME[name].private and value not in {None, ABSENT, PUBLIC}
