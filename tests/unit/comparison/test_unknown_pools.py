"""A request whose pool is not known may have used up any pool of its window.

The more it may have used, the less is proved: whoever reads "not known" as "another pool" rules
the truth out.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawwork_proxy.comparison.compare import compare
from pawwork_proxy.model.observation import Observation
from tests.unit.comparison.builders import Diary, repeated


def caller(install: str, key: str | None, workspace: str | None) -> dict[str, Any]:
    return {
        "install": install,
        "session": f"ses:{install}",
        "device": f"device:{install}",
        "key": None if key is None else f"key:{key}",
        "auth_kind": "user_key",
        "workspace": workspace,
    }


def explained(seen: list[Observation], *dimensions: str) -> bool:
    """Whether these dimensions, or fewer of them, may still be what the limit follows."""
    limits = compare(repeated(seen), plan=False).limits
    return any(set(one) <= set(dimensions) for limit in limits for one in limit.hypotheses)


def diary(hidden: str | None) -> Diary:
    """A limit of nine for each install in each workspace; of one key the workspace is `hidden`."""
    notes = (
        Diary().admitted(9, **caller("one", "a", "wrk:a")).refused(**caller("one", "a", "wrk:a"))
    )
    notes.admitted(9, **caller("two", "c", "wrk:c")).refused(**caller("two", "b", hidden))
    notes.admitted(**caller("two", "d", "wrk:d"))  # not the install alone
    notes.refused(**caller("two", "c", "wrk:c"))
    return notes.admitted(**caller("three", "e", "wrk:c"))  # not the workspace alone


def test_a_refusal_in_an_unknown_pool_may_have_been_earned_in_any() -> None:
    """Key b was refused at once: its workspace is one that other keys had used up."""
    assert explained(diary("wrk:c").seen, "install", "workspace")
    assert explained(diary(None).seen, "install", "workspace")
    assert not explained(diary(None).seen, "install")
    assert not explained(diary(None).seen, "workspace")


def test_a_refusal_in_a_known_pool_has_to_be_earned_there() -> None:
    """Its workspace is known and was not used before: then it is not what the limit follows."""
    assert not explained(diary("wrk:new").seen, "install", "workspace")


@pytest.mark.parametrize("workspace", [None, "wrk:new"])
def test_requests_of_an_unknown_pool_may_have_used_up_any(workspace: str | None) -> None:
    """Of the nine requests before the refusal neither key nor workspace is known."""

    def notes(**unknown: Any) -> Diary:
        told = Diary().admitted(9, **caller("one", "a", "wrk:a"))
        told.refused(**caller("one", "a", "wrk:a"))
        told.admitted(**caller("three", "f", "wrk:a"))  # not the workspace alone
        if unknown:
            told.admitted(9, **unknown)
        told.refused(**caller("two", "b", workspace))
        return told.admitted(**caller("two", "d", "wrk:d"))  # not the install alone

    assert explained(notes(**caller("two", None, None)).seen, "install", "workspace")
    assert not explained(notes(**caller("three", None, None)).seen, "install", "workspace")
    assert not explained(notes().seen, "install", "workspace")


def test_what_is_not_known_is_not_yesterdays() -> None:
    """The same requests of the second install, in the window of the refusal and before it."""

    def notes(**between: float) -> Diary:
        told = Diary().admitted(9, **caller("two", "c", "wrk:c"))
        told.refused(**caller("two", "c", "wrk:c")).later(**between)
        told.admitted(9, **caller("one", "a", "wrk:a")).refused(**caller("one", "a", "wrk:a"))
        told.admitted(**caller("three", "f", "wrk:a"))  # not the workspace alone
        told.refused(**caller("two", "b", None))
        return told.admitted(**caller("two", "d", "wrk:d"))  # not the install alone

    assert explained(notes(minutes=1).seen, "install", "workspace")
    assert not explained(notes(days=1).seen, "install", "workspace")


WORKSPACES = {"a": "wrk:1", "b": "wrk:1", "c": "wrk:2", "d": "wrk:2"}
ASKS = st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(sorted(WORKSPACES)))
KEYS = st.sampled_from([("workspace",), ("install", "workspace"), ("install",), ()])


@settings(max_examples=settings().max_examples // 2, derandomize=True)
@given(
    st.lists(ASKS, min_size=4, max_size=40),
    st.sets(st.sampled_from(sorted(WORKSPACES))),
    KEYS,
    st.integers(1, 5),
)
def test_the_truth_stays_possible_whatever_is_not_known(
    asks: list[tuple[str, str]], hidden: set[str], key: tuple[str, ...], limit: int
) -> None:
    notes = Diary()
    used: dict[tuple[str, ...], int] = {}
    for install, name in asks:
        real = {"install": install, "workspace": WORKSPACES[name]}
        pool = tuple(real[part] for part in key)
        who = caller(install, name, None if name in hidden else WORKSPACES[name])
        if used.get(pool, 0) >= limit:
            notes.refused(**who)
        else:
            notes.admitted(**who)
            used[pool] = used.get(pool, 0) + 1
    if any(one.kind == "free_usage_limit" for one in notes.seen):
        assert explained(notes.seen, *key)
