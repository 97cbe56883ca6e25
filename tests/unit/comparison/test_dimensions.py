"""The table of dimensions tests itself."""

from __future__ import annotations

from typing import get_args

from pawwork_proxy.comparison.dimensions import (
    BUCKET,
    BY_NAME,
    DIMENSIONS,
    KEYABLE,
    is_private,
    title,
)
from pawwork_proxy.model.observation import ABSENT, PUBLIC, DimensionName, Identities


def test_one_row_per_dimension_in_the_order_of_the_type() -> None:
    assert tuple(row.name for row in DIMENSIONS) == get_args(DimensionName)


def test_every_row_gives_a_reason_and_names_known_dimensions() -> None:
    for row in DIMENSIONS:
        assert row.reason.endswith(".")
        assert set(row.fixes) <= set(BY_NAME)
        assert row.name not in row.fixes


def test_what_fixes_something_fixes_what_that_fixes() -> None:
    for row in DIMENSIONS:
        for name in row.fixes:
            assert set(BY_NAME[name].fixes) <= set(row.fixes)


def test_every_dimension_but_global_is_a_field_of_identities() -> None:
    assert set(Identities.model_fields) == set(BY_NAME) - {"global"}
    assert set(KEYABLE) == set(BY_NAME) - {"global", "network"}


def test_only_values_of_ones_own_are_private() -> None:
    assert is_private("key", "key:mine")
    assert not is_private("key", PUBLIC)
    assert not is_private("session", ABSENT)
    assert not is_private("session", None)
    assert not is_private("address", "ip:home")


def test_titles() -> None:
    assert title("address") == "egress address"
    assert "models" in title(BUCKET)
