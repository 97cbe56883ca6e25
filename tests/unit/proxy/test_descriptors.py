"""The limit of descriptors is raised as far as the system allows, and never lowered."""

import sys
from typing import Any

import pytest

from pawwork_proxy.proxy import descriptors

if sys.platform == "win32":
    pytest.skip("Windows has no such limit", allow_module_level=True)
import resource

FREE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "wanted", "few"),
    [
        ((256, FREE), (descriptors.ENOUGH, FREE), False),
        ((256, 4096), (4096, 4096), True),
        ((256, 256), None, True),
        ((65536, FREE), None, False),
        ((FREE, FREE), None, False),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_the_limit_is_raised(
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    wanted: tuple[int, int] | None,
    few: bool,
    refused: bool,
) -> None:
    asked: list[Any] = []
    loaded: list[bool] = []
    monkeypatch.setattr(descriptors, "load_logger", lambda: loaded.append(True))

    def setrlimit(_: int, limit: tuple[int, int]) -> None:
        asked.append(limit)
        if refused:
            raise ValueError

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    descriptors.raise_limit()
    assert asked == ([] if wanted is None else [wanted])
    assert bool(loaded) is (few or (refused and wanted is not None)), "it could not be later"


def test_windows_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(resource, "getrlimit")
    descriptors.raise_limit()
