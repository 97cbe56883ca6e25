"""`show`: filters that say what they miss, folders below, lines that follow, pages."""

import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from pawwork_proxy.captures.following import Follower
from pawwork_proxy.cli import cli, output
from pawwork_proxy.cli.options import moment
from pawwork_proxy.model.base import Noun, line_of
from pawwork_proxy.report.moments import zone_name
from pawwork_proxy.report.unmatched import unmatched
from tests.unit.builders import exchange, header


def written(path: Path, *lines: Noun) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(line_of, [header(), *lines])))
    return path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return written(tmp_path / "capture.jsonl", exchange(1), exchange(2))


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--install", "mian", "Did you mean main? There is: main."),
        ("--install", "nobody", "--install nobody fits nothing here. There is: main."),
        ("--outcome", "free_usage_limit", "There is: success."),
        ("--model", "zzz", "--model zzz fits nothing here."),
        ("--since", "2h", "no exchange fits all filters together; what was read began between"),
    ],
)
def test_a_filter_that_fits_nothing_says_so(
    capture: Path, option: str, value: str, said: str
) -> None:
    done = call("show", capture, option, value)
    assert done.exit_code == 0
    assert said in done.stderr
    assert done.stdout == "0 exchanges\n"
    assert option in done.stderr or option == "--since"


@pytest.mark.parametrize("command", [["show"], ["identity"], ["check"]])
def test_a_filter_that_fits_something_says_nothing(capture: Path, command: list[str]) -> None:
    assert "fits" not in call(*command, capture, "--install", "main").stderr
    assert "--install nobody fits nothing" in call(*command, capture, "--install", "nobody").stderr


def test_what_identity_concludes_is_no_wider_than_a_terminal(capture: Path) -> None:
    said = call("identity", capture).stdout.partition("\n\n")[2]
    assert "identity is sent" in " ".join(said.split()) or "not decided" in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_network_nobody_was_on_can_not_be_vouched_for(capture: Path) -> None:
    assert "--alone nowhere fits nothing here. There is none at all." in " ".join(
        call("compare", capture, "--alone", "nowhere").stdout.split()
    )


def test_of_many_values_the_first_are_named() -> None:
    (said,) = unmatched("--model", ["x"], [None, *(f"model-{n}" for n in range(10))])
    assert said.endswith("model-7 and 2 more.")


def test_of_captures_in_which_nothing_fits_no_table_is_shown(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", exchange(1))
    written(tmp_path / "b.jsonl", exchange(1, status=500))
    shown = call("show", tmp_path, "--outcome", "success").stdout
    assert "a.jsonl" in shown
    assert "b.jsonl" not in shown


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("2h", {"hours": 2}),
        ("3d", {"days": 3}),
        ("1d2h30m", {"days": 1, "hours": 2, "minutes": 30}),
    ],
)
def test_a_time_can_be_told_from_now(text: str, ago: dict[str, int]) -> None:
    before = datetime.now(UTC)
    assert before - timedelta(**ago) <= moment(text) <= datetime.now(UTC) - timedelta(**ago)


@pytest.mark.parametrize("text", ["", "h", "2x", "0001-01-01T00:00+10:00", "99999999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        moment(text)


def test_folders_are_searched_below_but_for_the_samples(tmp_path: Path) -> None:
    written(tmp_path / "monday" / "deep" / "a.jsonl", exchange(1))
    written(tmp_path / "b.jsonl", exchange(1))
    written(tmp_path / "samples" / "c.jsonl", exchange(1))
    shown = call("show", tmp_path).stdout + call("show", tmp_path).stderr
    assert "c.jsonl" not in shown
    assert "c.jsonl" in call("show", tmp_path / "samples").stdout
    assert "1 exchange" in shown


def test_following_shows_what_is_added_once_it_is_whole(tmp_path: Path) -> None:
    first = written(tmp_path / "a.jsonl", exchange(1))
    follower = Follower([tmp_path])
    assert [one.seq for one in follower.new()] == [1]
    line = line_of(exchange(2))
    with first.open("ab") as file:
        file.write(line[:50])
    assert list(follower.new()) == []
    with first.open("ab") as file:
        file.write(line[50:] + b"damaged\n" + line_of(exchange(3)))
    written(tmp_path / "below" / "b.jsonl", exchange(9))
    assert [one.seq for one in follower.new()] == [2, 3, 9]
    assert list(follower.new()) == []


def test_show_follows_until_ctrl_c(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def enough(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", enough)
    done = call("show", capture, "--follow", "--model", "none")
    assert done.stdout == ""
    done = call("show", capture, "--follow")
    assert [line.split()[0] for line in done.stdout.splitlines() if line] == ["#1", "#2"]
    for arguments, said in (((capture, "--format", "json"), "--format"), (("b.zip",), "is whole")):
        refused = call("show", "--follow", *arguments)
        assert refused.exit_code == 2
        assert said in refused.stderr


class Terminal:
    """Stands for stdout and stdin of somebody who sits there."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("lines", "paged"), [(5, False), (200, True)])
def test_on_a_terminal_what_is_long_goes_to_the_pager(
    lines: int, paged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []
    shown: list[str] = []
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "echo_via_pager", pages.extend)
    monkeypatch.setattr(click, "echo", lambda text, nl: shown.append(text))
    monkeypatch.setenv("LINES", "24")
    monkeypatch.delenv("LESS", raising=False)
    output.page(f"{number}\n" for number in range(lines))
    assert "".join(pages if paged else shown).split() == [*map(str, range(lines))]
    assert not (shown if paged else pages)
    monkeypatch.delitem(os.environ, "LESS", raising=False)


def test_on_a_terminal_a_table_is_as_wide_as_it(
    capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "72")
    from pawwork_proxy.captures.sources import capture_sources
    from pawwork_proxy.cli.shown import Shown

    (source,) = capture_sources([capture])
    text = re.sub(r"\x1b\[[0-9;]*m", "", "".join(Shown(source).table()))
    assert "outcome" in text
    assert max(map(len, text.splitlines())) <= 72
    assert output.width(100) == 72


@pytest.mark.parametrize(
    ("zone", "name"), [("UTC", "UTC"), ("CST-8", "Beijing time"), ("XXX-5:30", "UTC+05:30")]
)
@pytest.mark.skipif(sys.platform == "win32", reason="zones are set by POSIX's variable")
def test_zones_have_names(zone: str, name: str, restored_zone: None) -> None:
    os.environ["TZ"] = zone
    time.tzset()
    assert zone_name(datetime.now().astimezone()) == name


@pytest.fixture
def restored_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    yield
    monkeypatch.undo()
    time.tzset()
