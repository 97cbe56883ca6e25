"""What a check found: where and by which rule, never what stood there."""

from pawwork_proxy.model.base import Noun


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
