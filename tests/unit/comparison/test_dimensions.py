"""The table of dimensions tests itself."""

import re
from pathlib import Path
from random import Random
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
from pawwork_proxy.report.answer_words import TEXTS
from tests.evaluation.random_worlds import People
from tests.unit.builders import exchange, header
from tests.unit.captures.studies import observed

DATA_SETS = Path(__file__).parents[3] / "docs" / "data-sets.md"


def test_a_dimension_has_its_name_its_field_its_row_and_its_reader() -> None:
    """With its words, its row in one document and its random worlds that is all it takes."""
    named, rows = set(get_args(DimensionName)), set(BY_NAME)
    fields = {*Identities.model_fields, "global"}
    (seen,) = observed(header(), [exchange()])
    told = set(re.findall(r"^\| `who_(\w+)`", DATA_SETS.read_text(encoding="utf-8"), re.M))
    missing = [
        *(
            f"DimensionName in model/observation.py lacks {name}"
            for name in (rows | fields) - named
        ),
        *(f"Identities in model/observation.py has no field {name}" for name in named - fields),
        *(f"comparison/dimensions.toml has no row for {name}" for name in named - rows),
        *(
            f"comparison/observations.py does not read {name}"
            for name in fields - seen.who.model_fields_set - {"global"}
        ),
        *(
            f"[{section}] in report/assets/answer.toml has no row for {name}"
            for section in ("one", "several", "shared")
            for name in named - set(TEXTS[section])
        ),
        *(
            f"tests/evaluation/random_worlds.py does not say who has which {name}"
            for name in fields - set(People(Random(0)).installs[0]) - {"network", "global"}
        ),
        *(f"docs/data-sets.md has no row for who_{name}" for name in fields - {"global"} - told),
    ]
    assert not missing, "; ".join(sorted(missing))
    assert tuple(BY_NAME) == get_args(DimensionName), "in one order, which every table follows"


def test_every_row_gives_a_reason_and_names_known_dimensions() -> None:
    for row in DIMENSIONS:
        assert row.reason.endswith(".")
        assert set(row.fixes) <= set(BY_NAME)
        assert row.name not in row.fixes


def test_what_fixes_something_fixes_what_that_fixes() -> None:
    for row in DIMENSIONS:
        for name in row.fixes:
            assert set(BY_NAME[name].fixes) <= set(row.fixes)


def test_a_label_reaches_no_server_so_it_is_in_no_key() -> None:
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
