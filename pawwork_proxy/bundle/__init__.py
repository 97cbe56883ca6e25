"""The support bundle: sanitized captures in one file that may end up in public."""
