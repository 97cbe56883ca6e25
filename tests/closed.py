"""A folder that is closed to the user, also where the tests run as root, who may go anywhere."""

import os
from pathlib import Path
from typing import Any

import pytest


def close(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody look at what lies below `folder`, nor list it."""
    for name, own in (("stat", True), ("listdir", False), ("scandir", False)):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name), folder, below=own))


def _refusing(real: Any, folder: Path, *, below: bool) -> Any:
    def looked(path: Any, *args: Any, **kwargs: Any) -> Any:
        place = Path(os.fspath(path)) if isinstance(path, str | os.PathLike) else Path()
        if folder in place.parents or (place == folder and not below):
            raise PermissionError(13, "Permission denied", str(place))
        return real(path, *args, **kwargs)

    return looked
