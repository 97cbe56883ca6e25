"""A folder of captures is not committed by mistake, and nobody's own settings of git change."""

from pathlib import Path

import pytest

from pawwork_proxy.captures.writer import CaptureWriter
from tests.unit.builders import NOON, header
from tests.unit.bundle.files import END


def run_into(folder: Path) -> None:
    CaptureWriter(folder, header(), lambda: NOON).close(END)


@pytest.mark.parametrize("there", [(), ("capture-20261120T120000Z-00000000.jsonl",)])
def test_a_folder_for_captures_alone_is_ignored_as_a_whole(
    tmp_path: Path, there: tuple[str, ...]
) -> None:
    folder = tmp_path / "captures"
    for name in there:
        folder.mkdir()
        (folder / name).touch()
    run_into(folder)
    assert (folder / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("there", ["notes.txt", ".gitignore", ".git"])
def test_a_folder_with_anything_else_in_it_stays_as_it_is(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    run_into(tmp_path)
    assert (tmp_path / there).read_text() == "mine"
    assert not (tmp_path / ".gitignore").exists() or there == ".gitignore"


def test_a_folder_that_cannot_be_read_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", cannot)
    run_into(tmp_path)
    assert list(tmp_path.glob("capture-*.jsonl"))
