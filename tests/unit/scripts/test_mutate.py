"""The table of the mutation run names what is there, and no change is tried that shows nothing."""

import pytest

from scripts._bootstrap import ROOT
from scripts.mutate import MODULES, inert

LINES = """
@dataclass(frozen=True, order=True)
def double(number: int, /, *, times: int = 2 * 1) -> int | None:
    return sum(zip(a, b, strict=True)) * json.loads(text, strict=False)
RULE = Rule("x", 5 * 6, Sample("y", 200))
""".splitlines()


@pytest.mark.parametrize("module", MODULES)
def test_each_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "pawwork_proxy" / (module.replace(".", "/") + ".py")).is_file()
    assert all((ROOT / "tests/unit" / tests).exists() for tests in MODULES[module])


def test_what_changes_no_behaviour_is_left_out_and_nothing_else() -> None:
    found = {LINES[line - 1][start:end] for (line, start), (_, end) in inert("\n".join(LINES))}
    assert found == {
        "frozen=True", "int", "/", "*", "int | None", "strict=True", 'Sample("y", 200)',
    }  # fmt: skip
