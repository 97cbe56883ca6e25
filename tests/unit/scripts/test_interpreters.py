import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts._interpreters import (
    Candidate,
    Interpreter,
    Refused,
    Search,
    candidates,
    judge,
    launcher_lines,
    none_usable,
    probe,
    wanted,
)
from scripts._messages import SetupError

FACTS = {
    "version": [3, 13, 1],
    "base": "/opt/python3.13",
    "implementation": "CPython",
    "free_threaded": False,
    "lacks": "",
}


class Machine:
    """A machine whose Pythons are a table: path to version, or to the reason of a refusal."""

    def __init__(self, **pythons: str) -> None:
        self.pythons = pythons
        self.started: list[str] = []

    def probe(self, path: str) -> Interpreter | Refused:
        self.started.append(path)
        answer = self.pythons[path]
        if not answer.startswith("3."):
            return Refused(answer)
        major, minor, patch = (int(part) for part in answer.split("."))
        return Interpreter(path, (major, minor, patch))

    def search(self, *named: tuple[int | None, str]) -> Search:
        return Search([Candidate(*one) for one in named], self.probe)


def first(search: Search) -> str | None:
    for minor in search.minors():
        for interpreter in search.of(minor):
            return interpreter.path
    return None


def test_tested_versions_come_before_newer_ones_and_the_best_first() -> None:
    machine = Machine(a="3.11.9", b="3.15.0", c="3.13.2", d="3.14.1")
    search = machine.search((11, "a"), (15, "b"), (13, "c"), (14, "d"))
    assert [i.path for minor in search.minors() for i in search.of(minor)] == ["c", "a", "d", "b"]


def test_only_what_is_needed_is_started() -> None:
    machine = Machine(a="3.11.9", c="3.13.2", unnamed="3.12.0")
    assert first(machine.search((11, "a"), (None, "unnamed"), (13, "c"))) == "c"
    assert machine.started == ["c"]


def test_a_shim_that_fails_gives_way_to_a_python_of_the_same_version() -> None:
    machine = Machine(shim="does not start", real="3.13.0")
    search = machine.search((13, "shim"), (13, "real"))
    assert first(search) == "real"
    assert search.refusals == {"shim": "does not start"}


def test_a_name_without_version_is_started_before_an_older_version_is_taken() -> None:
    machine = Machine(python3="3.13.0", old="3.12.0")
    assert first(machine.search((None, "python3"), (12, "old"))) == "python3"


def test_a_name_that_claims_another_version_is_not_believed() -> None:
    machine = Machine(liar="3.10.1", honest="3.11.0")
    assert first(machine.search((13, "liar"), (11, "honest"))) == "honest"


def test_every_path_is_started_once() -> None:
    machine = Machine(a="does not start", b="does not start")
    search = machine.search((13, "a"), (None, "b"))
    assert first(search) is None
    assert first(search) is None
    assert machine.started == ["a", "b"]


@given(st.lists(st.tuples(st.integers(11, 17), st.booleans(), st.booleans()), max_size=8))
def test_the_order_of_discovery_does_not_change_the_version_taken(
    rows: list[tuple[int, bool, bool]],
) -> None:
    pythons = {f"p{n}": f"3.{row[0]}.0" if row[2] else "broken" for n, row in enumerate(rows)}
    named = [(row[0] if row[1] else None, f"p{n}") for n, row in enumerate(rows)]
    taken = {first(Machine(**pythons).search(*order)) for order in (named, list(reversed(named)))}
    assert len({pythons[path] if path else None for path in taken}) == 1


def test_no_usable_python_names_what_was_tried() -> None:
    search = Machine(a="lacks ensurepip").search((13, "a"))
    assert first(search) is None
    error = none_usable(search)
    assert "3.11 or newer" in error.message
    assert "a: lacks ensurepip" in error.hint


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": [3, 10, 4]}, "too old"),
        ({"version": [2, 7, 18]}, "too old"),
        ({"implementation": "PyPy"}, "not CPython"),
        ({"free_threaded": True}, "free-threaded"),
        ({"lacks": "ensurepip"}, "apt-get install python3.13-venv"),
        ({"version": "3.13"}, "does not start"),
    ],
)
def test_unusable_pythons_are_refused_with_the_reason(
    change: dict[str, object], reason: str
) -> None:
    answer = judge(FACTS | change)
    assert isinstance(answer, Refused)
    assert reason in answer.reason


def test_a_whole_cpython_is_taken_with_its_base() -> None:
    assert judge(FACTS) == Interpreter("/opt/python3.13", (3, 13, 1))


def test_the_running_python_answers_the_probe() -> None:
    answer = probe(sys.executable)
    assert isinstance(answer, Interpreter)
    assert answer.version == tuple(sys.version_info[:3])


def test_a_path_that_is_no_python_is_refused(tmp_path: Path) -> None:
    assert isinstance(probe(str(tmp_path / "absent")), Refused)


@pytest.mark.skipif(sys.platform == "win32", reason="executable bits")
def test_search_path_and_installers_folders_are_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = [
        "bin/python3.12",
        "bin/python3",
        "bin/python3.12-config",
        "pyenv/versions/3.13.9/bin/python3",
        "pyenv/versions/3.13.10/bin/python3",
        "home/.local/share/uv/python/cpython-3.11.4-linux/bin/python3",
    ]
    for place in places:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)
        path.chmod(0o755)
    found = candidates({"PATH": f"{tmp_path / 'bin'}", "PYENV_ROOT": str(tmp_path / "pyenv")})
    ours = [
        (minor, os.path.relpath(path, tmp_path))
        for minor, path in found
        if path.startswith(str(tmp_path))
    ]
    assert ours == [
        (None, "bin/python3"),
        (12, "bin/python3.12"),
        (13, "pyenv/versions/3.13.10/bin/python3"),
        (13, "pyenv/versions/3.13.9/bin/python3"),
        (11, "home/.local/share/uv/python/cpython-3.11.4-linux/bin/python3"),
    ]


def test_the_windows_launchers_lists_are_read() -> None:
    listing = (
        " -V:3.13 *        C:\\Program Files\\Python313\\python.exe\n"
        " -3.11-64         C:\\Users\\an other\\python.exe\n"
        " -V:Vendor/Kit    D:\\kit\\python.exe\n"
        "No suitable Python runtime found\n"
    )
    assert launcher_lines(listing) == [
        Candidate(13, "C:\\Program Files\\Python313\\python.exe"),
        Candidate(11, "C:\\Users\\an other\\python.exe"),
        Candidate(None, "D:\\kit\\python.exe"),
    ]


def test_a_version_or_a_path_may_be_asked_for() -> None:
    machine = Machine(a="3.12.3", b="3.13.0")
    assert wanted("3.12", machine.search((13, "b"), (12, "a"))).path == "a"
    assert wanted("a", machine.search((13, "b"))).path == "a"


@pytest.mark.parametrize("request_", ["3.14", "old"])
def test_what_cannot_be_had_is_said(request_: str) -> None:
    machine = Machine(old="is 3.9, too old", b="3.13.0")
    with pytest.raises(SetupError) as caught:
        wanted(request_, machine.search((13, "b"), (None, "old")))
    assert request_ in caught.value.message
    assert caught.value.hint
