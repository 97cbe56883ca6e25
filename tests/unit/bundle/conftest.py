"""The redactor of the redaction's own tests: what it lets through, the scan must let through."""

from tests.unit.redaction.conftest import quick_stretch, redactor

__all__ = ["quick_stretch", "redactor"]
