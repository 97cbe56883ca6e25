"""The dimensions a quota could follow, as a table, and which of them imply others.

Invariant: one row per dimension. What a row says about privacy and thresholds decides which
explanations an observation can rule out, so each says why.
"""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final, NamedTuple, cast

from pawwork_proxy.model.observation import ABSENT, PUBLIC, DimensionName

BUCKET: Final = "bucket"
"""Part of a hypothesis: the server groups models in some way that we do not know."""


CALLER: Final = "caller"
"""Part of a hypothesis: the key if one is sent, else the address. Many servers count so."""


class Dimension(NamedTuple):
    """One row: what it is called, what it implies, who else can share a value of it."""

    name: DimensionName
    title: str
    reason: str
    """Why the fields below have the values that they have."""
    fixes: tuple[DimensionName, ...] = ()
    """Dimensions that cannot differ where this one agrees."""
    private: bool = False
    """Whether a value belongs to the observer alone, so that nobody else can use up its pool."""
    threshold: bool = False
    """Whether a server may allow more to one value than to another *within one pool*."""


def _read() -> Iterator[Dimension]:
    rows = tomllib.loads(files(__package__).joinpath("dimensions.toml").read_text("utf-8"))
    for name, row in rows.items():
        yield Dimension(
            cast("DimensionName", name), **{**row, "fixes": tuple(row.get("fixes", ()))}
        )


DIMENSIONS: tuple[Dimension, ...] = tuple(_read())

BY_NAME: dict[str, Dimension] = {row.name: row for row in DIMENSIONS}

KEYABLE: tuple[DimensionName, ...] = tuple(
    row.name for row in DIMENSIONS if row.name not in {"network", "global"}
)
"""Dimensions that can be part of a server's key: a label never reaches it."""

PRESENCE: tuple[DimensionName, ...] = ("session", "request", "project")
"""Headers whose mere presence can decide the threshold (a header gate, source `server-history`)."""


COMPOUND = {BUCKET: "part of the models", CALLER: "API key, or egress address without one"}
"""Parts of a hypothesis that are no dimension of their own, and what people call them."""


def title(name: str) -> str:
    """What people call a dimension."""
    return COMPOUND.get(name) or BY_NAME[name].title


def is_private(name: str, value: str | None) -> bool:
    """Whether nobody but the observer can have this value."""
    return BY_NAME[name].private and value not in {None, ABSENT, PUBLIC}
