"""Finds the Pythons of this machine that can carry our environment, best first.

Standard library only. Strategy: collect paths cheaply, sort by the version their names claim, and
start a Python only when its turn has come. Invariant: a path counts only after it was started and
answered, since launchers exist that fail (pyenv's shims, the Windows store's stubs).
"""

import glob
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scripts._messages import SetupError

OLDEST = 11
"""The lowest 3.x that the project supports."""

TESTED = (13, 12, 11)
"""The 3.x that CI runs, best first. Newer ones are used only when none of these is there."""

_PROBE = """
import json, platform, sys, sysconfig
try:
    import ensurepip, venv
    lacks = ""
except ImportError as error:
    lacks = getattr(error, "name", None) or "ensurepip"
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "implementation": platform.python_implementation(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "lacks": lacks,
}))
"""

_EXECUTABLE = re.compile(r"python(3(\.\d+)?)?(\.exe)?", re.IGNORECASE)
_MINOR = re.compile(r"(?<![\d.])3\.(\d+)")
_LAUNCHER_LINE = re.compile(r"^\s*-(?:V:)?(?P<tag>\S+)\s+(?:\*\s+)?(?P<path>\S.*\.exe)\s*$")

# Folders that installers use, tried after the search path. `{pyenv}`, `{uv}` and `{home}` stand
# for the places that `_roots` finds; the version is read from the part behind them.
PLACES = (
    "{pyenv}/versions/3.*/bin/python3",
    "{pyenv}/pyenv-win/versions/3.*/python.exe",
    "{uv}/cpython-3.*/bin/python3",
    "{uv}/cpython-3.*/python.exe",
    "/opt/homebrew/opt/python@3.*/bin/python3",
    "/opt/homebrew/opt/python@3.*/bin/python3.*",
    "/usr/local/opt/python@3.*/bin/python3.*",
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
    "/usr/local/bin/python3.*",
    "/usr/bin/python3.*",
)


class Candidate(NamedTuple):
    """A path that may be a Python 3.`minor`; `None` where only starting it can tell."""

    minor: int | None
    path: str


@dataclass(frozen=True)
class Interpreter:
    """A Python that was started and can make our environment."""

    path: str
    version: tuple[int, int, int]

    @property
    def minor(self) -> int:
        """The `x` of 3.x."""
        return self.version[1]

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} ({self.path})"


class Refused(NamedTuple):
    """Why a path is no usable Python."""

    reason: str


Probe = Callable[[str], Interpreter | Refused]


def probe(path: str) -> Interpreter | Refused:
    """Start the Python at `path` and ask what it is."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        facts = json.loads(answer.stdout)
        return judge(facts)
    except (OSError, ValueError, LookupError, TypeError, subprocess.TimeoutExpired):
        return Refused("does not start")


def judge(facts: Mapping[str, object]) -> Interpreter | Refused:
    """Decide by what a Python said of itself (the fields of `_PROBE`)."""
    version = facts["version"]
    if not isinstance(version, list) or len(version) != 3:
        return Refused("does not start")
    major, minor, patch = (int(part) for part in version)
    if (major, minor) < (3, OLDEST):
        return Refused(f"is {major}.{minor}, too old")
    if facts["implementation"] != "CPython":
        return Refused(f"is {facts['implementation']}, not CPython")
    if facts["free_threaded"]:
        return Refused("is a free-threaded build, which mitmproxy does not support")
    if facts["lacks"]:
        return Refused(
            f"lacks {facts['lacks']} (on Debian and Ubuntu: apt-get install python3.{minor}-venv)"
        )
    return Interpreter(str(facts["base"]), (major, minor, patch))


def candidates(environment: Mapping[str, str]) -> list[Candidate]:
    """Every path worth a try, each once: running Python, search path, installers' places."""
    found = [Candidate(sys.version_info[1], sys.executable)] if sys.executable else []
    found += _on_search_path(environment)
    found += _in_places(environment)
    if sys.platform == "win32":
        found += launcher_lines(_ask_launcher())
    unique: dict[tuple[str, str], Candidate] = {}
    for candidate in found:
        # By name as well: shims of several versions may be links to one program.
        key = (os.path.realpath(candidate.path), Path(candidate.path).name)
        unique.setdefault(key, candidate)
    return list(unique.values())


def launcher_lines(listing: str) -> list[Candidate]:
    """Read what the Windows launcher prints for `py -0p`."""
    matches = filter(None, map(_LAUNCHER_LINE.match, listing.splitlines()))
    return [Candidate(_minor_in(match["tag"]), match["path"]) for match in matches]


