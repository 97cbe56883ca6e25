"""A change of mitmproxy, and the shape of the functions on which it relies."""

import inspect
from collections.abc import Callable
from typing import NamedTuple

from mitmproxy.master import Master


class KnownFunction(NamedTuple):
    """A function of mitmproxy as we know it, and what the installed version has in its place."""

    found: object
    parameters: tuple[str, ...]
    uses: frozenset[str]
    """Names of the attributes and globals in its code."""
    also: frozenset[str] = frozenset()
    """The same in another version that we have read, if there it is different."""

    def is_unchanged(self) -> bool:
        """Whether the installed version's function has this shape."""
        return (
            inspect.isfunction(self.found)
            and tuple(inspect.signature(self.found).parameters) == self.parameters
            and frozenset(self.found.__code__.co_names) in (self.uses, self.also)
        )


class Change(NamedTuple):
    """What of mitmproxy is changed, and what has to be as we know it for that."""

    name: str
    relies_on: tuple[KnownFunction, ...]
    make: Callable[[Master], None]


def known(
    owner: object, name: str, parameters: str, uses: str, also: tuple[str, str] = ("", "")
) -> KnownFunction:
    """A method as it was when the change was loaded; parameters and names between spaces.

    `also`: names that another version uses less, and those that it uses instead.
    """
    names, less, more = (frozenset(text.split()) for text in (uses, *also))
    found = getattr(owner, name, None)
    return KnownFunction(found, tuple(parameters.split()), names, names.difference(less) | more)
