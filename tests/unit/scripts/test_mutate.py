"""The table of the mutation run names what is there."""

import pytest

from scripts._bootstrap import ROOT
from scripts.mutate import MODULES


@pytest.mark.parametrize("module", MODULES)
def test_each_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "pawwork_proxy" / (module.replace(".", "/") + ".py")).is_file()
    assert all((ROOT / "tests/unit" / tests).exists() for tests in MODULES[module])
