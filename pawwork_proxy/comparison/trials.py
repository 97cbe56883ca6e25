"""Trials that a user can do once an install is refused in ordinary use, as tables.

A variation asks once with one thing changed, right after the refused install has been asked again
(a refusal is not counted, so that baseline is free). `reverse` ones are the same the other way
round: the changed one is refused first. A trial is one variation, or a sweep of several that fit
into one refused day. Invariant: no trial asks to use up a quota.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pawwork_proxy.model.observation import DimensionName


class Variation(NamedTuple):
    """One row: what it changes, beside the prompt, and how it is done."""

    id: str
    title: str
    changes: tuple[DimensionName, ...]
    same: tuple[DimensionName, ...]
    """Dimensions that a change would carry along unless care is taken, and the step takes it."""
    reverse: bool
    step: str
    options: str
    """Options of `pawwork-proxy launch`; `{install}`, `{network}` stand for the refused ones."""
    model: str = "MODEL"
    needs: Literal["", "key", "ipv6"] = ""
    """What the refused install must have for it to be possible."""

    @property
    def requests(self) -> int:
        """How many it sends at most: a new conversation asks for a title as well."""
        return 2 if "session" in self.changes else 1


def _both_ways(variation: Variation) -> tuple[Variation, Variation]:
    return variation, variation._replace(
        id=f"{variation.id}_reversed", title=f"{variation.title}, the other way round", reverse=True
    )


SAME = "--install {install} --network {network}"

VARIATIONS: tuple[Variation, ...] = (
    Variation(
        "new_prompt",
        "a new prompt in the refused conversation",
        (),
        ("session",),
        False,
        "send another prompt in the same conversation",
        SAME,
    ),
    Variation(
        "new_session",
        "a new conversation in the refused install",
        ("session",),
        ("project",),
        False,
        "start a new conversation in the same folder",
        SAME,
    ),
    Variation(
        "new_project",
        "another project folder in the refused install",
        ("project", "session"),
        (),
        False,
        "start a conversation in a git repository of another origin",
        SAME,
    ),
    Variation(
        "other_install",
        "another install on the same device and network",
        ("install", "session"),
        ("device", "network", "address"),
        False,
        "ask with an install on the same machine and network that has not asked yet",
        "--install other --home NEW_FOLDER --network {network}",
    ),
    Variation(
        "other_device",
        "another device on the same network",
        ("device", "install", "session"),
        ("network", "address"),
        False,
        "ask with an install that has not asked yet, on another machine behind the same address",
        "--install other --network {network}",
    ),
    Variation(
        "other_network",
        "the refused install on another network",
        ("network", "address", "prefix"),
        ("session", "family"),
        False,
        "join another network (a phone's hotspot) and go on in the same conversation",
        "--install {install} --network OTHER_NETWORK",
    ),
    Variation(
        "other_family",
        "the refused install over the other address family",
        ("address", "prefix", "family"),
        ("network", "session"),
        False,
        "switch IPv6 off (or on) on this machine and go on in the same conversation",
        SAME,
    ),
    Variation(
        "other_address_same_prefix",
        "another IPv6 address of the same prefix",
        ("address",),
        ("prefix", "session"),
        False,
        "let the machine take another temporary IPv6 address and go on in the same conversation",
        SAME,
        needs="ipv6",
    ),
    *_both_ways(
        Variation(
            "other_key_kind",
            "with a saved key, or without it",
            ("key", "auth_kind", "workspace"),
            ("session",),
            False,
            "save a key (or remove it) and go on in the same conversation",
            SAME,
        )
    ),
    Variation(
        "other_key",
        "another key of another workspace",
        ("key", "workspace"),
        ("auth_kind", "session"),
        False,
        "save the key of another workspace and go on in the same conversation",
        SAME,
        needs="key",
    ),
    Variation(
        "other_key_same_workspace",
        "another key of the same workspace",
        ("key",),
        ("workspace", "auth_kind", "session"),
        False,
        "save another key of the same workspace and go on in the same conversation",
        SAME,
        needs="key",
    ),
    *_both_ways(
        Variation(
            "other_model_same_group",
            "another free model that begins with the same two letters",
            ("model",),
            ("model_group", "session"),
            False,
            "choose another free model whose id begins with the same two letters",
            SAME,
            "SAME_LETTERS_MODEL",
        )
    ),
    *_both_ways(
        Variation(
            "other_model",
            "another free model with other first letters",
            ("model", "model_group"),
            ("session",),
            False,
            "choose another free model whose id begins with other letters",
            SAME,
            "OTHER_LETTERS_MODEL",
        )
    ),
    *_both_ways(
        Variation(
            "other_client",
            "another client version or build",
            ("user_agent", "client"),
            ("session",),
            False,
            "run another version of the client and go on in the same conversation",
            SAME,
        )
    ),
    Variation(
        "other_region",
        "the same address over another edge location",
        ("region",),
        ("address", "session"),
        False,
        "wait until `show` names another edge location, which happens by itself if at all",
        SAME,
    ),
)


class Trial(NamedTuple):
    """One step of a user: one variation, or several in one go."""

    id: str
    title: str
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
    Trial("sweep_here", "what can be changed on this machine", tuple(BY_ID[i] for i in HERE)),
    Trial("sweep_places", "other networks and devices", tuple(BY_ID[i] for i in PLACES)),
    Trial(
        "sweep_all",
        "everything that can be changed, one thing at a time",
        tuple(BY_ID[i] for i in (*HERE, *PLACES)),
    ),
)

TRIALS: tuple[Trial, ...] = (
    *(Trial(variation.id, variation.title, (variation,)) for variation in VARIATIONS),
    *SWEEPS,
)


def possible_for(trial: Trial, has_key: bool, on_ipv6: bool) -> Trial | None:
    """The trial without what the refused install cannot do; None if nothing is left of it."""
    able = {"": True, "key": has_key, "ipv6": on_ipv6}
    left = tuple(variation for variation in trial.variations if able[variation.needs])
    return trial._replace(variations=left) if left else None
