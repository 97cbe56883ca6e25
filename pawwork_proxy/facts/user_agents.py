"""Products and platforms in user agents; `data/user_agents.toml` says what each list is."""

from __future__ import annotations

from pawwork_proxy.facts.table import Words, lazy_words

PRODUCTS: Words
PLATFORMS: Words
PRERELEASES: Words

__getattr__ = lazy_words(globals(), "user_agents", "products", "platforms", "prereleases")
