"""Where a client keeps keys on this machine: the places of `facts`, and which are in force.

Invariant: `places` is made from what is given and nothing is read; `in_force` looks which files
there are, and reads none.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pawwork_proxy.clients.key_formats import HeldKey, keys_in, parsed_config
from pawwork_proxy.environment.looking import is_file, is_there
from pawwork_proxy.environment.machine import system
from pawwork_proxy.facts.identifiers import (
    OPENED,
    PLACES,
    PROJECT,
    ROOTS,
    Kept,
    KeyOf,
    PlaceForm,
    PlaceRow,
)
from pawwork_proxy.model.context import OsFamily
from pawwork_proxy.redaction.headers import PUBLIC_KEY

_MOST_PARENTS = 24  # folders above the working folder in which a project may begin
_NO_KEYS = ("sessions", "login_shell")
OWN_ENVIRONMENT = "own.env"
LOGIN_SHELL = "client.login_shell"
Eras = tuple[str, ...]
"""Release ranges that the client can be of; none: it is not known who asks."""


@dataclass(frozen=True)
class Surroundings:
    """What decides where a client looks: system, home, environment, working folder."""

    system: OsFamily
    home: Path
    environment: Mapping[str, str]
    folder: Path | None = None
    opened: tuple[Path, ...] = ()
    """Folders of the client's conversations."""
    own: bool = False
    """The environment is ours: nobody knows the client's."""
    from_shell: frozenset[str] = frozenset()
    """Variables that the client has taken from the user's login shell."""

    def with_shell(self, added: Mapping[str, str]) -> "Surroundings":
        """The same with what the login shell adds to the environment."""
        environment = {**added, **self.environment}
        return replace(self, environment=environment, from_shell=frozenset(added))


def surroundings(
    environment: Mapping[str, str], folder: Path | None = None, *, own: bool = False
) -> Surroundings:
    """What decides it for a process with this environment."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return Surroundings(
        system=system(),
        home=Path(home) if home else Path.home(),
        environment=dict(environment),
        folder=folder,
        own=own,
    )


class Place(NamedTuple):
    """One place that may hold a key: a file, or (without a path) an environment variable."""

    id: str
    source: Kept
    form: PlaceForm
    path: Path | None = None
    variable: str = ""
    provider: KeyOf = "both"
    opened: Path | None = None
    """The folder for whose conversations alone it counts."""


def places(around: Surroundings, eras: Eras = ()) -> tuple[Place, ...]:
    """All places of one client's surroundings, the ones that it prefers first.

    Without release ranges, those of every client.
    """
    return _own_last(place for row in _rows(around, eras) for place in _places_of(row, around))


def in_force(around: Surroundings, eras: Eras = ()) -> tuple[Place, ...]:
    """The places that count now: of folders of which a client reads one, the first with a file."""
    decided: set[str] = set()
    found: list[Place] = []
    for row in _rows(around, eras):
        if row.first_of in decided:
            continue
        of_row = tuple(_places_of(row, around))
        if row.first_of and any(place.path and is_file(place.path) for place in of_row):
            decided.add(row.first_of)
        found += of_row
    return _own_last(found)


def _own_last(found: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(found, key=lambda place: place.id == OWN_ENVIRONMENT))


def session_databases(around: Surroundings, eras: Eras) -> Iterator[Path]:
    """Where a client keeps the folders of its conversations."""
    for row in _read_by(eras, "sessions"):
        yield from (place.path for place in _places_of(row, around) if place.path)


def takes_login_shell(around: Surroundings, eras: Eras) -> bool:
    """Whether a client has added the variables of the user's login shell to its own."""
    unix = around.system in ("linux", "macos")
    return unix and not around.own and any(_read_by(eras, "login_shell"))


def keys_at(place: Place, around: Surroundings) -> list[HeldKey]:
    """The keys at a place, raw: the caller turns them into fingerprints at once.

    Raises OSError or ValueError when there is something that cannot be read or understood.
    """
    text = around.environment.get(place.variable, "")
    if place.form == "variable":
        # No client sends the line end that a file or a paste has left behind a key.
        return [HeldKey(place.provider, text.strip())] if text.strip() else []
    folder = place.path.parent if place.path else around.folder
    return keys_in(place.form, place.path or text, around.environment, around.home, folder)