@dataclass
class Search:
    """The usable Pythons by version; starts each path once, and only when asked for it."""

    candidates: Iterable[Candidate]
    probe: Probe = probe
    refusals: dict[str, str] = field(default_factory=dict)
    _known: dict[int, list[str]] = field(default_factory=dict)
    _unnamed: list[str] = field(default_factory=list)
    _answers: dict[str, Interpreter | Refused] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for minor, path in self.candidates:
            if minor is None:
                self._unnamed.append(path)
            else:
                self._known.setdefault(minor, []).append(path)

    def minors(self) -> Iterator[int]:
        """Versions to try in order: the tested ones, then newer ones, the oldest of those first."""
        yield from TESTED
        self._name_the_unnamed()
        yield from sorted(minor for minor in self._known if minor > max(TESTED))

    def of(self, minor: int) -> Iterator[Interpreter]:
        """Usable Pythons 3.`minor`, each with its own base, as long as the caller wants another."""
        seen: set[str] = set()
        for path in self._paths(minor):
            answer = self._ask(path)
            if isinstance(answer, Refused) or answer.minor != minor or answer.path in seen:
                continue
            seen.add(answer.path)
            yield answer

    def _paths(self, minor: int) -> Iterator[str]:
        named = list(self._known.get(minor, ()))
        yield from named
        self._name_the_unnamed()
        yield from (path for path in self._known.get(minor, ()) if path not in named)

    def _name_the_unnamed(self) -> None:
        while self._unnamed:
            path = self._unnamed.pop(0)
            answer = self._ask(path)
            if isinstance(answer, Interpreter):
                self._known.setdefault(answer.minor, []).append(path)

    def _ask(self, path: str) -> Interpreter | Refused:
        if path not in self._answers:
            answer = self.probe(path)
            self._answers[path] = answer
            if isinstance(answer, Refused):
                self.refusals[path] = answer.reason
        return self._answers[path]


def is_version(request: str) -> bool:
    """Whether `--python` named a version; else it is a path."""
    return re.fullmatch(r"3\.\d+", request) is not None


def wanted(request: str, search: Search) -> Interpreter:
    """The Python that `--python` asks for: a version such as 3.12, or a path.

    Raises SetupError when there is none such.
    """
    if is_version(request):
        for interpreter in search.of(int(request.partition(".")[2])):
            return interpreter
        raise SetupError(f"no usable Python {request} found", _advice(search))
    answer = search.probe(request)
    if isinstance(answer, Refused):
        raise SetupError(
            f"{request} {answer.reason}", "give a version such as 3.13, or the path of a Python"
        )
    return answer


def none_usable(search: Search) -> SetupError:
    """The error for a machine without any usable Python."""
    return SetupError(f"no usable Python 3.{OLDEST} or newer found", _advice(search))


def _advice(search: Search) -> str:
    tried = "".join(f"\n  {path}: {reason}" for path, reason in search.refusals.items())
    newest = f"3.{TESTED[0]}"
    return f"install Python {newest}, or give the path of one with --python" + (
        f"; these were tried:{tried}" if tried else ""
    )


def _on_search_path(environment: Mapping[str, str]) -> Iterator[Candidate]:
    for folder in environment.get("PATH", "").split(os.pathsep):
        if not folder:
            continue
        for path in sorted(glob.glob(glob.escape(folder) + "/python*")):  # noqa: PTH207 — strings throughout
            name = Path(path).name
            if _EXECUTABLE.fullmatch(name) and os.access(path, os.X_OK):
                yield Candidate(_minor_in(name), path)


def _in_places(environment: Mapping[str, str]) -> Iterator[Candidate]:
    roots = _roots(environment)
    for place in PLACES:
        name, _, rest = place.rpartition("}")
        for root in roots[name[1:]] if name else [""]:
            # Highest patch release first: the names of one minor differ in nothing else.
            for path in sorted(glob.glob(glob.escape(root) + rest), key=_numbers, reverse=True):  # noqa: PTH207 — an absolute pattern
                if _EXECUTABLE.fullmatch(Path(path).name):
                    yield Candidate(_minor_in(path[len(root) :]), path)


def _roots(environment: Mapping[str, str]) -> dict[str, list[str]]:
    home = str(Path.home())
    shims = [Path(folder) for folder in environment.get("PATH", "").split(os.pathsep)]
    return {
        # The shims' folder tells where pyenv lies when HOME points elsewhere.
        "pyenv": [
            *filter(None, [environment.get("PYENV_ROOT")]),
            f"{home}/.pyenv",
            *(str(folder.parent) for folder in shims if folder.name == "shims"),
        ],
        "uv": [
            *filter(None, [environment.get("UV_PYTHON_INSTALL_DIR")]),
            f"{environment.get('XDG_DATA_HOME') or home + '/.local/share'}/uv/python",
            f"{environment.get('APPDATA') or home}/uv/python",
        ],
    }


def _ask_launcher() -> str:
    try:
        answer = subprocess.run(
            ["py", "-0p"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout


def _minor_in(text: str) -> int | None:
    match = _MINOR.search(text)
    return int(match[1]) if match else None


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
