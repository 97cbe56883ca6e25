"""A clean install of a client: a home of its own, and nothing of the user's in its environment."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from pawwork_proxy.clients.auth_places import places, surroundings
from pawwork_proxy.environment.looking import is_there
from pawwork_proxy.environment.machine import system
from pawwork_proxy.errors import ConfigurationError, reason_of
from pawwork_proxy.facts.clean_install import BEYOND, FOLDERS, TAKEN_OUT


def clean_home(folder: Path) -> dict[str, str]:
    """Variables that make `folder` the whole home of a client: nothing of another install seen."""
    return {name: str(folder / below) for name, below in FOLDERS.items()}


def clean_environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`base` for a clean install that lives in `folder`, whose folders are made.

    Raises ConfigurationError when they cannot be.
    """
    homes = clean_home(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for home in map(Path, homes.values()):
            for place in (*reversed(home.relative_to(folder).parents), home.relative_to(folder)):
                if place.name:  # not the folder itself, which may be the user's
                    (folder / place).mkdir(exist_ok=True)
                    (folder / place).chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            f"--home {folder} cannot be used: {reason_of(error)}",
            "name a folder you may write to",
        ) from None
    kept = {name: value for name, value in base.items() if not _is_taken_out(name)}
    return {**kept, **homes}


def not_isolated(environment: Mapping[str, str], folder: Path, work: Path) -> Iterator[str]:
    """What a clean install, started in the folder `work`, still shares with the user's own."""
    found = (place.path for place in places(surroundings(environment, work)) if place.path)
    for path in dict.fromkeys(path for path in found if not path.is_relative_to(folder)):
        if is_there(path):
            yield str(path)
    yield from (row.what for row in BEYOND if system() in row.systems)


def _is_taken_out(name: str) -> bool:
    return any(fnmatchcase(name.upper(), pattern) for pattern in TAKEN_OUT)