def configurations(around: Surroundings) -> Iterator[object]:
    """The configurations of one client that can be read, the one that it prefers first."""
    for place in in_force(around):
        if place.source == "config":
            with suppress(OSError, ValueError, RecursionError):
                found = configuration_at(place, around)
                if found is not None:
                    yield found


def configuration_at(place: Place, around: Surroundings) -> object:
    """What a configuration says, None where there is none.

    Raises OSError or ValueError when it cannot be read or understood.
    """
    return parsed_config(place.form, place.path or around.environment.get(place.variable, ""))


def has_go_key(around: Surroundings, among: Iterable[Place] | None = None) -> bool:
    """Whether a place in force, or one of these, has a key for Go; else Go must stay hidden.

    A key is looked for, never returned.
    """
    for place in in_force(around) if among is None else among:
        with suppress(OSError, ValueError, RecursionError):
            for key in keys_at(place, around):
                if key.provider in ("opencode-go", "both") and key.text != PUBLIC_KEY:
                    return True
    return False


def _rows(around: Surroundings, eras: Eras) -> Iterator[PlaceRow]:
    for row in PLACES:
        read = not eras or any(era.startswith(row.read_by) for era in eras)
        if read and row.form not in _NO_KEYS and not around.environment.get(row.unless):
            yield row


def _read_by(eras: Eras, form: PlaceForm) -> Iterator[PlaceRow]:
    """The rows of a form that are read whichever of the ranges it is."""
    for row in PLACES:
        if row.form == form and eras and all(era.startswith(row.read_by) for era in eras):
            yield row


def _places_of(row: PlaceRow, around: Surroundings) -> Iterator[Place]:
    named = around.environment.get(row.variable)
    if row.root == OPENED:
        for opened in around.opened:
            for folder in _project(opened, around):
                for file in _files(row, folder, around, None):
                    yield Place(row.id, row.kept, row.form, file, opened=opened)
    elif row.root:
        roots = root_folder(row.root, around)
        for folder in _project(around.folder, around) if row.root == PROJECT else roots:
            for file in _files(row, folder, around, named):
                yield Place(row.id, row.kept, row.form, file)
    elif row.form != "config":
        yield Place(
            _id(row, around), row.kept, row.form, variable=row.variable, provider=row.provider
        )
    elif named:
        yield Place(row.id, row.kept, row.form, (around.folder or Path()) / named)


def _files(row: PlaceRow, folder: Path, around: Surroundings, named: str | None) -> Iterator[Path]:
    """The files of a row below a folder, or the one that a variable names, beside them."""
    for name in row.files:
        for ending in (".json", ".jsonc") if row.form == "config" else ("",):
            file = folder / (name.format(user=around.home.name) + ending)
            yield file.parent / named if named else file


def _id(row: PlaceRow, around: Surroundings) -> str:
    """What a place of the environment is called by whose environment it is."""
    if around.own:
        return OWN_ENVIRONMENT
    return LOGIN_SHELL if row.variable in around.from_shell else row.id


def root_folder(name: str, around: Surroundings) -> Iterator[Path]:
    """The root's folder in these surroundings, if it has one."""
    folders = ROOTS[name]
    for folder in folders.get("any") or folders.get(around.system, ()):
        if not folder.startswith("$"):
            yield around.home / folder[2:] if folder.startswith("~") else Path(folder)
            return
        named = around.environment.get(folder[1:])
        if named:
            yield Path(named)
            return


def _project(start: Path | None, around: Surroundings) -> Iterator[Path]:
    """A folder and its parents up to the worktree's top."""
    disabled = around.environment.get("OPENCODE_DISABLE_PROJECT_CONFIG", "").lower()
    if start is None or disabled in ("1", "true"):  # as the client reads its flags
        return
    for folder in (start, *start.parents)[:_MOST_PARENTS]:
        yield folder
        if is_there(folder / ".git"):
            return
