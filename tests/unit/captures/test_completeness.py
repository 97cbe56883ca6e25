"""What captures lack is said once per capture, or counted where many lack the same."""

import re
from pathlib import Path
from typing import Any

import pytest

from pawwork_proxy.captures.completeness import (
    MOST_NAMED,
    NOT_COMPARED,
    happenings,
    incomplete,
    listed,
    named,
    of_answers,
    of_handshakes,
    of_several_studies,
)
from pawwork_proxy.captures.records import Records, unfit
from pawwork_proxy.captures.sources import capture_sources
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.capture import Note
from pawwork_proxy.model.comparison_input import CaptureSummary
from pawwork_proxy.model.outcome import Kind
from pawwork_proxy.report.handshakes import handshake_sentence
from pawwork_proxy.report.language import language
from tests.unit.builders import NOON, header, hello
from tests.unit.captures.studies import MORNING, gather, one, write
from tests.unit.report.chinese import english_in


def summary(name: str = "a.jsonl", **changes: Any) -> CaptureSummary:
    values: dict[str, Any] = {
        "name": name,
        "capture_id": "1" * 16,
        "study_id": "study:" + "1" * 24,
        "tool_version": "0.1.0",
        "started_at": MORNING,
        "exchanges": 3,
        "ended": True,
    }
    return CaptureSummary(**(values | changes))


LACKS = (
    ({"exchanges": 0}, "it holds no exchange.", "captures hold no exchange."),
    (
        {"exchanges": 0, "connections": 2},
        "it holds no exchange, only connections that passed untouched: 2",
        "captures hold no exchange, only connections that passed untouched, 1 400 in all",
    ),
    ({"ended": False}, "no end line: the run goes on", "captures have no end line"),
    ({"under_way": 2}, "requests whose end is not recorded: 2", "recorded, 1 400 in all"),
    ({"withheld": 2}, "records withheld because they could not be made safe: 2", "1 400 in all"),
    ({"lost": 2}, "records that could not be written while the run went on: 2", "1 400 in all"),
    ({"in_part": 2}, "exchanges observed in part because looking at", "failed, 1 400 in all"),
    (
        {"damaged": 2, "damaged_lines": "3 (torn), 5 (not_json)"},
        "damaged lines skipped: 2, by number 3 (torn), 5 (not_json); what they held is missing",
        "captures have damaged lines, 1 400 in all",
    ),
    ({"failed_taps": 2}, "looks at the traffic that failed: 2; the traffic", "1 400 in all"),
    ({"joined": 2}, "2 lines of another capture stand behind it", "1 400 in all"),
)


@pytest.mark.parametrize(("changes", "single", "many"), LACKS)
def test_what_is_missing_is_named_for_few_and_counted_for_many(
    changes: dict[str, Any], single: str, many: str
) -> None:
    few = [summary(f"{number}.jsonl", **changes) for number in range(MOST_NAMED)]
    said = list(incomplete([summary("whole.jsonl"), *few]))
    assert len(said) == MOST_NAMED
    assert said[0].startswith(f"0.jsonl: {single}")
    (counted,) = incomplete([summary(**changes)] * 700)
    assert counted.startswith("700 captures ")
    assert many in counted


def test_a_whole_capture_lacks_nothing() -> None:
    assert list(incomplete([summary()])) == []


def test_a_capture_is_complete_if_it_lacks_nothing(tmp_path: Path) -> None:
    write(tmp_path / "complete.jsonl", [one(1, 1)])
    write(tmp_path / "cut.jsonl", [one(1, 1)])
    lines = (tmp_path / "cut.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:-1]))
    complete, cut = (
        Records(source).summary for source in capture_sources(sorted(tmp_path.iterdir()))
    )
    assert (complete.complete, cut.complete) == (True, False)


def test_of_many_names_the_first_few_are_given() -> None:
    assert named(["a", "b"]) == "a, b"
    assert named(list("abcdefg")) == "a, b, c, d, e and 2 more"
    mixed = [summary(f"{number}", simulated=number < 7) for number in range(9)]
    (remark,) = listed(mixed)
    assert "7 of 9 captures are simulated (0, 1, 2, 3, 4 and 2 more)" in remark


def test_of_many_damaged_lines_the_first_ten_are_placed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(1, 1)])
    path.write_text(path.read_text() + "{}\n" * 13)
    (remark,) = gather([path]).remarks
    assert "damaged lines skipped: 13, by number 5 (not_a_record), 6 (not_a_record)" in remark
    assert "14 (not_a_record) and 3 more; what they held" in remark


