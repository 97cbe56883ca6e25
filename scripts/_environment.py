"""Makes and checks the environment of a checkout: `.venv/py3.X`, filled from the lock files.

Standard library only. Strategy: a stamp says for which lock files and which checkout an
environment was finished; it is removed before any work on it and written last. Invariant: whatever
stops the work (Ctrl-C, a full disk, power), the next start sees no stamp and begins again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from scripts._exclusive import exclusive
from scripts._installing import pip_install
from scripts._interpreters import (
    Interpreter,
    Search,
    candidates,
    is_version,
    none_usable,
    wanted,
)
from scripts._messages import SetupError, say

ROOT = Path(__file__).resolve().parent.parent

PYTHON_VARIABLE = "PAWWORK_PROXY_PYTHON"

LOCK_FILES = ("requirements.lock", "requirements-dev.lock")


@dataclass(frozen=True)
class Profile:
    """What an environment is for: its lock file, and modules that prove it whole."""

    name: str
    lock_file: str
    modules: tuple[str, ...]


RUN = Profile("run", "requirements.lock", ("pawwork_proxy", "mitmproxy", "pydantic", "click"))
TEST = Profile("test", "requirements-dev.lock", (*RUN.modules, "pytest", "hypothesis"))
"""Holds everything that RUN holds, so it serves for both."""

Work = Literal["everything", "packages", "project", "nothing"]


@dataclass(frozen=True)
class Stamp:
    """For what an environment was finished. Digests are SHA-256 in hex."""

    profile: str
    locks: str
    project: str
    checkout: str
    base: str

    def write(self, path: Path) -> None:
        """Put it in place at once, never half of it."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)), encoding="utf-8")
        part.replace(path)


def read_stamp(path: Path) -> Stamp | None:
    """The stamp at `path`; None when there is none that can be understood."""
    try:
        return Stamp(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def stamp_for(profile: Profile, base: str, root: Path) -> Stamp:
    """The stamp that an environment finished now would carry."""
    return Stamp(
        profile=profile.name,
        locks=_digest(root / name for name in LOCK_FILES),
        project=_digest([root / "pyproject.toml"]),
        checkout=str(root),
        base=base,
    )


def work_needed(found: Stamp | None, want: Stamp) -> Work:
    """How much of an environment has to be made anew."""
    if found is None or (found.locks, found.checkout) != (want.locks, want.checkout):
        return "everything"
    if want.base and found.base != want.base:
        return "everything"
    if found.profile not in {want.profile, TEST.name}:
        return "packages"
    return "project" if found.project != want.project else "nothing"


@dataclass(frozen=True)
class Environment:
    """The environment for one Python 3.x; several may lie side by side."""

    minor: int
    root: Path

    @property
    def folder(self) -> Path:
        """Where it lies, inside the checkout."""
        return self.root / ".venv" / f"py3.{self.minor}"

    @property
    def python(self) -> Path:
        """Its own interpreter."""
        windows = sys.platform == "win32"
        return self.folder / ("Scripts/python.exe" if windows else "bin/python")

    @property
    def stamp(self) -> Path:
        """The file that tells that it is finished."""
        return self.folder / "pawwork-proxy.json"

    def is_whole(self, profile: Profile) -> bool:
        """Whether its Python starts and finds what `profile` needs."""
        try:
            answer = subprocess.run(
                [self.python, "-I", "-c", f"import {', '.join(profile.modules)}"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.returncode == 0

    def is_ready(self, profile: Profile, base: str = "") -> bool:
        """Whether nothing has to be done before use; `base` where one certain Python is asked."""
        work = work_needed(read_stamp(self.stamp), stamp_for(profile, base, self.root))
        return work == "nothing" and self.is_whole(profile)

    def make(self, profile: Profile, interpreter: Interpreter) -> None:
        """Do what is missing. Raises SetupError; CannotMakeEnvironment where another may do."""
        want = stamp_for(profile, interpreter.path, self.root)
        found = read_stamp(self.stamp)
        work = work_needed(found, want)
        if work != "everything" and not self.is_whole(RUN if work == "packages" else profile):
            say(f"{self._shown} is damaged")
            work = "everything"
        if found is not None and work == "project":
            want = replace(want, profile=found.profile)
        self.stamp.unlink(missing_ok=True)
        if work == "everything":
            self._make_empty(interpreter)
        if work != "project":
            lock = self.root / profile.lock_file
            pip_install(self.python, lock, self.folder / "install.log", self._shown)
        say("installing pawwork-proxy itself")
        pip_install(self.python, self.root, self.folder / "install-project.log", self._shown)
        if not self.is_whole(profile):
            raise SetupError(
                f"{self._shown} was made but does not work",
                f"see {self._shown}/install.log; delete {self._shown} and try again",
            )
        want.write(self.stamp)
        say(f"{self._shown} is ready")

    @property
    def _shown(self) -> str:
        return self.folder.relative_to(self.root).as_posix()

    def _make_empty(self, interpreter: Interpreter) -> None:
        say(f"making {self._shown} with {interpreter} (once; a minute or less)")
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise SetupError(
                f"{self._shown} cannot be replaced: {error.strerror}",
                "end what still runs from it, or delete it by hand",
            ) from error
        made = subprocess.run(
            [interpreter.path, "-I", "-m", "venv", str(self.folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise CannotMakeEnvironment(
                f"{interpreter} cannot make an environment",
                "on Debian and Ubuntu: "
                f"apt-get install python3.{interpreter.minor}-venv; it said: "
                + made.stdout.strip()[-300:],
            )


class CannotMakeEnvironment(SetupError):
    """This Python makes no environment; another one may."""


def ready_python(profile: Profile, request: str | None) -> Path:
    """The interpreter of an environment that is ready for `profile`, made first where needed.

    `request` is what `--python` said, a version or a path. Raises SetupError.
    """
    search = Search(candidates(os.environ))
    return choose(profile, request or os.environ.get(PYTHON_VARIABLE) or None, search, ROOT)


def choose(profile: Profile, request: str | None, search: Search, root: Path) -> Path:
    """As `ready_python`, for the Pythons of `search` and the checkout at `root`."""
    if request:
        interpreter = wanted(request, search)
        by_path = "" if is_version(request) else interpreter.path
        environment = Environment(interpreter.minor, root)
        with _alone(environment):
            if not environment.is_ready(profile, by_path):
                environment.make(profile, interpreter)
        return environment.python
    failures: list[SetupError] = []
    for minor in search.minors():
        environment = Environment(minor, root)
        if environment.is_ready(profile):
            return environment.python
        for interpreter in search.of(minor):
            try:
                with _alone(environment):
                    if not environment.is_ready(profile):
                        environment.make(profile, interpreter)
                return environment.python
            except CannotMakeEnvironment as error:
                say(f"{error.message}; trying another one")
                failures.append(error)
    raise failures[0] if failures else none_usable(search)


def _alone(environment: Environment) -> AbstractContextManager[None]:
    try:
        environment.folder.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"no environment can be made in the checkout: {error.strerror}",
            "use a checkout in a folder that you may write to",
        ) from error
    return exclusive(environment.folder.with_name(f"{environment.folder.name}.lock"))


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
