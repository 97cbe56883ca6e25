"""What verifying a bundle finds. It stands apart from the rules, which take a while to load."""

from collections.abc import Callable

from pawwork_proxy.model.base import Noun

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


class Finding(Noun):
    """A reason to refuse a bundle; safe to print, store and send."""

    rule: str
    member: str
    """Name of the member when it is one of ours, else `member N` or `archive`."""
    line: int | None = None
    """Counts from 1."""

    @property
    def place(self) -> str:
        """Member and line in one word."""
        return self.member if self.line is None else f"{self.member}:{self.line}"
