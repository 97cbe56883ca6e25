"""Names that Zen puts into `Error from provider (NAME)` and `Upstream error from NAME`.

Invariant: a name outside the table is never stored; it becomes `other`.
"""

from pawwork_proxy.facts.table import Fact, rows

UNNAMED = "unnamed"
OTHER = "other"


class ProviderList(Fact):
    """Providers of one sort."""

    name: str
    what: str
    names: tuple[str, ...]


_LISTS = {row.name: row.names for row in rows(ProviderList, "providers", "provider")}
CLOSED_SERVICE = _LISTS["closed_service"]
"""OpenCode's own closed service: relayed, but no third party."""
OWN = frozenset((*CLOSED_SERVICE, *_LISTS["own"]))
"""Names under which no third party speaks."""
PROVIDERS = tuple(name for names in _LISTS.values() for name in names)
_BY_FOLDED = {name.casefold(): name for name in PROVIDERS}


def known_provider(name: str) -> str:
    """The table's spelling of a provider's name, or `other`."""
    return _BY_FOLDED.get(name.strip().casefold(), OTHER)
