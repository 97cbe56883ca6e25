"""Zstandard of Python 3.14's own library; before it, of the backport with the same interface."""

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]
