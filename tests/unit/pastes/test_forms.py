"""The forms in which errors are handed in: encodings, frames, entries, transcripts, documents."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawwork_proxy.facts.logs import BEGINS, STARTS, Start
from pawwork_proxy.facts.waits import UNITS, unit_seconds
from pawwork_proxy.pastes import findings as room
from pawwork_proxy.pastes import reading
from pawwork_proxy.pastes import windows as looking
from pawwork_proxy.pastes.documents import parts_of
from pawwork_proxy.pastes.entries import entries, is_open, joined, width
from pawwork_proxy.pastes.findings import Findings, findings_in
from pawwork_proxy.pastes.frames import plain, unframed
from pawwork_proxy.pastes.texts import encoding_of, is_text
from pawwork_proxy.pastes.times import moment_of, time_in
from pawwork_proxy.pastes.transcripts import response_of, unprefixed
from pawwork_proxy.responses.waits import text_hints

FREE = '{"type":"error","error":{"type":"FreeUsageLimitError","message":"x"}}'
BUSY = '{"type":"error","error":{"type":"overloaded_error","message":"x"}}'


def found(text: str | bytes) -> Findings:
    return findings_in(io.BytesIO(text.encode() if isinstance(text, str) else text))


def kinds(text: str | bytes) -> list[str]:
    return [one.outcome.kind.value for one in found(text).found]


@pytest.mark.parametrize(
    ("data", "name", "mark"),
    [
        (b"", "utf-8", 0),
        (b"x", "utf-8", 0),
        ("\ufeffx".encode(), "utf-8", 3),
        ("\ufeffx".encode("utf-16-le"), "utf-16-le", 2),
        ("\ufeffx".encode("utf-16-be"), "utf-16-be", 2),
        ("error".encode("utf-16-le"), "utf-16-le", 0),
        ("error".encode("utf-16-be"), "utf-16-be", 0),
        ("余额不足".encode(), "utf-8", 0),
        ("余额不足".encode("gb18030"), "gb18030", 0),
        (b"\xff\xff\x80 x", "utf-8", 0),
    ],
)
def test_encodings(data: bytes, name: str, mark: int) -> None:
    assert encoding_of(data) == (name, mark)


def test_what_is_text() -> None:
    assert is_text("")
    assert is_text("\x1b[91mError\r\n\t余额")
    assert not is_text("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[91m\x1b[1mError: \x1b[0mx", "Error: x"),
        ("\\x1b[38;5;203mx\\u001b[0m", "x"),
        ("[91mError[0m", "Error"),
        ("claude[1m] glm[1M]", "claude[1m] glm[1M]"),
        ("a\u200bb\N{NO-BREAK SPACE}c\r\nd\re", "ab c\nd\ne"),
        ("<pre><code>x</code></pre><br>y", "x\ny"),
        ("{&quot;a&quot;: 1}", '{"a": 1}'),
        ("<!doctype html><p>x</p>", "<!doctype html><p>x</p>"),
        ("{“a”: 1}", '{"a": 1}'),
    ],
)
def test_colours_and_markup(text: str, seen: str) -> None:
    assert plain(text) == seen


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("> > x", "x"),
        ("│ x   │", "x"),
        ("  ⎿  529", " 529"),
        ("| x |", " x "),
        ("├──────┤", ""),
        ("```json", ""),
        ("x", "x"),
    ],
)
def test_quotes_and_boxes(line: str, seen: str) -> None:
    assert unframed(line) == seen


@pytest.mark.parametrize("start", STARTS, ids=lambda row: row.id)
def test_each_start_is_found_by_its_example(start: Start) -> None:
    assert BEGINS.match(start.example)
    assert BEGINS.match("✕ " + start.example)
    assert not BEGINS.match("in words: " + start.example)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (["429 x", "503 y"], 2),
        (["429 {", "503 y"], 1),
        (["Error: {", "2026-05-15 10:02:57 y"], 2),
        (["Error: {", "aaaaaaaaaaaaaaaaaaaaaaaaaaa", "2026-05-15 10:02:57 yyyyyyy"], 1),
        (["{}", "{}"], 2),
        (["x", "{}"], 1),
        (["x", "data: 1", "data: 2"], 2),
        (["HTTP/2 200", "data: 1"], 1),
        (["$ curl -i https://x \\", "-d '{}'", "HTTP/2 200"], 1),
        (["x", "PS C:\\> curl.exe -i https://x", "y"], 2),
        (["", ""], 0),
    ],
)  # fmt: skip
def test_entries_begin_with_known_lines(lines: list[str], count: int) -> None:
    if lines[1:2] == ["a" * 27]:
        lines[1] += "a" * (len(lines[2]) - 27)
    assert len(list(entries(lines))) == count


def test_a_very_long_entry_goes_on_as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pawwork_proxy.pastes.entries.MAX_ENTRY", 10)
    assert len(list(entries(["x" * 11, "y", "z"]))) == 2


def test_open_objects() -> None:
    assert is_open("{")
    assert is_open('{"a": "}"')
    assert not is_open("{} {'a': '}'} x")


@pytest.mark.parametrize(
    ("lines", "ways"),
    [
        (["x "], ["x"]),
        (["Rate li", "mit now"], ["Rate li\nmit now", "Rate li mit now", "Rate limit now"]),
        (["ab", "cd", "e"], ["ab\ncd\ne", "abcde", "ab cd e"]),
        (["  abc", "  de"], ["  abc\n  de", "  abc de", "  abcde"]),
        (["当前", "模型"], ["当前\n模型", "当前模型", "当前模型"]),
    ],
)
def test_wrapped_lines_are_joined(lines: list[str], ways: list[str]) -> None:
    assert joined(lines) == ways


def test_width() -> None:
    assert (width("ab "), width("模型")) == (2, 4)


def test_verbose_curl_is_unprefixed() -> None:
    text = (
        "*   Trying 192.0.2.1:443...\n> GET / HTTP/2\n>\n< HTTP/2 429 \n< retry-after: 5\n"
        "<\n{ [33 bytes data]\n" + FREE + "\n* Connection left intact\n"
    )
    answer = response_of(unprefixed(text))
    assert (answer.status, answer.headers, answer.text) == (429, {"retry-after": "5"}, FREE)


@pytest.mark.parametrize(
    ("text", "status", "headers", "body"),
    [
        ("HTTP/2 204", 204, {}, ""),
        ("HTTP/1.1 429 Too Many\na: b\n\nx\ny", 429, {"a": "b"}, "x\ny"),
        ("HTTP/1.1 429\na: b\n{}", 429, {"a": "b"}, "{}"),
        ("HTTP/1.1 200\nevent: error\ndata: x", 200, {}, "event: error\ndata: x"),
        ("Status: 429\nRetry-After: 9\n{}", 429, {"retry-after": "9"}, "{}"),
        ("{}\nretry-after: 9", None, {"retry-after": "9"}, "{}"),
        ("API 错误\n状态：503", 503, {}, "API 错误"),
        ("x", None, {}, "x"),
    ],
)
def test_answers(text: str, status: int | None, headers: dict[str, str], body: str) -> None:
    answer = response_of(text)
    assert (answer.status, dict(answer.headers), answer.text) == (status, headers, body)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-05-15T10:02:57.1Z", 1778839377),
        (1778839377, 1778839377),
        (1778839377000, 1778839377),
        (5, None),
        (True, None),
        (None, None),
        ("x" * 80, None),
        ("2026-02-31 10:02:57", None),
    ],
)
def test_times(value: object, seconds: int | None) -> None:
    moment = moment_of(value)
    assert (moment and moment.timestamp()) == seconds


def test_a_time_without_a_zone_stands_as_it_is() -> None:
    assert str(time_in("x 2026-05-15 10:02")) == "2026-05-15 10:02:00"


def parts(value: object) -> list[object]:
    return [part.value for part in parts_of(value)]


ERROR = {"type": "server_error", "message": "x"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"error": ERROR}, [{"error": ERROR}]),
        ([{"error": "x", "time": 5}, {"a": 1}], ["x"]),
        ({"errors": [ERROR, ERROR]}, [ERROR, ERROR]),
        ({"errors": [ERROR]}, [{"errors": [ERROR]}]),
        ({"meta": {}, "error": ERROR, "logTail": ["a", "b"]}, [{"error": ERROR}, "a\nb"]),
        ({"logTail": "a"}, ["a"]),
        ({"logs": [{"error": "x"}]}, ["x"]),
        ({"content": {"error": ERROR}}, []),
        ({"messages": [{"error": ERROR}, 5]}, [{"error": ERROR}]),
        ({"messages": 5}, []),
        ({"messages": [{"info": {"error": ERROR, "time": {"created": 1778839377000}}}]},
         [{"error": ERROR}]),
        ({"messages": [{"parts": [{"type": "retry", "error": ERROR}, {"type": "text"}]}]},
         [{"type": "retry", "error": ERROR}]),
        ("x", []),
    ],
)  # fmt: skip
def test_documents(value: object, expected: list[object]) -> None:
    assert parts(value) == expected


def test_a_document_without_end_is_left() -> None:
    deep: object = {"error": ERROR}
    for _ in range(60):
        deep = {"a": deep}
    assert parts(deep) == []


def test_the_time_of_an_error_stands_beside_it() -> None:
    (one,) = found(json.dumps([{"error": ERROR, "timestamp": "2026-05-15T10:02:57Z"}])).found
    assert str(one.last) == "2026-05-15 10:02:57+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (FREE, ["free_usage_limit"]),
        ("[5]", []),
        ('{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}', []),
        ("def f():\n    raise TimeoutError\n", []),
        ("// overloaded\nint x;\n", []),
        ("Marker file for PEP 561", []),
        ("<html><h1>Oops</h1></html>", []),
        ("<html><h1>502 Bad Gateway</h1></html>", ["gateway_error"]),
        ("Overloaded", ["provider_overload"]),
        ("The value may not be given here: it is not allowed.", []),
        ("Error: 400 extra inputs are not permitted", ["invalid_request"]),
        ("Overloaded\n" + "x\n" * 20, []),
        ("x\n" * 2000 + f"HTTP 429: {FREE}\n", ["free_usage_limit"]),
        ("x\n" * 2000 + f"here: {BUSY}\n", ["provider_overload"]),
        ("x\n" * 2000 + "import x\n" + f"here: {BUSY}\n", []),
        ("x\n" * 2000 + "Error: connection refused\n", []),
        ("x\n" * 2000 + "here is a rate limit error\n", []),
        (json.dumps(FREE), ["free_usage_limit"]),
        (f"{FREE}\n" * 50 + f"{BUSY}\n", ["free_usage_limit", "provider_overload"]),
        ('{"error": {"foo": 1}}', []),
        ('{"error": {"type": "overloaded_error", "message": "x"', ["provider_overload"]),
    ],
)
def test_what_a_text_comes_to(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_the_same_error_of_many_requests_is_read_once() -> None:
    reading._found_in.cache_clear()
    lines = [
        f"ERROR 2026-05-15T10:02:{second} +{second}ms session.id=ses_{second}ab"
        f" messageID=msg_{second}cd error={FREE} ray=0f8fad5b-d9cb-469f-a165-7086728950{second}"
        for second in range(10, 60)
    ]
    (one,) = found("\n".join(lines)).found
    assert (one.count, reading._found_in.cache_info().misses) == (50, 1)


LOGGED = f"ERROR 2026-05-15T10:02:57 +9ms service=llm error={json.dumps({'responseBody': FREE})}"


@pytest.mark.parametrize(
    ("text", "cuts"),
    [
        (LOGGED, []),
        (LOGGED + ' {"note": "of a } or a {"}', []),
        (LOGGED[:-30], ["end"]),
        (LOGGED[LOGGED.index("sponseBody") :], ["beginning"]),
        (LOGGED[LOGGED.index("sponseBody") :] + ' {"statusCode": 429', ["beginning", "end"]),
        (FREE[:45], ["end"]),
        (FREE[9:], ["beginning"]),
        ("HTTP 429: " + FREE[:-2], ["end"]),
        ("HTTP 429: rate limit reached {", []),
        ("HTTP 429: rate limit reached: x}", []),
        (json.dumps([{"error": json.loads(FREE)}]), []),
        (json.dumps({"meta": {}, "logTail": [LOGGED[:-30]]}), ["end"]),
        ("INFO 2026-05-15T10:02:57 +1ms\n" * 900 + LOGGED[:-30], ["end"]),
        (LOGGED[:-30] + "\n" + LOGGED, []),
    ],
)
def test_where_the_last_error_was_cut_is_said(text: str, cuts: list[str]) -> None:
    last = found(text).found[-1]
    assert (last.outcome.kind != "unknown", [*last.cuts]) == (True, cuts)


@pytest.mark.parametrize("end", range(FREE.index("UsageL") + 5, FREE.index('","message') + 1))
def test_a_type_that_was_cut_within_its_name_is_still_the_free_limit(end: int) -> None:
    cut = json.dumps({"responseBody": FREE[:end]})
    assert kinds("ERROR 2026-05-15T10:02:57 service=llm error=" + cut) == ["free_usage_limit"]


def test_what_was_sent_is_no_part_of_the_answer() -> None:
    sent = '"requestBodyValues": {"messages": [{"content": "FreeUsageLimitError ' + "x" * 20_000
    line = f'ERROR 2026-05-15T10:02:57 error={{"error": {{{sent}"}}]}}, "responseBody": '
    assert kinds(line + json.dumps(BUSY) + "}}") == ["provider_overload"]
    assert kinds(f'ERROR 2026-05-15T10:02:57 {{"messages": [{{"tools": ["{BUSY}') != ["x"]
    assert kinds("429 overloaded " + "x " * 5000 + "Overloaded") == ["provider_overload"]


def test_a_log_of_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BLOCK", 3000)
    monkeypatch.setattr(looking, "LONGEST", 2500)
    info = "INFO 2026-05-15T10:01:00 service=bus publishing\n"
    text = info * 100
    for error in (FREE, BUSY, FREE):
        text += f"ERROR 2026-05-15T10:02:57 {error}\n" * 3 + info * 100
    assert [(one.outcome.kind.value, one.count) for one in found(text).found] == [
        ("free_usage_limit", 3),
        ("provider_overload", 3),
        ("free_usage_limit", 3),
    ]
    assert kinds(text + f"ERROR 2026-05-15T10:02:57 {BUSY}")[-1] == "provider_overload"


def test_a_document_of_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BLOCK", 3000)
    document = json.dumps({"a": "x" * 7000, "error": ERROR})
    assert kinds(document) == ["server_error"]
    monkeypatch.setattr(room, "LONGEST_DOCUMENT", 5000)
    assert kinds("{" + "\n" * 9000 + f"HTTP 529: {BUSY}\n") == ["provider_overload"]


def test_only_what_is_near_a_word_is_looked_at() -> None:
    text = "x\n" * 500 + "Error 1\n" + "x\n" * 500 + "Error 2\n" + "x\n" * 500
    one, two = looking.windows([text])
    assert (one.count("x"), two.count("x")) == (looking.BEFORE + looking.BEHIND,) * 2


def test_of_very_many_findings_the_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_FINDINGS", 2)
    several = found("HTTP 429: rate limit reached\nHTTP 503: overloaded\n" * 2)
    assert (len(several.found), several.left_out) == (2, 2)


@pytest.mark.parametrize(
    ("word", "seconds"), [("ms", 0.001), ("sn", 1), ("分钟", 60), ("час", 3600), ("weeks", 604800)]
)
def test_units(word: str, seconds: float) -> None:
    assert unit_seconds(word) == seconds
    assert seconds in {unit.seconds for unit in UNITS}


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("retrying in 20h28m - attempt #1", [73680]),
        ("will reset after 9m38.016s", [578.016]),
        ("It will reset in 2 days 3 hours. [retrying in ~2 days]", [183600]),
        ("retrying in ~2 weeks", [1209600]),
        ("try again in 915ms", [0.915]),
        ("重试中 30 秒后 - 第 2 次", [30]),
        ("请在 5 分钟后重试", [300]),
        ("повтор через 50223с", [50223]),
        ("yeniden deneniyor 50223sn içinde", [50223]),
        ("glm-5.2[1M]", []),
        ("Elapsed: 30.37s", []),
        ("I waited 5 hours", []),
        ("30 requests / 5h", []),
        ("timed out after 30s", []),
        ("?q=in%2030s", []),
        ("ESC[91m", []),
        ("resets at 2026-13-15T15:00:00Z", []),
    ],
)
def test_waits_stand_beside_words_that_make_them_one(text: str, waits: list[float]) -> None:
    assert [hint.seconds for hint in text_hints(text)] == waits


def test_a_moment_in_words_is_a_reset() -> None:
    (hint,) = text_hints("resets at 2026-05-15T15:00:00Z (2056)")
    assert (hint.place, str(hint.at)) == ("body date", "2026-05-15 15:00:00+00:00")


@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace"))
)
def test_nothing_raises(data: bytes) -> None:
    for start in (b"", b"HTTP/1.1 429 x\n", b"{", b"\x1b[", b"Error: {", b"data: "):
        findings_in(io.BytesIO(start + data))
