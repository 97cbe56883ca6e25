"""Settings of all tests: properties are judged by their results, never by how long one took."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
