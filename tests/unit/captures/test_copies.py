"""Copies of a capture: the fuller one counts, the others are named."""

from pathlib import Path

from pawwork_proxy.captures.sources import capture_sources, each_once
from tests.unit.captures.studies import one, write


def kept(folder: Path) -> tuple[list[str], list[str]]:
    remarks: list[str] = []
    return [source.path.name for source in each_once(capture_sources([folder]), remarks)], remarks


def test_the_fuller_copy_counts_wherever_it_stands(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)], capture_id="1" * 16)
    write(tmp_path / "b.jsonl", [one(1, 1)], capture_id="2" * 16)
    write(tmp_path / "c.jsonl", [one(1, 1), one(2, 1)], capture_id="1" * 16)
    write(tmp_path / "d.jsonl", [one(1, 1)], capture_id="2" * 16)
    assert kept(tmp_path) == (
        ["c.jsonl", "b.jsonl"],
        [
            "a.jsonl: the same capture as c.jsonl, counted once.",
            "d.jsonl: the same capture as b.jsonl, counted once.",
        ],
    )


def test_what_cannot_be_read_is_no_copy_of_anything(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text("hello\n")
    (tmp_path / "pawwork-support-x.zip").write_bytes(b"no archive")
    assert kept(tmp_path) == (["a.jsonl", "b.jsonl", "pawwork-support-x.zip"], [])
