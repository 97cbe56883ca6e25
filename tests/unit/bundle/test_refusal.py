"""A refusal is in terms of the capture: the bundle it speaks of does not exist."""

from pathlib import Path

import pytest

from pawwork_proxy.bundle.create import refusal
from pawwork_proxy.bundle.selection import Choice, ChosenCapture, choose
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.errors import BundleError
from pawwork_proxy.verification.findings import Finding
from tests.unit.builders import exchange, opened
from tests.unit.bundle.files import at, capture


@pytest.fixture
def parts(tmp_path: Path) -> list[ChosenCapture]:
    """Of a capture whose records do not stand where they will in a bundle."""
    late = exchange(2).model_copy(update={"timing": at(3)})
    return choose(capture_sources([capture(tmp_path, opened(1), late, exchange(1))]), Choice())


def refused(parts: list[ChosenCapture], member: str, line: int | None) -> BundleError:
    return refusal(Finding(rule="digits", member=member, line=line), parts)


def test_a_record_is_named_by_its_own_line_number_and_time(parts: list[ChosenCapture]) -> None:
    error = refused(parts, "captures/0001.jsonl", 3)
    assert error.message.endswith(f"rule digits at {parts[0].path}:3")
    moment = parts[0].records[1].at
    assert f"record 2 of {moment:%Y-%m-%d %H:%M:%S} UTC" in (error.hint or "")
    assert f"--until {moment:%Y-%m-%dT%H:%M:%S} keeps" in (error.hint or "")
    assert refused(parts, "captures/0001.jsonl", 2).message.endswith(f"{parts[0].path}:4")


def test_header_and_end_are_named_as_what_they_are(parts: list[ChosenCapture]) -> None:
    header = refused(parts, "captures/0001.jsonl", 1)
    assert header.message.endswith(f"{parts[0].path}:1")
    assert "plain names" in (header.hint or "")
    assert "a note or its end" in refused(parts, "captures/0001.jsonl", 4).message


@pytest.mark.parametrize(
    ("member", "line"), [("summary.json", 1), ("captures/0009.jsonl", 2), ("archive", None)]
)
def test_other_places_keep_their_name(
    parts: list[ChosenCapture], member: str, line: int | None
) -> None:
    assert member in refused(parts, member, line).message
