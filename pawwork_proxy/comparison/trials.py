"""Trials that a user can do once an install is refused in ordinary use, as tables.

A variation asks once with one thing changed, right after the refused install has been asked again
(a refusal is not counted, so that baseline is free). `reverse` ones are the same the other way
round: the changed one is refused first. A trial is one variation, or a sweep of several that fit
into one refused day. `report` knows how each is done. Invariant: no trial asks to use up a quota.
"""

from typing import Literal, NamedTuple

from pawwork_proxy.model.observation import DimensionName


class Variation(NamedTuple):
    """One row: what it changes beside the prompt."""

    id: str
    changes: tuple[DimensionName, ...]
    same: tuple[DimensionName, ...]
    """Dimensions that the change would move as well, unless the user follows the step."""
    needs: Literal["", "key", "ipv6"] = ""
    """What the refused install must have for it to be possible."""
    reverse: bool = False

    @property
    def requests(self) -> int:
        """How many it sends at most: a new conversation asks for a title as well."""
        return 2 if "session" in self.changes else 1


def _both_ways(variation: Variation) -> tuple[Variation, Variation]:
    return variation, variation._replace(id=f"{variation.id}_reversed", reverse=True)


VARIATIONS: tuple[Variation, ...] = (
    Variation("new_prompt", (), ("session",)),
    Variation("new_session", ("session",), ("project",)),
    Variation("new_project", ("project", "session"), ()),
    Variation("other_install", ("install", "session"), ("device", "network", "address")),
    Variation("other_device", ("device", "install", "session"), ("network", "address")),
    Variation("other_network", ("network", "address", "prefix"), ("session", "family")),
    Variation("other_family", ("address", "prefix", "family"), ("network", "session")),
    Variation("other_address_same_prefix", ("address",), ("prefix", "session"), "ipv6"),
    *_both_ways(Variation("other_key_kind", ("key", "auth_kind", "workspace"), ("session",))),
    Variation("other_key", ("key", "workspace"), ("auth_kind", "session"), "key"),
    Variation("other_key_same_workspace", ("key",), ("workspace", "auth_kind", "session"), "key"),
    *_both_ways(Variation("other_model_same_group", ("model",), ("model_group", "session"))),
    *_both_ways(Variation("other_model", ("model", "model_group"), ("session",))),
    *_both_ways(Variation("other_client", ("user_agent", "client"), ("session",))),
    Variation("other_region", ("region",), ("address", "session")),
)


class Trial(NamedTuple):
    """One step of a user: one variation, or several in one go."""

    id: str
    variations: tuple[Variation, ...]

    @property
    def is_sweep(self) -> bool:
        """Whether it changes several things, one after the other."""
        return self.id.startswith("sweep")


BY_ID = {variation.id: variation for variation in VARIATIONS}

HERE = (
    "new_session",
    "new_project",
    "other_install",
    "other_key_kind",
    "other_key",
    "other_key_same_workspace",
    "other_model_same_group",
    "other_model",
    "other_client",
)
"""What can be varied without leaving the machine."""
PLACES = (
    "other_network",
    "other_family",
    "other_address_same_prefix",
    "other_device",
    "other_region",
)

SWEEPS: tuple[Trial, ...] = (
    Trial("sweep_here", tuple(BY_ID[i] for i in HERE)),
    Trial("sweep_places", tuple(BY_ID[i] for i in PLACES)),
    Trial("sweep_all", tuple(BY_ID[i] for i in (*HERE, *PLACES))),
)

TRIALS: tuple[Trial, ...] = (
    *(Trial(variation.id, (variation,)) for variation in VARIATIONS),
    *SWEEPS,
)


def possible_for(trial: Trial, has_key: bool, on_ipv6: bool) -> Trial | None:
    """The trial without what the refused install cannot do; None if nothing is left of it."""
    able = {"": True, "key": has_key, "ipv6": on_ipv6}
    left = tuple(variation for variation in trial.variations if able[variation.needs])
    return trial._replace(variations=left) if left else None
