"""Names that Zen puts into `Error from provider (NAME)` and `Upstream error from NAME`.

Invariant: a name outside the table is never stored; it becomes `other`.
"""

from __future__ import annotations

from functools import cache

from pawwork_proxy.facts.table import Fact, lazily, rows

UNNAMED = "unnamed"
OTHER = "other"
PROVIDERS: tuple[str, ...]
CLOSED_SERVICE: tuple[str, ...]
"""OpenCode's own closed service: relayed, but no third party (zen-facts, 7.4)."""


class ProviderList(Fact):
    """Providers of one sort."""

    name: str
    what: str
    names: tuple[str, ...]


def known_provider(name: str) -> str:
    """The table's spelling of a provider's name, or `other`."""
    return _by_folded().get(name.strip().casefold(), OTHER)


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    return {row.name: row.names for row in rows(ProviderList, "providers", "provider")}


@cache
def _by_folded() -> dict[str, str]:
    return {name.casefold(): name for names in _lists().values() for name in names}


__getattr__ = lazily(
    globals(),
    PROVIDERS=lambda: tuple(name for names in _lists().values() for name in names),
    CLOSED_SERVICE=lambda: _lists()["closed_service"],
)
