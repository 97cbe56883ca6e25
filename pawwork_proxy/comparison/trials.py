"""Trials that a user can do once an install is refused in ordinary use, as tables.

A variation asks once with one thing changed, between two requests of the refused install (a refusal
is not counted, so these are free). `reverse` ones are the same the other way round: the changed one
is refused first. A trial is one variation, or a sweep of several that fit into one refused day.
`report` knows how each is done. Invariant: no trial asks to use up a quota.
"""

from typing import Literal, NamedTuple

from pawwork_proxy.comparison.means import NO_KEY, Means
from pawwork_proxy.model.observation import DimensionName, Identities


class Variation(NamedTuple):
    """One row: what it changes beside the prompt."""

    id: str
    changes: tuple[DimensionName, ...]
    """What it is about comes first."""
    same: tuple[DimensionName, ...]
    """Dimensions that the change would move as well, unless the user follows the step."""
    needs: Means = Means()
    """The least that the user must have."""
    start: Literal["", "key", "ipv6"] = ""
    """What the refused one must have used for it to be possible."""
    reverse: bool = False

    def starts_from(self, who: Identities) -> bool:
        """Whether it can be done with the one that was refused."""
        if self.start == "key":
            return who.key not in NO_KEY
        return not self.start or who.family == self.start

    @property
    def requests(self) -> int:
        """How many it sends at most: a new conversation asks for a title as well."""
        return 2 if "session" in self.changes else 1


def _both_ways(variation: Variation) -> tuple[Variation, Variation]:
    return variation, variation._replace(id=f"{variation.id}_reversed", reverse=True)


_ELSEWHERE = Means(networks=2)
_KEYS = Means(keys=2)

VARIATIONS: tuple[Variation, ...] = (
    Variation("new_prompt", (), ("session",)),
    Variation("new_session", ("session",), ("project",)),
    Variation("new_project", ("project", "session"), ()),
    Variation("other_install", ("install", "session"), ("device", "network", "address")),
    Variation(
        "other_device", ("device", "install", "session"), ("network", "address"), Means(devices=2)
    ),
    Variation("other_network", ("address", "prefix", "network"), ("session", "family"), _ELSEWHERE),
    Variation(
        "other_family", ("family", "address", "prefix"), ("network", "session"), Means(ipv6=True)
    ),
    Variation(
        "other_address_same_prefix", ("address",), ("prefix", "session"), Means(ipv6=True), "ipv6"
    ),
    *_both_ways(
        Variation("other_key_kind", ("auth_kind", "key", "workspace"), ("session",), Means(keys=1))
    ),
    Variation("other_key", ("key", "workspace"), ("auth_kind", "session"), _KEYS, "key"),
    Variation(
        "other_key_same_workspace", ("key",), ("workspace", "auth_kind", "session"), _KEYS, "key"
    ),
    *_both_ways(Variation("other_model_same_group", ("model",), ("model_group", "session"))),
    *_both_ways(Variation("other_model", ("model_group", "model"), ("session",))),
    *_both_ways(Variation("other_client", ("user_agent", "client"), ("session",))),
)
"""An edge location is not among them: nobody can choose it."""


class Trial(NamedTuple):
    """One step of a user: one variation, or several in one go."""

    id: str
    variations: tuple[Variation, ...]


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
PLACES = ("other_network", "other_family", "other_address_same_prefix", "other_device")

SWEEPS: tuple[Trial, ...] = (
    Trial("sweep_here", tuple(BY_ID[i] for i in HERE)),
    Trial("sweep_places", tuple(BY_ID[i] for i in PLACES)),
    Trial("sweep_all", tuple(BY_ID[i] for i in (*HERE, *PLACES))),
)
