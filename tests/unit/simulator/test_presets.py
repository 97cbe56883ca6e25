from pathlib import Path

import pytest

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.simulator.faults import FAILING
from pawwork_proxy.simulator.presets import preset, preset_rows, read_scenario
from tests.rows import each_row


@each_row("name", preset_rows())
def test_every_preset_is_a_scenario_that_says_what_it_shows(name: str) -> None:
    assert preset(name).name == name
    assert preset(name).summary == preset_rows()[name]["summary"]


def test_a_preset_keeps_what_its_base_says() -> None:
    free = preset("by-ip-user-agent").free
    assert free is not None
    assert (free.keyed_by, free.limit, free.double_new) == (("ip", "user_agent"), 5, False)


def test_every_fault_has_a_preset() -> None:
    for kind in FAILING:
        assert preset(f"fault-{kind}").faults[0].kind == kind


def test_toml_varies_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "small"\nname = "mine"\n[free]\nkeyed_by = ["key"]\n')
    scenario = read_scenario(path)
    assert scenario.free is not None
    assert (scenario.name, scenario.free.keyed_by, scenario.free.limit) == ("mine", ("key",), 5)


def test_json_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"free": null, "faults": [{"kind": "cut", "every": 2}]}')
    scenario = read_scenario(path)
    assert scenario.free is None
    assert scenario.faults[0].every == 2


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.json", b"{", "neither JSON nor TOML"),
        ("a.toml", b"= 1", "neither JSON nor TOML"),
        ("a.json", b"[1]", "an object"),
        ("a.json", b"\xff\xfe", "cannot be read"),
        ("a.json", b'{"base": "no-such"}', "no preset"),
        ("a.json", b'{"free": {"limit": "many"}}', "free.limit"),
        ("a.json", b"[" * 100_000, "neither JSON nor TOML"),
        ("a.json", b'{"client_gate": {"user_agent": "("}}', "client_gate.user_agent"),
        (
            "a.json",
            b'{"client_gate": {"user_agent": "%b%b"}}' % (b"(" * 3000, b")" * 3000),
            "regular expression is too deep",
        ),
        ("a.toml", b'client_gate = {session = "a{99999999999}"}', "counts too far"),
    ],
)
def test_bad_files_are_named_with_the_place(
    tmp_path: Path, name: str, content: bytes, part: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    assert part in caught.value.message
    assert caught.value.hint


def test_a_missing_file_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        read_scenario(tmp_path / "none.json")
