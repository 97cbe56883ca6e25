"""Trials that a user can do once an install is refused in ordinary use, as a table.

Each trial asks once with one thing changed, right after the refused install has been asked again
(a refusal is not counted, so that baseline is free). `reverse` trials are the same the other way
round: the changed one is refused first. Invariant: no trial asks to use up a quota.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pawwork_proxy.model.observation import DimensionName


class Trial(NamedTuple):
    """One row: what it changes and how it is done."""

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
    """What the refused install must have for the trial to be possible."""


def _both_ways(trial: Trial) -> tuple[Trial, Trial]:
    return trial, trial._replace(
        id=f"{trial.id}_reversed", title=f"{trial.title}, the other way round", reverse=True
    )


SAME = "--install {install} --network {network}"

TRIALS: tuple[Trial, ...] = (
    Trial(
        "new_session",
        "a new conversation in the refused install",
        ("session",),
        ("project",),
        False,
        "start a new conversation in the same folder",
        SAME,
    ),
    Trial(
        "new_project",
        "another project folder in the refused install",
        ("project", "session"),
        (),
        False,
        "start a conversation in a git repository of another origin",
        SAME,
    ),
    Trial(
        "other_install",
        "another install on the same device and network",
        ("install", "session"),
        ("device", "network", "address"),
        False,
        "ask with another install on the same machine and network",
        "--install other --home NEW_FOLDER --network {network}",
    ),
    Trial(
        "other_device",
        "another device on the same network",
        ("device", "install", "session"),
        ("network", "address"),
        False,
        "ask with an install on another machine behind the same address",
        "--install other --network {network}",
    ),
    Trial(
        "other_network",
        "the refused install on another network",
        ("network", "address", "prefix"),
        ("session", "family"),
        False,
        "join another network (a phone's hotspot) and go on in the same conversation",
        "--install {install} --network OTHER_NETWORK",
    ),
    Trial(
        "other_family",
        "the refused install over the other address family",
        ("address", "prefix", "family"),
        ("network", "session"),
        False,
        "switch IPv6 off (or on) on this machine and go on in the same conversation",
        SAME,
    ),
    Trial(
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
        Trial(
            "other_key_kind",
            "with a saved key instead of none (or none instead of a key)",
            ("key", "auth_kind", "workspace"),
            ("session",),
            False,
            "save a key (or remove it) and go on in the same conversation",
            SAME,
        )
    ),
    Trial(
        "other_key",
        "another key of another workspace",
        ("key", "workspace"),
        ("auth_kind", "session"),
        False,
        "save the key of another workspace and go on in the same conversation",
        SAME,
        needs="key",
    ),
    *_both_ways(
        Trial(
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
        Trial(
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
        Trial(
            "other_client",
            "another client version or build",
            ("user_agent", "client"),
            ("session",),
            False,
            "run another version of the client and go on in the same conversation",
            SAME,
        )
    ),
    Trial(
        "other_region",
        "the same address over another edge location",
        ("region",),
        ("address", "session"),
        False,
        "repeat at another time of day, until the edge location in `show` is another one",
        SAME,
    ),
)
