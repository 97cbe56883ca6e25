"""The preview shows all that will be written, word for word."""

from pathlib import Path

from pawwork_proxy.bundle.preview import WARNING, preview
from pawwork_proxy.model.capture import Note, Stub
from pawwork_proxy.model.exchange import Redaction
from pawwork_proxy.model.outcome import Family, Kind
from pawwork_proxy.model.request import AuthFacts
from tests.unit.builders import NOON, exchange
from tests.unit.bundle.files import assembled, at, capture


def test_samples_are_the_very_lines_of_the_bundle(tmp_path: Path) -> None:
    made = assembled([capture(tmp_path, exchange(1), exchange(2, status=500))])
    lines = list(preview(made, raw=True))
    written = {piece.decode().rstrip("\n") for member in made.members for piece in member.pieces}
    samples = [line for line in lines if line.startswith("{")]
    assert len(samples) == len(made.manifest.outcomes)
    assert set(samples) <= written
    assert " ".join(lines).endswith(WARNING)
    assert not [line for line in preview(made) if line.startswith("{")]


def test_it_reads_in_words_with_a_failure_as_example(tmp_path: Path) -> None:
    failed = exchange(2, status=429, timing=at(1))
    outcome = failed.outcome.model_copy(
        update={"kind": Kind.FREE_USAGE_LIMIT, "family": Family.QUOTA, "retry_after_s": 73680.0}
    )
    rules = ("id:session", "id:request", "credential", "shape:model")
    redactions = tuple(Redaction(path="request.body", rule=rule) for rule in rules)
    update = {"outcome": outcome, "redactions": redactions}
    records = [exchange(1), failed.model_copy(update=update), exchange(3, timing=at(9))]
    lines = list(preview(assembled([capture(tmp_path, *records, network="home")])))
    assert max(map(len, lines)) <= 80
    said = " ".join(" ".join(lines).split())
    for part in (
        "3 records of 1 capture",
        "No prompt, no answer of a model, no key",
        "Replaced: 1 keys, by pseudonyms; 2 ids, by pseudonyms; 1 by the rule shape:model",
        "It got 429, free_usage_limit, wait 20h28m00s after 12ms.",
        "asked for big-pickle with the key that all clients share.",
        "With --raw, records are shown exactly",
    ):
        assert part in said


def test_of_what_never_ended_there_is_no_example(tmp_path: Path) -> None:
    withheld = Stub(seq=1, at=NOON, install="main", reason="taint")
    assert "recorded to its end" in "\n".join(preview(assembled([capture(tmp_path, withheld)])))
    plain = exchange(1).model_copy(update={"auth": AuthFacts(), "response": None})
    said = " ".join(" ".join(preview(assembled([capture(tmp_path, plain)]))).split())
    assert "with no key. It got success after" in said


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
