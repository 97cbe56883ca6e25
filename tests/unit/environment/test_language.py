"""The languages that an environment asks for: variables first, then the system's settings."""

import plistlib
import sys
from pathlib import Path

import pytest

from pawwork_proxy.environment import language
from pawwork_proxy.environment.language import of_macos, of_windows, wanted_languages


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "zh_CN.UTF-8"}, ("zh_CN.UTF-8",)),
        ({"LC_ALL": "de_DE", "LC_MESSAGES": "fr_FR", "LANG": "zh_CN"}, ("de_DE",)),
        ({"LC_ALL": "", "LC_MESSAGES": "fr_FR", "LANG": "zh_CN"}, ("fr_FR",)),
        ({"LANGUAGE": "zh_CN:en", "LANG": "de_DE"}, ("zh_CN", "en", "de_DE")),
        ({"LANGUAGE": "zh_CN", "LANG": "C.UTF-8"}, ()),
        ({"LC_ALL": "POSIX", "LANG": "zh_CN"}, ()),
    ],
)
def test_variables_by_the_rules_of_gettext(
    environment: dict[str, str], wanted: tuple[str, ...]
) -> None:
    assert wanted_languages(environment) == wanted


def test_without_variables_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert wanted_languages({"LANGUAGE": "zh_CN"}) == ()
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(language, "of_macos", lambda _: ("zh-Hans-CN", "en-CN"))
    assert wanted_languages({}) == ("zh-Hans-CN", "en-CN")


def test_windows_names_a_language_by_number() -> None:
    assert of_windows(0x0804) == ("zh_CN",)
    assert of_windows(0xFFFF) == ()


def test_macos_has_a_list(tmp_path: Path) -> None:
    preferences = tmp_path / "preferences.plist"
    assert of_macos(preferences) == ()
    preferences.write_bytes(plistlib.dumps({"AppleLanguages": ["zh-Hans-CN", "en-CN"]}))
    assert of_macos(preferences) == ("zh-Hans-CN", "en-CN")
    preferences.write_bytes(plistlib.dumps({}, fmt=plistlib.FMT_BINARY))
    assert of_macos(preferences) == ()
    for damaged in (b"", b"bplist00\xff", plistlib.dumps([]), b"<plist><dict>"):
        preferences.write_bytes(damaged)
        assert of_macos(preferences) == ()
