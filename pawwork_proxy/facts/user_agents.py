"""Products and platforms in user agents (`data/user_agents.toml`)."""

from __future__ import annotations

from pawwork_proxy.facts.table import word_lists

_LISTS = word_lists("user_agents")
PRODUCTS = _LISTS["products"]
PLATFORMS = _LISTS["platforms"]
PRERELEASES = _LISTS["prereleases"]
