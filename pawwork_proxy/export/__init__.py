"""Captures in the formats of other people's tools; records in, rows or documents out."""
