"""The preview shows all that will be written, word for word."""

from pathlib import Path

from pawwork_proxy.bundle.preview import WARNING, preview
from pawwork_proxy.model.capture import Note, Stub
from tests.unit.builders import NOON, exchange
from tests.unit.bundle.files import assembled, at, capture


def test_samples_are_the_very_lines_of_the_bundle(tmp_path: Path) -> None:
    made = assembled([capture(tmp_path, exchange(1), exchange(2, status=500))])
    lines = list(preview(made))
    written = {piece.decode().rstrip("\n") for member in made.members for piece in member.pieces}
    samples = [line for line in lines if line.startswith("{")]
    assert len(samples) == len(made.manifest.outcomes)
    assert set(samples) <= written
    assert lines[-1] == WARNING


def test_everything_that_is_missing_is_said(tmp_path: Path) -> None:
    path = capture(
        tmp_path,
        *(exchange(seq, timing=at(seq)) for seq in range(1, 200)),
        Stub(seq=900, at=NOON, install="main", reason="taint"),
        Note(at=NOON, event="records_lost", count=3),
        network="home",
    )
    path.write_bytes(path.read_bytes() + b"torn")
    whole = "\n".join(preview(assembled([path])))
    assert "Withheld when captured: 1" in whole
    assert "Lost when captured: 3" in whole
    assert "Unreadable lines left out: 1" in whole
    assert "Words that you chose: home, main" in whole
    cut = "\n".join(preview(assembled([path], limit=5000)))
    assert "older records" in cut
