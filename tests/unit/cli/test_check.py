"""`check` of captures made by hand, as real releases behave and otherwise."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.cli.commands.check import check
from pawwork_proxy.model.capture import End, Note, Opened, Stub
from pawwork_proxy.model.exchange import Exchange, Timing
from pawwork_proxy.model.request import RequestBody, RequestFacts
from pawwork_proxy.model.signals import Ending, Signals
from pawwork_proxy.responses.response_reader import ResponseReader
from tests.unit.builders import NOON, connection, exchange, header, opened

C3A = "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0"
OVERLOADED = b'{"error":{"type":"api_error","message":"Inference service unavailable"}}'
QUOTA = (
    b'{"type":"error","error":{"type":"FreeUsageLimitError","message":"Rate limit exceeded. '
    b'Please try again later."},"metadata":{}}'
)
ID = "0011223344556677"


def answer(status: int, body: bytes, *headers: tuple[str, str]) -> Signals:
    reader = ResponseReader(status, [("content-type", "application/json"), *headers])
    reader.feed(body)
    return reader.finish(Ending.COMPLETE).signals


def asked(seq: int, at_s: float, signals: Signals | None = None, /, **request: Any) -> Exchange:
    """A PawWork 2026.6.4-2026.6.7 asked; without other signals the relay was overloaded."""
    values: dict[str, Any] = {
        "method": "POST",
        "path": "/zen/v1/chat/completions",
        "tier": "zen",
        "protocol": "chat",
        "model": "big-pickle",
        "user_agent": C3A,
        "client": "desktop",
        "session": "session:" + "a" * 24,
        "request": "request:" + "b" * 24,
        "body": RequestBody(state="json", messages=2, tools=12, decoded_bytes=34_000),
    }
    return exchange(
        seq,
        timing=Timing(started_at=NOON + timedelta(seconds=at_s), total_ms=100.0),
        request=RequestFacts(**(values | request)),
        signals=signals or answer(503, OVERLOADED),
    )


def written(folder: Path, lines: Sequence[Any], until_s: float | None = 600, **head: Any) -> Path:
    """A capture of these lines, whose run ended so many seconds after noon."""
    path = folder / "capture.jsonl"
    count = sum(isinstance(line, Exchange) for line in lines)
    end = []
    if until_s is not None:
        at = NOON + timedelta(seconds=until_s)
        end = [End(at=at, exchanges=count, reason="finished")]
    every = [header(capture_id=ID, **head), *lines, *end]
    text = "".join(line.model_dump_json(exclude_none=True) + "\n" for line in every)
    path.write_text(text, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(check, list(map(str, arguments)))


AS_KNOWN = [asked(1, 0), asked(2, 2.1), asked(3, 6.2), asked(4, 14.3)]


def test_a_client_that_does_as_known_is_counted(tmp_path: Path) -> None:
    result = run(written(tmp_path, AS_KNOWN))
    assert result.exit_code == 0
    assert result.stdout.startswith("As known: 1 answer in 1 prompt, none was followed by")
    assert "PawWork 2026.6.4-2026.8.5" in result.stdout
    (row,) = (line for line in result.stdout.splitlines() if line.startswith("503"))
    words = "503 provider_overload main 1 4 of 4 2.0 4.0 8.0 stopped as known"
    assert row.split() == words.split()


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (
            [*AS_KNOWN, asked(5, 30.4)],
            f"asked again after 16s, with request 5; it is known to send 4 in all. Rows: {ID}#4, "
            f"{ID}#5.",
        ),
        (
            AS_KNOWN[:2],
            f"sent nothing more after 2 requests; it is known to send 4 in all. Rows: {ID}#2.",
        ),
        ([asked(1, 0), asked(2, 0.6)], "asked again after 0.5s; it is known to wait 1s to 2s."),
        ([asked(1, 0), asked(2, 30)], "asked again after 29.9s; it is known to wait 1s to 2s."),
        (
            [asked(1, 0, answer(429, QUOTA)), asked(2, 2.1)],
            "asked again after 2s, with request 2; it is known to stop there, with the "
            "conversation closed.",
        ),
        ([asked(1, 0, answer(403, b"error code: 1010")), asked(2, 2.1)], "known to stop there."),
    ],
    ids=["too many", "too few", "too soon", "too late", "blocked", "final"],
)
def test_each_difference_is_named_with_its_rows(
    tmp_path: Path, records: list[Exchange], words: str
) -> None:
    result = run(written(tmp_path, records))
    assert result.exit_code == 1
    assert words in " ".join(result.stdout.split())
    assert "DIFFERS" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_simulated_capture_says_so(tmp_path: Path) -> None:
    told = run(written(tmp_path, AS_KNOWN, simulated=True)).stdout
    assert told.startswith("SIMULATED: a simulator gave answers; what the clients did is real.")


def test_like_differences_are_told_once(tmp_path: Path) -> None:
    records = []
    for number in range(6):
        of: dict[str, Any] = {
            "request": f"request:{number:024x}",
            "session": f"session:{number:024x}",
        }
        records += [asked(2 * number + 1, 20 * number, **of)]
        records += [asked(2 * number + 2, 20 * number + 0.2, **of)]
    told = " ".join(run(written(tmp_path, records)).stdout.split())
    assert told.count("it is known to wait") == 1
    assert f"{ID}#7, {ID}#8 and 2 more." in told


def test_json_has_everything_and_the_same_exit_code(tmp_path: Path) -> None:
    result = run(written(tmp_path, AS_KNOWN[:2], simulated=True), "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["simulated"]
    (step,) = found["steps"]
    assert (step["difference"], step["rows"]) == ("gave_up", [2])
    assert [one["seq"] for one in step["attempts"]] == [1, 2]
    assert step["known_requests"] == [4]


def test_what_a_capture_cannot_tell_is_not_judged(tmp_path: Path) -> None:
    other = asked(2, 1, user_agent="curl/8.5.0", client=None)
    listing = asked(3, 1, protocol="listing")
    records = [asked(1, 0), other, listing, connection()]
    result = run(written(tmp_path, records, until_s=3))
    assert result.exit_code == 5
    told = " ".join(result.stdout.split())
    assert "Nothing can be judged: 2 answers in 1 prompt." in told
    assert f"1: the capture ended before the client had to ask again ({ID}#1)" in told
    assert f"1: another client sent it, of which nothing is known ({ID}#2)" in told
    assert "1 exchange asked no model." in told
    assert "1 connection passed untouched" in told
    both = [*AS_KNOWN, asked(5, 20, user_agent="curl/8.5.0", client=None)]
    assert "1 could not be judged." in " ".join(run(written(tmp_path, both)).stdout.split())


GONE = [
    Stub(seq=2, at=NOON + timedelta(seconds=2), install="main", reason="taint"),
    opened(2, at=NOON + timedelta(seconds=2)),
]


@pytest.mark.parametrize("gone", GONE, ids=["stub", "interrupted"])
def test_a_request_without_a_record_is_not_taken_for_one_that_was_not_sent(
    tmp_path: Path, gone: Stub | Opened
) -> None:
    found = json.loads(run(written(tmp_path, [asked(1, 0), gone]), "--format", "json").stdout)
    assert [step["reason"] for step in found["steps"]] == ["records_missing"]


def test_a_gap_is_not_taken_for_silence(tmp_path: Path) -> None:
    title: dict[str, Any] = {"request": "request:" + "c" * 24, "session": "session:" + "d" * 24}
    between = written(tmp_path, [asked(1, 0), asked(3, 300, **title)])
    found = json.loads(run(between, "--format", "json").stdout)
    assert found["steps"][0]["reason"] == "records_missing"
    lines = [asked(1, 0), End(at=NOON + timedelta(seconds=600), exchanges=2, reason="finished")]
    at_the_end = written(tmp_path, lines, until_s=None)
    found = json.loads(run(at_the_end, "--format", "json").stdout)
    assert found["steps"][0]["reason"] == "records_missing"


@pytest.mark.parametrize(("code", "reason"), [(143, "client_killed"), (1, "client_ended")])
def test_a_client_that_is_gone_owes_nothing(tmp_path: Path, code: int, reason: str) -> None:
    at = NOON + timedelta(seconds=1)
    gone = Note(at=at, event="client_exit", install="main", exit_code=code)
    found = json.loads(run(written(tmp_path, [asked(1, 0), gone]), "--format", "json").stdout)
    assert found["steps"][0]["reason"] == reason


def test_a_run_without_an_end_is_judged_as_far_as_it_goes(tmp_path: Path) -> None:
    elsewhere = asked(2, 60, session="session:" + "d" * 24, request="request:" + "c" * 24)
    path = written(tmp_path, [asked(1, 0), elsewhere], until_s=None)
    found = json.loads(run(path, "--format", "json").stdout)
    assert [step.get("difference") for step in found["steps"]] == ["gave_up", None]


def test_only_the_installs_that_were_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, AS_KNOWN)
    assert run(path, "--install", "main").exit_code == 0
    assert run(path, "--install", "other").exit_code == 5
