from pathlib import Path

import pytest

from pawwork_proxy.errors import ScenarioError
from pawwork_proxy.simulator.faults import FAULT_ROWS
from pawwork_proxy.simulator.presets import PRESET_ROWS, PRESETS, preset, read_scenario


def test_presets_have_unique_names_and_say_what_they_are() -> None:
    assert len(PRESETS) == len(PRESET_ROWS)
    assert all(row.summary for row in PRESET_ROWS)


def test_every_fault_has_a_preset() -> None:
    for row in FAULT_ROWS:
        assert preset(f"fault-{row.kind}".replace("_", "-")).faults[0].kind == row.kind


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
        ("a.json", b"\xff\xfe", "cannot read"),
        ("a.json", b'{"base": "no-such"}', "no preset"),
        ("a.json", b'{"free": {"limit": "many"}}', "free.limit"),
        ("a.json", b"[" * 100_000, "neither JSON nor TOML"),
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
