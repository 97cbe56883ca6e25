"""Captures and verdicts as tables, text and pages. Pure: values in, text or renderables out."""
