"""What set-up says to its user: progress and errors, on stderr.

Standard library only. Invariant: stdout stays free for the command that is started afterwards.
"""

import sys


class SetupError(Exception):
    """Set-up cannot go on: what is wrong (`message`) and what to do about it (`hint`)."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def say(text: str) -> None:
    """One line of progress, seen at once."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def report(error: SetupError) -> None:
    """Print an error the way the command line tool does."""
    print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr, flush=True)
