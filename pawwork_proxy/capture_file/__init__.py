"""Capture files on disk: append one line at a time, read back whatever can be read."""
