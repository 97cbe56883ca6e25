"""Capture files: writing, reading, retention, sources, completeness."""
