"""`classify`: for people and for programs; bad input is a message, never a traceback."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from pawwork_proxy.cli import cli

DAY = (
    b"HTTP/2 429 \r\ndate: Tue, 24 Nov 2026 22:00:00 GMT\r\nretry-after: 7200\r\n\r\n"
    b'{"type":"error","error":{"type":"FreeUsageLimitError","message":"x"},"metadata":{}}'
)


def run(data: bytes | str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["classify", *arguments], input=data)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def berlin() -> Iterator[None]:
    import time

    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot change the zone of a running process")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1")
        time.tzset()
        yield
    time.tzset()  # the zone of before: it lasts as long as the process


@pytest.mark.usefixtures("berlin")
def test_a_transcript_for_people() -> None:
    result = run(DAY)
    assert result.exit_code == 0
    for words in (
        "free_usage_limit (family quota, from zen)",
        "The daily allowance for OpenCode's free models is used up.",
        "[free_usage_type]",
        "wait:  2h00m00s (from retry-after), cadence utc_day",
        "reset: 2026-11-25 01:00 local time (00:00 UTC, 08:00 Beijing time)",
        "OpenCode 1.14.22-1.x: retried after 2h00m00s, as the answer says",
        "PawWork up to 2026.5.19: retried after 2h00m00s, as the answer says;",
        "2026.5.20-2026.8.5: the conversation is blocked; 2026.8.4 and later:",
        "next:",
    ):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("wait", "words"),
    [("2", "2s"), ("61", "1m01s"), ("90000", "1d01h00m00s"), ("0.5", "0.5s")],
)
def test_waits_in_words(wait: str, words: str) -> None:
    result = run("busy", "--status", "503", "--header", f"Retry-After: {wait}")
    assert f"wait:  {words} (from retry-after)" in result.stdout
    assert "reset: not known" in result.stdout


def test_conflicts_and_streams_are_shown() -> None:
    body = 'data: {"error":{"type":"GoUsageLimitError","message":"Resets in 2hr 4min."}}\n\n'
    result = run(body, "--status", "200", "--header", "retry-after: 60")
    assert "inside a stream" in result.stdout
    assert "but:   text=2h04m00s says otherwise" in result.stdout


def test_a_file_and_json(tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_bytes(DAY)
    (found,) = lines(run("", str(path), "--format", "json"))
    assert found["kind"] == "free_usage_limit"
    assert found["reset_at"] == "2026-11-25T00:00:00Z"
    assert found["meaning"]
    assert found["next"]


def test_the_answer_to_the_user_stands_alone() -> None:
    result = run(DAY, "--reply", "en")
    assert result.stdout.splitlines()[:3] == [
        "Hello, and thank you for your message.",
        "The daily allowance for OpenCode's free models is used up on your network.",
        "It works again from 2026-11-25 00:00 UTC (08:00 Beijing time) on.",
    ]
    assert "free_usage_limit" not in result.stdout
    (found,) = lines(run(DAY, "--format", "json", "--lang", "en_GB"))
    assert found["reply"] == result.stdout.rstrip("\n")
    refused = run(DAY, "--lang", "tlh")
    assert refused.exit_code == 2
    assert "The languages are: en" in refused.output


def test_the_environment_chooses_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run(DAY, "--lang", "zh").stdout
    assert "建议   等额度恢复" in asked
    assert "依据   错误类型是免费限制；报错原文与密钥限制相同 [free_usage_type]\n" in asked
    assert "北京时间 2026-11-25 08:00" in asked
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run(DAY).stdout == asked
    assert run(DAY, "--lang", "en").stdout != asked
    assert run(DAY, "--reply", "zh").stdout.startswith("您好")


def test_where_the_output_lacks_signs_english_is_spoken() -> None:
    runner = CliRunner(charset="cp1252", env={"LC_ALL": "zh_CN.UTF-8"})
    assert "no overload" in runner.invoke(cli, ["classify"], input=DAY).stdout
    refused = runner.invoke(cli, ["classify", "--reply", "zh"], input=DAY)
    assert refused.exit_code == 2
    assert "PYTHONUTF8=1" in refused.output


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_is_wider_than_a_terminal(language: str) -> None:
    for body in (DAY, b"HTTP/2 403\n\n" + b'{"error":{"type":"FreeTierError"}}', b"x"):
        for line in run(body, "--lang", language).stdout.splitlines():
            assert cell_len(line) <= 80, line


@pytest.mark.parametrize(("start", "end"), [(0, -2), (9, None), (28, -2), (0, None)])
def test_an_error_that_is_cut_is_said_to_be(start: int, end: int | None) -> None:
    stated = '{"type":"FreeUsageLimitError","message":"Free usage limit exceeded"}'
    error = f'{{"a":"x","error":{stated},"metadata":{{"a":1}}}}'
    text = error[start:end]
    cuts = ["beginning"] * (start > 0) + ["end"] * (end is not None)
    (last,) = json.loads(run(text, "--format", "json").stdout)["errors"]
    assert last["cut"] == cuts
    first = run(text).stdout.splitlines()[0]
    assert (" and at its ".join(cuts) in first and "is cut" in first) == bool(cuts)
    assert len(first) <= 80


def test_a_limit_without_a_wait_says_when_such_limits_end() -> None:
    body = '{"type":"error","error":{"type":"FreeUsageLimitError","message":"x"}}'
    result = run(body, "--status", "429")
    assert "reset: The allowance starts anew every day at 00:00 UTC (08:00 Beijing" in result.stdout


def test_of_several_responses_what_lasts_is_answered() -> None:
    statuses = (502, 429, 200)
    answers = [{"status": one, "content": {"text": "{}"}} for one in statuses]
    text = json.dumps({"log": {"entries": [{"response": one} for one in answers]}})
    answer = run(text, "--reply", "en").stdout
    assert answer == run("{}", "--status", "429", "--reply", "en").stdout
    assert answer != run("{}", "--status", "502", "--reply", "en").stdout


def test_a_har_gives_one_object_for_each_entry() -> None:
    entries = [
        {"request": {"url": "https://opencode.ai/zen/v1/x"}, "response": {"status": status}}
        for status in (502, 503)
    ]
    text = json.dumps({"log": {"entries": entries}})
    found = lines(run(text, "--format", "json"))
    assert [(one["entry"], one["kind"]) for one in found] == [
        ("entry 1", "gateway_error"),
        ("entry 2", "provider_overload"),
    ]
    assert "entry 2:" in run(text).stdout


def test_nothing_of_the_message_is_repeated() -> None:
    result = run('{"error":{"message":"your prompt was: open sesame"}}', "--status", "400")
    assert "sesame" not in result.stdout


@pytest.mark.parametrize(
    ("data", "arguments", "code", "words"),
    [
        ("", [], 1, "nothing to classify"),
        ("  \n", [], 1, "nothing to classify"),
        ("", ["/no/such/file"], 1, "cannot be read"),
        ("", ["/no/such/file", "--jsonl"], 1, "cannot be read"),
        ('{"log":{"entries":[]}}', [], 1, "no responses"),
        ("x", ["--header", "nonsense"], 2, "Write a header"),
        ("x", ["--status", "9"], 2, "--status"),
    ],
)
def test_bad_input_is_a_message(data: str, arguments: Sequence[str], code: int, words: str) -> None:
    result = CliRunner().invoke(cli, ["classify", *arguments], input=data)
    message = getattr(result.exception, "message", "") + result.output
    assert words in message
    assert getattr(result.exception, "exit_code", result.exit_code) == code


def test_lines_in_lines_out() -> None:
    cases = [
        {"id": 1, "status": 429, "body": '{"type":"GoUsageLimitError"}'},
        {"id": "b", "body": "socket hang up"},
        {
            "id": 3,
            "status": 200,
            "headers": {"Retry-After": 5},
            "content_type": "text/event-stream",
            "body": 'data: {"error":{"type":"overloaded_error","message":"x"}}\n\n',
            "streaming": True,
        },
        {"id": 4, "transport": "connect_refused"},
        {"id": 5, "status": None, "headers": None, "body": None, "model": "x", "label": "y"},
    ]
    found = lines(run("\n\n".join(json.dumps(case) for case in cases), "--jsonl"))
    assert [one["kind"] for one in found] == [
        "go_usage_limit",
        "transport_error",
        "provider_overload",
        "transport_error",
        "unknown",
    ]
    assert list(found[2]) == [
        "id", "kind", "family", "origin", "in_stream", "error_type", "rule_id", "retry_after_s",
        "reset_cadence", "reset_at", "provider", "evidence",
    ]  # fmt: skip
    assert found[2] | {"id": 0} == {
        "id": 0,
        "kind": "provider_overload",
        "family": "overload",
        "origin": "relayed",
        "in_stream": True,
        "error_type": "overloaded_error",
        "rule_id": "overload",
        "retry_after_s": 5,
        "reset_cadence": "minute",
        "reset_at": None,
        "provider": None,
        "evidence": ["stream_first.type"],
    }


@pytest.mark.parametrize(
    ("line", "id_", "error"),
    [
        ("nonsense", None, "not a JSON object"),
        ("[" * 100_000, None, "not a JSON object"),
        ("[1]", None, "not a JSON object"),
        ('{"id":NaN}', None, "not a JSON object"),
        ('{"id":7,"status":"429"}', 7, "status is no int"),
        ('{"id":7,"status":true}', 7, "status is no int"),
        ('{"id":7,"headers":[]}', 7, "headers is no dict"),
        ('{"id":7,"body":{"secret":1}}', 7, "body is no str"),
    ],
)
def test_a_bad_line_is_reported_and_the_rest_goes_on(line: str, id_: object, error: str) -> None:
    found = lines(run(line + '\n{"id":8,"status":503}\n', "--jsonl"))
    assert found[0] == {"id": id_, "error": error}
    assert found[1]["kind"] == "provider_overload"


def test_lines_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id":1,"status":502}\n')
    assert lines(run("", str(path), "--jsonl"))[0]["kind"] == "gateway_error"


def test_lone_surrogates_and_bytes_break_nothing() -> None:
    found = lines(run('{"id":1,"body":"\\ud800{"}\n', "--jsonl"))
    assert found[0]["kind"] == "unknown"
    assert run(b"\xff\xfe\x00").exit_code == 0


def test_a_line_with_a_status_that_is_none_is_told_from_a_good_one() -> None:
    result = run('{"id":1,"status":99,"body":""}\n{"id":2,"status":200,"body":"{}"}\n', "--jsonl")
    bad, good = map(json.loads, result.stdout.splitlines())
    assert bad == {"id": 1, "error": "status is not between 100 and 599"}
    assert good["kind"]


def test_without_a_status_the_client_part_says_what_is_missing() -> None:
    result = run("Free usage exceeded, subscribe to Go")
    assert "  client: what it does depends" in result.stdout


def test_a_har_file_names_the_client_that_asked() -> None:
    agent = "opencode/1.16.2 ai-sdk/provider-utils/4.0.23 runtime/node.js/24.1.0"
    asked = {"user-agent": agent, "x-opencode-client": "desktop", "x-opencode-session": "s"}
    entry = {
        "request": {"headers": [{"name": name, "value": value} for name, value in asked.items()]},
        "response": {"status": 503, "headers": [], "content": {"text": ""}},
    }
    result = run(json.dumps({"log": {"entries": [entry]}}))
    assert "  PawWork 2026.6.4-2026.8.5: retried 3 times after 2, 4, 8 s" in result.stdout
    assert "OpenCode" not in result.stdout


LOG = """ERROR 2026-05-14T10:02:57 service=llm error={"error":{"statusCode":429,"responseBody":\
"{\\"error\\":{\\"type\\":\\"FreeUsageLimitError\\",\\"message\\":\\"x\\"}}"}}
INFO  2026-05-14T10:03:00 service=bus publishing
ERROR 2026-05-15T10:02:57 service=llm error={"error":{"statusCode":529,"responseBody":\
"{\\"error\\":{\\"type\\":\\"overloaded_error\\",\\"message\\":\\"x\\"}}"}}
ERROR 2026-05-15T10:05:57 service=llm error={"error":{"statusCode":529,"responseBody":\
"{\\"error\\":{\\"type\\":\\"overloaded_error\\",\\"message\\":\\"x\\"}}"}}
"""


def test_all_errors_of_a_log_and_the_last_in_full() -> None:
    result = run(LOG)
    assert result.exit_code == 0
    for words in (
        "3 errors, in the order of the text; the last one in full below:",
        "  2026-05-14 10:02:57                      free_usage_limit   once",
        "  2026-05-15 10:02:57 - 2026-05-15 10:05:57  provider_overload  2 times",
        "provider_overload (family overload, ",
    ):
        assert words in result.stdout
    (found,) = lines(run(LOG, "--format", "json"))
    assert found["kind"] == "provider_overload"
    errors = found["errors"]
    assert isinstance(errors, list)
    assert [(one["kind"], one["count"], one["last"]) for one in errors] == [
        ("free_usage_limit", 1, "2026-05-14T10:02:57"),
        ("provider_overload", 2, "2026-05-15T10:05:57"),
    ]


def test_many_changes_are_counted_and_not_shown() -> None:
    result = run("HTTP 429: rate limit reached\nHTTP 503: overloaded\n" * 20)
    assert "40 errors, in the order of the text" in result.stdout
    assert "  (before these, 20 more changes of kind)" in result.stdout
    assert result.stdout.count("  no time  ") == 20


def test_what_is_no_text_is_said() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(60)
    assert "This is no text" in run(png).stdout
    (found,) = lines(run(png, "--format", "json"))
    assert (found["kind"], found["errors"], found["is_text"]) == ("unknown", [], False)


def test_a_status_that_is_given_counts_where_the_text_has_none() -> None:
    assert lines(run("busy", "--status", "503", "--format", "json"))[0]["kind"] == (
        "provider_overload"
    )
    found = lines(run(DAY, "--status", "503", "--format", "json"))[0]
    assert (found["kind"], found["retry_after_s"]) == ("free_usage_limit", 7200)


def test_one_bad_input_never_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from pawwork_proxy.outcomes import rules

    judge = rules.classify
    monkeypatch.setattr(
        rules, "classify", lambda signals: 1 / 0 if signals.status == 418 else judge(signals)
    )
    found = lines(run('{"id":1,"status":418}\n{"id":2,"status":503}\n', "--jsonl"))
    assert found[0] == {"id": 1, "error": "it could not be read"}
    assert found[1]["kind"] == "provider_overload"
