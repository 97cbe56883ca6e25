"""Which languages the user's environment asks for."""

import sys
from collections.abc import Mapping
from locale import windows_locale
from pathlib import Path

_NONE = {"C", "POSIX"}


def wanted_languages(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Locales such as `zh_CN.UTF-8`, the most wanted first, by the rules of gettext.

    Where no variable names one, as is common on Windows and in programs that macOS starts, the
    settings of the system do.
    """
    named = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), None)
    if locale is None:
        return _of_system()
    if locale.partition(".")[0] in _NONE:
        return ()
    return (*filter(None, environment.get("LANGUAGE", "").split(":")), locale)


def _of_system() -> tuple[str, ...]:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  there is no Windows elsewhere

        return of_windows(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    if sys.platform == "darwin":
        return of_macos(Path.home() / "Library" / "Preferences" / ".GlobalPreferences.plist")
    return ()


def of_windows(language: int) -> tuple[str, ...]:
    """The locale by its number on Windows."""
    return tuple(filter(None, [windows_locale.get(language)]))


def of_macos(preferences: Path) -> tuple[str, ...]:
    """The languages in the order that the user has chosen on macOS."""
    import plistlib  # noqa: PLC0415  other systems need neither
    from xml.parsers.expat import ExpatError  # noqa: PLC0415

    try:
        languages = plistlib.loads(preferences.read_bytes()).get("AppleLanguages", [])
    except (OSError, ValueError, AttributeError, ExpatError):
        return ()
    return tuple(map(str, languages))