def test_files_that_cannot_be_read_for_one_reason_and_copies_are_counted(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"e{number}.jsonl").write_bytes(b"")
        write(tmp_path / f"w{number}.jsonl", [one(1, 1)], capture_id="1" * 16)
    copies, left_out = gather([tmp_path]).remarks
    assert left_out.startswith("8 files (e0.jsonl, e1.jsonl, e2.jsonl, e3.jsonl, e4.jsonl and 3")
    assert copies.startswith("7 files (w1.jsonl, ")


def test_a_record_that_only_the_light_view_takes_is_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [one(2, 1), one(1, 1), one(3, 1)])
    path.write_text(path.read_text().replace("/zen/v1/chat", "/zen/v1/what is this", 1 + 1))
    (source,) = capture_sources([path])
    records = Records(source)
    assert records.capture.count == 3
    assert [record.seq for record in records] == [1, 3]
    assert list(unfit([records])) == ["a.jsonl: 1 records do not fit the schema and are left out."]


def test_captures_with_the_same_handshakes_are_named_together() -> None:
    said = list(
        of_handshakes(
            [
                summary("a.jsonl", handshake="it differs"),
                summary("b.jsonl"),
                summary("c.jsonl", handshake="it differs"),
                summary("d.jsonl", handshake="it was not seen"),
            ]
        )
    )
    assert said == ["a.jsonl, c.jsonl: it differs.", "d.jsonl: it was not seen."]


def test_captures_with_answers_of_our_own_say_so() -> None:
    summaries = [
        summary("a.jsonl", answers="free_usage_limit"),
        summary("b.jsonl"),
        summary("c.jsonl", answers="free_usage_limit"),
        summary("d.jsonl", answers="tool_round"),
    ]
    first, second = of_answers(summaries)
    assert first.startswith("a.jsonl, c.jsonl: answers of the kind free_usage_limit were made here")
    assert second.startswith("d.jsonl: answers of the kind tool_round")
    assert {first, second} <= set(listed(summaries))


def test_what_the_client_itself_said_and_how_it_ended_is_told(tmp_path: Path) -> None:
    notes = [
        Note(at=NOON, event="client_error", outcome=Kind.PROVIDER_OVERLOAD),
        Note(at=NOON, event="client_error", outcome=Kind.FREE_USAGE_LIMIT),
        Note(at=NOON, event="client_error", outcome=Kind.PROVIDER_OVERLOAD),
        Note(at=NOON, event="client_exit", exit_code=7),
        Note(at=NOON, event="client_exit"),
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(map(line_of, (header(), *notes))))
    assert list(happenings(Records(capture_sources([path])[0]).capture)) == [
        "a.jsonl: errors that the client itself printed, by their kind: provider_overload 2, "
        "free_usage_limit 1.",
        "a.jsonl: the client that was started ended with code 7.",
        "a.jsonl: the client that was started ended with an unknown code.",
    ]


CHINESE = language("zh")


@pytest.mark.parametrize(("changes", "single", "many"), LACKS)
def test_what_is_missing_is_said_in_chinese(
    changes: dict[str, Any], single: str, many: str
) -> None:
    few = list(incomplete([summary(**changes)], CHINESE))
    (counted,) = incomplete([summary(**changes)] * 700, CHINESE)
    assert not english_in(counted + "".join(few))
    assert counted.startswith("700 份捕获记录")
    assert counted.endswith("。")


def test_what_goes_on_around_captures_is_said_in_chinese(tmp_path: Path) -> None:
    events = [
        Note(at=NOON, event="egress_changed"),
        Note(at=NOON, event="egress_unavailable"),
        Note(at=NOON, event="noted_late", count=3),
        Note(at=NOON, event="client_error", outcome=Kind.FREE_USAGE_LIMIT),
        Note(at=NOON, event="client_exit", exit_code=7),
        Note(at=NOON, event="client_exit"),
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(map(line_of, [header(), *events])))
    (source,) = capture_sources([path])
    happened = list(happenings(Records(source).capture, CHINESE))
    ours = hello(by="proxy", digest="0123456789abcdef", suites=(1,), alpn=())
    other = hello(by="proxy", digest="0123456789abcde0", extensions=(1,))
    pairs = [(hello().digest, ours.digest), (hello().digest, other.digest), (None, ours.digest)]
    sentence = handshake_sentence([hello(), ours, other], pairs, CHINESE)
    seen = [summary(f"{number}.jsonl", handshake=sentence, answers="ok") for number in range(9)]
    seen.append(summary("b.jsonl", study_id="study:" + "2" * 24))
    said = [
        *happened,
        *of_handshakes(seen, CHINESE),
        *of_answers(seen, CHINESE),
        *of_several_studies(seen, NOT_COMPARED, CHINESE),
    ]
    assert len(happened) == len(events)
    assert len(said) == len(events) + 3
    assert not english_in(re.sub("（pawwork-proxy [^）]*）", "", "".join(said)))
    assert all(words.endswith("。") for words in said)
