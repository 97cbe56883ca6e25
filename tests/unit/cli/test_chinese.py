"""With `--lang zh` no command leaves an English sentence in what it says of captures."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pawwork_proxy.cli import cli
from pawwork_proxy.model.base import line_of
from pawwork_proxy.model.context import ClientProcess, Runtime
from pawwork_proxy.model.exchange import Exchange
from pawwork_proxy.outcomes.rules import RULES
from pawwork_proxy.report.exchange_table import RowLines, row_of
from pawwork_proxy.report.language import language
from pawwork_proxy.report.support_page import render_support
from tests.unit.builders import connection, exchange, header, opened
from tests.unit.report.chinese import english_in

SAMPLE = Path(__file__).parents[3] / "captures" / "samples" / "two-networks"
CHINESE = language("zh")
BUN = ClientProcess(name="opencode", version="1.18.33", runtime=Runtime(name="bun"))
ENDS: tuple[dict[str, Any], ...] = (
    {},
    {"reset": True},
    {"connect_ms": None},
    {"connect_ms": None, "ended_by": "chained_proxy"},
)


def told(*arguments: object) -> str:
    result = CliRunner().invoke(cli, [*map(str, arguments), "--lang", "zh"])
    assert result.exit_code == 0, result.output
    assert not english_in(result.stderr)
    return result.stdout


def odd() -> Exchange:
    """An exchange with all that is said of an outcome beside its name."""
    plain = exchange(1)
    outcome = plain.outcome.model_copy(update={"in_stream": True})
    return plain.model_copy(
        update={
            "outcome": outcome,
            "signals": plain.signals.model_copy(update={"unobserved": ("response_body",)}),
            "answered_here": True,
            "context": plain.context.model_copy(update={"client": BUN}),
        }
    )


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A capture with everything that a table can hold."""
    lines = [header(simulated=True, network="home"), odd(), opened(2)]
    lines += [connection(client=BUN, **changes) for changes in ENDS]
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"".join(map(line_of, lines)))
    return path


@pytest.mark.parametrize("command", ["show", "bundle show", "compare", "status"])
@pytest.mark.parametrize("sample", [True, False])
def test_no_english_is_left_in_a_table_or_below_it(
    command: str, capture: Path, *, sample: bool
) -> None:
    said = told(*command.split(), SAMPLE if sample else capture)
    assert re.search("[\u4e00-\u9fff]", said)
    assert not english_in(said)


def test_the_table_has_chinese_heads_and_says_what_is_odd_of_a_row(capture: Path) -> None:
    said = told("show", capture)
    head, columns, *_ = said.splitlines()
    assert head.endswith("网络 home  模拟数据")
    assert columns.split() == ["#", "时间", "安装", "模型", "密钥", "状态码", "结果", "耗时"]
    assert "unknown（只观测到一部分）（本机代答）" in said
    assert "未完成" in said
    assert "main 是 opencode 1.18.33（运行于 bun）" in said
    for end in ("由 client 结束", "被 client 中断", "没有连上服务器", "您的代理没有建立连接"):
        assert f"上行 4 kB  下行 34 kB  {end}" in said
    assert "4 个连接直接通过" in said


def test_rows_that_follow_are_chinese_too() -> None:
    one = odd()
    line = RowLines(CHINESE).line(
        row_of(one, one.outcome, language=CHINESE)._replace(wait="5s", resets="12:00:00")
    )
    assert "success（在流中）（只观测到一部分）（本机代答）" in line
    assert line.endswith("等待 5s  恢复时间 12:00:00")


def test_the_page_for_support_is_chinese(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told("bundle", "show", SAMPLE, "--html", page)
    text = page.read_text("utf-8") + render_support([], [], {}, CHINESE)
    text = re.sub(r'(?s)<style>.*?</style>|<pre lang="en">.*?</pre>', "", text)
    words = unescape(re.sub(r"<[^>]+>", " ", text))
    assert "模拟数据：被拒绝的请求，以及如何答复" in words
    assert "没有失败的请求" in words
    assert not english_in(words)


def test_warnings_are_chinese(capture: Path, tmp_path: Path) -> None:
    copy, empty = tmp_path / "copy.jsonl", tmp_path / "empty.jsonl"
    copy.write_bytes(capture.read_bytes())
    empty.write_bytes(line_of(header()))
    for arguments, said in (
        ([capture, copy], "是同一份捕获记录，只计一次"),
        ([capture, "--model", "big-pickl"], "您是指 big-pickle 吗？现有：big-pickle。"),
        ([empty, "--model", "x"], "没有匹配的内容。这里一个也没有。"),
        ([capture, "--until", "2026-01-01"], "所读请求的时间在"),
        ([empty, "--since", "2026-01-01"], "没有同时符合所有条件的请求。"),
    ):
        result = CliRunner().invoke(cli, ["show", *map(str, arguments), "--lang", "zh"])
        assert said in result.stderr
        assert not english_in(result.output)
        assert all(line.startswith("警告：") for line in result.stderr.splitlines())


def test_classify_says_in_chinese_why() -> None:
    names = ("PawWork", "OpenCode", "Zen", "Go", "Black", "WebSocket", "JSON", "HTML")
    for rule in RULES:
        why = CHINESE.text(rule.reason)
        assert re.search("[\u4e00-\u9fff]", why), rule.id
        assert not english_in(re.sub("|".join(names), "", why)), rule.id
    body = (
        '{"type":"error","error":{"type":"FreeUsageLimitError","message":"Rate limit exceeded."}}'
    )
    result = CliRunner().invoke(cli, ["classify", "-", "--lang", "zh"], input=body)
    assert "依据   错误类型是免费限制" in result.stdout
