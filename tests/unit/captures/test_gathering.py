"""Captures in, observations and remarks out; whatever is missing is said."""

from datetime import timedelta
from pathlib import Path

import pytest

from pawwork_proxy.errors import CaptureFormatError, ConfigurationError
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note
from pawwork_proxy.model.context import Egress
from pawwork_proxy.model.handshake import Hello
from pawwork_proxy.model.observation import SEVERAL
from tests.unit.builders import exchange, header, hello
from tests.unit.captures.studies import MORNING, gather, one, pseudonym, write


def remarks(*paths: Path) -> str:
    return "\n".join(gather(paths).remarks)


def test_folders_files_and_patterns_give_each_capture_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1)])
    inputs = gather([tmp_path, path, tmp_path / "*.jsonl"])
    assert [capture.name for capture in inputs.captures] == ["a.jsonl"]
    assert len(inputs.observations) == 1
    assert not inputs.remarks


def test_a_copy_under_another_name_counts_once_and_the_fuller_one_counts(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)], capture_id="1" * 16)
    write(tmp_path / "b.jsonl", [one(1, 1), one(2, 1)], capture_id="1" * 16)
    inputs = gather([tmp_path])
    assert len(inputs.observations) == 2
    assert inputs.remarks == ("a.jsonl: the same capture as b.jsonl, counted once.",)


def test_what_is_missing_is_said_per_file(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.jsonl", [one(1, 1), one(2, 1)])
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "text.jsonl").write_text("hello\n")
    newer = whole.read_text().replace('"schema_version":2', '"schema_version":9')
    (tmp_path / "newer.jsonl").write_text(newer)
    torn = whole.read_text().replace(b"whole".hex().rjust(16, "0"), "1" * 16)
    (tmp_path / "torn.jsonl").write_text(torn[: torn.rindex('"signals"')])
    said = remarks(tmp_path)
    assert (
        "empty.jsonl: left out, it is no capture: an empty file, nothing was recorded in it."
        in said
    )
    assert "text.jsonl: left out, it is no capture: it has no header line." in said
    assert "newer.jsonl: left out, it has schema version 9, this tool reads 1 to 2." in said
    assert "torn.jsonl: no end line: the run goes on, or ended without closing" in said
    assert "torn.jsonl: requests whose end is not recorded: 1." in said
    assert "torn.jsonl: damaged lines skipped: 1" in said


def with_handshakes(path: Path, ours: Hello) -> Path:
    context = exchange().context.model_copy(
        update={"client_hello": hello().digest, "upstream_hello": ours.digest}
    )
    lines = (hello(), ours, exchange(1, context=context))
    capture_id = path.stem.encode().hex().rjust(16, "0")
    path.write_bytes(b"".join(map(line_of, (header(capture_id=capture_id), *lines))))
    return path


def test_where_the_server_saw_another_handshake_is_said(tmp_path: Path) -> None:
    differing = hello(by="proxy", digest="0123456789abcdef", suites=(1, 2))
    with_handshakes(tmp_path / "a.jsonl", differing)
    with_handshakes(tmp_path / "b.jsonl", differing)
    with_handshakes(tmp_path / "c.jsonl", hello(by="proxy", digest="0123456789abcdef"))
    said = remarks(tmp_path)
    assert (
        "a.jsonl, b.jsonl: the server saw our TLS handshake (2 suites, 5 extensions, ALPN http/1.1)"
        " instead of the client's (17 suites, 5 extensions, ALPN http/1.1); they differ in cipher "
        "suites." in said
    )
    assert "c.jsonl: the server" not in said


def test_a_bundle_that_is_not_in_order_is_left_out_and_named(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)])
    (tmp_path / "pawwork-support-x.zip").write_bytes(b"no archive at all, by any means" * 9)
    for one_by_one in (0, 2**20):
        inputs = gather([tmp_path], one_by_one=one_by_one)
        assert [capture.name for capture in inputs.captures] == ["a.jsonl"]
        assert "pawwork-support-x.zip: left out, it is refused" in "\n".join(inputs.remarks)


def test_without_any_readable_capture_there_is_an_error_that_names_each(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    with pytest.raises(CaptureFormatError) as caught:
        gather([tmp_path])
    assert "empty.jsonl" in caught.value.message


def test_simulated_among_real_is_refused_unless_asked(tmp_path: Path) -> None:
    write(tmp_path / "real.jsonl", [one(1, 1)], simulated=False)
    write(tmp_path / "fake.jsonl", [one(1, 1)])
    with pytest.raises(ConfigurationError) as caught:
        gather([tmp_path])
    assert "1 of 2 captures are simulated" in caught.value.message
    inputs = gather([tmp_path], real_only=True)
    assert [capture.name for capture in inputs.captures] == ["real.jsonl"]
    assert "fake.jsonl: simulated, left out." in inputs.remarks


def test_two_studies_are_named(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [one(1, 1)], study_id="study:" + "1" * 24)
    write(tmp_path / "b.jsonl", [one(1, 1)], study_id="study:" + "2" * 24)
    assert "2 different studies (a.jsonl | b.jsonl)" in remarks(tmp_path)


@pytest.mark.parametrize("one_by_one", [0, 10**9], ids=["aggregated", "one by one"])
def test_progress_is_told_in_bytes_up_to_all(tmp_path: Path, one_by_one: int) -> None:
    files = [write(tmp_path / f"{name}.jsonl", [one(1, 1), one(2, 1)]) for name in "abc"]
    told: list[tuple[int, int]] = []
    gather(
        [tmp_path], one_by_one=one_by_one, progress=lambda done, total: told.append((done, total))
    )
    sizes = [file.stat().st_size for file in files]
    assert told == [(sum(sizes[:count]), sum(sizes)) for count in range(4)]


def test_a_prompt_refused_in_another_run_is_not_among_a_runs_several(tmp_path: Path) -> None:
    admitted = [one(seq, 1, session=7, request=seq) for seq in range(1, 9)]
    first = write(tmp_path / "a.jsonl", admitted)
    second = write(tmp_path / "b.jsonl", [one(1, 1, refused=True, session=7, request=3)])
    alone = gather([first], one_by_one=0).observations
    assert SEVERAL in {row.who.request for row in alone}
    both = gather([first, second], one_by_one=0).observations
    assert SEVERAL not in {row.who.request for row in both}
    assert None in {row.who.request for row in both}


def seen_from(address: int, minute: int) -> Egress:
    at = MORNING + timedelta(minutes=minute)
    return Egress(observed_at=at, address=pseudonym("ip", address), family="ipv4")


@pytest.mark.parametrize("one_by_one", [100, 0])
def test_an_address_that_a_last_note_calls_changed_is_not_known(
    tmp_path: Path, one_by_one: int
) -> None:
    asked = [
        seen.model_copy(
            update={"context": seen.context.model_copy(update={"egress": seen_from(1, 0)})}
        )
        for seen in (one(1, 1), one(2, 1, refused=True))
    ]
    path = write(tmp_path / "a.jsonl", asked, simulated=False)
    found = gather([path], one_by_one=one_by_one).observations
    assert {seen.who.address for seen in found} == {pseudonym("ip", 1)}
    later = seen_from(2, 1)
    note = Note(at=later.observed_at, event="egress_changed", egress=later)
    *lines, end = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, note.model_dump_json(exclude_none=True), end]) + "\n")
    found = gather([path], one_by_one=one_by_one).observations
    assert {seen.who.address for seen in found} == {None}
