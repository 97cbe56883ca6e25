from dataclasses import replace
from pathlib import Path

import pytest

from scripts._environment import (
    RUN,
    TEST,
    CannotMakeEnvironment,
    Environment,
    Profile,
    Stamp,
    Work,
    choose,
    read_stamp,
    stamp_for,
    work_needed,
)
from scripts._interpreters import Candidate, Interpreter, Search
from scripts._messages import SetupError

STAMP = Stamp(profile="run", locks="l1", project="p1", checkout="/c", base="/b")


@pytest.mark.parametrize(
    ("found", "want", "work"),
    [
        pytest.param(None, STAMP, "everything", id="never-finished"),
        pytest.param(STAMP, STAMP, "nothing", id="same"),
        pytest.param(STAMP, replace(STAMP, base=""), "nothing", id="any-base-will-do"),
        pytest.param(STAMP, replace(STAMP, base="/other"), "everything", id="another-base-asked"),
        pytest.param(STAMP, replace(STAMP, locks="l2"), "everything", id="lock-changed"),
        pytest.param(STAMP, replace(STAMP, checkout="/d"), "everything", id="checkout-moved"),
        pytest.param(STAMP, replace(STAMP, project="p2"), "project", id="pyproject-changed"),
        pytest.param(STAMP, replace(STAMP, profile="test"), "packages", id="tests-need-more"),
        pytest.param(replace(STAMP, profile="test"), STAMP, "nothing", id="tests-have-all"),
    ],
)
def test_only_what_is_missing_is_made_anew(found: Stamp | None, want: Stamp, work: Work) -> None:
    assert work_needed(found, want) == work


def test_a_stamp_is_read_as_it_was_written(tmp_path: Path) -> None:
    STAMP.write(tmp_path / "stamp.json")
    assert read_stamp(tmp_path / "stamp.json") == STAMP
    assert [path.name for path in tmp_path.iterdir()] == ["stamp.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"profile": "run"}', '{"x": 1}'])
def test_a_damaged_stamp_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "stamp.json").write_text(text)
    assert read_stamp(tmp_path / "stamp.json") is None
    assert read_stamp(tmp_path / "absent.json") is None


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_each_file_that_decides_changes_the_stamp(checkout: Path) -> None:
    before = stamp_for(RUN, "/b", checkout)
    (checkout / "requirements-dev.lock").write_text("changed")
    after = stamp_for(RUN, "/b", checkout)
    assert work_needed(before, after) == "everything"
    (checkout / "pyproject.toml").write_text("changed")
    assert work_needed(after, stamp_for(RUN, "/b", checkout)) == "project"


class Machine:
    """Pythons `/py3.X` that make environments at once, but for those that are `unable`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *minors: int) -> None:
        self.minors = minors
        self.unable: set[int] = set()
        self.made: list[tuple[int, str]] = []

        def make(environment: Environment, profile: Profile, interpreter: Interpreter) -> None:
            if environment.minor in self.unable:
                raise CannotMakeEnvironment("no venv here", "apt-get install it")
            self.made.append((environment.minor, profile.name))
            environment.folder.mkdir(parents=True, exist_ok=True)
            stamp_for(profile, interpreter.path, environment.root).write(environment.stamp)

        monkeypatch.setattr(Environment, "make", make)
        monkeypatch.setattr(Environment, "is_whole", lambda _, __: True)

    def search(self) -> Search:
        named = [Candidate(minor, f"/py3.{minor}") for minor in self.minors]
        return Search(named, lambda path: Interpreter(path, (3, int(path[5:]), 0)))


def test_an_environment_is_made_once_and_then_used(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 11, 13)
    for _ in range(2):
        python = choose(RUN, None, machine.search(), checkout)
        assert python.is_relative_to(checkout / ".venv" / "py3.13")
    assert machine.made == [(13, "run")]


def test_the_tests_environment_serves_the_product_too(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 13)
    for profile in (RUN, TEST, RUN):
        choose(profile, None, machine.search(), checkout)
    assert machine.made == [(13, "run"), (13, "test")]


def test_the_next_python_is_taken_where_one_cannot_make_an_environment(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(monkeypatch, 11, 13)
    machine.unable = {13}
    choose(RUN, None, machine.search(), checkout)
    assert machine.made == [(11, "run")]
    assert "no venv here" in capsys.readouterr().err


def test_where_none_can_the_first_ones_remedy_is_given(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 11, 13)
    machine.unable = {11, 13}
    with pytest.raises(SetupError) as caught:
        choose(RUN, None, machine.search(), checkout)
    assert caught.value.hint == "apt-get install it"


def test_a_python_asked_for_is_the_only_one_used(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 11, 12, 13)
    choose(RUN, "3.12", machine.search(), checkout)
    choose(RUN, "/py3.11", machine.search(), checkout)
    assert machine.made == [(12, "run"), (11, "run")]


def test_an_environment_of_another_base_is_made_anew_for_a_path(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 12)
    choose(RUN, "3.12", machine.search(), checkout)
    stamp = checkout / ".venv" / "py3.12" / "pawwork-proxy.json"
    found = read_stamp(stamp)
    assert found is not None
    replace(found, base="/another").write(stamp)
    choose(RUN, "3.12", machine.search(), checkout)
    choose(RUN, "/py3.12", machine.search(), checkout)
    assert machine.made == [(12, "run"), (12, "run")]


def test_a_folder_without_a_working_python_is_not_whole(checkout: Path) -> None:
    environment = Environment(13, checkout)
    environment.folder.mkdir(parents=True)
    stamp_for(RUN, "/b", checkout).write(environment.stamp)
    assert not environment.is_ready(RUN)


def test_a_checkout_where_nothing_can_be_made_is_said(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(monkeypatch, 13)
    (checkout / ".venv").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="no environment can be made"):
        choose(RUN, None, machine.search(), checkout)
