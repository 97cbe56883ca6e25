"""The few errors a caller can act on; each says what is wrong and how to mend it.

Invariant: neither `message` nor `hint` ever holds captured content, keys or exception texts of
others. Both may name places the user gave us (a file, a port, an option).
"""

import os


def reason_of(error: Exception) -> str:
    """Why something failed, in the system's words, else the kind of the error; never its text."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else type(error).__name__


class PawworkProxyError(Exception):
    """What went wrong (`message`) and what to do about it (`hint`); the CLI prints both."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigurationError(PawworkProxyError):
    """An option, port, folder or environment value cannot be used."""

    exit_code = 2


class CaptureFormatError(PawworkProxyError):
    """A file is no capture, or no record of it can be read."""

    exit_code = 3


class UnsupportedSchemaError(CaptureFormatError):
    """A capture was written by a newer version of this tool."""


class ScenarioError(PawworkProxyError):
    """A simulator scenario contradicts itself."""

    exit_code = 2


class RedactionError(PawworkProxyError):
    """A record could not be made safe; a stub takes its place."""


class StudyError(PawworkProxyError):
    """A study is unknown, its token damaged, or its key file unreadable."""

    exit_code = 2


class BundleError(PawworkProxyError):
    """A bundle cannot be written or must not be trusted."""

    exit_code = 4
